"""The folder ``gates`` works on its own, with three libraries, and gives the same verdict for the same evidence."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from support.engine import COMMIT, TEMPLATE, EvidenceBuilder, digest

JUDGE = TEMPLATE / "mlops" / "gates"
ALLOWED = {"numpy", "pyarrow", "yaml"}
HEAVY = ("pandas", "pydantic", "sklearn", "scipy", "mlflow", "joblib", "matplotlib", "jinja2", "pandera")
EVERY_KIND = """performance: {accuracy: {min: 0.8}, balanced_accuracy: {min: 0.8}, auc_roc: {min: 0.8},
  average_precision: {min: 0.5}, log_loss: {max: 1}, expected_calibration_error: {max: 0.5}}
regression: {max_degradation: 0.2}
latency: {p50_ms: 100, p95_ms: 200}
size: {max_mb: 100}
fairness: {max_disparity: 0.3, protected_attributes: [sex, [sex, age]]}
behavioral: {test_cases: cases.csv, min_pass_rate: 1.0}
policy: {require: [model_card, approver]}
statistics: {confidence: 0.95, min_samples: 100}
"""


def evidence() -> EvidenceBuilder:
    """Evidence that every kind of gate has something to judge in."""
    builder = EvidenceBuilder(rows=1000, correct=930).with_champion(920)
    rng = np.random.default_rng(8)
    table = builder.predictions
    for who in ("candidate", "champion"):
        table[f"{who}_score"] = np.clip(table[f"{who}_score"] + rng.normal(0, 0.05, 1000), 0, 1)
    table["age"] = np.where(np.arange(1000) % 3 == 0, "old", None)
    builder.document["protected_attributes"] = ["sex", "age"]
    return builder


@pytest.fixture
def alone(tmp_path: Path) -> Path:
    """A folder with the judge, copied, and evidence beside it."""
    shutil.copytree(JUDGE, tmp_path / "gates", ignore=shutil.ignore_patterns("__pycache__"))
    evidence().write(tmp_path / "evidence")
    (tmp_path / "model_gates.yaml").write_text(EVERY_KIND)
    (tmp_path / "cases.csv").write_text("case_id,description,expected,x\na,first case,1,1\nb,second case,0,2\n")
    return tmp_path


def run(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "gates", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )


JUDGE_IT = ("judge", "--commit", COMMIT, "--champion", digest("champion"))


def test_copied_folder_judges(alone: Path) -> None:
    done = run(alone, *JUDGE_IT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads((alone / "verdict.json").read_text())["verdict"] == "PASS"
    assert run(alone, "lint").returncode == 0
    assert "rows" in run(alone, "plan-sample", "--evidence", "evidence").stdout


@pytest.mark.parametrize(
    ("changed", "phrase"),
    [
        (["--commit", "d" * 40], "of commit"),
        (["--candidate", digest("other")], "of the model"),
        (["--champion", "none"], "production runs none"),
        (["--champion", digest("other")], "production runs"),
    ],
)
def test_evidence_of_another_release_is_refused(alone: Path, changed: list[str], phrase: str) -> None:
    done = run(alone, *JUDGE_IT, *changed)
    assert (done.returncode, phrase in done.stderr) == (2, True), done.stderr
    assert not (alone / "verdict.json").exists()


def test_champion_option_is_required(alone: Path) -> None:
    done = run(alone, "judge", "--commit", COMMIT)
    assert (done.returncode, "--champion" in done.stderr) == (2, True)


def test_gates_import_only_three_libraries() -> None:
    """Each import statement, wherever it stands; relative ones stay within the folder."""
    import ast

    standard = sys.stdlib_module_names
    files = list(JUDGE.rglob("*.py"))
    assert len(files) > 20
    for path in files:
        depth = len(path.relative_to(JUDGE).parts)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                assert node.level <= depth, f"{path.name}:{node.lineno} leaves the folder"
                names = [node.module or ""] if node.level == 0 else []
            for name in names:
                assert name.split(".")[0] in standard | ALLOWED, f"{path.name}:{node.lineno} imports {name}"


LOADED = """
import contextlib, io, json, sys
sys.argv = ["{name}", *{arguments!r}]
with contextlib.redirect_stdout(io.StringIO()):
    from {module} import main
    code = main({arguments!r})
