"""The rules by subject; importing this package registers all of them."""

from . import (
    calls,
    ci,
    files,
    gates,
    identity,
    images,
    kubernetes,
    leftovers,
    managed,
    names,
    network,
    pipeline,
    python,
)

__all__ = [
    "calls",
    "ci",
    "files",
    "gates",
    "identity",
    "images",
    "kubernetes",
    "leftovers",
    "managed",
    "names",
    "network",
    "pipeline",
    "python",
]
