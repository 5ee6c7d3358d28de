"""Did-you-mean: the end of a message that names what would have been right."""

from collections.abc import Iterable
from itertools import islice

MAX_CANDIDATES = 500  # names that are compared; comparing is slow, and a repository may have thousands of paths


def suggestion(name: str, known: Iterable[str]) -> str:
    """Return ``did you mean 'x'?``, or the known names if none of them is similar."""
    names = sorted(set(known))
    near = _most_similar(name, names, cutoff=0.6)
    if near:
        return f"did you mean '{near}'?"
    if not names:
        return "there is none"
    shown = ", ".join(names[:12])
    return f"there are {shown}{', …' if len(names) > 12 else ''}" if len(names) > 1 else f"there is only {shown}"


def did_you_mean(name: str, known: Iterable[str], otherwise: str = "") -> str:
    """Return ``: did you mean 'x'?`` to append to a message, ``otherwise`` if no known name is very similar."""
    near = closest(name, known)
    return f": did you mean '{near}'?" if near else otherwise


def closest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that is very similar to this one, None if there is none."""
    alike = (
        other
        for other in known
        if abs(len(other) - len(name)) <= max(3, len(name) // 3) or other.startswith(name) or name.startswith(other)
    )
    return _most_similar(name, alike, cutoff=0.7)


def _most_similar(name: str, known: Iterable[str], cutoff: float) -> str | None:
    from difflib import get_close_matches

    found = get_close_matches(name, list(islice(known, MAX_CANDIDATES)), n=1, cutoff=cutoff)
    return found[0] if found else None
