"""Write ``cookiecutter.json`` from ``copier.yml``: the same questions, defaults, choices and help.

cookiecutter only asks: its hook lets copier validate the answers. A test fails when the file is stale.

Two differences between cookiecutter and copier:
- cookiecutter does not skip questions, so the prompt of a question with a condition contains the condition;
- cookiecutter compares a choice on the command line with the unrendered list, so a choice with a computed default is
  asked as text.

Usage: ``python scripts/write_cookiecutter_json.py``
"""

import json
import re
from pathlib import Path
from typing import Any

from jinja2 import Environment, meta

from questions import Question, asked_questions, hidden_answers

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "cookiecutter.json"
COMPUTED = "{# computed #}"  # hooks/pre_gen_project.py recognizes a computed default by it
SLUG_CHARACTERS = "abcdefghijklmnopqrstuvwxyz0123456789-"


def default(question: Question, hidden: dict[str, str]) -> str:
    """Return the default in cookiecutter's syntax; it is empty if copier requires an answer."""
    text = question.default
    if "UNSET" in text:
        return ""
    if "[[" not in text and "[%" not in text:
        return text
    names = meta.find_undeclared_variables(Environment(autoescape=False).parse(braces(text)))
    settings = [
        f"{{% set {name} = {json.dumps(hidden[name]) if name in hidden else f'cookiecutter.{name}'} %}}"
        for name in sorted(names)
    ]
    return COMPUTED + "".join(settings) + braces(text)


def braces(text: str) -> str:
    """Return a text with copier.yml's delimiters replaced by Jinja's own."""
    for ours, theirs in (("[[", "{{"), ("]]", "}}"), ("[%", "{%"), ("%]", "%}")):
        text = text.replace(ours, theirs)
    return text


def prompt(question: Question) -> str:
    """Return the help, with the choices and the condition that cookiecutter cannot show otherwise."""
    parts = [question.help]
    if question.choices and question.is_computed:
        parts.append(f"({', '.join(question.choices.values())})")
    if question.when:
        parts.append(f"Only when {question.condition()}; otherwise leave it as it is.")
    return " ".join(parts)


def folder_guard() -> str:
    """Return a hidden variable that stops cookiecutter before it creates a folder outside of the output folder.

    cookiecutter creates ``<output>/<project_slug>`` before any hook runs. A slug with ``..`` or ``/`` would create it
    somewhere else, and removing it would leave its parent folders. A variable can fail only by reading a key that does
    not exist, so that key is the message.
    """
    message = f"project_slug: use at most 48 of {SLUG_CHARACTERS}, as in churn-model"
    wrong = f"cookiecutter.project_slug | reject('in', '{SLUG_CHARACTERS}') | list"
    size = "not 0 < cookiecutter.project_slug | length <= 48"
    return f"{{{{ cookiecutter['{message}'] if {wrong} or {size} else 'fine' }}}}"


def cookiecutter_json() -> str:
    """Return the text of cookiecutter.json.

    Raises:
        SystemExit: the text would contain copier's delimiters.
    """
    hidden = hidden_answers()
    variables: dict[str, Any] = {}
    prompts: dict[str, Any] = {}
    for question in asked_questions():
        if question.choices and not question.is_computed:
            values = list(question.choices.values())
            first = [v for v in values if v == question.default]
            variables[question.name] = first + [v for v in values if v not in first]
            labels = {value: label for label, value in question.choices.items()}
            prompts[question.name] = {"__prompt__": prompt(question), **labels}
        else:
            variables[question.name] = default(question, hidden)
            prompts[question.name] = prompt(question)
        if question.name == "project_slug":
            variables["__project_slug_is_a_folder_name"] = folder_guard()
    text = json.dumps({**variables, "__prompts__": prompts}, indent=2, ensure_ascii=False) + "\n"
    if leftover := re.search(r"\[\[|\]\]|\[%|%\]", text):
        raise SystemExit(f"cookiecutter.json would contain {leftover[0]!r}, copier's delimiter. Nothing was written.")
    return text


def main() -> None:
    """Write the file."""
    TARGET.write_text(cookiecutter_json(), encoding="utf-8")
    print(f"{TARGET.name}: {len(asked_questions())} questions")


if __name__ == "__main__":
    main()
