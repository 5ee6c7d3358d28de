"""Findings: the defects that rules report."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """An error fails the run; a notice does not."""

    ERROR = "error"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True)
class Finding:
    """One defect at one place.

    A rule sets the first three, and ``fix`` if it is more specific than the docstring; the runner sets the rest.
    """

    path: str  # relative to the repository, with forward slashes
    line: int  # from 1; 1 for a finding about the whole file
    message: str  # what is wrong, with the value found and what would be right
    fix: str = ""
    rule: str = ""
    severity: Severity = Severity.ERROR

    def order(self) -> tuple[str, int, str, str]:
        """Return the sort key of the report: by place, then by rule."""
        return (self.path, self.line, self.rule, self.message)
