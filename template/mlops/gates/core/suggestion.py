"""Did you mean …? The one helper for names that are misspelled."""

from collections.abc import Iterable
from difflib import get_close_matches


def suggestion(wrong: str, candidates: Iterable[str]) -> str:
    """Return the known name that was probably meant, or all of them."""
    names = list(candidates)
    near = [known for known in names if known.startswith(wrong)] or get_close_matches(wrong, names, n=1)
    return f"did you mean '{near[0]}'?" if near else f"there are {', '.join(names) or 'none'}."
