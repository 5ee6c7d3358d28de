"""The report: complete, escaped, short enough for a comment, and honest about what it leaves out."""

import dataclasses
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from support.engine import EvidenceBuilder, Result, clean_environment, digest
from support.report import (
    GATES,
    HOSTILE,
    REGRESSION_GATES,
    Outline,
    Written,
    gather,
    many_gates,
    predictor,
    report,
    spread,
    write,
)

Call = Callable[..., Result]
SECTIONS = ["gates", "metrics", "predictions", "champion", "groups", "latency", "drivers", "cases", "judged"]


def rendered(markdown: str) -> tuple[str, list[Any]]:
    """Markdown as HTML, and its tokens, read as GitHub does: with tables, bare links and HTML."""
    parser = MarkdownIt("commonmark", {"html": True, "linkify": False}).enable(["table", "strikethrough"])
    tokens = [part for token in parser.parse(markdown) for part in (token, *(token.children or []))]
    return parser.render(markdown), tokens


# --------------------------------------------------------------------------------------------------- a real example


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_the_report_of_the_example_has_every_part(task: str, request: pytest.FixtureRequest, call: Call) -> None:
    from mlops.gates import verdict
    from mlops.gates.evidence import evidence_reader

    folder = request.getfixturevalue("trained" if task == "classification" else "trained_regression")
    result = call(folder, "report")
    assert (result.code, result.out) == (0, "report: reports/report.html\n"), result.text
    page = Written(folder / "reports")
    outline = Outline(page.html)
    assert [name for name in outline.ids if name in SECTIONS] == SECTIONS

    evidence = evidence_reader.read_evidence(folder / "reports/evidence")
    judgement = verdict.read_verdict(folder / "reports/verdict.json")
    for gate in judgement.gates:
        assert f"{gate.kind}.{gate.name}" in outline.text
        assert " ".join(gate.reason.split()) in outline.text
    for facts in (
        evidence.document.candidate.digest,
        evidence.document.data.training.digest,
        evidence.document.data.evaluation.digest,
        evidence.document.environment.lock_digest,
        evidence.document.code_digest,
        judgement.evidence_digest,
        judgement.gates_digest,
    ):
        assert facts in outline.text
        assert facts in page.markdown or facts == evidence.document.code_digest
    assert "no champion yet" in outline.text and "no champion yet" in page.markdown
    fitting = {"predicted", "residuals"} if task == "regression" else {"roc", "precision_recall", "confusion"}
    measure = "error" if task == "regression" else "accuracy"
    always = {"gates", "calibration", "latency", "importance", f"groups_1_{measure}", f"groups_2_{measure}"}
    assert set(page.pictures) == fitting | always
    assert set(re.findall(r"^!\[.*\]\(figures/(\w+)\.svg\)$", page.markdown, re.MULTILINE)) == set(page.pictures)


def test_rows_that_became_wrong_are_named_with_what_sets_them_apart(trained: Path, call: Call) -> None:
    for verb in (["register"], ["champion", "--set"]):
        assert call(trained, *verb).code == 0
    params = trained / "params.yaml"
    params.write_text(params.read_text().replace("fraction: 1.0", "fraction: 0.03"))
    for verb, code in (("train", 0), ("evaluate", 0), ("gate", 1), ("report", 0)):
        result = call(trained, verb)
        assert result.code == code, result.text

    rows = pd.read_parquet(trained / "reports/evidence/predictions.parquet").set_index("row_id")
    worse = rows[(rows["champion_prediction"] == rows["y_true"]) & (rows["candidate_prediction"] != rows["y_true"])]
    jump = (worse["champion_score"] - worse["candidate_score"]).abs().sort_values(ascending=False, kind="stable")
    page = Written(trained / "reports")
    outline = Outline(page.html)
    assert f"{len(worse)} of {len(rows)} rows went from right to wrong" in outline.text
    assert re.findall(r'class="lead">(patient-\d+)<', page.html) == list(jump.index[:20])

    features = pd.read_parquet(trained / "data/split/test.parquet").set_index("row_id")
    features = features.drop(columns=["progression", "high_progression"])
    chosen = features.index.isin(worse.index)
    shifts = (features[chosen].mean() - features[~chosen].mean()) / features.std(ddof=0)
    strongest = shifts.abs().idxmax()
    assert f"the strongest shift is {strongest}, {'higher' if shifts[strongest] > 0 else 'lower'} by" in outline.text
    assert {"row_by_row", "shifts"} <= set(page.pictures)
    assert "champion" in page.pictures["roc"]


