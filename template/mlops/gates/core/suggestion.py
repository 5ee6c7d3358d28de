"""Suggest the known name closest to a misspelled one ("did you mean …?")."""

from collections.abc import Iterable
from difflib import get_close_matches


def suggestion(wrong: str, candidates: Iterable[str]) -> str:
    """Return a hint with the known name that was probably meant, or with all known names."""
    names = list(candidates)
    near = [known for known in names if known.startswith(wrong)] or get_close_matches(wrong, names, n=1)
    return f"did you mean '{near[0]}'?" if near else f"there are {', '.join(names) or 'none'}."
