"""Rules have an id, a title, a severity, and a docstring that is their page in the reference."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from .finding import Finding, Severity
from .repo import Repo

Check = Callable[[Repo], Iterable[Finding]]

SECTIONS = ("Why", "Fix", "Blind spot")
RULES: dict[str, "Rule"] = {}


@dataclass(frozen=True, slots=True)
class Rule:
    """One requirement for every generated repository."""

    id: str
    title: str  # the defect, as a sentence without a period
    severity: Severity
    check: Check

    @property
    def what(self) -> str:
        """The requirement: the docstring up to its first section."""
        return self.section("")

    def section(self, name: str) -> str:
        """Return the text after ``name:`` in the docstring as one paragraph; empty if there is none."""
        parts = re.split(rf"^\s*({'|'.join(SECTIONS)}):", self.check.__doc__ or "", flags=re.MULTILINE)
        named = {"": parts[0], **dict(zip(parts[1::2], parts[2::2], strict=True))}
        return " ".join(named.get(name, "").split())


def rule(id: str, *, title: str, severity: str = "error") -> Callable[[Check], Check]:
    """Register a check under its id.

    Raises:
        ValueError: the id is taken.
    """

    def register(check: Check) -> Check:
        if id in RULES:
            raise ValueError(f"rule id {id} is taken by '{RULES[id].title}'")
        RULES[id] = Rule(id, title, Severity(severity), check)
        return check

    return register
