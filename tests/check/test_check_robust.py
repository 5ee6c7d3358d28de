"""Unusable input becomes a finding, and the rest of the repository is still checked."""

# ruff: noqa: E501 (tables of cases, one case a line)

import os
import sys
import time
from pathlib import Path

import pytest

from espalier import check
from espalier.check import UnusableRepositoryError, registry, runner
from espalier.check.finding import Finding
from espalier.check.repo import Repo
from support.check_repository import RepoBuilder

# shapes that a YAML file of any name may have; no rule may fail on them
SHAPES = [
    "",
    "null\n",
    "text\n",
    "- 1\n- [a, {b: c}]\n",
    "a: &a\n  b: *a\n",
    "kind: Deployment\nmetadata: []\nspec: 1\n",
    "kind: Deployment\nspec: {template: {spec: {containers: [1, null, {name: 1, image: 2, ports: [x], env: {a: b}}]}}}\n",
    "kind: Service\nspec: {ports: {a: b}, selector: [a]}\n",
    "kind: Ingress\nspec: {rules: [{http: {paths: [{backend: {service: {name: x, port: [1]}}}]}}]}\n",
    "kind: Application\napiVersion: argoproj.io/v1\nspec: {source: [], sources: 1, destination: x, project: x}\n",
    "jobs: [1]\n",
    "jobs: {a: 1, b: {steps: [1, {run: 1}, {run: x, shell: ''}, {uses: 1, with: []}], env: 1, container: [], services: []}}\n",
    "stages: {a: 1, b: {cmd: [1, {x: y}], deps: {a: b}, outs: [1, {a: 1}], params: [{x: 1}, 2], wdir: 1, foreach: x}}\n",
    "vars: [1, {a: b}, 'x:y:z', '../../x']\nstages: []\nplots: {a: b}\nmetrics: 1\nartifacts: [x]\n",
    "resources: x\npatches: [1, {target: 1, patch: 1}, {path: []}]\nimages: [1, {name: 1, newName: [], newTag: 1}]\nnamespace: 1\n",
    "resources: [., .., ../.., /etc]\ncomponents: [.]\n",
    "performance: [a]\nfairness: x\nbehavioral: {test_cases: ['x']}\npolicy: [1]\nregression: {metrics: 1}\n",
    "behavioral: {test_cases: ../../../etc/passwd}\n",
    "repos: [{repo: local, hooks: [{entry: 1}, 2]}, 3]\n",
    "? [a, b]\n: c\n? {x: y}\n: z\n",
]
YAML_FILES = [
    ".copier-answers.yml",
    ".github/workflows/ci.yml",
    ".gitlab-ci.yml",
    ".pre-commit-config.yaml",
    "compose.yaml",
    "data.dvc",
    "deploy/base/deployment.yaml",
    "deploy/base/kustomization.yaml",
    "dvc.yaml",
    "model_gates.yaml",
    "params.yaml",
]


@pytest.mark.parametrize("shape", SHAPES)
def test_no_yaml_file_of_any_shape_breaks_a_rule(repo: RepoBuilder, shape: str) -> None:
    for path in YAML_FILES:
        repo.write(path, shape.encode())
    assert [f.message for f in repo.check() if f.rule == runner.BROKEN_RULE] == []


OTHERS = [
    b"",
    b"\n",
    b"\x00",
    b"\xff\xfe",
    b"[[[[",
    b"((((",
    b"$(",
    b"\\",
    b"'",
    b'"""',
    b"`",
    b"<<EOF",
    b"a: b: c\n\t- x",
    b"\r\n" * 9,
]


@pytest.mark.parametrize("content", OTHERS)
def test_no_content_of_any_file_breaks_a_rule(repo: RepoBuilder, content: bytes) -> None:
    for path in [str(p.relative_to(repo.root)) for p in repo.root.rglob("*") if p.is_file()]:
        repo.write(path, content)
    repo.write("Jenkinsfile", b"sh " + content).write("infra/main.tf", content).write("mlops/managed.json", content)
    assert [f.message for f in repo.check() if f.rule == runner.BROKEN_RULE] == []


