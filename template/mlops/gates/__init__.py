"""Gates: compute the verdict on a model from its evidence and ``model_gates.yaml``."""
