"""Critical cases: rows with a required prediction, in a CSV file that a domain expert writes.

The columns are ``case_id``, ``description``, ``expected`` and the model's inputs. The requirement of a case is in
``expected`` or in one of the optional columns below; a case may have several requirements.

``expected``   a label, or a range of numbers such as ``100..200``, ends included
``must_not``   the same, for a prediction that is not allowed
``same_as``    the id of another case: the prediction must be the same (the inputs that differ must not matter)
``not_below``  the id of another case: the score must not be lower than the score of that case
``not_above``  likewise, not higher
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..core.errors import CorrectableError
from ..core.suggestion import close_name

ALWAYS = ("case_id", "description", "expected")
RELATIONS = ("same_as", "not_below", "not_above")
OWN = (*ALWAYS, "must_not", *RELATIONS)
MAX_BYTES = 50_000_000
ROUNDING = 1e-12  # of scores that are compared


@dataclass(frozen=True, slots=True)
class Case:
    """One critical case; a requirement that it does not have is an empty text."""

    case_id: str
    description: str
    expected: str
    inputs: Mapping[str, str]
    must_not: str = ""
    same_as: str = ""
    not_below: str = ""
    not_above: str = ""

    def accepts(self, got: str) -> bool:
        """Return whether ``got``, a label or a number as text, is expected and not excluded by ``must_not``.

        Raises:
            ValueError: The case has a range, and ``got`` is not a number.
        """
        return (not self.expected or matches(self.expected, got)) and not (
            self.must_not and matches(self.must_not, got)
        )


@dataclass(frozen=True, slots=True)
class CaseAnswer:
    """The prediction for a case; ``score`` is the probability of the positive label, or the predicted value."""

    got: str
    score: float | None
    numeric: bool = False  # ``got`` is the number that a regression predicts, not a label


def matches(expected: str, got: str, numeric: bool = False) -> bool:
    """Return whether a prediction equals the label, or the number if ``numeric``, or is in the range."""
    if ".." not in expected:
        return float(got) == float(expected) if numeric else got == expected
    low, high = (float(end) for end in expected.split(".."))
    return low <= float(got) <= high


def case_failures(case: Case, answers: Mapping[str, CaseAnswer]) -> list[str]:
    """Return the requirements that the prediction for ``case`` does not meet, in words; empty if the case passed.

    Args:
        answers: The predictions for all cases, by id.

    Raises:
        ValueError: A prediction or a score that the case needs is not a number.
    """
    answer = answers[case.case_id]
    found = []
    if case.expected and not matches(case.expected, answer.got, answer.numeric):
        found.append(f"expected {case.expected}, got {answer.got}")
    if case.must_not and matches(case.must_not, answer.got, answer.numeric):
        found.append(f"must not be {case.must_not}, got {answer.got}")
    if case.same_as and answers[case.same_as].got != answer.got:
        found.append(f"got {answer.got}, but '{case.same_as}' got {answers[case.same_as].got}: must be the same")
    for other, sign, words in ((case.not_below, 1, "lower"), (case.not_above, -1, "higher")):
        if other:
            here, there = score_of(answer), score_of(answers[other])
            if sign * (here - there) < -ROUNDING:
                found.append(f"score {here:.6g}, {words} than {there:.6g} of '{other}'")
    return found


def score_of(answer: CaseAnswer) -> float:
    """Return the score; for a regression this is the prediction itself."""
    return float(answer.got) if answer.score is None else answer.score


def read_cases(path: Path) -> tuple[Case, ...]:
    """Read a case file.

    Raises:
        CorrectableError: The file is missing, empty or not CSV, a column is missing or misspelled, a case id appears
            twice or refers to an unknown case, or a case has no requirement or an invalid range.
    """
    header, rows = table(path)
    check_header(header, path)
    found: dict[str, Case] = {}
    lines: dict[str, int] = {}
    for line, row in rows:
        where = f"{path}:{line}"
        fields = dict(zip(header, row, strict=True))
        own = {name: fields.get(name, "").strip() for name in OWN}
        case = Case(inputs={name: value for name, value in fields.items() if name not in OWN}, **own)
        check_case(case, where)
        if case.case_id in found:
            raise CorrectableError(f"{where}: case '{case.case_id}' appears twice, first in line {lines[case.case_id]}")
        found[case.case_id], lines[case.case_id] = case, line
    if not found:
        raise CorrectableError(f"{path} has no cases: add at least one, or remove the behavioral gate")
    for case in found.values():
        check_relations(case, found, f"{path}:{lines[case.case_id]}")
    return tuple(found.values())


def table(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Return the column names of the first line, and each row with its line number."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise CorrectableError(
                f"{path} is larger than {MAX_BYTES / 1e6:g} MB: a case file is written by hand and is smaller"
            )
        with path.open(encoding="utf-8-sig", newline="") as stream:  # spreadsheets write a byte order mark
            reader = csv.reader(stream, strict=True)
            rows = [(reader.line_num, row) for row in reader if row]
    except FileNotFoundError as error:
        raise CorrectableError(f"{path} does not exist: the behavioral gate needs this case file") from error
    except OSError as error:
        raise CorrectableError(f"{path} cannot be read: {error.strerror}") from error
    except (csv.Error, UnicodeDecodeError) as error:
        raise CorrectableError(f"{path} is not a readable CSV file: {error}") from error
    if not rows:
        raise CorrectableError(f"{path} is empty, not a readable CSV file: it needs a first line with column names")
    header = rows[0][1]
    for line, row in rows[1:]:
        if len(row) != len(header):
            raise CorrectableError(
                f"{path}:{line}: {len(row)} fields, but the first line names {len(header)}: quote a text that "
                "contains a comma"
            )
    return header, rows[1:]


def check_header(header: Sequence[str], path: Path) -> None:
    """Refuse a header without the required columns, with a duplicate, or with a misspelled column name."""
    if missing := [name for name in ALWAYS if name not in header]:
        raise CorrectableError(
            f"{path}:1: has no column {missing}; the first line must name {', '.join(ALWAYS)} "
            f"and the model's inputs, separated by commas"
        )
    if double := next((name for name in header if header.count(name) > 1), None):
        raise CorrectableError(f"{path}:1: the column '{double}' appears twice")
    for name in header:
        near = close_name(name.strip().lower(), OWN, cutoff=0.8)
        if name not in OWN and near:
            raise CorrectableError(f"{path}:1: unknown column '{name}': did you mean '{near}'?")


def check_case(case: Case, where: str) -> None:
    """Refuse a case without id, description or requirement, or with an invalid range."""
    if not case.case_id or not case.description:
        raise CorrectableError(f"{where}: case_id and description must not be empty")
    if not any((case.expected, case.must_not, case.same_as, case.not_below, case.not_above)):
        raise CorrectableError(
            f"{where}: case_id, description and expected must not be empty; expected may be empty if the case has a "
            f"must_not or is compared with another case"
        )
    for name, asked in (("expected", case.expected), ("must_not", case.must_not)):
        if ".." not in asked:
            continue
        try:
            low, high = (float(end) for end in asked.split(".."))
        except ValueError as error:
            raise CorrectableError(f"{where}: {name} '{asked}' is not a range of two numbers like 100..200") from error
        if not low <= high:
            raise CorrectableError(f"{where}: {name} '{asked}' ends before it begins")
    if case.expected and case.expected == case.must_not:
        raise CorrectableError(f"{where}: case '{case.case_id}': expected and must_not are both {case.expected}")


def check_relations(case: Case, found: Mapping[str, Case], where: str) -> None:
    """Refuse a relation to an unknown case, or to one with equal inputs, whose prediction is equal in any case."""
    for relation in RELATIONS:
        other = getattr(case, relation)
        if not other:
            continue
        if other not in found:
            near = close_name(other, found)
            hint = f"did you mean '{near}'?" if near else f"there are {', '.join(list(found)[:5])}"
            raise CorrectableError(f"{where}: {relation} names the case '{other}', which does not exist; {hint}")
        if found[other].inputs == case.inputs:
            raise CorrectableError(
                f"{where}: {relation} names '{other}', which has the same inputs: change the input to be compared"
            )


def changed(case: Case, other: Case) -> list[str]:
    """Return the inputs in which two cases differ."""
    return [name for name, value in case.inputs.items() if other.inputs[name] != value]
