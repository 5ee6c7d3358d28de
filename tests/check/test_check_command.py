"""The command line, and the three output formats."""

import json
import subprocess
import sys

import jsonschema
import pytest

from espalier import __version__, check, cli
from espalier.check import formats
from espalier.check.finding import Finding, Severity
from support.check_repository import RepoBuilder
from support.working_tree import ROOT


def test_a_clean_repository_exits_0(repo: RepoBuilder, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check", str(repo.root)]) == 0
    assert capsys.readouterr().out == "check: nothing found\n"


def test_a_finding_exits_1_with_place_reason_and_fix(repo: RepoBuilder, capsys: pytest.CaptureFixture[str]) -> None:
    line = repo.plant("Makefile", "-m mlops gate", "-m mlops gat")
    assert cli.main(["check", str(repo.root)]) == 1
    out = capsys.readouterr().out
    assert out.startswith(f"Makefile:{line}: CMD102 no verb 'gat'")
    assert "\n    fix: correct the spelling" in out
    assert out.endswith("check: 1 finding\n")


def test_only_notices_exit_0(repo: RepoBuilder, capsys: pytest.CaptureFixture[str]) -> None:
    repo.write("docs/big.json", b" " * (2 << 20))
    assert check.main([str(repo.root)]) == 0
    assert "FILE109 (notice)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "phrase"),
    [
        (["nowhere"], "does not exist"),
        ([".", "--select", "CMD999"], "no rule 'CMD999'"),
        ([".", "--ignore", "x"], "no rule 'x'"),
    ],
)
def test_unusable_input_exits_2_with_one_line(
    repo: RepoBuilder,
    arguments: list[str],
    phrase: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(repo.root)
    assert cli.main(["check", *arguments]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert phrase in err


def test_select_and_ignore_take_ids_and_their_beginnings(repo: RepoBuilder) -> None:
    repo.plant("Makefile", "-m mlops gate", "-m mlops gat").bit_length()
    repo.plant("README.md", "make setup", "make stup")
    assert {f.rule for f in check.run(repo.root)} == {"CMD101", "CMD102"}
    assert {f.rule for f in check.run(repo.root, select=["CMD102"])} == {"CMD102"}
    assert {f.rule for f in check.run(repo.root, select=["CMD"], ignore=["CMD102"])} == {"CMD101"}
    assert check.run(repo.root, ignore=["CMD"]) == []


FINDINGS = [
    Finding("a b/ü%.yml", 3, "is 'wrong'\n<b>", "mend it", "CMD101"),
    Finding("x\x1b[31m\nforged:1: line", 1, "notice", "", "MAN101", Severity.NOTICE),
    Finding("bad\udcff.json", 1, "half \udcff", "", "TOOL-ruff"),
]


def test_json_is_a_list_of_objects_with_exactly_these_keys() -> None:
    objects = json.loads(formats.as_json(FINDINGS))
    assert [set(o) for o in objects] == [{"rule", "path", "line", "message", "fix", "severity"}] * 3
    assert objects[0] == {
        "rule": "CMD101",
        "path": "a b/ü%.yml",
        "line": 3,
        "message": "is 'wrong'\n<b>",
        "fix": "mend it",
        "severity": "error",
    }


def test_a_file_name_cannot_change_lines_of_the_text_report() -> None:
    lines = formats.text(FINDINGS).splitlines()
    assert len(lines) == 5
    assert lines[2] == "x\\x1b[31m\\nforged:1: line:1: MAN101 (notice) notice"
    assert lines[-1] == "check: 2 findings and 1 notice"


def test_sarif_is_valid_and_points_at_the_place() -> None:
    log = json.loads(formats.sarif(FINDINGS).encode())
    jsonschema.Draft7Validator(SARIF).validate(log)
    [run] = log["runs"]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["CMD101", "MAN101", "TOOL-ruff"]
    first, second, third = run["results"]
    assert run["tool"]["driver"]["rules"][first["ruleIndex"]]["id"] == first["ruleId"] == "CMD101"
    place = first["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "a%20b/%C3%BC%25.yml"
    assert place["region"] == {"startLine": 3}
    assert (first["level"], second["level"]) == ("error", "note")
    assert third["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "bad%FF.json"


def test_an_empty_report_is_valid_sarif_too() -> None:
    log = json.loads(formats.sarif([]))
    jsonschema.Draft7Validator(SARIF).validate(log)
    assert log["runs"][0]["results"] == []


# the part of the SARIF 2.1.0 schema (OASIS, sarif-schema-2.1.0.json) that the report uses, closed against other keys
TEXT = {
    "type": "object",
    "required": ["text"],
    "properties": {"text": {"type": "string", "minLength": 1}},
    "additionalProperties": False,
}
RULE = {
    "type": "object",
    "required": ["id"],
    "additionalProperties": False,
    "properties": {
        "id": {"type": "string"},
        "shortDescription": TEXT,
        "fullDescription": TEXT,
        "help": TEXT,
        "defaultConfiguration": {
            "type": "object",
            "properties": {"level": {"enum": ["none", "note", "warning", "error"]}},
        },
    },
}
RESULT = {
    "type": "object",
    "required": ["message", "ruleId", "level", "locations"],
    "additionalProperties": False,
    "properties": {
        "ruleId": {"type": "string"},
        "ruleIndex": {"type": "integer", "minimum": 0},
        "level": {"enum": ["none", "note", "warning", "error"]},
        "message": TEXT,
        "locations": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["physicalLocation"],
                "additionalProperties": False,
                "properties": {
                    "physicalLocation": {
                        "type": "object",
                        "additionalProperties": False,
                        "properties": {
                            "artifactLocation": {
                                "type": "object",
                                "properties": {
                                    "uri": {"type": "string", "pattern": "^[A-Za-z0-9._~/%-]+$"},
                                    "uriBaseId": {"type": "string"},
                                },
                                "additionalProperties": False,
                            },
                            "region": {
                                "type": "object",
                                "properties": {"startLine": {"type": "integer", "minimum": 1}},
                            },
                        },
                    }
                },
            },
        },
    },
}
SARIF = {
    "type": "object",
    "required": ["version", "runs"],
    "additionalProperties": False,
    "properties": {
        "$schema": {"type": "string", "format": "uri"},
        "version": {"const": "2.1.0"},
        "runs": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["tool"],
                "additionalProperties": False,
                "properties": {
                    "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                    "results": {"type": "array", "items": RESULT},
                    "tool": {
                        "type": "object",
                        "required": ["driver"],
                        "properties": {
                            "driver": {
                                "type": "object",
                                "required": ["name"],
                                "properties": {
                                    "name": {"type": "string"},
                                    "rules": {"type": "array", "uniqueItems": True, "items": RULE},
                                },
                                "additionalProperties": False,
                            }
                        },
                    },
                },
            },
        },
    },
}


@pytest.mark.parametrize("format", ["json", "sarif"])
def test_the_module_runs_as_a_program(repo: RepoBuilder, format: str) -> None:
    repo.plant("Makefile", "-m mlops gate", "-m mlops gat")
    words = [sys.executable, "-m", "espalier", "check", str(repo.root), "--format", format]
    done = subprocess.run(words, capture_output=True, text=True, env={"PYTHONPATH": str(ROOT / "src")}, check=False)
    assert (done.returncode, done.stderr) == (1, "")
    assert json.loads(done.stdout)


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        cli.main(["--version"])
    assert capsys.readouterr().out == f"espalier {__version__}\n"


def test_the_reference_of_the_rules_is_not_stale() -> None:
    words = [sys.executable, str(ROOT / "scripts/write_check_rules.py"), "--check"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
