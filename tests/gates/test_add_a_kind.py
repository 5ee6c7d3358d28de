"""A new gate kind is one file and one line in KINDS, a new metric is one entry; all other parts use them."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from support.engine import COMMIT, EvidenceBuilder
from support.working_tree import ROOT

CARBON = '''"""``carbon``: kilograms of CO2 that training may have caused, a custom metric of the evidence."""

from dataclasses import dataclass
from typing import Annotated

from ..core.dataclass_schema import Limits
from ..decision.gate_result import ExplainedResult, GateResult
from ..decision.verdict_rule import verdict_of_fact
from ..metrics.sample_planning import Need
from .gate_kind import GateContext, GateKind, PlanContext, ReportEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class Carbon:
    """Emissions of the training."""

    max_kg: Annotated[float, Limits(more_than=0)]


def check(context: GateContext, block: Carbon) -> list[ExplainedResult]:
    """Judge the emissions."""
    kilograms = context.evidence.document.custom_metrics["carbon_kg"].candidate
    verdict = verdict_of_fact(kilograms, "<=", block.max_kg)
    result = GateResult(
        kind=KIND.name, name="max_kg", verdict=verdict, estimate=kilograms, comparison="<=", threshold=block.max_kg,
        reason=f"{kilograms:g} kg",
    )
    return [ExplainedResult(result, "reported by the trainer")]


def plan(context: PlanContext, block: Carbon) -> list[Need]:
    """Return one training."""
    return [Need(f"{KIND.name}.max_kg", None, block.max_kg, 1, "rows", "one training")]


KIND: GateKind[Carbon] = GateKind(name="carbon", block=Carbon, check=check, plan=plan, report=ReportEntry(unit=" kg"))
'''
ENTRY = """
    "hit_rate": count_of_right("right / rows, under another name"),
"""


@pytest.fixture(scope="module")
def extended(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the engine with one more gate kind and one more metric."""
    folder = tmp_path_factory.mktemp("extended")
    shutil.copytree(ROOT / "template/mlops", folder / "mlops", ignore=shutil.ignore_patterns("__pycache__"))
    gates = folder / "mlops/gates"
    (gates / "kinds/carbon.py").write_text(CARBON)
    registry = gates / "kinds/__init__.py"
    text = registry.read_text()
    assert text.count("    size.KIND,\n") == 1
    text = text.replace("    size.KIND,\n", "    size.KIND,\n    carbon.KIND,\n")
    text = text.replace("import behavioral,", "import behavioral, carbon,")
    registry.write_text(text)
    metrics = gates / "metrics/classification.py"
    text = metrics.read_text()
    assert text.count("METRICS: dict[str, Metric] = {") == 1
    metrics.write_text(text.replace("METRICS: dict[str, Metric] = {", f"METRICS: dict[str, Metric] = {{{ENTRY}"))
    evidence = EvidenceBuilder(rows=400, correct=380)
    evidence.document["custom_metrics"] = {"carbon_kg": {"candidate": 12.5}}
    evidence.write(folder / "evidence")
    return folder


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], cwd=folder, capture_output=True, text=True, check=False)


def judge(folder: Path, gates: str) -> subprocess.CompletedProcess[str]:
    (folder / "model_gates.yaml").write_text(gates)
    options = ("--evidence", "evidence", "--commit", COMMIT, "--champion", "none")
    return run(folder, "-m", "mlops.gates", "judge", *options)


@pytest.mark.parametrize(("limit", "code", "word"), [(10, 1, "FAIL"), (20, 0, "PASS")])
def test_the_verdict_follows_the_new_kind(extended: Path, limit: int, code: int, word: str) -> None:
    result = judge(extended, f"carbon: {{max_kg: {limit}}}\n")
    assert result.returncode == code, result.stderr
    [gate] = json.loads((extended / "verdict.json").read_text())["gates"]
    assert (gate["kind"], gate["name"], gate["verdict"], gate["estimate"]) == ("carbon", "max_kg", word, 12.5)


def test_gate_file_reader_accepts_the_keys_of_the_new_kind(extended: Path) -> None:
    result = judge(extended, "carbon: {max_kgs: 10}\n")
    assert result.returncode == 2
    assert "carbon has no key 'max_kgs'; did you mean 'max_kg'?" in result.stderr


def test_schema_plan_report_and_maturity_follow_the_new_kind(extended: Path) -> None:
    code = (
        "import json\n"
        "from mlops.gates.core.dataclass_schema import schema\n"
        "from mlops.gates.gate_file.blocks import Gates\n"
        "found = schema(Gates, 'gates', False)\n"
        "names = found['properties']['performance']['properties']\n"
        "print(json.dumps([sorted(found['properties']), found['anyOf'], sorted(names)]))\n"
    )
    properties, required, metrics = json.loads(run(extended, "-c", code).stdout)
    assert "carbon" in properties
    assert {"required": ["carbon"]} in required
    assert "hit_rate" in metrics
    (extended / "model_gates.yaml").write_text("carbon: {max_kg: 20}\nperformance: {hit_rate: {min: 0.9}}\n")
    planned = run(extended, "-m", "mlops.gates", "plan-sample").stdout
    assert "carbon.max_kg" in planned
    assert "performance.hit_rate" in planned
    assert "each row counts" in planned
    code = (
        "from mlops.gates.decision.gate_result import GateResult\n"
        "from mlops.gates.decision.verdict_rule import Verdict\n"
        "from mlops.report.charts.gate_chart import value_text\n"
        "print(value_text(GateResult(kind='carbon', name='max_kg', verdict=Verdict.PASS, estimate=12.5, reason='')))\n"
    )
    assert run(extended, "-c", code).stdout == "12.50 kg\n"
    code = "from pathlib import Path\nfrom mlops.maturity import gate_kinds\nprint(gate_kinds(Path('.')))\n"
    assert "carbon" not in run(extended, "-c", code).stdout  # the file has it
    (extended / "model_gates.yaml").write_text("performance: {hit_rate: {min: 0.9}}\n")
    assert "carbon" in run(extended, "-c", code).stdout


def test_a_new_metric_is_judged_with_bounds(extended: Path) -> None:
    result = judge(extended, "performance: {hit_rate: {min: 0.9}}\n")
    assert result.returncode == 0, result.stderr
    [gate] = json.loads((extended / "verdict.json").read_text())["gates"]
    assert (gate["estimate"], gate["n"]) == (0.95, 400)
    assert gate["lower"] < 0.95