@pytest.mark.parametrize(
    ("spoil", "phrase"),
    [
        (lambda folder: (folder / "data/split/test.parquet").unlink(), "data/split/test.parquet is not here"),
        (
            lambda folder: pd.read_parquet(folder / "data/split/train.parquet").to_parquet(
                folder / "data/split/test.parquet"
            ),
            "holds other rows than the evidence",
        ),
        (
            lambda folder: (folder / "models/candidate/model.joblib").write_bytes(b"another"),
            "is another model than the one in the evidence",
        ),
    ],
    ids=["no rows", "other rows", "another model"],
)
def test_without_model_or_rows_the_report_says_what_it_cannot_show(
    trained: Path, call: Call, spoil: Callable[[Path], Any], phrase: str
) -> None:
    spoil(trained)
    result = call(trained, "report")
    assert result.code == 0, result.text
    page = Written(trained / "reports")
    assert "importance" not in page.pictures
    for text in (Outline(page.html).text, page.markdown):
        assert "Importance of the features: " in text and phrase in text


def test_a_gate_file_that_changed_since_is_not_taken_for_the_one_judged_by(trained: Path, call: Call) -> None:
    gates = trained / "model_gates.yaml"
    gates.write_text(gates.read_text() + "# changed\n")
    assert call(trained, "report").code == 0
    assert "The gate file that was judged by is not here" in Outline(Written(trained / "reports").html).text


def test_what_pipeline_imports_while_its_stages_run_is_all_that_takes_long(trained: Path) -> None:
    program = (
        "import sys; sys.path.insert(1, 'src')\n"
        "from mlops.verbs import report\n"
        "report.prepare()\n"
        "packages = lambda: {name.split('.')[0] for name in sys.modules}\n"
        "before = packages()\n"
        "report.write()\n"
        "heavy = {'mlflow', 'sqlalchemy', 'alembic', 'pandas', 'pyarrow', 'sklearn', 'scipy', 'jinja2', 'joblib'}\n"
        "print(sorted((packages() - before) & heavy))\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program],
        cwd=trained,
        capture_output=True,
        text=True,
        check=False,
        env=clean_environment() | {"PYTHONPATH": "."},
    )
    assert (done.stdout, done.returncode) == ("[]\n", 0), done.stdout + done.stderr


def test_pictures_of_an_earlier_report_do_not_stay(tmp_path: Path) -> None:
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
    assert "importance.svg" in first and "shifts.svg" in first


# ------------------------------------------------------------------------------------------------------ other tasks


def test_a_task_of_three_labels_shows_each_label(tmp_path: Path) -> None:
    evidence = EvidenceBuilder(rows=120)
    evidence.document |= {"task": "multiclass", "labels": ["low", "middle", "high"], "positive_label": None}
    truth = np.array(["low", "middle", "high"])[np.arange(120) % 3]
    wrong = np.arange(120) % 12 == 1  # rows of 'middle', every fourth
    answers = np.where(wrong, "high", truth)
    evidence.predictions = evidence.predictions.assign(
        y_true=truth, candidate_prediction=answers, candidate_score=np.where(wrong, 0.6, 0.9)
    )
    evidence.behavioral = evidence.behavioral.assign(expected=["low", "high"], got=["low", "high"])
    gates = "performance: {accuracy: {min: 0.8}}\nfairness: {max_disparity: 0.5, protected_attributes: [sex]}\n"
    page = report(tmp_path, evidence, gates)
    text = Outline(page.html).text
    assert "The lowest is 0.7500, of 'middle'" in text  # 30 of 40 rows are found
    assert "curves are drawn for two labels" in text
    assert {"label_recall", "label_precision", "confusion"} <= set(page.pictures)
    assert page.pictures["confusion"].count(">40<") == 2 and ">30<" in page.pictures["confusion"]


