"""The gate file, ``model_gates.yaml``: its blocks, built from the gate kinds, and its reader."""
