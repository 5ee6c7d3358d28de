"""Repositories for every pair of choices pass the check, and every file is parsed; slow: by the tools that use it."""

import itertools
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support.combinations import choices, label, pairwise, parse, possible

pytestmark = pytest.mark.long(place=11)

COMBINATIONS = pairwise()


@pytest.fixture(scope="module", params=COMBINATIONS, ids=label)
def combination(
    request: pytest.FixtureRequest, template_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[dict[str, str], Path]]:
    """Answers and the repository that is generated from them."""
    import copier

    target = tmp_path_factory.mktemp("combination") / "repository"
    copier.run_copy(str(template_folder), target, request.param, defaults=True, quiet=True, skip_tasks=True)
    yield request.param, target
    shutil.rmtree(target)


def files(repository: Path) -> list[str]:
    return sorted(path.relative_to(repository).as_posix() for path in repository.rglob("*") if path.is_file())


def test_every_possible_pair_of_choices_is_covered() -> None:
    offered = choices()
    assert {"task", "ci", "tracking", "deployment", "gitops", "data_remote", "license", "python_version"} <= set(
        offered
    )
    for (one, these), (other, those) in itertools.combinations(offered.items(), 2):
        for pair in itertools.product(these, those):
            if possible({one: pair[0], other: pair[1]}):
                assert any((row[one], row[other]) == pair for row in COMBINATIONS), (one, other, pair)


def test_the_check_finds_nothing(combination: tuple[dict[str, str], Path]) -> None:
    from espalier import check

    found = [str(finding) for finding in check.run(combination[1]) if finding.severity is check.Severity.ERROR]
    assert found == []


def test_every_file_is_valid_for_its_parser(combination: tuple[dict[str, str], Path]) -> None:
    names = files(combination[1])
    assert len(names) > 60
    for name in names:
        parse(combination[1] / name, name)


def test_each_choice_generates_its_files_and_no_others(combination: tuple[dict[str, str], Path]) -> None:
    answers, repository = combination
    for path, present in {
        ".github/workflows/ci.yml": answers["ci"] == "github",
        "docker/serve.Dockerfile": answers["deployment"] != "none",
        "deploy/base/deployment.yaml": answers["deployment"] == "kubernetes",
        "deploy/argocd/staging.yaml": answers["gitops"] == "argocd",
        "infra/bootstrap/main.tf": answers["cloud"] == "aws",
        "infra/bootstrap/github.tf": answers["cloud"] == "aws" and answers["ci"] == "github",
        ".github/workflows/infra.yml": answers["cloud"] == "aws" and answers["ci"] == "github",
        "infra/registry/main.tf": answers["model_registry"] == "aws",
        "infra/modules/mlflow-registry/main.tf": answers["model_registry"] == "aws",
        "infra/runners/main.tf": answers["gpu_runners"] == "aws",
        "infra/modules/gpu-runners/main.tf": answers["gpu_runners"] == "aws",
    }.items():
        assert (repository / path).exists() == present, path
    assert answers.get("tracking_uri", "sqlite:///mlruns.db") in (repository / "pyproject.toml").read_text()
    assert answers.get("data_remote_url", "-dvc-storage") in (repository / ".dvc/config").read_text()


# ------------------------------------------------------------------------------------------------------ real tools


def run(*command: str, folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"


@pytest.mark.slow
def test_generated_python_passes_lint_and_type_checks(combination: tuple[dict[str, str], Path], tmp_path: Path) -> None:
    repository = Path(shutil.copytree(combination[1], tmp_path / "repository"))
    run(sys.executable, "-m", "ruff", "check", "--no-cache", ".", folder=repository)
    run(sys.executable, "-m", "ruff", "format", "--no-cache", "--check", ".", folder=repository)
    run(sys.executable, "-m", "mypy", folder=repository)


@pytest.mark.slow
def test_manifests_build_and_workflows_lint(
    combination: tuple[dict[str, str], Path], tool: Callable[[str], str]
) -> None:
    _, repository = combination
    for overlay in sorted((repository / "deploy/overlays").glob("*")):
        run(tool("kubectl"), "kustomize", str(overlay), folder=repository)
    for workflow in sorted((repository / ".github/workflows").glob("*.yml")):
        run(tool("actionlint"), "-no-color", str(workflow), folder=repository)
    for dockerfile in sorted((repository / "docker").glob("*.Dockerfile")):
        run(tool("hadolint"), "--failure-threshold", "warning", str(dockerfile), folder=repository)
