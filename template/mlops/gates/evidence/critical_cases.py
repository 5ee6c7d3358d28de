"""Critical cases: rows for which the team says what a model must answer, in a CSV file that a domain expert writes.

Columns ``case_id``, ``description``, ``expected`` and the model's inputs. What a case asks for stands in ``expected``
or in one of the columns that a file has only where it needs them; a case may ask for several things.

``expected``   a label, or a range of numbers such as ``100..200``, ends included
``must_not``   the same, for what must not come
``same_as``    the id of another case: the answer must be the same (what differs between the two must not matter)
``not_below``  the id of another case: the score must not be lower than that one's (raising this must not lower it)
``not_above``  likewise, not higher
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from ..core.errors import CorrectableError

ALWAYS = ("case_id", "description", "expected")
RELATIONS = ("same_as", "not_below", "not_above")
OWN = (*ALWAYS, "must_not", *RELATIONS)
MOST_BYTES = 50_000_000
ROUNDING = 1e-12  # of scores that are compared


@dataclass(frozen=True, slots=True)
class Case:
    """One critical case; what it does not ask for is an empty text."""

    case_id: str
    description: str
    expected: str
    inputs: Mapping[str, str]
    must_not: str = ""
    same_as: str = ""
    not_below: str = ""
    not_above: str = ""

    def accepts(self, got: str) -> bool:
        """True when ``got``, a label or a number as text, is what was expected and not what must not come.

        Raises:
            ValueError: a range, and ``got`` is no number.
        """
        return (not self.expected or matches(self.expected, got)) and not (
            self.must_not and matches(self.must_not, got)
        )


@dataclass(frozen=True, slots=True)
class CaseAnswer:
    """What a model answered to a case; ``score`` is the probability of the positive label, or the predicted value."""

    got: str
    score: float | None
    numeric: bool = False  # ``got`` is a number, of a regression, and no label


def matches(expected: str, got: str, numeric: bool = False) -> bool:
    """Whether an answer is the label, or lies in the range; of a ``numeric`` answer, whether it is the number."""
    if ".." not in expected:
        return float(got) == float(expected) if numeric else got == expected
    low, high = (float(end) for end in expected.split(".."))
    return low <= float(got) <= high


def case_failures(case: Case, answers: Mapping[str, CaseAnswer]) -> list[str]:
    """What is wrong with the answer to ``case``, in words; nothing when the case passed.

    Args:
        answers: of every case, by its id.

    Raises:
        ValueError: an answer or a score that the case needs is no number.
    """
    answer = answers[case.case_id]
    found = []
    if case.expected and not matches(case.expected, answer.got, answer.numeric):
        found.append(f"expected {case.expected}, got {answer.got}")
    if case.must_not and matches(case.must_not, answer.got, answer.numeric):
        found.append(f"must not be {case.must_not}, got {answer.got}")
    if case.same_as and answers[case.same_as].got != answer.got:
        found.append(f"got {answer.got} where '{case.same_as}' got {answers[case.same_as].got}: must be the same")
    for other, sign, words in ((case.not_below, 1, "lower"), (case.not_above, -1, "higher")):
        if other:
            here, there = score_of(answer), score_of(answers[other])
            if sign * (here - there) < -ROUNDING:
                found.append(f"score {here:.6g}, {words} than {there:.6g} of '{other}'")
    return found


def score_of(answer: CaseAnswer) -> float:
    """The score, which for a regression the answer itself is."""
    return float(answer.got) if answer.score is None else answer.score


def read_cases(path: Path) -> tuple[Case, ...]:
    """Read a case file.

    Raises:
        CorrectableError: it is missing, empty, no CSV, lacks a column or has a misspelled one, names a case twice or
            one that is not there, or asks for nothing or for a range that is none.
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
            raise CorrectableError(
                f"{where}: case '{case.case_id}' is there twice, first in line {lines[case.case_id]}"
            )
        found[case.case_id], lines[case.case_id] = case, line
    if not found:
        raise CorrectableError(f"{path} has no cases: without a case nothing is known of the model's behavior")
    for case in found.values():
        check_relations(case, found, f"{path}:{lines[case.case_id]}")
    return tuple(found.values())


