"""GATE: the gate file."""

import pytest

from support.check_repository import RepoBuilder

GATES = "model_gates.yaml"


def test_gate101_points_at_a_metric_that_evaluation_does_not_produce(repo: RepoBuilder) -> None:
    line = repo.plant(GATES, "accuracy: {min: 0.7}", "acuracy: {min: 0.7}")
    finding = repo.only("GATE101")
    assert (finding.path, finding.line) == (GATES, line)
    assert "no metric 'acuracy': did you mean 'accuracy'?" in finding.message


@pytest.mark.parametrize(
    "block",
    [
        "fairness: {metric: mae}",
        "regression: {metrics: [mae]}",
        "regression: {metrics: {mae: {max_degradation: 1}}}",
        "performance: {mae: {max: 1}}",
    ],
)
def test_gate101_checks_the_task_and_every_place_that_names_a_metric(repo: RepoBuilder, block: str) -> None:
    repo.write(GATES, block + "\n")
    assert "no metric 'mae'" in repo.only("GATE101").message


def test_gate101_is_quiet_about_the_teams_own_metrics(repo: RepoBuilder) -> None:
    repo.plant(GATES, "profit:", "auc_roc: {min: 0.5}, profit:")
    assert repo.check("GATE101") == []


def test_gate101_is_quiet_without_an_engine(repo: RepoBuilder) -> None:
    repo.remove("mlops/gates/metrics/classification.py")
    assert repo.check("GATE101") == []


def test_gate101_checks_the_metric_that_compares_groups(repo: RepoBuilder) -> None:
    repo.write(GATES, "fairness: {metric: selection_rate}\n")
    assert repo.check("GATE101") == []
    repo.write(GATES, "fairness: {metric: auc_roc}\n")
    assert "no metric 'auc_roc' compares groups: there are accuracy, selection_rate" in repo.only("GATE101").message
    repo.plant("mlops/gates/kinds/fairness.py", "BY_TASK = {", "BY_TASK = computed() or {")
    assert repo.check("GATE101") == []


def test_gate102_checks_combined_attributes(repo: RepoBuilder) -> None:
    line = repo.plant(GATES, "[sex, age_group]", "[sex, [sex, age_band]]")
    finding = repo.only("GATE102")
    assert (finding.path, finding.line) == (GATES, line)
    assert "no attribute 'age_band'" in finding.message


def test_gate102_points_at_an_attribute_that_evaluation_does_not_produce(repo: RepoBuilder) -> None:
    line = repo.plant(GATES, "[sex, age_group]", "[sex, age_band]")
    finding = repo.only("GATE102")
    assert (finding.path, finding.line) == (GATES, line)
    assert "no attribute 'age_band'" in finding.message


def test_gate102_reports_a_missing_function(repo: RepoBuilder) -> None:
    repo.write("src/churn_model/features.py", "FEATURES = ['sex']\n")
    assert {"no function protected_attributes()" in f.message for f in repo.check("GATE102")} == {True}


def test_gate102_is_quiet_about_columns_that_are_selected(repo: RepoBuilder) -> None:
    repo.write(
        "src/churn_model/features.py", "def protected_attributes(rows):\n    return rows[['sex', 'age_group']]\n"
    )
    assert repo.check("GATE102") == []


def test_gate103_points_at_a_missing_case_file(repo: RepoBuilder) -> None:
    line = repo.plant(GATES, "tests/critical_cases.csv", "tests/cases.csv")
    finding = repo.only("GATE103")
    assert (finding.path, finding.line) == (GATES, line)
    assert "'tests/cases.csv' does not exist" in finding.message


@pytest.mark.parametrize("content", ["", "age,expected\n", "age,expected\n\n,\n"])
def test_gate103_requires_at_least_one_case(repo: RepoBuilder, content: str) -> None:
    repo.write("tests/critical_cases.csv", content)
    assert "contains no case" in repo.only("GATE103").message


def test_gate103_is_quiet_about_a_file_with_a_case(repo: RepoBuilder) -> None:
    assert repo.check("GATE103") == []


def test_gate104_points_at_a_misspelled_key(repo: RepoBuilder) -> None:
    line = repo.plant(GATES, "max_disparity", "max_disparty")
    finding = repo.only("GATE104")
    assert (finding.path, finding.line) == (GATES, line)
    assert "fairness has no key 'max_disparty': did you mean 'max_disparity'?" in finding.message