def test_evidence_without_groups_says_so(tmp_path: Path) -> None:
    evidence = EvidenceBuilder()
    evidence.document["protected_attributes"] = []
    evidence.predictions = evidence.predictions.drop(columns="sex")
    page = report(tmp_path, evidence, "performance: {accuracy: {min: 0.1}}\n")
    assert "names no protected attribute" in Outline(page.html).text


def test_attributes_that_the_gate_combines_are_shown_combined_and_by_the_gates_metric(tmp_path: Path) -> None:
    evidence = EvidenceBuilder(rows=200)
    evidence.document["protected_attributes"] = ["sex", "age"]
    evidence.predictions["age"] = np.where(np.arange(200) % 5 == 0, "old", "young")
    gates = "fairness: {max_disparity: 0.9, protected_attributes: [[sex, age]], metric: equalized_odds}\n"
    page = report(tmp_path, evidence, gates)
    for attributes in ("sex + age", "sex", "age"):
        for measure in ("True positive rate", "False positive rate"):
            assert f"{measure} by {attributes}" in page.html.replace("&#39;", "'")
    assert "f, old" in page.html
    assert page.html.count("No gate compares them") == 4  # each attribute alone, both rates


def test_extremes_are_drawn_and_not_divided_by(tmp_path: Path) -> None:
    evidence = EvidenceBuilder(rows=30).as_regression(0.0)
    evidence.predictions[["y_true", "candidate_score", "candidate_prediction"]] = 7.0
    evidence.predictions.loc[0, ["y_true", "candidate_score", "candidate_prediction"]] = 8.0
    evidence.latency = pd.DataFrame({"latency_ms": [0.0] * 30})
    gates = "performance: {mae: {max: 0}}\nlatency: {p50_ms: 5}\n"
    page = report(tmp_path, evidence, gates)
    assert {"predicted", "residuals", "latency"} <= set(page.pictures)
    assert not re.search(r"\b(nan|inf)\b", page.html, re.IGNORECASE)


# --------------------------------------------------------------------------------------------------- what is too much


def test_five_hundred_gates_fit_a_comment_with_the_failed_one_first(tmp_path: Path) -> None:
    page = write(tmp_path, many_gates(gather(tmp_path, EvidenceBuilder()), 500))
    assert len(page.markdown) < 60_000
    assert "Shortened to fit a comment" in page.markdown
    assert re.search(r"\*and \d+ more gates: `report.html` has them\*", page.markdown)
    rows = [line for line in page.markdown.splitlines() if re.match(r"\| (FAIL|HOLD|PASS) \|", line)]
    assert "the_one_that_failed" in rows[0]
    assert len(re.findall(r"performance\.metric_\d{4}<", page.html)) == 499


def test_five_thousand_failed_cases_fit_a_comment_and_all_stand_in_the_page(tmp_path: Path) -> None:
    content = gather(tmp_path, EvidenceBuilder())
    case = content.cases[0]
    cases = [
        dataclasses.replace(case, case_id=f"case-{n:04}", description="x" * 300, passed=False) for n in range(5000)
    ]
    page = write(tmp_path, dataclasses.replace(content, cases=cases))
    assert len(page.markdown.encode()) < 60_000
    assert "Shortened to fit a comment" in page.markdown and "more failed cases" in page.markdown
    assert "case-0000" in page.markdown
    assert len(re.findall(r">case-\d{4}<", page.html)) == 5000


