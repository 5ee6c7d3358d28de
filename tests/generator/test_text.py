"""Every generated file contains a free-text answer as exactly that text."""

import json
import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from support.generator import LEFTOVER, LITERAL_TEXT, Render

pytestmark = pytest.mark.long(place=12)


def allowed(character: str) -> bool:
    """Return whether the questions accept a character inside a line of text."""
    code = ord(character)
    return not (
        unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp")
        or character in "\u061c\u200e\u200f\ufeff"
        or 0x202A <= code <= 0x202E
        or 0x2066 <= code <= 0x2069
        or 0xFDD0 <= code <= 0xFDEF
        or code & 0xFFFE == 0xFFFE
    )


def visible(text: str) -> bool:
    """Return whether a text has a visible character."""
    return any(
        not character.isspace() and not re.match("[\u00ad\u200b-\u200d\u2060-\u2064]", character) for character in text
    )


# Often text with a meaning in YAML, TOML, Markdown, Jinja, a shell, GitHub or HTML, sometimes any other Unicode.
PIECES = st.sampled_from(
    [
        *(
            "${{ ",
            " }}",
            "[[ ",
            " ]]",
            "[% ",
            " %]",
            "[# ",
            "{{ ",
            "{% ",
            "$(",
            "`",
            "\\",
            '"',
            "'",
            '"""',
            "'''",
            "%",
            "!",
        ),
        *(
            ": ",
            " #",
            "- ",
            "* ",
            "# ",
            "> ",
            "1. ",
            "|",
            "&",
            "<b>",
            "&amp;",
            "<!--",
            "~~",
            "__",
            "](",
            "---",
            "=",
            "@",
        ),
        *(
            "\\n",
            "\\u0041",
            "😀",
            "שלום",
            "é",
            "e\u0301",
            "null",
            "yes",
            "0x1",
            "1e3",
            "http://a.b",
            "{",
            "}",
            "[",
            "]",
        ),
        *(",", "^", "$"),
    ]
)


def texts(most: int) -> st.SearchStrategy[str]:
    """Generate one line of at most ``most`` characters that the questions accept."""
    character = st.characters(codec="utf-8").filter(allowed)
    lines = st.lists(PIECES | character, min_size=1, max_size=most).map("".join)
    return lines.map(lambda line: line[:most].strip()).filter(visible)


TEXTS = st.fixed_dictionaries({"project_name": texts(80), "description": texts(300), "contact": texts(120)})


def shown(markdown: str) -> str:
    """Return the visible text of rendered Markdown; fail if it contains anything except text."""

    def walk(tokens: list[Any]) -> Iterator[str]:
        for token in tokens:
            if token.type == "inline":
                yield "".join(walk(token.children)) + "\n"
            elif token.type in ("text", "code_inline") or token.type == "text_special":
                yield token.content
            elif token.type in ("softbreak", "hardbreak"):
                yield "\n"
            elif token.type in ("html_inline", "html_block", "image", "link_open"):
                raise AssertionError(f"{token.type} in a page that has none: {token.content}")

    return "".join(walk(MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(markdown)))


def front_matter(card: str) -> dict[str, str]:
    _, matter, _ = card.split("---\n", 2)
    parsed: dict[str, str] = yaml.safe_load(matter)
    return parsed


def assert_read_back(folder: Path, answers: dict[str, str]) -> None:
    """Read each file that contains free text with its own parser, and compare with the answer."""
    name, description, contact = answers["project_name"], answers["description"], answers["contact"]
    recorded = yaml.safe_load((folder / ".copier-answers.yml").read_text(encoding="utf-8"))
    assert {key: recorded[key] for key in answers} == answers
    project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["description"] == description
    card = (folder / "docs/model_card.md").read_text(encoding="utf-8")
    assert front_matter(card) == {"model": name, "owner": contact, "approver": ""}
    readme = shown((folder / "README.md").read_text(encoding="utf-8"))
    assert readme.splitlines()[0] == name
    assert f"What it does: {description}\n" in readme
    assert f"Contact: {contact}\n" in readme
    shown_card = shown(card.split("---\n", 2)[2])
    assert f"Model card: {name}\n" in shown_card
    assert f"In short: {description}\n" in shown_card
    runbook = shown((folder / "docs/runbook.md").read_text(encoding="utf-8"))
    assert f"Runbook: {name}\n" in runbook
    assert f"Contact: {contact}. " in runbook


HOLDS_TEXT = {".copier-answers.yml", "pyproject.toml", "README.md", "docs/model_card.md", "docs/runbook.md"}


def assert_all_parse(paths: Iterable[Path]) -> None:
    """Assert that every file is valid in its own format."""
    for path in paths:
        text = path.read_text(encoding="utf-8")
        if path.suffix in (".yaml", ".yml"):
            list(yaml.safe_load_all(text))
        elif path.suffix == ".toml":
            tomllib.loads(text)
        elif path.suffix == ".json":
            json.loads(text)
        elif path.suffix == ".py":
            compile(text, str(path), "exec")