assert code == 0, code
print(json.dumps(sorted(sys.modules)))
"""


def loaded(folder: Path, module: str, arguments: list[str]) -> set[str]:
    """The modules that a process has after it judged."""
    program = LOADED.format(name=module, module=module, arguments=arguments)
    done = subprocess.run([sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return set(json.loads(done.stdout))


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_judging_imports_no_slow_module(alone: Path, form: str) -> None:
    if form == "csv":
        as_csv(alone / "evidence")
    found = loaded(alone, "gates.__main__", [*JUDGE_IT, "--junit", "junit.xml", "--explain", "fairness"])
    assert {name for name in found if name.split(".")[0] in HEAVY} == set()
    assert {name.split(".")[0] for name in found} >= ALLOWED
    if form == "parquet":  # a tenth of a second, for what two small functions do
        assert "pyarrow.compute" not in found
        assert "pyarrow.dataset" not in found


def test_verb_gate_imports_no_slow_module(trained: Path) -> None:
    found = loaded(trained, "mlops.__main__", ["gate"])
    assert {name for name in found if name.split(".")[0] in HEAVY} == set()


# ---------------------------------------------------------------------------------------------------- CSV as well


def as_csv(folder: Path) -> None:
    for name in ("predictions", "latency", "behavioral"):
        path = folder / f"{name}.parquet"
        pd.read_parquet(path).to_csv(folder / f"{name}.csv", index=False)
        path.unlink()


def numbers(finding: dict[str, Any], *names: str) -> list[float]:
    """The numbers of a finding; -1 where it has none."""
    return [-1.0 if finding[name] is None else finding[name] for name in names]


def test_csv_and_parquet_give_the_same_verdict(alone: Path) -> None:
    """All but what is drawn at random, which starts from the digest of the files."""
    assert run(alone, *JUDGE_IT).returncode == 0
    before = json.loads((alone / "verdict.json").read_text())
    as_csv(alone / "evidence")
    assert run(alone, *JUDGE_IT).returncode == 0
    after = json.loads((alone / "verdict.json").read_text())
    for one, other in zip(before["gates"], after["gates"], strict=True):
        if "resampled" in str(one["method"]):
            assert one["estimate"] == pytest.approx(other["estimate"], rel=1e-9)
            assert numbers(one, "lower", "upper") == pytest.approx(numbers(other, "lower", "upper"), abs=0.01)
        else:
            every = ("estimate", "lower", "upper", "threshold", "n")
            assert numbers(one, *every) == pytest.approx(numbers(other, *every), rel=1e-9)
            assert one["verdict"] == other["verdict"]


def test_csv_written_by_r_is_read(alone: Path) -> None:
    """Texts in quotes, TRUE and FALSE, a gap where there is no group."""
    as_csv(alone / "evidence")
    path = alone / "evidence" / "behavioral.csv"
    path.write_text(
        '"case_id","description","expected","got","passed"\n"a","first, with a comma","1","1",TRUE\n'
        '"b","second\nover two lines","0","0",TRUE\n'
    )
    done = run(alone, *JUDGE_IT)
    assert done.returncode == 0, done.stderr
    assert "(missing)" in done.stdout or "'old'" in done.stdout


@pytest.mark.parametrize("labels", [["no", "yes"], [0, 1]])
def test_labels_keep_their_type_in_csv(alone: Path, labels: list[Any]) -> None:
    path = alone / "evidence" / "evidence.json"
    as_csv(alone / "evidence")
    table = pd.read_csv(alone / "evidence" / "predictions.csv")
    for name in ("y_true", "candidate_prediction", "champion_prediction"):
        table[name] = table[name].map(dict(enumerate(labels)))
    table.to_csv(alone / "evidence" / "predictions.csv", index=False)
    cases = pd.read_csv(alone / "evidence" / "behavioral.csv")
    for name in ("expected", "got"):
        cases[name] = cases[name].map(dict(enumerate(labels)))
    cases.to_csv(alone / "evidence" / "behavioral.csv", index=False)
    no, yes = labels
    (alone / "cases.csv").write_text(f"case_id,description,expected,x\na,first case,{yes},1\nb,second case,{no},2\n")
    path.write_text(json.dumps(json.loads(path.read_text()) | {"labels": labels, "positive_label": labels[1]}))
    assert run(alone, *JUDGE_IT).returncode == 0
    # texts that look like numbers are texts
    path.write_text(json.dumps(json.loads(path.read_text()) | {"labels": ["7", "8"], "positive_label": "8"}))
    done = run(alone, *JUDGE_IT)
    assert (done.returncode, "the labels are ['7', '8']" in done.stderr) == (2, True), done.stderr


# -------------------------------------------------------------------------------------------------------- purity


def test_the_same_evidence_always_gives_the_same_verdict_byte_for_byte(alone: Path) -> None:
    outputs = []
    for seed, when in [("0", "0"), ("1", "1"), ("random", "2")]:
        done = run(alone, *JUDGE_IT, PYTHONHASHSEED=seed, TZ=f"UTC{when}")
        outputs.append(((alone / "verdict.json").read_bytes(), done.stdout))
    assert len(set(outputs)) == 1
    elsewhere = alone / "elsewhere"
    shutil.copytree(alone / "evidence", elsewhere / "evidence")
    for name in ("gates", "model_gates.yaml", "cases.csv"):
        (shutil.copytree if name == "gates" else shutil.copy2)(alone / name, elsewhere / name)
    assert run(elsewhere, *JUDGE_IT).returncode == 0
    assert (elsewhere / "verdict.json").read_bytes() == outputs[0][0]


PURE = """
import builtins, pathlib, random, socket, sys, time
import numpy as np
from gates import verdict
from gates.evidence.evidence_reader import read_evidence
from gates.gate_file.reader import read_gate_file
evidence, file = read_evidence(pathlib.Path("evidence")), read_gate_file(pathlib.Path("model_gates.yaml"))
state = np.random.get_state()[1].tolist(), random.getstate()

