"""Collect evidence in the format ``mlevidence/v1``, which ``mlops.gates`` defines, reads and judges."""