@pytest.mark.parametrize(("old", "new"), [("behavioral:", "behavioural:"), ("{min: 100}", "{minimum: 100}")])
def test_gate104_reads_the_keys_from_the_engine(repo: RepoBuilder, old: str, new: str) -> None:
    repo.plant(GATES, old, new)
    assert "has no key" in repo.only("GATE104").message


def test_gate104_is_quiet_without_an_engine(repo: RepoBuilder) -> None:
    repo.remove("mlops/gates/schemas/mlgates-v1.schema.json")
    repo.append(GATES, "anything: 1\n")
    assert repo.check("GATE104") == []


def test_gate102_ignores_columns_that_are_only_used_to_compute_another(repo: RepoBuilder) -> None:
    line = repo.plant(GATES, "[sex, age_group]", "[sex, age]")
    finding = repo.only("GATE102")
    assert (finding.path, finding.line) == (GATES, line)


@pytest.mark.parametrize(
    "body",
    [
        "GROUPS = ['sex', 'age_group']\ndef protected_attributes(rows):\n    return rows[GROUPS]\n",
        "def protected_attributes(rows):\n    return rows.rename(columns={'s': 'sex', 'a': 'age_group'})\n",
        "def protected_attributes(rows):\n    return rows[['sex']].assign(age_group=rows['age'] > 50)\n",
        "from .groups import groups\ndef protected_attributes(rows):\n    return groups(rows)\n",
    ],
)
def test_gate102_is_quiet_about_columns_named_in_other_ways(repo: RepoBuilder, body: str) -> None:
    repo.write("src/churn_model/features.py", body)
    assert repo.check("GATE102") == []


def test_gate104_points_at_an_unknown_fact_of_a_policy(repo: RepoBuilder) -> None:
    repo.append(GATES, "policy: {require: [approver]}\n")
    assert repo.check("GATE104") == []
    line = repo.plant(GATES, "[approver]", "[approver, model_cart]")
    finding = repo.only("GATE104")
    assert (finding.path, finding.line) == (GATES, line)
    assert "did you mean 'model_card'?" in finding.message


@pytest.mark.parametrize(
    ("added", "phrase"),
    [
        ("regression: {max_degredation: 0.1}", "regression has no key 'max_degredation': did you mean"),
        ("regression: {metrics: {accuracy: {max: 1}}}", "regression: metrics: accuracy has no key 'max'"),
        ("latency: {p90_ms: 5}", "latency has no key 'p90_ms'"),
        ("statistics: {on_insufficient: ignore}", "statistics: on_insufficient does not allow 'ignore'"),
        ("statistics: {confidense: 0.9}", "did you mean 'confidence'?"),
    ],
)
def test_gate104_checks_every_key_of_the_engine(repo: RepoBuilder, added: str, phrase: str) -> None:
    line = repo.append(GATES, added + "\n")
    finding = repo.only("GATE104")
    assert (finding.path, finding.line) == (GATES, line)
    assert phrase in finding.message


def test_gate104_is_quiet_about_every_known_key(repo: RepoBuilder) -> None:
    repo.write(
        GATES,
        "performance: {accuracy: {min: 0.7, max_degradation: 0.1}, own: {max: 3}}\n"
        "regression: {max_degradation: 0.1, metrics: {accuracy: {max_degradation: 0.2}}}\n"
        "latency: {p50_ms: 1, p95_ms: 2, p99_ms: 3}\nsize: {max_mb: 1}\n"
        "fairness: {max_disparity: 0.1, protected_attributes: [sex, [sex, age_group]], metric: equalised_odds}\n"
        "behavioral: {test_cases: tests/critical_cases.csv, min_pass_rate: 1}\n"
        "policy: {require: [model_card, data_digest, approver]}\n"
        "statistics: {confidence: 0.9, min_samples: 1, min_group_samples: 1, on_insufficient: hold}\n",
    )
    assert repo.check("GATE104") == []


@pytest.mark.parametrize("schema", ["", "[]", "{", '{"properties": 1}', '{"$ref": "#/$defs/x"}', "[" * 100_000])
def test_gate104_is_quiet_without_a_valid_schema(repo: RepoBuilder, schema: str) -> None:
    repo.write("mlops/gates/schemas/mlgates-v1.schema.json", schema)
    assert repo.check("GATE104") == []
