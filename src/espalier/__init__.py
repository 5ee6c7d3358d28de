"""Espalier: a template for machine-learning repositories, and tools to maintain many of them."""

__version__ = "0.1.0"
