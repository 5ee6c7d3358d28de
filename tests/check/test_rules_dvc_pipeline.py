"""DVC: the pipeline."""

import pytest

from support.check_repository import RepoBuilder


def test_dvc101_points_at_a_dependency_that_no_stage_produces(repo: RepoBuilder) -> None:
    line = repo.plant("dvc.yaml", "- data/raw/rows.parquet", "- data/prepared/rows.parquet")
    finding = repo.only("DVC101")
    assert (finding.path, finding.line) == ("dvc.yaml", line)
    assert "stage 'train' depends on 'data/prepared/rows.parquet'" in finding.message


def test_dvc101_resolves_variables(repo: RepoBuilder) -> None:
    line = repo.plant("dvc.yaml", "${tool.mlops.package}/features.py", "${tool.mlops.package}/feature.py")
    finding = repo.only("DVC101")
    assert finding.line == line
    assert "did you mean 'src/churn_model/features.py'?" in finding.message


def test_dvc101_is_quiet_about_outputs_tracked_data_addresses_and_loops(repo: RepoBuilder) -> None:
    repo.write("data.dvc", "outs:\n  - md5: abc\n    path: incoming\n")
    repo.append(
        "dvc.yaml",
        "  each:\n    foreach: [a, b]\n    do:\n      cmd: python -m mlops report\n"
        '      deps: ["parts/${item}.csv", incoming/x.csv, s3://bucket/x, /mnt/x, models]\n'
        '      outs: ["out/${item}"]\n'
        '  inside:\n    wdir: src\n    cmd: "true"\n    deps: [churn_model/model.py, ../params.yaml]\n',
    )
    assert repo.check("DVC") == []


def test_dvc102_points_at_the_second_stage_with_the_same_output(repo: RepoBuilder) -> None:
    line = repo.plant("dvc.yaml", "- models/candidate", "- data/raw")
    finding = repo.only("DVC102")
    assert (finding.path, finding.line) == ("dvc.yaml", line)
    assert "'data/raw' is an output of 'train' and, on line" in finding.message


@pytest.mark.parametrize("inside", ["data/raw/more", "data"])
def test_dvc102_points_at_an_output_inside_another(repo: RepoBuilder, inside: str) -> None:
    repo.plant("dvc.yaml", "- models/candidate", f"- {inside}")
    assert "overlaps 'data/raw'" in repo.only("DVC102").message


def test_dvc102_is_quiet_about_names_that_only_begin_alike(repo: RepoBuilder) -> None:
    repo.plant("dvc.yaml", "- models/candidate", "- data/raw_more")
    assert repo.check("DVC102") == []


def test_dvc103_points_at_a_parameter_that_is_not_in_the_file(repo: RepoBuilder) -> None:
    line = repo.plant("dvc.yaml", "params: [train.C]", "params: [train.C, train.alpha]")
    finding = repo.only("DVC103")
    assert (finding.path, finding.line) == ("dvc.yaml", line)
    assert "'train.alpha', which is not in params.yaml" in finding.message


@pytest.mark.parametrize(
    ("new", "phrase"),
    [
        ("params: [{params.yaml: [train.c]}]", "did you mean 'train.C'?"),
        ("params: [{other.yaml: [train.C]}]", "parameters from 'other.yaml', which does not exist"),
        ("params: [{other.yaml: null}]", "parameters from 'other.yaml', which does not exist"),
        ("params: [train.C]\n    desc: ${tool.mlops.pakage}", "did you mean 'tool.mlops.package'?"),
    ],
)
def test_dvc103_checks_every_form_of_a_parameter(repo: RepoBuilder, new: str, phrase: str) -> None:
    repo.plant("dvc.yaml", "params: [train.C]", new)
    assert phrase in repo.only("DVC103").message


def test_dvc103_reports_the_deletion_of_a_key_where_it_is_used(repo: RepoBuilder) -> None:
    repo.plant("params.yaml", "C: 1.0", "c: 1.0")
    assert repo.only("DVC103").path == "dvc.yaml"


def test_dvc103_is_quiet_about_sections_toml_and_null_values(repo: RepoBuilder) -> None:
    repo.append("params.yaml", "empty:\n")
    repo.plant(
        "dvc.yaml", "params: [train.C]", "params: [train, empty, {pyproject.toml: [tool.mlops.task]}, {x.py: [A]}]"
    )
    repo.write("x.py", "A = 1\n")
    assert repo.check("DVC103") == []


def test_dvc103_ignores_a_file_that_another_rule_reports_as_invalid(repo: RepoBuilder) -> None:
    repo.plant("dvc.yaml", "params: [train.C]", "params: [train.C]\n    desc: ${tool.mlops.package}")
    assert repo.check("DVC103") == []
    repo.plant("pyproject.toml", "[project]", "[project")
    assert repo.check("DVC103") == []
    assert repo.only("FILE105").path == "pyproject.toml"


def test_dvc104_points_at_a_plot_that_no_stage_produces(repo: RepoBuilder) -> None:
    line = repo.append("dvc.yaml", "plots:\n  - reports/plots/roc.csv:\n      x: fpr\n") + 1
    finding = repo.only("DVC104")
    assert (finding.path, finding.line) == ("dvc.yaml", line)
    assert "'reports/plots/roc.csv' is listed" in finding.message


def test_dvc104_is_quiet_about_outputs_of_a_stage(repo: RepoBuilder) -> None:
    repo.append(
        "dvc.yaml", "metrics: [reports/metrics.json]\nplots:\n  - Curve: {x: fpr, y: {models/candidate/roc.csv: tpr}}\n"
    )
    assert repo.check("DVC104") == []


def test_dvc101_accepts_files_that_dvc_add_tracks(repo: RepoBuilder) -> None:
    repo.plant(".gitignore", "/data/\n", "/data/*\n!/data/*.dvc\n")
    repo.plant("dvc.yaml", "- data/raw/rows.parquet", "- data/raw/rows.parquet\n      - data/customers.csv")
    assert "data/customers.csv" in repo.only("DVC101").message
    repo.write("data/customers.csv.dvc", "outs:\n- path: customers.csv\n  md5: 0\n")
    assert repo.check("DVC101") == []
