"""What a person and a CI see of a verdict: terminal, explanation, JUnit XML, lint."""

import os
import pty
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from support.engine import COMMIT, TEMPLATE, EvidenceBuilder, clean_environment

THREE = (
    "performance: {accuracy: {min: 0.8}, f1_score: {min: 0.95}, auc_roc: {min: 0.89}}\nstatistics: {confidence: 0.95}\n"
)


def test_table_has_one_line_for_each_gate(bench) -> None:
    result = bench.judge(THREE)
    lines = result.out.splitlines()
    assert lines[0].split() == ["verdict", "gate", "estimate", "bound", "threshold", "n", "reason"]
    assert [line.split()[0] for line in lines[1:4]] == ["PASS", "FAIL", "HOLD"]
    assert re.match(r"PASS +performance\.accuracy +0\.9000 +0\.8363 +>= 0\.8 +100  accuracy 0\.900, at least", lines[1])
    assert lines[-1].startswith("VERDICT FAIL: candidate sha256:")
    assert "\033" not in result.out


def at_a_terminal(folder: Path, **environment: str) -> str:
    """Return the output of the gate when it writes to a terminal."""
    leader, follower = pty.openpty()
    command = ["gate", "--evidence", "evidence", "--gates", "model_gates.yaml", "--out", "v.json", "--commit", COMMIT]
    base = {name: value for name, value in clean_environment().items() if name not in {"NO_COLOR", "TERM"}}
    process = subprocess.Popen(
        [sys.executable, "-m", "mlops", *command],
        cwd=folder,
        stdout=follower,
        stderr=subprocess.STDOUT,
        env=base | {"TERM": "xterm", "PYTHONPATH": os.pathsep.join(sys.path)} | environment,
    )
    os.close(follower)
    parts = []
    while True:
        try:
            part = os.read(leader, 65536)
        except OSError:  # the other end was closed
            break
        if not part:
            break
        parts.append(part)
    process.wait()
    os.close(leader)
    return b"".join(parts).decode()


def test_verdict_is_colored_on_a_terminal(bench) -> None:
    bench.judge(THREE)
    shown = at_a_terminal(bench.folder)
    assert "\033[1;32mPASS" in shown
    assert "\033[1;31mFAIL" in shown
    assert "\033[1;33mHOLD" in shown
    assert "\033" not in at_a_terminal(bench.folder, NO_COLOR="1")
    assert "\033" not in at_a_terminal(bench.folder, TERM="dumb")


# The two ways to the judge; the second needs to be told what production runs
DOORS = {"mlops": ("mlops", "gate"), "alone": ("gates", "judge", "--champion", "none")}
GATES_OF_EACH_CODE = {
    0: "performance: {accuracy: {min: 0.8}}\nfairness: {max_disparity: 1, protected_attributes: [sex]}",
    1: "performance: {accuracy: {min: 0.99}}\nfairness: {max_disparity: 1, protected_attributes: [sex]}",
    3: THREE.replace("f1_score: {min: 0.95}, ", "") + "fairness: {max_disparity: 1, protected_attributes: [sex]}",
}


