"""Generated files are current."""

import json

import pytest
from cookiecutter.environment import StrictEnvironment
from cookiecutter.prompt import render_variable
from yaml import safe_load

import write_cookiecutter_json
import write_ownership
import write_questions_reference
import write_reserved_names
from ownership import ownership
from questions import asked_questions
from support.generator import Render
from support.working_tree import ROOT


@pytest.mark.parametrize(
    ("path", "text", "script"),
    [
        ("cookiecutter.json", write_cookiecutter_json.cookiecutter_json, "write_cookiecutter_json"),
        ("docs/reference/questions.md", write_questions_reference.reference, "write_questions_reference"),
        (
            "reserved_names.yml",
            lambda: write_reserved_names.as_yaml(write_reserved_names.reserved_names()),
            "write_reserved_names",
        ),
        ("ownership.generated.yml", lambda: write_ownership.copier_settings(ownership()), "write_ownership"),
        ("macros/ownership.jinja", lambda: write_ownership.macros(ownership()), "write_ownership"),
        ("README.md", lambda: write_ownership.readme(ownership()), "write_ownership"),
    ],
)
def test_a_generated_file_is_current(path: str, text: object, script: str) -> None:
    assert callable(text)
    assert (ROOT / path).read_text(encoding="utf-8") == text(), f"{path} is stale: python scripts/{script}.py"


def test_cookiecutter_asks_the_same_questions_in_the_same_order() -> None:
    variables = json.loads((ROOT / "cookiecutter.json").read_text(encoding="utf-8"))
    names = [name for name in variables if not name.startswith("_")]
    assert names == [question.name for question in asked_questions()]
    assert list(variables["__prompts__"]) == names


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"project_name": "日本語"},
        {"project_name": "Json"},
        {"project_name": "--- 3 // B ---"},
        {"project_name": "x" * 80},
        {"organization": "Acme-2", "deployment": "docker"},
        {"project_name": "COM1", "deployment": "none"},
    ],
    ids=repr,
)
def test_cookiecutter_computes_the_defaults_that_copier_computes(render: Render, given: dict[str, str]) -> None:
    variables = json.loads((ROOT / "cookiecutter.json").read_text(encoding="utf-8"))
    environment = StrictEnvironment(context={"cookiecutter": variables})
    answers: dict[str, str] = {}
    for name, raw in variables.items():
        if not name.startswith("_"):
            first = raw[0] if isinstance(raw, list) else raw
            answers[name] = given.get(name) or render_variable(environment, first, answers)
    recorded = safe_load((render(given) / ".copier-answers.yml").read_text(encoding="utf-8"))
    assert {name: value for name, value in answers.items() if name in recorded} == {
        name: value for name, value in recorded.items() if not name.startswith("_")
    }
