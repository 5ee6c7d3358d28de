"""Features: which paths each answer adds, and that nothing else adds any."""

from pathlib import Path

import pytest
from pathspec import PathSpec

from support.generator import Render, git
from support.working_tree import ROOT

S3 = {"data_remote": "s3", "data_remote_url": "s3://acme-data/churn"}
SERVER = {"tracking": "server", "tracking_uri": "https://mlflow.example.org"}

# Answers, and the paths that they switch off; all other paths exist.
NO_CLOUD = ["/infra", "/.github/workflows/infra.yml"]
AWS = {"cloud": "aws", "gpu_runners": "aws", "model_registry": "aws"}
TABLE: dict[str, tuple[dict[str, str], list[str]]] = {
    "all of AWS": (AWS, []),
    "AWS without GPU runners": (AWS | {"gpu_runners": "none"}, ["/infra/runners", "/infra/modules/gpu-runners"]),
    "AWS without a registry": (AWS | {"model_registry": "none"}, ["/infra/registry", "/infra/modules/mlflow-registry"]),
    "AWS without CI": (
        AWS | {"gpu_runners": "none", "ci": "none"},
        ["/.github", "/infra/runners", "/infra/modules/gpu-runners", "/infra/bootstrap/github.*"],
    ),
    "AWS for only the state": (
        {"cloud": "aws"},
        ["/infra/r*/", "/infra/modules/gpu-runners", "/infra/modules/mlflow-registry", "/infra/bootstrap/network.*"],
    ),
    "defaults": ({}, []),
    "no CI": ({"ci": "none"}, ["/.github"]),
    "no GitOps": ({"gitops": "none"}, ["/deploy/argocd"]),
    "only Docker": ({"deployment": "docker"}, ["/deploy"]),
    "no deployment": ({"deployment": "none"}, ["/deploy", "/docker", "/.dockerignore"]),
    "regression": ({"task": "regression"}, []),
    "tracking server": (SERVER, []),
    "data in a bucket": (S3, []),
    "another license": ({"license": "MIT"}, []),
    "another Python": ({"python_version": "3.11"}, []),
    "every feature off": ({"ci": "none", "deployment": "none"}, ["/.github", "/deploy", "/docker", "/.dockerignore"]),
}


def template_paths() -> set[str]:
    """Return every path that an answer can add: what git knows of template/, and the files behind its links."""
    listed = git(ROOT, "ls-files", "--cached", "--others", "--exclude-standard", "template").splitlines()
    paths = set()
    for name in listed:
        path = ROOT / name
        found = [path] if not path.is_dir() else [p for p in path.rglob("*") if "__pycache__" not in p.parts]
        paths |= {str(p.relative_to(ROOT / "template")) for p in found if p.is_file()}
    renames = {"[[ package_name ]]": "diabetes_progression", "[[ _copier_conf.answers_file ]]": ".copier-answers.yml"}
    for old, new in renames.items():
        paths = {path.replace(old, new) for path in paths}
    return {path.removesuffix(".jinja") for path in paths}


def rendered_paths(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(("answers", "off"), TABLE.values(), ids=TABLE)
def test_an_answer_adds_exactly_the_paths_of_its_feature(
    render: Render, answers: dict[str, str], off: list[str]
) -> None:
    if "cloud" not in answers:
        off = [*off, *NO_CLOUD]
    if "data_remote" not in answers:
        off = [*off, "/infra/bootstrap/data.*"]
    switched_off = PathSpec.from_lines("gitignore", off)
    expected = {path for path in template_paths() if not switched_off.match_file(path)}
    assert rendered_paths(render(answers)) == expected


def test_no_path_of_the_template_is_conditional() -> None:
    templated = {
        part for name in git(ROOT, "ls-files", "template").splitlines() for part in Path(name).parts if "[" in part
    }
    assert templated <= {"[[ package_name ]]", "[[ _copier_conf.answers_file ]].jinja"}


def test_files_that_tools_leave_in_the_template_are_never_rendered(render: Render, template_folder: Path) -> None:
    clean = rendered_paths(render())
    left_behind = [
        "__pycache__/a.pyc",
        "mlops/__pycache__/b.cpython-311.pyc",
        ".venv/pyvenv.cfg",
        ".git/HEAD",
        "mlruns.db",
    ]
    left_behind += [".mypy_cache/x", "src/.ruff_cache/x", ".pytest_cache/x", ".dvc/cache/x", ".dvc/tmp/x", "Makefile~"]
    for name in left_behind:
        path = template_folder / "template" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("left behind")
    try:
        assert rendered_paths(render()) == clean
    finally:
        for name in left_behind:
            (template_folder / "template" / name).unlink()
