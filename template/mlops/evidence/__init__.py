"""Collecting evidence: the engine's own trainer of ``mlevidence/v1``, which mlops/gates defines, reads and judges."""
