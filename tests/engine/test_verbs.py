"""The command line: the list of verbs, their errors, and the types of both settings files."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from support.engine import PACKAGE, TEMPLATE, Result

Call = Callable[..., Result]


def test_the_table_of_verbs_matches_the_modules_and_the_makefile() -> None:
    import re

    from mlops.verb_table import RENAMED, VERBS

    modules = {path.stem.replace("_", "-") for path in (TEMPLATE / "mlops/verbs").glob("*.py")}
    assert {*VERBS, *RENAMED} == modules - {"--init--"}
    assert set(RENAMED.values()) <= set(VERBS)
    makefile = (TEMPLATE / "Makefile").read_text()
    assert set(re.findall(r"-m mlops (\w+)", makefile)) <= set(VERBS)


def test_help_lists_every_verb_in_its_group(repository: Path, process: Callable[..., Result]) -> None:
    from mlops.verb_table import GROUPS

    result = process(repository, "--help")
    assert result.code == 0
    places = [result.out.index(f"\n{group}\n") for group in GROUPS]
    assert places == sorted(places)
    for start, end, verbs in zip(places, [*places[1:], len(result.out)], GROUPS.values(), strict=True):
        lines = [line.split(maxsplit=1) for line in result.out[start:end].splitlines() if line.startswith("  ")]
        assert lines == [[verb, text] for verb, text in verbs.items()]


def test_make_help_lists_its_targets_in_groups(repository: Path) -> None:
    done = subprocess.run(["make", "help"], cwd=repository, capture_output=True, text=True, check=True)
    groups = [line for line in done.stdout.splitlines() if line and not line.startswith(" ")]
    assert groups == ["Pipeline", "Quality", "Release"]
    assert "\n  gate " in done.stdout
    assert "\n  gates " not in done.stdout


@pytest.mark.parametrize("content", ["performance: {accuracy: {min: 0.9}}\n", "performance: {accuracy: {mim: 0.9}}\n"])
def test_the_old_name_of_gate_lint_works_with_a_notice(repository: Path, call: Call, content: str) -> None:
    (repository / "model_gates.yaml").write_text(content)
    new, old = call(repository, "gate", "lint"), call(repository, "gates", "lint")
    assert (old.code, old.out, new.err) == (new.code, new.out, "")
    assert new.code == int("mim" in content)
    assert old.err == "mlops gates lint: the name is now `mlops gate lint`; the old one goes with the next release\n"


def test_the_old_make_target_judges_with_a_notice(trained: Path) -> None:
    for target, notice in (("gate", False), ("gates", True)):
        done = subprocess.run(
            ["make", target, f"PYTHON={sys.executable}"], cwd=trained, capture_output=True, text=True, check=False
        )
        assert (done.returncode, "VERDICT PASS" in done.stdout) == (0, True), done.stdout + done.stderr
        assert ("the name is now 'make gate'" in done.stderr) is notice


def test_an_unknown_verb_is_refused_with_the_known_ones(repository: Path, process) -> None:
    result = process(repository, "trian")
    assert (result.code, "trian" in result.err, "Traceback" in result.err) == (2, True, False)


def test_help_of_a_verb_imports_no_heavy_library_for_another(repository: Path, process) -> None:
    result = process(repository, "gate", "--help", PYTHONPROFILEIMPORTTIME="1")
    assert result.code == 0
    assert "mlflow" not in result.err
    assert "pandera" not in result.err


@pytest.mark.parametrize("verb", ["data", "validate", "split", "train", "evaluate", "report", "register", "status"])
def test_outside_a_repository_a_verb_names_the_right_folder(tmp_path: Path, call: Call, verb: str) -> None:
    result = call(tmp_path, verb)
    assert (result.code, "run this at the root of the repository" in result.err) == (2, True), result.text


@pytest.mark.parametrize(
    ("verb", "phrase"),
    [
        ("validate", "`python -m mlops data` writes it"),
        ("split", "`python -m mlops data` writes it"),
        ("train", "train.parquet does not exist: `python -m mlops split` writes it"),
        ("evaluate", "training.json does not exist"),
        ("gate", "evidence.json does not exist"),
        ("report", "evidence.json does not exist"),
        ("register", "verdict.json does not exist"),
    ],
)
def test_a_verb_without_its_inputs_names_what_is_missing(repository: Path, call: Call, verb: str, phrase: str) -> None:
    result = call(repository, verb)
    assert (result.code, phrase in result.err) == (2, True), result.text
    assert "Traceback" not in result.text


@pytest.mark.parametrize(
    ("old", "new", "phrase"),
    [
        ("seed: 20261", "sede: 20261", "sede"),
        ("seed: 20261", "seed: -1", "seed"),
        ("seed: 20261", "seed: x", "seed"),
        ("seed: 20261", "seed: true", "seed"),
        ("held_out: 0.4", "held_out: 1.0", "split.held_out"),
        ("held_out: 0.4", "held_out: 0", "split.held_out"),
        ("held_out: 0.4", "hold_out: 0.4", "hold_out"),
        ("fraction: 1.0", "fraction: 0", "train.fraction"),
        ("fraction: 1.0", "fraction: 1.5", "train.fraction"),
        ("min_class_share: 0.1", "min_class_share: 0.6", "validate.min_class_share"),
        ("max_overlap: 0.0", "max_overlap: -1", "validate.max_overlap"),
        ("latency_requests: 300", "latency_requests: 0", "evaluate.latency_requests"),
        ("latency_requests: 300", "latency_requests: .nan", "evaluate.latency_requests"),
        ("split:", "split: [", "not valid YAML"),
    ],
)
def test_params_out_of_their_range_are_refused_by_name(repository: Path, call, old: str, new: str, phrase: str) -> None:
    path = repository / "params.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    assert call(repository, "data").code == 0
    result = call(repository, "validate")
    assert (result.code, phrase in result.err, "params.yaml" in result.err) == (2, True, True), result.text


@pytest.mark.parametrize("wrong", ["nonsense", "=1"])
def test_an_invalid_parameter_is_refused_before_anything_runs(repository: Path, call: Call, wrong: str) -> None:
    result = call(repository, "pipeline", "--set", wrong)
    assert (result.code, f"NAME=VALUE, as in train.fraction=0.5; found '{wrong}'" in result.err) == (2, True)
    assert not (repository / "data/raw").exists()


@pytest.mark.parametrize(("text", "value"), [("1e-05", 1e-05), ("1E+2", 100.0), ("-3e4", -3e4), ("1.5e-3", 0.0015)])
def test_a_number_is_read_as_dvc_writes_it(repository: Path, text: str, value: float) -> None:
    from mlops import params

    path = repository / "params.yaml"
    path.write_text(path.read_text().replace("C: 1.0", f"C: {text}\n  note: 1e"))
    assert params.load(repository).train.of_the_model == {"estimator": "logistic_regression", "C": value, "note": "1e"}


@pytest.mark.parametrize(
    ("old", "new", "phrase"),
    [
        ("[tool.mlops]", "[tool.mlpos]", "no [tool.mlops] section"),
        ('task = "classification"', 'task = "clustering"', "task"),
        ('target = "', 'traget = "', "target"),
        (f'package = "{PACKAGE}"', 'package = "gone"', "names the package 'gone'"),
        ("[project]", "[project", "not valid TOML"),
    ],
)
def test_a_wrong_pyproject_is_refused_with_the_place(repository: Path, call: Call, old: str, new: str, phrase) -> None:
    path = repository / "pyproject.toml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    result = call(repository, "data")
    assert (result.code, phrase in result.err) == (2, True), result.text


def test_a_target_without_a_column_is_named(repository: Path, call: Call) -> None:
    path = repository / "pyproject.toml"
    path.write_text(path.read_text().replace('target = "high_progression"', 'target = "outcome"'))
    assert call(repository, "data").code == 0
    result = call(repository, "validate")
    assert (result.code, "column 'outcome': must exist" in result.out) == (1, True)


def test_an_error_in_the_teams_own_code_keeps_its_trace(repository: Path, process: Callable[..., Result]) -> None:
    path = repository / "src" / PACKAGE / "data.py"
    path.write_text(path.read_text() + "\nimport not_installed_anywhere\n")
    result = process(repository, "data")
    assert result.code == 1
    assert "Traceback" in result.err
    assert "not_installed_anywhere" in result.err


def test_a_file_that_cannot_be_written_is_reported_in_one_line(repository: Path, call: Call) -> None:
    result = call(repository, "gate", "--out", "docs")
    assert (result.code, result.err) == (2, "mlops gate: docs: Is a directory\n")
    (repository / "data").write_text("in the way")
    result = call(repository, "data")
    assert result.code == 2, result.err
    assert len(result.err.splitlines()) == 1, result.err


def test_a_file_that_the_teams_own_code_does_not_find_keeps_the_trace(
    repository: Path, process: Callable[..., Result]
) -> None:
    path = repository / "src" / PACKAGE / "data.py"
    path.write_text(path.read_text().replace("    rows: pd", '    open("rows.csv")\n    rows: pd', 1))
    result = process(repository, "data")
    assert "Traceback" in result.err, result.err
    assert "FileNotFoundError" in result.err, result.err


def test_an_interrupt_is_reported_in_one_line(repository: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    from mlops.verbs import status

    def interrupted(_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(status, "run", interrupted)
    result = call(repository, "status")
    assert (result.code, result.err) == (130, "mlops status: interrupted\n")


def test_a_pipeline_that_is_stopped_leaves_no_old_verdict(
    repository: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlops.verbs import pipeline

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    verdict = repository / "reports" / "verdict.json"
    verdict.parent.mkdir(exist_ok=True)
    verdict.write_text("{}")
    monkeypatch.setattr(pipeline.subprocess, "Popen", interrupted)
    assert call(repository, "pipeline").code == 130
    assert not verdict.exists()


@pytest.mark.parametrize("content", [b"seed: [\n", b"\xff\xfe", b"a: b: c\n"])
def test_params_that_are_not_yaml_are_reported_in_one_line(repository: Path, call: Call, content: bytes) -> None:
    (repository / "params.yaml").write_bytes(content)
    result = call(repository, "train")
    assert result.code == 2, result.err
    assert len(result.err.splitlines()) == 1, result.err
    assert "params.yaml is not valid YAML" in result.err


@pytest.mark.parametrize("text", ["a: [1\n", "model: {name: a}\nmodel: {name: b}\n", "\x00", "[]"])
def test_an_invalid_release_record_is_reported_in_one_line(repository: Path, call: Call, text: str) -> None:
    (repository / "releases" / "production.yaml").write_text(text)
    result = call(repository, "champion")
    assert result.code == 2, result.err
    assert len(result.err.splitlines()) == 1, result.err
    assert "releases/production.yaml" in result.err