def test_cases_that_passed_by_the_thousand_are_counted_and_the_failed_one_shown(tmp_path: Path) -> None:
    content = gather(tmp_path, EvidenceBuilder())
    case = content.cases[0]
    cases = [dataclasses.replace(case, case_id=f"case-{n:04}") for n in range(5000)]
    cases.insert(0, dataclasses.replace(case, case_id="the-failed-one", passed=False))
    page = write(tmp_path, dataclasses.replace(content, cases=cases))
    assert "the-failed-one" in page.html and "the-failed-one" in page.markdown
    assert "4700 more cases passed" in Outline(page.html).text


@pytest.mark.parametrize("character", ["@", "$", "&", "é", "𝔵", "`", "|"])
def test_even_names_that_grow_when_escaped_fit_a_comment(tmp_path: Path, character: str) -> None:
    content = many_gates(gather(tmp_path, EvidenceBuilder()), 300)
    long = character * 10_000
    gates = [dataclasses.replace(gate, name=long, reason=long) for gate in content.gates]
    cases = [dataclasses.replace(content.cases[0], case_id=long, description=long, got=long, passed=False)] * 300
    page = write(tmp_path, dataclasses.replace(content, gates=gates, cases=cases, title=long))
    assert len(page.markdown.encode()) < 60_000


def test_a_short_report_is_not_called_shortened(tmp_path: Path) -> None:
    page = report(tmp_path, EvidenceBuilder())
    assert "Shortened" not in page.markdown and "more gates" not in page.markdown


# ------------------------------------------------------------------------------------------------- hostile texts


@pytest.mark.parametrize("text", HOSTILE)
def test_texts_from_outside_stay_texts(tmp_path: Path, text: str) -> None:
    evidence = spread(EvidenceBuilder().with_champion(95))
    name = " ".join(text.replace("\x00", "").split()) or "x"
    evidence.document["protected_attributes"] = [name]
    evidence.predictions = evidence.predictions.rename(columns={"sex": name})
    evidence.predictions[name] = np.where(evidence.predictions[name] == "f", text, "other")
    evidence.predictions["row_id"] = [f"{text} {number}" for number in range(evidence.rows)]
    evidence.document["labels"] = [text, "yes"]
    evidence.document["positive_label"] = "yes"
    for column in ("y_true", "candidate_prediction", "champion_prediction"):
        evidence.predictions[column] = np.where(evidence.predictions[column] == 1, "yes", text)
    evidence.behavioral = evidence.behavioral.assign(
        case_id=[text, "b"], description=text, expected=text, got=text, passed=[False, True]
    )
    evidence.document["candidate"]["name"] = text
    evidence.document["environment"]["platform"] = text
    evidence.document["latency"]["cpu"] = text
    evidence.document["custom_metrics"] = {name: {"candidate": 1.0, "champion": 2.0}}
    gates = "performance: {accuracy: {min: 0.8}}\nlatency: {p50_ms: 80}\n"
    content = gather(tmp_path, evidence, gates)
    gate = dataclasses.replace(content.gates[0], name=text, reason=text)
    page = write(tmp_path, dataclasses.replace(content, title=text, gates=[gate, *content.gates]))
    harmless = spread(EvidenceBuilder().with_champion(95))
    harmless.behavioral["passed"] = [False, True]
    plain = report(tmp_path / "plain", harmless, gates)

    same_elements = {tag for tag, _ in Outline(plain.html).elements}
    outline = Outline(page.html)
    assert {tag for tag, _ in outline.elements} <= same_elements
    assert not any(attribute.startswith("on") for _, attributes in outline.elements for attribute in attributes)
    assert not any(
        "href" in attributes and not (attributes["href"] or "").startswith("#") for _, attributes in outline.elements
    )
    for picture in page.pictures.values():
        assert "<script" not in picture and "onload" not in re.sub(r">[^<]*<|=\"[^\"]*\"", "", picture)
    for unwanted in ("\u202e", "\u2066", "\x00", "\x07"):
        assert unwanted not in page.html + page.markdown + "".join(page.pictures.values())

    html, tokens = rendered(page.markdown)
    wanted, _ = rendered(plain.markdown)
    assert not {token.type for token in tokens} & {"link_open", "s_open", "fence", "code_block", "hr"}
    assert {tag for tag, _ in Outline(html).elements} <= {tag for tag, _ in Outline(wanted).elements}
    sources = {attributes.get("src") for tag, attributes in Outline(html).elements if tag == "img"}
    assert all(source and re.fullmatch(r"figures/\w+\.svg", source) for source in sources)
    assert html.count("<tr>") == html.count("</tr>")
    said = Outline(re.sub(r"<code>.*?</code>", "", html)).text
    assert not re.search(r"(?<!\w)[@#!~$]\w|https?://\w|www\.\w|:\w+:", said)
    assert html.count("<details>") == html.count("</details>") == 8


