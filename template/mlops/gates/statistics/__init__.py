"""Estimates with one-sided bounds from counts and arrays, with only numpy and the standard library.

This package does not depend on evidence, gate files or verdicts. The methods return an ``Interval``; random draws use
the seed that the caller passes.
"""

from .interval import Interval
from .sources import SOURCES

__all__ = ["SOURCES", "Interval"]
