"""Suggest the known name closest to a misspelled one ("did you mean …?")."""

from collections.abc import Iterable
from difflib import get_close_matches


def close_name(wrong: str, candidates: Iterable[str], cutoff: float = 0.6) -> str | None:
    """Return the most similar known name, or None if no name is similar enough (``cutoff`` from 0 to 1)."""
    return next(iter(get_close_matches(wrong, list(candidates), n=1, cutoff=cutoff)), None)


def suggestion(wrong: str, candidates: Iterable[str]) -> str:
    """Return a hint with the known name that was probably meant, or with all known names."""
    names = list(candidates)
    near = next((known for known in names if known.startswith(wrong)), None) or close_name(wrong, names)
    return f"did you mean '{near}'?" if near else f"there are {', '.join(names) or 'none'}."