def forbidden(*_, **__):
    raise AssertionError("the judge is a pure function")

builtins.open = socket.socket = forbidden
pathlib.Path.open = pathlib.Path.read_text = pathlib.Path.read_bytes = pathlib.Path.stat = forbidden
time.time = time.time_ns = time.perf_counter = time.monotonic = forbidden
np.random.seed = np.random.rand = np.random.random = np.random.randint = forbidden
first, second = verdict.judge(evidence, file), verdict.judge(evidence, file)
assert first == second
assert (np.random.get_state()[1].tolist(), random.getstate()) == state
print(first.verdict.value)
"""


def test_judging_reads_no_file_no_clock_no_network_and_no_global_random_state(alone: Path) -> None:
    done = subprocess.run([sys.executable, "-c", PURE], cwd=alone, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "PASS\n"), done.stderr


def test_other_evidence_draws_other_numbers(alone: Path) -> None:
    assert run(alone, *JUDGE_IT).returncode == 0
    before = (alone / "verdict.json").read_text()
    path = alone / "evidence" / "evidence.json"
    path.write_text(path.read_text().replace('"seed": 1', '"seed": 2'))
    assert run(alone, *JUDGE_IT).returncode == 0
    after = (alone / "verdict.json").read_text()
    bounds = [re.findall(r'"(?:lower|upper)": ([\d.e-]+)', text) for text in (before, after)]
    assert bounds[0] != bounds[1]


def test_the_order_of_the_rows_changes_no_number(alone: Path) -> None:
    assert run(alone, *JUDGE_IT).returncode == 0
    before = json.loads((alone / "verdict.json").read_text())["gates"]
    path = alone / "evidence" / "predictions.parquet"
    pd.read_parquet(path).sample(frac=1, random_state=3).to_parquet(path, index=False)
    assert run(alone, *JUDGE_IT).returncode == 0
    after = json.loads((alone / "verdict.json").read_text())["gates"]
    for one, other in zip(before, after, strict=True):
        assert one["verdict"] == other["verdict"]
        compared = ("estimate",) if "resampled" in str(one["method"]) else ("estimate", "lower", "upper")
        assert numbers(one, *compared) == pytest.approx(numbers(other, *compared), rel=1e-9)
