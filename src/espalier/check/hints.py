"""The end of a message: what would have been right."""

from collections.abc import Iterable
from itertools import islice


def instead(name: str, known: Iterable[str]) -> str:
    """``did you mean 'x'?``, or the names that there are where none is near."""
    from difflib import get_close_matches

    names = sorted(set(known))
    near = get_close_matches(name, names[:500], n=1)
    if near:
        return f"did you mean '{near[0]}'?"
    if not names:
        return "there is none"
    shown = ", ".join(names[:12])
    return f"there are {shown}{', …' if len(names) > 12 else ''}" if len(names) > 1 else f"there is only {shown}"


def near(name: str, known: Iterable[str]) -> list[str]:
    """The one name that is much like this one, if there is one."""
    from difflib import get_close_matches

    alike = (
        other
        for other in known
        if abs(len(other) - len(name)) <= max(3, len(name) // 3) or other.startswith(name) or name.startswith(other)
    )
    return get_close_matches(name, list(islice(alike, 500)), n=1, cutoff=0.7)
