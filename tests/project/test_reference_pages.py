"""The reference pages of schemas, verbs, evidence and gates agree with the code."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import write_schemas
import write_verbs_reference
from mlops.gates import metrics
from mlops.gates.core import dataclass_schema
from mlops.gates.evidence.contract import Evidence
from mlops.gates.gate_file import reader
from mlops.gates.kinds import fairness
from support.doc_pages import blocks
from support.working_tree import ROOT

EVIDENCE_PAGE = ROOT / "docs" / "reference" / "evidence.md"
GATES_PAGE = ROOT / "docs" / "reference" / "gates.md"


def test_the_page_of_the_verbs_is_not_stale() -> None:
    text = write_verbs_reference.TARGET.read_text(encoding="utf-8")
    assert text == write_verbs_reference.text(), "stale: make generated"


@pytest.mark.parametrize("name", write_schemas.SCHEMAS)
def test_a_schema_is_not_stale(name: str) -> None:
    text = write_schemas.TARGETS[name].read_text(encoding="utf-8")
    assert text == write_schemas.text(name), "stale: make generated"


@pytest.fixture(scope="module")
def folder(rendered: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A committed repository in which the example of the page wrote its evidence."""
    repository = tmp_path_factory.mktemp("example") / "repository"
    shutil.copytree(rendered(), repository, symlinks=True)
    identity = ["-c", "user.name=test", "-c", "user.email=test@example.org"]
    for command in (["init", "--quiet"], ["add", "--all"], [*identity, "commit", "--quiet", "-m", "generated"]):
        subprocess.run(["git", *command], cwd=repository, check=True)
    [example] = [block for block in blocks(EVIDENCE_PAGE) if block.path == "example"]
    subprocess.run([sys.executable, "-c", example.body], cwd=repository, check=True)
    return repository


def gate(repository: Path, gates: str) -> subprocess.CompletedProcess[str]:
    (repository / "gates.yaml").write_text(gates)
    command = ["-m", "mlops", "gate", "--evidence", "evidence", "--gates", "gates.yaml", "--out", "verdict.json"]
    return subprocess.run([sys.executable, *command], cwd=repository, capture_output=True, text=True, check=False)


def test_evidence_that_was_written_without_the_engine_is_judged(folder: Path) -> None:
    fair = "fairness: {max_disparity: 0.6, protected_attributes: [region]}\n"
    done = gate(folder, f"performance: {{accuracy: {{min: 0.75}}, recall: {{min: 1.0}}}}\n{fair}")
    assert done.returncode == 0, done.stdout + done.stderr
    estimates = {g["name"]: g["estimate"] for g in json.loads((folder / "verdict.json").read_text())["gates"]}
    assert estimates == {"accuracy": 0.75, "recall": 1.0, "region": 0.5}  # 3 of 4; 2 of 2; 2 of 2 against 1 of 2
    assert gate(folder, "performance: {accuracy: {min: 0.8}}").returncode == 1


def broken(document: dict[str, Any], how: str) -> dict[str, Any]:
    copy: dict[str, Any] = json.loads(json.dumps(document))
    match how:
        case "unknown key":
            copy["comit"] = None
        case "missing key":
            del copy["seed"]
        case "wrong version":
            copy["schema_version"] = "mlevidence/v2"
        case "digest without its kind":
            copy["candidate"]["digest"] = "0" * 64
        case "no rows":
            copy["data"]["evaluation"]["rows"] = 0
        case "a number as text":
            copy["candidate"]["size_bytes"] = "7"
        case "half a commit":
            copy["commit"] = "abc"
    return copy


def test_the_example_is_valid_by_schema_and_by_contract(folder: Path) -> None:
    text = (folder / "evidence" / "evidence.json").read_text()
    jsonschema.validate(json.loads(text), json.loads(write_schemas.text("mlevidence-v1")))
    assert dataclass_schema.parse(Evidence, json.loads(text))[1] == []


@pytest.mark.parametrize(
    "how",
    [
        "unknown key",
        "missing key",
        "wrong version",
        "digest without its kind",
        "no rows",
        "a number as text",
        "half a commit",
    ],
)
def test_schema_and_contract_reject_the_same_documents(how: str, folder: Path) -> None:
    document = broken(json.loads((folder / "evidence" / "evidence.json").read_text()), how)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, json.loads(write_schemas.text("mlevidence-v1")))
    assert dataclass_schema.parse(Evidence, document)[1] != []


def fields(schema: Any) -> set[str]:
    """Return the names of all properties in a schema, including nested ones."""
    if isinstance(schema, list):
        return {name for item in schema for name in fields(item)}
    if not isinstance(schema, dict):
        return set()
    names = set(schema.get("properties", ()))
    return names | {name for item in schema.values() for name in fields(item)}


def test_the_page_names_every_field_of_the_evidence() -> None:
    page = EVIDENCE_PAGE.read_text()
    names = fields(json.loads(write_schemas.text("mlevidence-v1")))
    assert len(names) > 30
    assert {name for name in names if not re.search(rf"\b{name}\b", page)} == set()


def test_the_page_names_every_key_metric_and_column_of_the_gates() -> None:
    from mlops.gates.decision.gate_result import GateResult
    from mlops.gates.evidence import critical_cases

    page = GATES_PAGE.read_text()
    known = fields(json.loads(write_schemas.text("mlgates-v1"))) | set(metrics.NAMES) | set(critical_cases.OWN)
    known |= {name for names in fairness.BY_TASK.values() for name in names} | set(fairness.OTHER_SPELLINGS)
    known |= set(GateResult.__dataclass_fields__)
    assert len(known) > 60
    assert {name for name in known if f"`{name}`" not in page and f"`{{{name}:" not in page} - {"min", "max"} == set()


def test_the_cases_on_the_page_can_be_read(tmp_path: Path) -> None:
    from mlops.gates.evidence import critical_cases

    [example] = [block for block in blocks(GATES_PAGE) if block.language == "csv"]
    path = tmp_path / "cases.csv"
    path.write_text(example.body)
    assert [case.case_id for case in critical_cases.read_cases(path)] == ["heavy", "heavy-woman", "heavier"]


def test_the_plan_on_the_page_is_the_output_of_the_verb(tmp_path: Path) -> None:
    from mlops.gates import planning

    [example] = [block for block in blocks(GATES_PAGE) if block.path == "gates"]
    path = tmp_path / "model_gates.yaml"
    path.write_text(example.body)
    file = reader.without_files(path)
    plan = planning.table(planning.Plan(file, {"accuracy": 0.95}, planning.Assumptions()))
    shown = re.search(r"^performance\.accuracy .*$", GATES_PAGE.read_text(), re.MULTILINE)
    assert shown is not None
    assert shown[0].split() == next(line for line in plan.splitlines() if "performance.accuracy" in line).split()


def test_the_gate_file_on_the_page_can_be_read(tmp_path: Path) -> None:
    [example] = [block for block in blocks(GATES_PAGE) if block.path == "gates"]
    path = tmp_path / "model_gates.yaml"
    path.write_text(example.body)
    assert reader.without_files(path).gates.statistics is not None


def test_the_folder_digest_in_the_shell_is_the_engine_s(tmp_path: Path) -> None:
    from mlops.gates.core import digests

    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "z.txt").write_text("z")
    (tmp_path / "a.txt").write_text("a")
    (tmp_path / "B.txt").write_text("B")
    [command] = re.findall(r"`(find \. .*?)`", EVIDENCE_PAGE.read_text())
    shown = subprocess.run(command, shell=True, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert digests.of_folder(tmp_path) == f"sha256:{shown.split()[0]}"
