"""The gate kinds. To add one: a module here, a line in KINDS, a section in the docs, and a test."""

from typing import Any

from . import behavioral, champion_comparison, fairness, latency, performance, policy, size
from .gate_kind import GateKind

KINDS: tuple[GateKind[Any], ...] = (
    performance.KIND,
    champion_comparison.KIND,
    latency.KIND,
    size.KIND,
    fairness.KIND,
    behavioral.KIND,
    policy.KIND,
)

__all__ = ["KINDS", "GateKind"]