def examples(test: Any) -> Any:
    """Try the hostile texts, too."""
    for text in HOSTILE:
        test = example(text)(test)
    return test


@examples
@given(st.text(max_size=60))
def test_any_text_shows_in_markdown_as_it_is_written(text: str) -> None:
    from mlops.report.escaping import for_markdown, plain

    html, tokens = rendered(f"| a |\n|---|\n| {for_markdown(text)} |\n")
    [cell] = re.findall(r"<td>(.*?)</td>", html, re.DOTALL)
    import html as unescape

    assert unescape.unescape(cell).replace("\u200b", "") == plain(text).replace("\u200b", "")
    assert html.count("<td>") == 1
    assert not {token.type for token in tokens} & {"link_open", "image", "html_inline", "code_inline", "em_open"}


def test_nothing_outside_of_the_page_is_asked_for(tmp_path: Path) -> None:
    page = report(tmp_path, spread(EvidenceBuilder().with_champion(80)))
    outline = Outline(page.html)
    assert not any({"src", "srcset", "poster"} & set(attributes) for _, attributes in outline.elements)
    assert not {"script", "link", "iframe", "object", "embed", "img"} & {tag for tag, _ in outline.elements}
    assert "url(" not in page.html and "@import" not in page.html
    assert "default-src 'none'" in page.html


# ------------------------------------------------------------------------------------------------------- the gate chart

bounds = st.floats(-50, 50)


def finding(**facts: Any) -> Any:
    from mlops.gates.decision.gate_result import GateResult
    from mlops.gates.decision.verdict_rule import Verdict

    return GateResult(**{"kind": "performance", "name": "m", "verdict": Verdict.PASS, "reason": "", **facts})


@given(
    st.lists(bounds, min_size=3, max_size=3).map(sorted),
    bounds,
    st.sampled_from([">=", "<="]),
    st.sampled_from(["performance", "regression"]),
)
def test_every_interval_fits_the_axis_on_the_side_of_the_threshold_where_it_belongs(
    values: list[float], threshold: float, comparison: str, kind: str
) -> None:
    from mlops.report.charts import gate_chart

    low, estimate, high = values
    gate = finding(kind=kind, estimate=estimate, lower=low, upper=high, comparison=comparison, threshold=threshold)
    first, middle, last = gate_chart.places(gate)
    assert 0 <= first <= middle <= last <= 1
    for value, place in zip(values if comparison == ">=" else values[::-1], (first, middle, last), strict=True):
        clears = value > threshold if comparison == ">=" else value < threshold
        assert (place > 0.5) == clears or place == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("facts", "place"),
    [
        ({"estimate": 0.7, "comparison": ">=", "threshold": 0.7}, 0.5),
        ({"estimate": 1.0, "comparison": ">=", "threshold": 0.7}, 0.875),  # the best there is
        ({"estimate": 0.85, "comparison": ">=", "threshold": 0.7}, 0.6875),
        ({"estimate": 0.4, "comparison": ">=", "threshold": 0.7}, 0.125),
        ({"estimate": 0.0, "comparison": "<=", "threshold": 0.15}, 0.875),
        ({"estimate": 0.3, "comparison": "<=", "threshold": 0.15}, 0.125),
        ({"estimate": 1e9, "comparison": "<=", "threshold": 10}, 0.0),
    ],
)
def test_the_axis_runs_from_threshold_to_the_best_value(facts: dict[str, Any], place: float) -> None:
    from mlops.report.charts import gate_chart

    assert gate_chart.places(finding(**facts))[1] == pytest.approx(place, abs=1e-6)


