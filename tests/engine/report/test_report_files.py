"""The files of the report: reproducible, without old drawings, and short enough for a comment."""

import dataclasses
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from support.engine import EvidenceBuilder
from support.report import (
    Outline,
    gather,
    many_gates,
    predictor,
    report,
    spread,
    write,
)


def test_drawings_of_an_earlier_report_are_deleted(tmp_path: Path) -> None:
    old = tmp_path / "reports/figures/row_by_row.svg"
    old.parent.mkdir(parents=True)
    old.write_text("of an earlier champion")
    report(tmp_path, EvidenceBuilder())
    assert not old.exists()


def test_the_same_evidence_gives_the_same_report_byte_for_byte(tmp_path: Path) -> None:
    columns = {"a": np.linspace(0, 1, 100), "b": np.arange(100.0)}

    def files(folder: Path) -> dict[str, bytes]:
        from mlops.report.held_out import HeldOut

        held_out = HeldOut(predictor("classification", lambda rows: rows["a"], ["a", "b"]), pd.DataFrame(columns))
        made = report(folder, spread(EvidenceBuilder().with_champion(95)), held_out=held_out).folder
        return {path.name: path.read_bytes() for path in sorted(made.rglob("*")) if path.is_file()}

    first, second = files(tmp_path / "first"), files(tmp_path / "second")
    assert first == second
    assert "importance.svg" in first
    assert "shifts.svg" in first


def test_five_hundred_gates_fit_into_a_comment_with_the_failed_gate_first(tmp_path: Path) -> None:
    page = write(tmp_path, many_gates(gather(tmp_path, EvidenceBuilder()), 500))
    assert len(page.markdown) < 60_000
    assert "Shortened to fit into a comment" in page.markdown
    assert re.search(r"\*and \d+ more gates, see `report.html`\*", page.markdown)
    rows = [line for line in page.markdown.splitlines() if re.match(r"\| (FAIL|HOLD|PASS) \|", line)]
    assert "the_one_that_failed" in rows[0]
    assert len(re.findall(r"performance\.metric_\d{4}<", page.html)) == 499


def test_five_thousand_failed_cases_fit_into_a_comment_and_the_html_page_lists_all(tmp_path: Path) -> None:
    content = gather(tmp_path, EvidenceBuilder())
    case = content.cases[0]
    cases = [
        dataclasses.replace(case, case_id=f"case-{n:04}", description="x" * 300, passed=False) for n in range(5000)
    ]
    page = write(tmp_path, dataclasses.replace(content, cases=cases))
    assert len(page.markdown.encode()) < 60_000
    assert "Shortened to fit into a comment" in page.markdown
    assert "more failed cases" in page.markdown
    assert "case-0000" in page.markdown
    assert len(re.findall(r">case-\d{4}<", page.html)) == 5000


def test_of_thousands_of_passed_cases_the_page_lists_some_and_counts_the_others(tmp_path: Path) -> None:
    content = gather(tmp_path, EvidenceBuilder())
    case = content.cases[0]
    cases = [dataclasses.replace(case, case_id=f"case-{n:04}") for n in range(5000)]
    cases.insert(0, dataclasses.replace(case, case_id="the-failed-one", passed=False))
    page = write(tmp_path, dataclasses.replace(content, cases=cases))
    assert "the-failed-one" in page.html
    assert "the-failed-one" in page.markdown
    assert "4700 more cases passed" in Outline(page.html).text


@pytest.mark.parametrize("character", ["@", "$", "&", "é", "𝔵", "`", "|"])
def test_names_that_become_longer_when_escaped_fit_into_a_comment(tmp_path: Path, character: str) -> None:
    content = many_gates(gather(tmp_path, EvidenceBuilder()), 300)
    long = character * 10_000
    gates = [dataclasses.replace(gate, name=long, reason=long) for gate in content.gates]
    cases = [dataclasses.replace(content.cases[0], case_id=long, description=long, got=long, passed=False)] * 300
    page = write(tmp_path, dataclasses.replace(content, gates=gates, cases=cases, title=long))
    assert len(page.markdown.encode()) < 60_000


def test_a_short_report_is_not_marked_as_shortened(tmp_path: Path) -> None:
    page = report(tmp_path, EvidenceBuilder())
    assert "Shortened" not in page.markdown
    assert "more gates" not in page.markdown
