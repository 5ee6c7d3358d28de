"""Espalier: a frame for machine-learning repositories, and what keeps many of them on it."""

__version__ = "0.1.0"