def test_the_markdown_shows_where_the_interval_lies() -> None:
    from mlops.report.charts import gate_chart

    facts: dict[str, Any] = {"comparison": ">=", "threshold": 0.5}
    assert gate_chart.strip(finding(estimate=0.9, lower=0.7, upper=0.95, **facts)) == "··········┃··├──●┤···"
    assert gate_chart.strip(finding(estimate=0.6, lower=0.4, upper=0.7, **facts)) == "········├─╂─●┤·······"
    assert gate_chart.strip(finding(estimate=0.2, lower=0.1, upper=0.3, **facts)) == "····├─●┤··┃··········"
    assert gate_chart.strip(finding()) == "··········┃··········"


# ------------------------------------------------------------------------------------------------- numbers and words


def test_curves_agree_with_scikit_learn() -> None:
    from sklearn.metrics import precision_recall_curve, roc_curve

    from mlops.report.charts import classification

    random = np.random.default_rng(3)
    truth = random.integers(0, 2, 200)
    score = np.round(random.uniform(size=200) * 0.5 + truth * 0.3, 1)  # many ties
    _, positives, negatives = classification.cumulated(truth, score)
    false_rate, true_rate, _ = roc_curve(truth, score, drop_intermediate=False)
    np.testing.assert_allclose(positives / positives[-1], true_rate)
    np.testing.assert_allclose(negatives / negatives[-1], false_rate)
    precision, recall, _ = precision_recall_curve(truth, score)
    np.testing.assert_allclose((positives[1:] / (positives[1:] + negatives[1:]))[::-1], precision[:-1])
    np.testing.assert_allclose((positives[1:] / positives[-1])[::-1], recall[:-1])


def test_drawings_put_a_value_where_its_axis_says() -> None:
    from mlops.report.charts.axes import Scale, log_ticks, nice_ticks
    from mlops.report.charts.plot import Plot

    assert Scale(0, 10, 100, 200)(2.5) == 125
    assert Scale(0, 10, 200, 100)(2.5) == 175  # upwards, as SVG counts downwards
    assert Scale(1, 100, 0, 10, logarithmic=True)(10) == pytest.approx(5)
    plot = Plot((0, 1), (0, 1), "x", "y", width=420, height=330)
    plot.point(0, 0, "origin")
    plot.point(1, 1, "corner")
    assert plot.parts[-2:] == [
        '<circle class="origin" cx="56" cy="284" r="3.5"/>',
        '<circle class="corner" cx="406" cy="12" r="3.5"/>',
    ]
    assert nice_ticks(0, 1) == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1])
    assert log_ticks(3, 250) == pytest.approx([5, 10, 20, 50, 100, 200])


def test_the_curve_passes_through_the_threshold_in_use(tmp_path: Path) -> None:
    """Of 50 positive rows 45 are found and of 50 negative ones 5 taken for positive."""
    picture = report(tmp_path, EvidenceBuilder(correct=90)).pictures["roc"]
    x, y = 56 + 0.1 * (406 - 56), 284 - 0.9 * (284 - 12)
    assert f'<circle class="candidate-mark" cx="{x:g}" cy="{y:g}"' in picture
    assert f"H{x:g}V{y:g}" in picture or f"L{x:g} {y:g}" in picture


