"""Estimates with one-sided bounds, from counts and arrays: numpy and the standard library, nothing else.

Knows nothing of evidence, gate files or verdicts. Every function answers an ``Interval``; whatever is drawn comes from
the seed it is given.
"""

from .interval import Interval
from .sources import SOURCES

__all__ = ["SOURCES", "Interval"]