@pytest.mark.parametrize(
    "text",
    [
        "a.b.c" * 200_000,
        "://" * 300_000,
        "[% if " * 150_000,
        "[# " * 300_000,
        "[[ task" * 140_000,
        "\n" * 1_000_000,
        "$(" * 500_000,
        "'" * 999_999,
        "x@" * 500_000,
        "](" * 500_000,
        "/home/a" * 140_000,
        "a" * 1_000_000,
    ],
    ids=lambda text: text[:8],
)
def test_patterns_take_only_seconds_on_any_text(empty: RepoBuilder, text: str) -> None:
    for path in ("README.md", "scripts/x.sh", "Makefile", "LICENSE", "Dockerfile", "mlops/x.txt"):
        empty.write(path, text.encode())
    before = time.process_time()
    assert runner.BROKEN_RULE not in {f.rule for f in empty.check()}
    assert time.process_time() - before < 60  # what is quadratic takes hours on a million characters


@pytest.mark.skipif(os.geteuid() == 0, reason="root can read everything")
def test_a_file_that_may_not_be_read_is_a_finding(repo: RepoBuilder) -> None:
    (repo.root / "params.yaml").chmod(0)
    assert "cannot be read" in repo.only("FILE109").message


def test_a_file_that_disappears_or_fails_while_it_is_read_is_a_finding(
    repo: RepoBuilder, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = open

    def failing(path: object, *rest: object) -> object:
        if str(path).endswith("params.yaml"):
            raise PermissionError(13, "Permission denied")
        return real(path, *rest)  # type: ignore[call-overload]

    monkeypatch.setattr("builtins.open", failing)
    finding = repo.only("FILE109")
    assert (finding.path, finding.message) == ("params.yaml", "cannot be read: Permission denied")


def test_file_names_of_any_bytes_are_reported(repo: RepoBuilder) -> None:
    name = os.fsdecode(b"bad\xff\n.json")
    (repo.root / name).write_text("{")
    [finding] = repo.check("FILE106")
    assert finding.path == name


def test_a_tree_deeper_than_python_recurses_is_walked(repo: RepoBuilder) -> None:
    where = repo.root
    for _ in range(300):
        where = where / "d"
        where.mkdir()
    (where / "x.json").write_text("{")
    assert repo.only("FILE106").path.startswith("d/d/d/")


def test_ignored_folders_are_not_read(repo: RepoBuilder) -> None:
    for folder in (
        ".git",
        ".venv",
        "data",
        "models",
        ".dvc/cache",
        "reports/html",
        "mlruns",
        "src/__pycache__",
        "x/node_modules",
    ):
        repo.write(f"{folder}/broken.json", "{ '[[ project_name ]]'")
    assert repo.check() == []


def test_a_rule_that_fails_is_a_finding_and_the_others_still_run(repo: RepoBuilder) -> None:
    def broken(repo: Repo) -> list[Finding]:
        """Nothing."""
        raise ZeroDivisionError("by nought")

    rule = registry.Rule("ZZZ999", "breaks", check.Severity.NOTICE, broken)
    [finding] = runner.judge(rule, Repo.open(repo.root))
    assert finding.rule == runner.BROKEN_RULE
    assert finding.severity is check.Severity.ERROR
    assert "rule ZZZ999 failed on this repository: ZeroDivisionError: by nought" in finding.message


@pytest.mark.parametrize("name", ["nowhere", "file", "nothing", "a\0b"])
def test_a_path_that_is_not_a_repository_is_rejected_with_one_line(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "nothing").mkdir()
    with pytest.raises(UnusableRepositoryError, match="root of a generated repository|cannot be read"):
        check.run(tmp_path / name)


def test_a_repository_behind_a_link_is_checked(repo: RepoBuilder) -> None:
    link = repo.root.parent / "link"
    link.symlink_to(repo.root)
    assert check.run(link) == []


def test_the_check_needs_only_the_standard_library_and_pyyaml() -> None:
    allowed = {*sys.stdlib_module_names, "yaml"}
    for path in Path(check.__file__).parent.rglob("*.py"):
        for line in path.read_text().splitlines():
            words = line.split()
            if words[:1] in (["import"], ["from"]) and len(words) > 1 and words[1].replace(".", "").isidentifier():
                assert words[1].startswith(".") or words[1].split(".")[0] in allowed, f"{path}: {line}"