def table(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """The first line's names, and each row with its line."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise CorrectableError(f"{path} is larger than {MOST_BYTES / 1e6:g} MB: no expert wrote so many cases")
        with path.open(encoding="utf-8-sig", newline="") as stream:  # a spreadsheet writes a mark at the beginning
            reader = csv.reader(stream, strict=True)
            rows = [(reader.line_num, row) for row in reader if row]
    except FileNotFoundError as error:
        raise CorrectableError(f"{path} does not exist: the behavioral gate needs its cases") from error
    except OSError as error:
        raise CorrectableError(f"{path} cannot be read: {error.strerror}") from error
    except (csv.Error, UnicodeDecodeError) as error:
        raise CorrectableError(f"{path} is not a readable CSV file: {error}") from error
    if not rows:
        raise CorrectableError(f"{path} is empty, and not a readable CSV file: it needs a line of names")
    header = rows[0][1]
    for line, row in rows[1:]:
        if len(row) != len(header):
            raise CorrectableError(
                f"{path}:{line}: {len(row)} fields where the first line names {len(header)}: quote a text that holds "
                "a comma"
            )
    return header, rows[1:]


def check_header(header: Sequence[str], path: Path) -> None:
    """The columns that every file has, none twice, and none that looks like one of ours and is not."""
    if missing := [name for name in ALWAYS if name not in header]:
        raise CorrectableError(
            f"{path}:1: has no column {missing}; the first line must name {', '.join(ALWAYS)} "
            f"and the model's inputs, separated by commas"
        )
    if double := next((name for name in header if header.count(name) > 1), None):
        raise CorrectableError(f"{path}:1: the column '{double}' is there twice")
    for name in header:
        near = get_close_matches(name.strip().lower(), OWN, n=1, cutoff=0.8)
        if name not in OWN and near:
            raise CorrectableError(f"{path}:1: unknown column '{name}': did you mean '{near[0]}'?")


def check_case(case: Case, where: str) -> None:
    """Name and description, something that is asked for, and ranges of two numbers, the lower one first."""
    if not case.case_id or not case.description:
        raise CorrectableError(f"{where}: case_id and description must not be empty")
    if not any((case.expected, case.must_not, case.same_as, case.not_below, case.not_above)):
        raise CorrectableError(
            f"{where}: case_id, description and expected must not be empty; a case that is compared with another one, "
            f"or has a must_not, may leave expected out"
        )
    for name, asked in (("expected", case.expected), ("must_not", case.must_not)):
        if ".." not in asked:
            continue
        try:
            low, high = (float(end) for end in asked.split(".."))
        except ValueError as error:
            raise CorrectableError(f"{where}: {name} '{asked}' is no range of two numbers such as 100..200") from error
        if not low <= high:
            raise CorrectableError(f"{where}: {name} '{asked}' ends before it begins")
    if case.expected and case.expected == case.must_not:
        raise CorrectableError(f"{where}: case '{case.case_id}' expects what must not come, {case.expected}")


def check_relations(case: Case, found: Mapping[str, Case], where: str) -> None:
    """The other case is there, and differs in an input: two equal rows get equal answers and prove nothing."""
    for relation in RELATIONS:
        other = getattr(case, relation)
        if not other:
            continue
        if other not in found:
            near = get_close_matches(other, found, n=1)
            hint = f"did you mean '{near[0]}'?" if near else f"there are {', '.join(list(found)[:5])}"
            raise CorrectableError(f"{where}: {relation} names the case '{other}', which is not there; {hint}")
        if found[other].inputs == case.inputs:
            raise CorrectableError(
                f"{where}: {relation} names '{other}', which has the same inputs: change the one that this is about"
            )


def changed(case: Case, other: Case) -> list[str]:
    """The inputs in which two cases differ."""
    return [name for name, value in case.inputs.items() if other.inputs[name] != value]
