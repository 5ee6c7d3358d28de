"""What a rule reports."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """An error fails the run; a notice is told and fails nothing."""

    ERROR = "error"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True)
class Finding:
    """One defect at one place.

    A rule gives the first three, and ``fix`` where it knows better than its docstring; the runner fills in the rest.
    """

    path: str  # relative to the repository, with forward slashes
    line: int  # from 1; 1 for a finding about the whole file
    message: str  # what is wrong, with the value found and what would be right
    fix: str = ""
    rule: str = ""
    severity: Severity = Severity.ERROR

    def order(self) -> tuple[str, int, str, str]:
        """The order of the report: by place, then by rule."""
        return (self.path, self.line, self.rule, self.message)
