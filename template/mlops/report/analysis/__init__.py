"""Computations that only the report uses; no gate depends on them."""