def as_process(bench, door: str, gates: str, stdout: int, redirection: str = "", **environment: str):
    """Run the gate in a process that writes to ``stdout``, or to the shell's ``redirection``."""
    bench.evidence.predictions["sex"] = bench.evidence.predictions["sex"].replace({"f": "weiblich", "m": "männlich"})
    bench.evidence.write(bench.evidence_path)
    (bench.folder / "model_gates.yaml").write_text(gates)
    arguments = ["--evidence", "evidence", "--gates", "model_gates.yaml", "--out", "v.json", "--commit", COMMIT]
    path = os.pathsep.join([str(TEMPLATE), str(TEMPLATE / "mlops")])
    command = [sys.executable, "-m", *DOORS[door], *arguments]
    return subprocess.run(
        ["bash", "-c", f'exec "$@" {redirection}', "bash", *command],
        cwd=bench.folder,
        stdout=stdout,
        stderr=subprocess.PIPE,
        env=clean_environment() | {"PYTHONPATH": path} | environment,
        encoding="utf-8",
        check=False,
    )


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("code", GATES_OF_EACH_CODE)
def test_character_outside_the_encoding_is_escaped(bench, door: str, code: int) -> None:
    done = as_process(bench, door, GATES_OF_EACH_CODE[code], subprocess.PIPE, PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (code, "")
    assert "'m\\xe4nnlich'" in done.stdout
    done = as_process(bench, door, GATES_OF_EACH_CODE[code], subprocess.PIPE, PYTHONIOENCODING="utf-8")
    assert (done.returncode, "'männlich'" in done.stdout) == (code, True)


@pytest.mark.parametrize("redirection", ["", ">&-"], ids=["reader left", "no output"])
@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("code", GATES_OF_EACH_CODE)
def test_closed_output_does_not_change_the_exit_code(bench, door: str, code: int, redirection: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = as_process(bench, door, GATES_OF_EACH_CODE[code], writer, redirection)
    os.close(writer)
    assert (done.returncode, done.stderr) == (code, "")
    assert (bench.folder / "v.json").exists()


@pytest.mark.parametrize("door", DOORS)
def test_an_output_that_cannot_be_written_is_an_error(bench, door: str) -> None:
    with open("/dev/full", "w") as full:
        done = as_process(bench, door, GATES_OF_EACH_CODE[0], full.fileno())
    assert (done.returncode, "standard output: No space left" in done.stderr) == (2, True), done.stderr


@pytest.mark.parametrize("redirection", ["2>&-", "2>/dev/full", "2> >(:)"])
@pytest.mark.parametrize("door", DOORS)
def test_closed_error_stream_does_not_change_the_exit_code(bench, door: str, redirection: str) -> None:
    """Exit code 1 would mean that the model failed; an error on standard output would look like a verdict."""
    done = as_process(bench, door, "sice: {max_mb: 5}", subprocess.PIPE, redirection=redirection)
    assert (done.returncode, done.stdout) == (2, "")


# ------------------------------------------------------------------------------------------------------ explanation


def explained(bench, gates: str, name: str):
    bench.judge(gates)
    arguments = ("--evidence", "evidence", "--gates", "model_gates.yaml", "--out", "v.json", "--commit", COMMIT)
    return bench.call(bench.folder, "gate", *arguments, "--explain", name)


def test_explain_prints_formula_numbers_and_source(bench) -> None:
    result = explained(bench, THREE, "accuracy")
    assert result.code == 1  # explaining does not make the verdict another one
    for phrase in (
        "performance.accuracy: PASS",
        "right / rows = 0.9",
        "right: 90",
        "rows: 100",
        "Clopper-Pearson, each one-sided with 95 % confidence: 0.836282 and",
        "quantiles of the beta distribution",
        "Clopper and Pearson (1934), Biometrika 26(4), 404-413",
        "threshold >= 0.8",
    ):
        assert phrase in result.out, result.out
    assert "f1_score" not in result.out


def test_every_gate_can_be_explained(bench) -> None:
    bench.evidence.with_champion(85)
    gates = (
        "performance: {accuracy: {min: 0.5}, precision: {min: 0.5}, auc_roc: {min: 0.5}, brier_score: {max: 0.9}}\n"
        "regression: {max_degradation: 0.5}\nlatency: {p95_ms: 500}\nsize: {max_mb: 5}\n"
        "fairness: {max_disparity: 1, protected_attributes: [sex], metric: equalized_odds}\n"
        "behavioral: {test_cases: cases.csv, min_pass_rate: 1}\npolicy: {require: [model_card]}\n"
    )
    bench.judge(gates)
    names = [f"{gate['kind']}.{gate['name']}" for gate in bench.verdict["gates"]]
    assert len(names) == 13
    for name in names:
        result = explained(bench, gates, name)
        assert result.out.startswith(f"{name}: PASS"), result.text
        facts = name.split(".")[0] in {"size", "behavioral", "policy"}
        assert ("source" in result.out) != facts, result.out
    assert len(explained(bench, gates, "performance").out.split("\n\n")) == 4
    assert "true_positive_rate of 'f'" in explained(bench, gates, "fairness").out


def test_explaining_an_unknown_gate_is_an_error(bench) -> None:
    result = explained(bench, THREE, "acuracy")
    assert (result.code, "no gate 'acuracy'" in result.err) == (2, True)
    assert "performance.accuracy" in result.err


# ------------------------------------------------------------------------------------------------------------ JUnit


def junit(bench, gates: str, **changes: object):
    bench.evidence.document |= changes
    bench.judge(gates)
    arguments = ("--evidence", "evidence", "--gates", "model_gates.yaml", "--out", "v.json", "--commit", COMMIT)
    result = bench.call(bench.folder, "gate", *arguments, "--junit", "out/junit.xml")
    return result, ElementTree.parse(bench.folder / "out" / "junit.xml").getroot()


def test_each_gate_is_a_test(bench) -> None:
    result, suite = junit(bench, THREE)
    assert result.code == 1
    assert (suite.tag, suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("testsuite", "3", "2", "0")
    found = {case.get("name"): [child.tag for child in case] for case in suite.iter("testcase")}
    assert found == {"accuracy": ["system-out"], "f1_score": ["failure"], "auc_roc": ["failure"]}
    assert [failure.get("type") for failure in suite.iter("failure")] == ["FAIL", "HOLD"]
    assert "not met" in str(next(suite.iter("failure")).get("message"))
    assert {case.get("classname") for case in suite.iter("testcase")} == {"gate.performance"}
    properties = {item.get("name"): item.get("value") for item in suite.iter("property")}
    assert properties["verdict"] == "FAIL"
    assert properties["commit"] == COMMIT


def test_unusable_evidence_is_a_test_with_an_error(bench) -> None:
    junit(bench, THREE)
    result, suite = junit(bench, THREE, commit="d" * 40)
    assert result.code == 2
    assert (suite.get("tests"), suite.get("errors")) == ("1", "1")
    assert "of commit" in str(next(suite.iter("error")).get("message"))


def test_hostile_texts_stay_texts(bench) -> None:
    bench.evidence.behavioral.loc[0, ["description", "got", "passed"]] = ["<b>&\x00\x1b[31m", "0", False]
    bench.cases = "case_id,description,expected,x\na,<b>&\x1b[31m]]>,1,1\nb,second case,0,2\n"
    _, suite = junit(bench, "behavioral: {test_cases: cases.csv, min_pass_rate: 1}")
    [failure] = suite.iter("failure")
    assert "<b>&" in str(failure.get("message"))
    assert "\x1b" not in str(failure.get("message"))


def test_xml_is_reproducible(bench) -> None:
    junit(bench, THREE)
    first = (bench.folder / "out" / "junit.xml").read_bytes()
    junit(bench, THREE)
    assert (bench.folder / "out" / "junit.xml").read_bytes() == first


# ------------------------------------------------------------------------------------------------------------- lint


def test_lint_reports_all_errors_with_their_lines(bench) -> None:
    (bench.folder / "model_gates.yaml").write_text(
        "performance:\n  accuracy: {min: 1.5}\n  f1_score: {minn: 0.5}\nlatency: {p50_ms: -1}\nsise: {max_mb: 1}\n"
    )
    result = bench.call(bench.folder, "gate", "lint")
    assert result.code == 1
    places = [line.split(": ")[0] for line in result.out.splitlines()]
    assert places == ["model_gates.yaml:5", "model_gates.yaml:3", "model_gates.yaml:4"]
    assert "did you mean 'min'?" in result.out


@pytest.mark.parametrize(
    ("gates", "phrase"),
    [
        ("performance: {accuracy: {min: 1.5}}", "between 0 and 1"),
        ("behavioral: {test_cases: gone.csv, min_pass_rate: 1}", "gone.csv does not exist"),
        ("", "contains no gate"),
    ],
)
def test_lint_checks_thresholds_and_cases(bench, gates: str, phrase: str) -> None:
    (bench.folder / "own.yaml").write_text(gates)
    result = bench.call(bench.folder, "gate", "lint", "own.yaml")
    assert (result.code, phrase in result.out) == (1, True), result.text


def test_lint_accepts_a_valid_file(bench) -> None:
    bench.evidence = EvidenceBuilder()
    bench.judge(THREE)
    result = bench.call(bench.folder, "gate", "lint")
    assert (result.code, result.out) == (0, "model_gates.yaml: no errors\n")
    assert bench.call(bench.folder, "gate", "lint", "nowhere.yaml").code == 2
