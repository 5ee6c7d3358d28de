"""Every decision record has the same form, a number of its own and a place in the index."""

import re
from pathlib import Path

import pytest

from support.working_tree import ROOT

FOLDER = ROOT / "docs" / "decisions"
RECORDS = sorted(path for path in FOLDER.glob("*.md") if path.name != "README.md")
HEADINGS = ["Context", "Decision", "Consequences", "Alternatives"]
STATUS = re.compile(
    r"Status: (accepted|superseded by \[(?P<number>\d+)\]\((?P<file>[\w-]+\.md)\)), 20\d\d-(0[1-9]|1[0-2])"
)


def title(record: Path) -> str:
    return record.read_text().partition("\n")[0].removeprefix("# ")


def test_every_record_has_a_number_of_its_own() -> None:
    numbers = [record.name[:4] for record in RECORDS]
    assert len(numbers) > 20
    assert sorted(set(numbers)) == numbers


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.stem)
def test_a_record_has_title_status_and_the_four_headings(record: Path) -> None:
    lines = record.read_text().splitlines()
    assert re.fullmatch(rf"# {int(record.name[:4])}\. [A-Z].*[^.]", lines[0]), f"not a numbered title: {lines[0]}"
    assert lines[1] == ""
    assert lines[3] == ""
    status = STATUS.fullmatch(lines[2])
    assert status, f"not a status: {lines[2]}"
    if status["file"]:
        newer = FOLDER / status["file"]
        assert newer.exists()
        assert title(newer).startswith(f"{status['number']}. ")
    assert [line.removeprefix("## ") for line in lines if line.startswith("#")][1:] == HEADINGS
    for at, line in enumerate(lines):
        if line.startswith("## "):
            assert [lines[at - 1], lines[at + 1]] == ["", ""], f"no empty line around {line}"
            assert lines[at + 2].strip(), f"nothing under {line}"


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.stem)
def test_a_record_fits_on_about_half_a_page(record: Path) -> None:
    assert len(record.read_text().split()) <= 500


def test_the_index_lists_every_record_by_its_title() -> None:
    listed = re.findall(r"(?m)^(\d+)\. \[(.*)\]\((.*)\)$", (FOLDER / "README.md").read_text())
    wanted = [(record, *title(record).split(". ", 1)) for record in RECORDS]
    assert listed == [(number, text, record.name) for record, number, text in wanted]
