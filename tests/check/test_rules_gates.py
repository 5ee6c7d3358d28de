"""Gates name what evaluation produces."""

import pytest
from check_support import RepoBuilder

GATES = "model_gates.yaml"


def test_gate101_points_at_a_metric_that_evaluation_does_not_produce(repo: RepoBuilder) -> None:
    line = repo.plant(GATES, "accuracy: {min: 0.7}", "acuracy: {min: 0.7}")
    finding = repo.only("GATE101")
    assert (finding.path, finding.line) == (GATES, line)
    assert "no metric 'acuracy': did you mean 'accuracy'?" in finding.message


@pytest.mark.parametrize("block", ["fairness: {metric: mae}", "regression: {metrics: [mae]}"])
def test_gate101_knows_the_task_and_every_place_that_names_a_metric(repo: RepoBuilder, block: str) -> None:
    repo.write(GATES, block + "\n")
    assert "no metric 'mae'" in repo.only("GATE101").message


def test_gate101_is_quiet_about_the_teams_own_metrics(repo: RepoBuilder) -> None:
    repo.plant(GATES, "profit:", "auc_roc: {min: 0.5}, profit:")
    assert repo.check("GATE101") == []


def test_gate101_is_quiet_without_an_engine(repo: RepoBuilder) -> None:
    repo.remove("mlops/metrics.py")
    assert repo.check("GATE101") == []


def test_gate102_points_at_an_attribute_that_evaluation_does_not_produce(repo: RepoBuilder) -> None:
    line = repo.plant(GATES, "[sex, age_group]", "[sex, age_band]")
    finding = repo.only("GATE102")
    assert (finding.path, finding.line) == (GATES, line)
    assert "no attribute 'age_band'" in finding.message


def test_gate102_says_when_the_function_is_missing(repo: RepoBuilder) -> None:
    repo.write("src/churn_model/features.py", "FEATURES = ['sex']\n")
    assert {"no function protected_attributes()" in f.message for f in repo.check("GATE102")} == {True}


def test_gate102_is_quiet_about_columns_that_are_selected(repo: RepoBuilder) -> None:
    repo.write(
        "src/churn_model/features.py", "def protected_attributes(rows):\n    return rows[['sex', 'age_group']]\n"
    )
    assert repo.check("GATE102") == []


def test_gate103_points_at_a_case_file_that_is_not_there(repo: RepoBuilder) -> None:
    line = repo.plant(GATES, "tests/critical_cases.csv", "tests/cases.csv")
    finding = repo.only("GATE103")
    assert (finding.path, finding.line) == (GATES, line)
    assert "'tests/cases.csv' are not there" in finding.message


@pytest.mark.parametrize("content", ["", "age,expected\n", "age,expected\n\n,\n"])
def test_gate103_wants_at_least_one_case(repo: RepoBuilder, content: str) -> None:
    repo.write("tests/critical_cases.csv", content)
    assert "holds no case" in repo.only("GATE103").message


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
    repo.remove("mlops/gates/config.py")
    repo.append(GATES, "anything: 1\n")
    assert repo.check("GATE104") == []


def test_gate102_knows_a_column_that_is_only_read_from_one_that_is_returned(repo: RepoBuilder) -> None:
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


def test_gate104_points_at_a_fact_that_no_policy_knows(repo: RepoBuilder) -> None:
    repo.plant(
        "mlops/gates/config.py",
        "class Gates:\n",
        "class Policy:\n    require: list[Literal['model_card', 'approver']]\n"
        "class Gates:\n    policy: Policy | None = None\n",
    )
    repo.append(GATES, "policy: {require: [approver]}\n")
    assert repo.check("GATE104") == []
    line = repo.plant(GATES, "[approver]", "[approver, model_cart]")
    finding = repo.only("GATE104")
    assert (finding.path, finding.line) == (GATES, line)
    assert "did you mean 'model_card'?" in finding.message
