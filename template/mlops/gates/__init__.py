"""Gates: evidence and ``model_gates.yaml`` in, a verdict out; nothing else decides about a model."""
