"""The ownership table ``ownership.yml``: each path of a generated repository, its owner and its feature."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "ownership.yml"
TEMPLATE = ROOT / "template"
OWNERS = ("seeded", "managed", "recorded")
COMPARISON = re.compile(r"(\w+) == '([\w-]+)'")


class OwnershipError(ValueError):
    """The ownership table contains something that it must not contain."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One part of a feature: the question and the answer that switches the path on."""

    question: str
    answer: str
    exists_without_answer: bool  # in a render of a template version that does not ask the question yet

    def jinja(self, answers: str = "") -> str:
        """Return the comparison as a Jinja expression; ``answers`` is the variable that holds the answers."""
        default = self.answer if self.exists_without_answer else ""
        return f"{answers}{self.question} | default('{default}') == '{self.answer}'"


@dataclass(frozen=True, slots=True)
class Feature:
    """The answers that switch a path on: comparisons that are all joined by the same word."""

    comparisons: tuple[Comparison, ...]
    joined_by: str  # "and" or "or"

    def jinja(self, answers: str = "") -> str:
        """Return the condition as a Jinja expression."""
        return f" {self.joined_by} ".join(comparison.jinja(answers) for comparison in self.comparisons)

    def words(self) -> str:
        """Return the condition as a user answers it on copier's command line."""
        return f" {self.joined_by} ".join(f"`{c.question}={c.answer}`" for c in self.comparisons)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table."""

    path: str  # anchored: /deploy/base
    owner: str
    since: str
    feature: Feature | None  # None: the path always exists, or exists with the folder that contains it
    named_by: str
    description: str

    @property
    def place(self) -> str:
        """Return the path as a user sees it: ``deploy/base/``, ``params.yaml``."""
        name = self.path.strip("/")
        return f"{name}/" if (TEMPLATE / name).is_dir() else name

    @property
    def shown(self) -> str:
        """Return the place with the part that an answer names: ``src/<package_name>/``."""
        return f"{self.place}<{self.named_by}>/" if self.named_by else self.place

    def contains(self, path: str) -> bool:
        """Return whether an anchored path is this row's path or is below it."""
        return path == self.path or path.startswith(f"{self.path}/")


@dataclass(frozen=True)
class Ownership:
    """The whole table."""

    rows: tuple[Row, ...]
    never_rendered: tuple[str, ...]

    def row_of(self, path: str) -> Row | None:
        """Return the row that decides about a path, which is the longest that contains it; None if none does."""
        containing = [row for row in self.rows if row.contains(path)]
        return max(containing, key=lambda row: len(row.path), default=None)

    def owner_of(self, path: str) -> str | None:
        """Return the owner of an anchored path, None if the table does not contain it."""
        row = self.row_of(path)
        return row.owner if row else None

    def features_of(self, row: Row) -> list[Feature]:
        """Return the features that a path needs: its own and those of the folders that contain it."""
        return [other.feature for other in self.rows if other.contains(row.path) and other.feature]

    @cached_property
    def seeded_trees(self) -> list[Row]:
        """Return the seeded rows that are not below another seeded row."""
        seeded = [row for row in self.rows if row.owner == "seeded"]
        return [row for row in seeded if not any(o is not row and o.contains(row.path) for o in seeded)]

    @cached_property
    def seeded_leaves(self) -> list[Row]:
        """Return the seeded rows that have no seeded row below them."""
        seeded = [row for row in self.rows if row.owner == "seeded"]
        return [row for row in seeded if not any(o is not row and row.contains(o.path) for o in seeded)]


def _version(text: str) -> tuple[int, ...]:
    """Return a version as numbers that can be compared."""
    if not re.fullmatch(r"\d+(?:\.\d+){2}", text):
        raise OwnershipError(f"{SOURCE.name}: the version {text!r} is not of the form 0.1.0")
    return tuple(int(part) for part in text.split("."))


def _feature(path: str, text: str, since: str, question_since: Mapping[str, str]) -> Feature | None:
    """Return a feature from its text, None for an empty text.

    Raises:
        OwnershipError: the text is not made of positive comparisons that are joined by one word.
    """
    if not text:
        return None
    joined_by = "or" if " or " in text else "and"
    comparisons = []
    for part in text.split(f" {joined_by} "):
        match = COMPARISON.fullmatch(part)
        if not match:
            raise OwnershipError(
                f"{SOURCE.name}: {path}: the feature {text!r} is not of the form question == 'answer', joined "
                "by only `and` or only `or`"
            )
        question, answer = match.groups()
        older = question in question_since and _version(since) < _version(question_since[question])
        comparisons.append(Comparison(question, answer, exists_without_answer=older))
    return Feature(tuple(comparisons), joined_by)


def _row(fields: Mapping[str, Any], question_since: Mapping[str, str]) -> Row:
    """Return one row, checked.

    Raises:
        OwnershipError: a field is missing, unknown or not in its form.
    """
    path = str(fields.get("path", ""))
    if not re.fullmatch(r"(?:/[\w.-]+)+", path):
        raise OwnershipError(
            f"{SOURCE.name}: the path {path!r} is not anchored or has wildcards: write it as /deploy/base"
        )
    if unknown := fields.keys() - {"path", "owner", "since", "feature", "named_by", "description"}:
        raise OwnershipError(f"{SOURCE.name}: {path}: unknown fields {sorted(unknown)}")
    if fields.get("owner") not in OWNERS:
        raise OwnershipError(f"{SOURCE.name}: {path}: the owner {fields.get('owner')!r} is not one of {list(OWNERS)}")
    since = str(fields.get("since", ""))
    _version(since)
    return Row(
        path=path,
        owner=str(fields["owner"]),
        since=since,
        feature=_feature(path, str(fields.get("feature", "")), since, question_since),
        named_by=str(fields.get("named_by", "")),
        description=str(fields.get("description", "")),
    )


def parse(text: str) -> Ownership:
    """Return the table from its text.

    Raises:
        OwnershipError: the table contains something that it must not contain.
    """
    document = yaml.safe_load(text)
    question_since = {str(name): str(version) for name, version in document["question_since"].items()}
    rows = tuple(_row(fields, question_since) for fields in document["paths"])
    paths = [row.path for row in rows]
    if twice := sorted({path for path in paths if paths.count(path) > 1}):
        raise OwnershipError(f"{SOURCE.name}: more than one row for {twice}")
    return Ownership(rows, tuple(document["never_rendered"]))


def ownership() -> Ownership:
    """Return the table of this template."""
    return parse(SOURCE.read_text(encoding="utf-8"))