def assert_only_text_files_differ(folder: Path, plain: Path) -> None:
    """Assert that only the files of HOLDS_TEXT depend on a text answer."""
    files = {p.relative_to(folder) for p in folder.rglob("*") if p.is_file()}
    assert files == {p.relative_to(plain) for p in plain.rglob("*") if p.is_file()}
    different = {str(p) for p in files if (folder / p).read_bytes() != (plain / p).read_bytes()}
    assert different <= HOLDS_TEXT, f"free text reached {sorted(different - HOLDS_TEXT)}"


NAMES = {"project_slug": "churn", "package_name": "churn"}


HARMLESS = {"project_name": "Churn", "description": "Says who leaves.", "contact": "team"}


@pytest.fixture
def plain(render: Render) -> Path:
    """Return the same repository with harmless text."""
    return render({**NAMES, **HARMLESS})


@pytest.fixture
def plain_of_what_varies(render_what_varies: Render) -> Path:
    return render_what_varies({**NAMES, **HARMLESS})


@pytest.mark.parametrize("texts", [LITERAL_TEXT[n : n + 3] for n in range(0, len(LITERAL_TEXT), 3)], ids=repr)
def test_text_with_a_meaning_in_another_format_stays_text(render: Render, plain: Path, texts: list[str]) -> None:
    answers = dict(zip(("project_name", "description", "contact"), [*texts, *texts, *texts][:3], strict=True))
    folder = render({**NAMES, **answers})
    assert_all_parse(path for path in sorted(folder.rglob("*")) if path.is_file())
    assert_read_back(folder, answers)
    assert_only_text_files_differ(folder, plain)


bounded = settings(
    deadline=None,
    derandomize=True,
    phases=[
        Phase.explicit,
        Phase.generate,
    ],  # each example renders a repository: making a failing one smaller takes minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@settings(bounded, max_examples=20)
@given(answers=TEXTS)
def test_any_text_is_read_back_from_every_file(render: Render, answers: dict[str, str]) -> None:
    assert_read_back(render({**NAMES, **answers}), answers)


@pytest.mark.slow
@settings(bounded, max_examples=200)
@given(answers=TEXTS)
def test_any_text_is_read_back_and_changes_no_other_file(
    render_what_varies: Render, plain_of_what_varies: Path, answers: dict[str, str]
) -> None:
    folder = render_what_varies({**NAMES, **answers})
    assert_only_text_files_differ(folder, plain_of_what_varies)
    assert_all_parse(folder / name for name in HOLDS_TEXT)  # the other files are the same as with harmless text
    assert_read_back(folder, answers)


@pytest.mark.slow
@settings(bounded, max_examples=150)
@given(name=texts(80))
def test_any_project_name_gives_names_that_are_accepted(render: Render, refusal: Any, name: str) -> None:
    """Slug, package and namespace are computed, and with --defaults a user cannot correct them."""
    assert refusal(project_name=name) is None


@pytest.mark.parametrize(
    ("name", "slug", "package"),
    [
        ("Diabetes Progression", "diabetes-progression", "diabetes_progression"),
        ("日本語", "model", "model"),
        ("3D", "model-3d", "model_3d"),
        ("--- a // B ---", "a-b", "a_b"),
        ("con", "con-model", "con_model"),
        ("COM1", "com1-model", "com1_model"),
        ("Json", "json", "json_model"),
        ("Class", "class", "class_model"),
        ("Tests", "tests", "tests_model"),
        ("pandas", "pandas", "pandas_model"),
        ("x" * 80, "x" * 40, "x" * 40),
        ("a" * 39 + " bc", "a" * 39, "a" * 39),
        ("İstanbul", "i-stanbul", "i_stanbul"),
    ],
)
def test_names_computed_from_odd_project_names_are_valid(render: Render, name: str, slug: str, package: str) -> None:
    recorded = yaml.safe_load((render(project_name=name) / ".copier-answers.yml").read_text(encoding="utf-8"))
    assert (recorded["project_slug"], recorded["package_name"], recorded["namespace"]) == (slug, package, slug)


def test_a_rendered_file_contains_no_template_syntax(render: Render) -> None:
    folder = render()
    for path in sorted(folder.rglob("*")):
        if (
            path.is_file() and "mlops/check" not in path.as_posix()
        ):  # its rules contain the patterns that they search for
            text = path.read_bytes()
            assert not LEFTOVER.search(text), f"{path.relative_to(folder)}: {LEFTOVER.search(text)}"
            assert path.suffix != ".jinja"
            assert "[[" not in path.name
            assert b"\r" not in text, path.relative_to(folder)
            assert not text.endswith(b"\n\n"), path.relative_to(folder)
