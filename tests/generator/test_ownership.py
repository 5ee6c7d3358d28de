"""The ownership table: complete, in its form, and the source of what copier and the READMEs contain."""

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from jinja2 import Environment, StrictUndefined
from pathspec import PathSpec

import espalier
import ownership
import write_ownership
from questions import asked_questions, settings
from support.generator import OTHER_SIDE

TABLE = ownership.ownership()
ALL_FEATURES = {
    "cloud": "aws",
    "gpu_runners": "aws",
    "model_registry": "aws",
    "data_remote": "s3",
    "data_remote_url": "s3://acme-data/churn",
}


@pytest.fixture
def everything(rendered: Callable[..., Path]) -> set[str]:
    """Return the paths of a repository with every feature on."""
    folder = rendered(**ALL_FEATURES)
    return {f"/{path.relative_to(folder)}" for path in folder.rglob("*") if path.is_file()}


def test_every_file_of_a_repository_has_an_owner(everything: set[str]) -> None:
    without = sorted(path for path in everything if TABLE.owner_of(path) is None)
    assert not without, f"add a row to ownership.yml for {without}"


def test_every_row_names_a_path_that_a_repository_has(everything: set[str]) -> None:
    unused = [row.path for row in TABLE.rows if not any(row.contains(path) for path in everything)]
    assert unused == ["/dvc.lock"], "a row whose path is never rendered; only `dvc repro` writes dvc.lock"


def test_no_file_of_the_machine_is_rendered(everything: set[str]) -> None:
    assert not [path for path in everything if TABLE.owner_of(path) == "recorded"]


def test_a_seeded_folder_with_rows_below_it_has_a_row_for_each_of_its_files(everything: set[str]) -> None:
    """An update leaves out the rows below it and not the folder, so a file without a row would be overwritten."""
    leaves = PathSpec.from_lines("gitignore", [row.path for row in TABLE.seeded_leaves])
    seeded = {path for path in everything if TABLE.owner_of(path) == "seeded"}
    assert {path for path in seeded if not leaves.match_file(path)} == set()


def test_copier_protects_exactly_the_seeded_files(everything: set[str]) -> None:
    protected = PathSpec.from_lines("gitignore", settings()["skip_if_exists"])
    seeded = {path for path in everything if TABLE.owner_of(path) == "seeded"}
    assert {path for path in everything if protected.match_file(path)} == seeded


def test_an_update_leaves_out_exactly_the_seeded_files(everything: set[str]) -> None:
    [update] = [row for row in settings()["exclude"] if "_copier_operation == 'update'" in row]
    left_out = PathSpec.from_lines("gitignore", [line for line in update.splitlines() if line.startswith("/")])
    seeded = {path for path in everything if TABLE.owner_of(path) == "seeded"}
    assert {path for path in everything if left_out.match_file(path)} == seeded


def test_the_message_before_an_update_names_every_seeded_tree() -> None:
    message = " ".join(settings()["message_before_update"].split())
    assert all(f" {row.place}" in message for row in TABLE.seeded_trees), message


def test_a_feature_names_a_question_and_one_of_its_choices() -> None:
    choices = {question.name: set(question.choices.values()) for question in asked_questions()}
    named = [c for row in TABLE.rows if row.feature for c in row.feature.comparisons]
    assert named
    assert [c for c in named if c.answer not in choices.get(c.question, set())] == []


def test_no_row_is_newer_than_the_version_of_the_template() -> None:
    current = tuple(int(part) for part in espalier.__version__.split("."))
    assert [row.path for row in TABLE.rows if tuple(map(int, row.since.split("."))) > current] == []


def test_the_readme_of_a_repository_lists_its_files_by_owner(rendered: Callable[..., Path]) -> None:
    answer_sets: list[dict[str, str]] = [{}, ALL_FEATURES, OTHER_SIDE]
    for answers in answer_sets:
        folder = rendered(**answers)
        lines = (folder / "README.md").read_text(encoding="utf-8").splitlines()
        for owner in ownership.OWNERS:
            [line] = [line for line in lines if line.startswith("|") and f"({owner})" in line]
            for row in TABLE.rows:
                if row.description and row.owner == owner and row.owner != "recorded":
                    assert (f"`{row.place}`" in line) == (folder / row.path.strip("/")).exists(), row.path


HEAD = "question_since: {gitops: 0.2.0}\nnever_rendered: []\npaths:\n"
ROW = '  - {{path: {path}, owner: {owner}, since: {since}, feature: "{feature}"}}\n'


def row(path: str = "/deploy", owner: str = "managed", since: str = "0.1.0", feature: str = "ci == 'github'") -> str:
    return ROW.format(path=path, owner=owner, since=since, feature=feature)


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (row(path="deploy"), "not anchored"),
        (row(path="/deploy/*.yaml"), "wildcards"),
        (row(owner="team"), "owner 'team' is not one of"),
        (row(since="1"), "not of the form 0.1.0"),
        (row(feature="ci != 'none'"), "not of the form question == 'answer'"),
        (row(feature="ci == 'github' and cloud == 'aws' or task == 'regression'"), "only `and` or only `or`"),
        (row() + row(), "more than one row"),
        ("  - {path: /deploy, owner: managed, since: 0.1.0, fature: x}\n", "unknown fields"),
    ],
)
def test_a_row_that_is_not_in_its_form_is_refused(rows: str, reason: str) -> None:
    with pytest.raises(ownership.OwnershipError, match=reason):
        ownership.parse(HEAD + rows)


@pytest.mark.parametrize(
    ("since", "answers", "exists"),
    [
        ("0.2.0", {}, False),  # as new as its question: an earlier version has neither
        ("0.1.0", {}, True),  # older than its question: an earlier version has the path without the question
        ("0.1.0", {"gitops": "none"}, False),
        ("0.1.0", {"gitops": "argocd"}, True),
        ("0.2.0", {"gitops": "argocd"}, True),
    ],
)
def test_a_render_of_a_version_without_the_question_has_the_paths_of_that_version(
    since: str, answers: dict[str, str], exists: bool
) -> None:
    table = ownership.parse(HEAD + row(path="/deploy/argocd", since=since, feature="gitops == 'argocd'"))
    [pattern] = yaml.safe_load(write_ownership.copier_settings(table))["_exclude"][:-1]
    environment = Environment(
        block_start_string="[%", block_end_string="%]", undefined=StrictUndefined, autoescape=False
    )
    excluded = environment.from_string(pattern).render(answers)
    assert excluded == ("" if exists else "/deploy/argocd")


def test_a_path_below_a_feature_needs_that_feature_too() -> None:
    rows = row("/infra", feature="cloud == 'aws'") + row(
        "/infra/registry", "seeded", feature="gpu_runners == 'aws' or model_registry == 'aws'"
    )
    text = write_ownership.copier_settings(ownership.parse(HEAD + rows))
    assert (
        "[% if not before or before.cloud | default('') == 'aws' and "
        "(before.gpu_runners | default('') == 'aws' or before.model_registry | default('') == 'aws') %]"
    ) in text