def test_means_in_pictures_agree_with_scipy() -> None:
    from scipy import stats

    from mlops.report.analysis import t_intervals

    random = np.random.default_rng(4)
    a, b = random.normal(3, 2, 17), random.normal(1, 5, 40)
    one = t_intervals.of_mean(a, 0.95)
    expected = stats.ttest_1samp(a, 0).confidence_interval(0.90)
    assert (one.lower, one.upper) == pytest.approx(tuple(expected))
    two = t_intervals.of_difference(a, b, 0.95)
    expected = stats.ttest_ind(a, b, equal_var=False).confidence_interval(0.90)
    assert (two.lower, two.upper) == pytest.approx(tuple(expected))
    assert t_intervals.of_mean(np.array([2.0, 2.0]), 0.95).lower is None


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (0.77841, "0.7784"),
        (6.3809, "6.381"),
        (54.649, "54.65"),
        (1234567.8, "1,234,568"),
        (-0.0109, "−0.0109"),
        (1.1e-16, "0"),
        (-0.0, "0"),
        (3.4e-05, "3.4e−05"),
    ],
)
def test_numbers_have_the_digits_that_matter(value: float | None, text: str) -> None:
    from mlops.report.number_format import number

    assert number(value) == text


def test_importance_is_of_the_columns_that_the_answer_hangs_on() -> None:
    from sklearn.inspection import permutation_importance
    from sklearn.linear_model import LogisticRegression

    from mlops.report.analysis import feature_importance

    random = np.random.default_rng(6)
    rows = pd.DataFrame(random.normal(size=(400, 3)), columns=["strong", "weak", "idle"])
    truth = (random.uniform(size=400) < 1 / (1 + np.exp(-3 * rows["strong"] - rows["weak"]))).astype(int).to_numpy()
    fitted = LogisticRegression().fit(rows[["strong", "weak"]], truth)
    asked = predictor("classification", lambda x: fitted.predict_proba(x[["strong", "weak"]])[:, 1], list(rows.columns))
    found = feature_importance.permutation_importance(asked, rows, truth.astype(float), 0.95, 1)
    assert [i.feature for i in found.importances] == ["strong", "weak", "idle"]
    values = {i.feature: i.interval.estimate for i in found.importances}
    assert values["idle"] == 0
    peer = permutation_importance(
        fitted, rows[["strong", "weak"]], truth, scoring="neg_brier_score", n_repeats=200, random_state=1
    )
    assert [values["strong"], values["weak"]] == pytest.approx(peer.importances_mean, abs=0.02)
    again = feature_importance.permutation_importance(asked, rows, truth.astype(float), 0.95, 1)
    other = feature_importance.permutation_importance(asked, rows, truth.astype(float), 0.95, 2)
    assert again == found != other


def test_many_rows_are_sampled_and_a_slow_model_goes_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mlops.report.analysis import feature_importance
    from mlops.report.held_out import HeldOut

    monkeypatch.setattr(feature_importance, "MOST_PREDICTIONS", 1200)
    rows = pd.DataFrame({"a": np.linspace(0, 1, 100), "b": np.arange(100.0)})
    asked = predictor("classification", lambda x: x["a"], ["a", "b"])
    truth = (np.arange(100) % 2).astype(float)
    assert feature_importance.permutation_importance(asked, rows, truth, 0.95, 1).rows == 60
    monkeypatch.setattr(feature_importance, "LONGEST", 0.0)
    page = report(tmp_path, EvidenceBuilder(), held_out=HeldOut(asked, rows))
    assert "Importance of the features: the model is slow" in Outline(page.html).text


def test_shifts_are_found_in_numbers_categories_and_gaps() -> None:
    from mlops.report.analysis import feature_shifts

    chosen = np.arange(60) < 12
    rows = pd.DataFrame(
        {
            "same": np.tile([1.0, 2.0, 3.0], 20),
            "higher": np.where(chosen, 10.0, 0.0) + np.tile([0.0, 1.0], 30),
            "color": np.where(chosen, "red", np.where(np.arange(60) % 2, "blue", "green")),
            "gap": np.where(chosen, None, "there"),
            "constant": 4.0,
            "empty": np.nan,
        }
    )
    found = {shift.feature: shift for shift in feature_shifts.shifts(rows, chosen, 0.95, 9)}
    assert set(found) == {"same", "higher", "color = red", "gap = missing"} or set(found) == {
        "same",
        "higher",
        "color = red",
        "gap = there",
    }
    assert found["same"].interval.estimate == 0
    assert found["higher"].interval.estimate == pytest.approx(10 / rows["higher"].std(ddof=0))
    assert (found["color = red"].inside, found["color = red"].outside) == (1, 0)
    assert feature_shifts.shifts(rows, np.arange(60) < 1, 0.95, 9) == []


