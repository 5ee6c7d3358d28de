"""The platform's engine: one command line, ``python -m mlops <verb>``, behind make, DVC, CI and deployment."""
