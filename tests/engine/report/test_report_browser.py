"""The report in a browser: no console messages, no requests, no page wider than its window."""

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from support.browser import Page, browser
from support.engine import EvidenceBuilder
from support.report import HOSTILE, REGRESSION_GATES, Written, gather, many_gates, predictor, report, spread, write

pytestmark = pytest.mark.slow  # needs a program that is not in a lock

PROBE = """({
  width: document.documentElement.scrollWidth,
  page: getComputedStyle(document.body).backgroundColor,
  ink: getComputedStyle(document.body).color,
  figure: getComputedStyle(document.querySelector('figure svg text.key, figure svg text.tick')).fill,
  wide: [...document.querySelectorAll('svg text, p, td, th, li, .name, .value, .detail')]
    .filter(e => { const r = e.getBoundingClientRect(); return r.width && (r.left < -1 || r.right > innerWidth + 1) })
    .map(e => e.textContent.slice(0, 40)),
})"""

DRAWING = """[
  getComputedStyle(document.querySelector('.page')).fill,
  getComputedStyle(document.querySelector('.title')).fill,
  [...document.querySelectorAll('text')].map(e => e.getBoundingClientRect())
    .every(r => r.left >= -1 && r.right <= document.documentElement.getBoundingClientRect().right + 1),
]"""


def lightness(color: str) -> float:
    """Return the lightness of ``rgb(r, g, b)``, from 0 to 1."""
    return sum(float(part) for part in color.removeprefix("rgb(").rstrip(")").split(",")) / 765


@pytest.fixture(scope="module")
def tab(tool: Callable[[str], str]) -> Iterator[Page]:
    with browser(tool("chromium")) as page:
        yield page


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Written]:
    """Return reports of both tasks with and without a champion, and one with hostile text."""
    from mlops.report.held_out import HeldOut

    random = np.random.default_rng(8)
    rows = pd.DataFrame(random.normal(size=(100, 3)), columns=["first", "second", "a_rather_long_name_of_a_feature"])

    def held_out(task: str) -> HeldOut:
        def answer(x: pd.DataFrame) -> pd.Series:
            return 1 / (1 + np.exp(-x["first"])) if task == "classification" else 50 + 20 * x["first"]

        return HeldOut(predictor(task, answer, list(rows.columns)), rows)

    made = {}
    for champion in (False, True):
        for task in ("classification", "regression"):
            evidence = EvidenceBuilder(correct=80).with_champion(95) if champion else EvidenceBuilder()
            if task == "regression":
                evidence = evidence.as_regression()
                if champion:
                    for column in ("champion_score", "champion_prediction"):
                        evidence.predictions[column] = evidence.predictions["y_true"] + random.normal(0, 9, 100)
            name = f"{task}{', champion' if champion else ''}"
            gates = {"gates": REGRESSION_GATES} if task == "regression" else {}
            folder = tmp_path_factory.mktemp(name.replace(", ", "-"))
            made[name] = report(folder, spread(evidence), held_out=held_out(task), **gates)

    folder = tmp_path_factory.mktemp("hostile")
    found = many_gates(gather(folder, spread(EvidenceBuilder().with_champion(95))), 40)
    texts = [*HOSTILE, "w" * 300, "一" * 300]
    gates = [
        dataclasses.replace(gate, name=texts[n % len(texts)], reason=texts[n % len(texts)])
        for n, gate in enumerate(found.gates)
    ]
    cases = [
        dataclasses.replace(found.cases[0], case_id=text, description=text, expectation=text, got=text)
        for text in texts
    ]
    made["hostile"] = write(folder, dataclasses.replace(found, title="w" * 300, gates=gates, cases=cases))
    return made


KINDS = ["classification", "classification, champion", "regression", "regression, champion", "hostile"]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [390, 1400])
@pytest.mark.parametrize("kind", KINDS)
def test_the_page_is_readable_fits_its_window_and_has_no_errors_or_requests(
    tab: Page, pages: dict[str, Written], kind: str, width: int, dark: bool
) -> None:
    tab.open(pages[kind].path, width, dark)
    found = tab.evaluate(PROBE)
    assert tab.complaints == []
    assert tab.requests == [pages[kind].path.resolve().as_uri()]
    assert found["width"] <= width
    assert found["wide"] == []
    assert (lightness(found["page"]) < 0.2) == dark
    assert abs(lightness(found["page"]) - lightness(found["ink"])) > 0.7
    assert abs(lightness(found["page"]) - lightness(found["figure"])) > 0.4


def test_errors_requests_and_wide_elements_of_a_page_are_found(tab: Page, tmp_path: Path) -> None:
    page = tmp_path / "bad.html"
    page.write_text(
        "<!doctype html><body><p style='width:2000px'>wide</p><figure><svg><text class=tick>x</text></svg></figure>"
        "<script>console.error('loud'); missing()</script><img src='gone.png'></body>"
    )
    tab.open(page, 390)
    assert any("loud" in complaint for complaint in tab.complaints)
    assert any("Uncaught" in complaint for complaint in tab.complaints)
    assert any(request.endswith("gone.png") for request in tab.requests)
    found = tab.evaluate(PROBE)
    assert found["width"] > 390
    assert found["wide"] == ["wide"]


def test_a_printed_page_is_black_on_white_and_shows_all_tables(tab: Page, pages: dict[str, Written]) -> None:
    tab.open(pages["classification, champion"].path, 800, dark=True, medium="print")
    found = tab.evaluate(PROBE)
    assert lightness(found["page"]) > 0.95
    assert lightness(found["ink"]) < 0.2
    assert tab.evaluate("getComputedStyle(document.querySelector('nav')).display") == "none"
    shown = "[...document.querySelectorAll('details table')].every(table => table.checkVisibility())"
    assert tab.evaluate("document.querySelectorAll('details:not([open])').length") == 1
    assert tab.evaluate(shown)
    tab.open(pages["classification, champion"].path, 800)
    assert not tab.evaluate(shown)  # on screen, a long table is collapsed


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_drawing_files_are_readable_on_their_own(tab: Page, pages: dict[str, Written], dark: bool) -> None:
    folder = pages["classification, champion"].folder / "figures"
    for picture in sorted(folder.glob("*.svg")):
        tab.open(picture, 1400, dark)
        assert tab.complaints == []
        background, ink, inside = tab.evaluate(DRAWING)
        assert (lightness(background) < 0.2) == dark
        assert abs(lightness(background) - lightness(ink)) > 0.7
        assert inside, picture.name