def test_of_a_regression_the_rows_whose_error_grew_most_are_named(tmp_path: Path) -> None:
    evidence = EvidenceBuilder(rows=50).with_champion(50).as_regression(1.0)
    answers = evidence.predictions["candidate_prediction"].to_numpy().copy()
    answers[[7, 23]] += 100
    for column in ("candidate_score", "candidate_prediction"):
        evidence.predictions[column] = answers
    for column in ("champion_score", "champion_prediction"):
        evidence.predictions[column] = evidence.predictions["y_true"] + 2.0
    content = gather(tmp_path, evidence, REGRESSION_GATES)
    assert {row.row_id for row in content.changed.rows} == {"r7", "r23"}
    assert content.changed.sentence.startswith("4 % of the rows are further off than with the champion")
    page = write(tmp_path, content)
    assert {"predicted", "residuals", "row_by_row"} <= set(page.pictures)


def test_what_stands_in_the_way_stands_first(tmp_path: Path) -> None:
    evidence = EvidenceBuilder(correct=85)
    evidence.behavioral = evidence.behavioral.assign(got=["1", "1"], passed=[True, False])
    held = "accuracy: {min: 0.8}, recall: {min: 0.8}"  # 85 of 100 rows, and 42 of 50, prove neither
    page = report(tmp_path, evidence, GATES.replace("accuracy: {min: 0.8}", f"specificity: {{min: 0.5}}, {held}"))
    text = Outline(page.html).text
    assert "FAIL At least one gate failed" in text
    assert re.search(r"performance.accuracy HOLD: .*not proven; about [\d,]+ more rows would settle it", text)
    rows = [line.split(" | ") for line in page.markdown.splitlines() if re.match(r"\| (FAIL|HOLD|PASS) \|", line)]
    verdicts = [row[0].removeprefix("| ") for row in rows]
    assert verdicts == sorted(verdicts) and set(verdicts) == {"FAIL", "HOLD", "PASS"}
    assert [row[1] for row in rows[:3]] == ["behavioral.min_pass_rate", "performance.accuracy", "performance.recall"]
    assert re.findall(r'class="lead">([ab])<', page.html) == ["b", "a"]


def test_a_case_shows_all_that_it_asks_for(tmp_path: Path) -> None:
    evidence = EvidenceBuilder()
    evidence.behavioral = pd.DataFrame(
        {
            "case_id": ["plain", "same", "rising"],
            "description": ["one", "two", "three"],
            "expected": ["1", "", ""],
            "got": ["1", "1", "1"],
            "passed": [True, True, True],
            "score": [0.7, 0.7, 0.8123],
        }
    )
    cases = (
        "case_id,description,expected,must_not,same_as,not_below,x\n"
        "plain,one,1,,,,1\nsame,two,,0,plain,,2\nrising,three,,,,plain,3\n"
    )
    content = gather(tmp_path, evidence, cases=cases)
    assert [(case.asked, case.got) for case in content.cases] == [
        ("1", "1"),
        ("not 0, the same as plain", "1"),
        ("a score not below that of plain", "1 (score 0.8123)"),
    ]
    page = write(tmp_path, content)
    assert all(case.asked in page.html and case.asked in page.markdown for case in content.cases)


def test_the_champion_of_the_evidence_is_named(tmp_path: Path) -> None:
    page = report(tmp_path, spread(EvidenceBuilder().with_champion(80)))
    assert digest("champion") in page.html and digest("champion") in page.markdown
    assert "no champion yet" not in page.html
