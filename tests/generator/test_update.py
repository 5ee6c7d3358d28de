"""``copier update`` keeps the changes of the team."""

import shutil
from pathlib import Path

import copier
import pytest
import yaml

from support.generator import commit, git
from support.working_tree import copy_working_tree

pytestmark = pytest.mark.long(place=16)


def append(path: Path, text: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(text)


def generate(template: Path, target: Path, **answers: str) -> Path:
    """Return a committed repository of v1.0.0."""
    copier.run_copy(str(template), target, answers, vcs_ref="v1.0.0", defaults=True, quiet=True, skip_tasks=True)
    git(target, "init", "--quiet", "--initial-branch", "main")
    commit(target, "generated")
    return target


def update(folder: Path, **answers: str) -> None:
    copier.run_update(folder, answers, defaults=True, overwrite=True, quiet=True, unsafe=True)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a template of two versions. The second changes, adds and removes managed and seeded files."""
    folder = copy_working_tree(tmp_path_factory.mktemp("two") / "espalier")
    git(folder, "init", "--quiet", "--initial-branch", "main")
    inner = folder / "template"
    (inner / "mlops/leaving.py").write_text('"""Dropped by the second version."""\n')
    (inner / "docs/leaving.md").write_text("Dropped by the second version.\n")
    commit(folder, "first", "v1.0.0")
    append(inner / "Makefile", "# second version\n")
    append(inner / "mlops/errors.py", "# second version\n")
    append(inner / "mlops/paths.py", "# second version\n")
    append(inner / "dvc.yaml", "# second version\n")
    for seeded in ("src/[[ package_name ]]/model.py", "params.yaml.jinja", "README.md.jinja", "docs/runbook.md.jinja"):
        append(inner / seeded, "# second version\n")
    append(inner / "deploy/overlays/staging/kustomization.yaml.jinja", "# second version\n")
    append(inner / "infra/registry/main.tf", "# second version\n")
    append(inner / "infra/bootstrap/main.tf", "# second version\n")
    (inner / "mlops/arriving.py").write_text('"""New in the second version."""\n')
    (inner / "mlops/leaving.py").unlink()
    (inner / "docs/leaving.md").unlink()
    commit(folder, "second", "v2.0.0")
    return folder


@pytest.fixture(scope="module")
def updated(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a repository with changes of a team, after an update. Tests only read it."""
    folder = generate(template, tmp_path_factory.mktemp("lived-in") / "repository")
    src = folder / "src/diabetes_progression"
    append(src / "model.py", "# the team's\n")  # seeded, edited; the template changed it too
    (src / "schema.py").unlink()  # seeded, deleted
    (src / "own.py").write_text("# the team's own\n")  # unknown to the template
    (folder / "params.yaml").write_text("seed: 1\n")  # seeded, rewritten
    (folder / "docs/runbook.md").unlink()  # seeded, deleted; the template changed it
    shutil.rmtree(folder / "deploy/overlays/staging")  # seeded, deleted as a folder; the template changed it
    append(folder / "docs/leaving.md", "The team's.\n")  # seeded, edited; the template dropped it
    makefile = (folder / "Makefile").read_text()
    (folder / "Makefile").write_text("# the team's\n" + makefile)  # managed, edited elsewhere than the template did
    append(folder / "mlops/errors.py", "# the team's\n")  # managed, edited where the template did
    (folder / "mlops/paths.py").unlink()  # managed, deleted; the template changed it
    (folder / "releases/production.yaml").write_text("champion: sha256:1\n")  # recorded
    (folder / "dvc.lock").write_text("schema: '2.0'\n")  # recorded
    commit(folder, "the team's work")
    update(folder)
    return folder


def test_seeded_files_are_not_changed(updated: Path) -> None:
    src = updated / "src/diabetes_progression"
    assert (src / "model.py").read_text().endswith("# the team's\n")
    assert "second version" not in (src / "model.py").read_text()
    assert (updated / "params.yaml").read_text() == "seed: 1\n"
    assert (src / "own.py").read_text() == "# the team's own\n"
    assert "second version" not in (updated / "README.md").read_text(), "an unedited seeded file was changed"


def test_a_deleted_seeded_file_is_not_restored(updated: Path) -> None:
    assert not (updated / "src/diabetes_progression/schema.py").exists()
    assert not (updated / "docs/runbook.md").exists()
    assert not (updated / "deploy/overlays/staging").exists()
    assert (updated / "deploy/overlays/production/kustomization.yaml").exists()


def test_a_seeded_file_that_the_template_removed_is_kept(updated: Path) -> None:
    assert (updated / "docs/leaving.md").read_text().endswith("The team's.\n")


def test_managed_files_are_merged(updated: Path) -> None:
    makefile = (updated / "Makefile").read_text()
    assert makefile.startswith("# the team's\n")
    assert makefile.endswith("# second version\n")
    assert (updated / "dvc.yaml").read_text().endswith("# second version\n")
    assert (updated / "mlops/arriving.py").exists()
    assert not (updated / "mlops/leaving.py").exists()
    assert not (updated / "mlops/paths.py").exists(), "a managed file that the team deleted was restored"


def test_a_conflict_is_marked_in_the_file_and_reported_by_git(updated: Path) -> None:
    text = (updated / "mlops/errors.py").read_text()
    assert "<<<<<<< before updating" in text
    assert ">>>>>>> after updating" in text
    assert "# the team's\n" in text
    assert "# second version\n" in text
    unmerged = [line for line in git(updated, "status", "--porcelain").splitlines() if line.startswith("UU ")]
    assert unmerged == ["UU mlops/errors.py"]
    assert not list(updated.rglob("*.rej"))


def test_recorded_files_are_untouched(updated: Path) -> None:
    assert (updated / "releases/production.yaml").read_text() == "champion: sha256:1\n"
    assert (updated / "dvc.lock").read_text() == "schema: '2.0'\n"


def test_the_new_version_is_recorded_and_nothing_else_changed(updated: Path) -> None:
    recorded = yaml.safe_load((updated / ".copier-answers.yml").read_text())
    assert recorded["_commit"] == "v2.0.0"
    changed = {line[3:] for line in git(updated, "status", "--porcelain").splitlines()}
    assert changed == {
        ".copier-answers.yml",
        "Makefile",
        "dvc.yaml",
        "mlops/arriving.py",
        "mlops/errors.py",
        "mlops/leaving.py",
    }


@pytest.mark.slow
def test_a_feature_that_an_update_switches_on_adds_its_seeded_files(template: Path, tmp_path: Path) -> None:
    folder = generate(template, tmp_path / "repository", deployment="docker")
    assert not (folder / "deploy").exists()
    update(folder, deployment="kubernetes")
    assert (folder / "deploy/overlays/staging/kustomization.yaml").exists()
    assert (folder / "deploy/base/kustomization.yaml").exists()
    assert (folder / "deploy/argocd").is_dir()
    assert "second version" not in (folder / "README.md").read_text()
    recorded = yaml.safe_load((folder / ".copier-answers.yml").read_text())
    assert (recorded["deployment"], recorded["gitops"]) == ("kubernetes", "argocd")


@pytest.mark.slow
def test_a_feature_that_an_update_switches_off_keeps_its_seeded_files(template: Path, tmp_path: Path) -> None:
    folder = generate(template, tmp_path / "repository")
    update(folder, deployment="docker")
    assert not (folder / "deploy/base").exists()
    assert not (folder / "deploy/argocd").exists()
    assert (folder / "deploy/overlays/production/kustomization.yaml").exists()
    recorded = yaml.safe_load((folder / ".copier-answers.yml").read_text())
    assert "gitops" not in recorded
    assert "namespace" not in recorded


AWS = {"cloud": "aws", "model_registry": "aws"}


@pytest.mark.slow
def test_stacks_are_kept_when_an_update_switches_them_off(template: Path, tmp_path: Path) -> None:
    folder = generate(template, tmp_path / "repository", **AWS)
    variables = folder / "infra/registry/terraform.tfvars"
    append(variables, 'domain_name = "mlflow.example.org"\n')
    (folder / "infra/bootstrap/outputs.tf").unlink()
    commit(folder, "the team's work")
    update(folder)
    for stack in ("bootstrap", "registry"):
        assert "second version" not in (folder / "infra" / stack / "main.tf").read_text()
    assert not (folder / "infra/bootstrap/outputs.tf").exists()
    commit(folder, "updated")
    update(folder, model_registry="none")
    assert "mlflow.example.org" in variables.read_text()
    assert (folder / "infra/registry/main.tf").exists()
    assert not (folder / "infra/modules/mlflow-registry").exists()


@pytest.mark.slow
def test_a_later_answer_adds_its_files_of_bootstrap(template: Path, tmp_path: Path) -> None:
    folder = generate(template, tmp_path / "repository", cloud="aws", ci="none")
    bootstrap = folder / "infra/bootstrap"
    append(bootstrap / "main.tf", "# the team's\n")
    commit(folder, "the team's work")
    optional = ["data.auto.tfvars", "data.tf", "github.auto.tfvars", "github.tf", "network.auto.tfvars", "network.tf"]
    assert [name for name in optional if (bootstrap / name).exists()] == []
    update(folder, gpu_runners="aws", ci="github", data_remote="s3", data_remote_url="s3://acme-data/churn")
    assert [name for name in optional if (bootstrap / name).exists()] == optional
    assert (bootstrap / "main.tf").read_text().endswith("# the team's\n")
    assert (folder / "infra/runners/main.tf").exists()


@pytest.mark.slow
def test_an_update_from_a_version_without_the_newest_questions(template: Path, tmp_path: Path) -> None:
    """copier renders the old version with the new version's list of paths, for which the old one has no answers."""
    scratch = tmp_path / "espalier"
    git(tmp_path, "clone", "--quiet", str(template), str(scratch))
    git(scratch, "checkout", "--quiet", "-b", "older", "v1.0.0")
    questions = scratch / "copier.yml"
    current = questions.read_text()
    before_the_cloud = current[: current.index("\ncloud:\n")].replace("cloud cloud_region state_bucket", "")
    assert "gpu_runners model_registry" in before_the_cloud
    questions.write_text(before_the_cloud.replace("gpu_runners model_registry", ""))
    (scratch / "template/README.md.jinja").write_text(
        "# [[ project_name ]]\n"
    )  # the current one reads the answer about the cloud
    commit(scratch, "as it was before", "v0.9.0")
    made = tmp_path / "made"
    copier.run_copy(str(scratch), made, {}, vcs_ref="v0.9.0", defaults=True, quiet=True, skip_tasks=True)
    assert "cloud" not in yaml.safe_load((made / ".copier-answers.yml").read_text())
    git(made, "init", "--quiet")
    (made / "infra").mkdir()
    (made / "infra/main.tf").write_text("# the team's own\n")
    commit(made, "generated")
    update(made)
    assert yaml.safe_load((made / ".copier-answers.yml").read_text())["cloud"] == "none"
    assert [path.name for path in (made / "infra").iterdir()] == ["main.tf"]
    commit(made, "updated")
    update(made, **AWS)
    assert (made / "infra/registry/main.tf").exists()
    assert (made / "infra/main.tf").exists()


@pytest.mark.slow
def test_an_update_of_an_untouched_repository_equals_a_new_one_in_all_managed_files(
    template: Path, tmp_path: Path
) -> None:
    folder = generate(template, tmp_path / "repository")
    update(folder)
    fresh = tmp_path / "fresh"
    copier.run_copy(str(template), fresh, {}, defaults=True, quiet=True, skip_tasks=True)
    for managed in ("mlops", "docker", ".github", "deploy/base", "deploy/argocd"):
        for path in sorted((fresh / managed).rglob("*")):
            if path.is_file():
                assert (folder / path.relative_to(fresh)).read_bytes() == path.read_bytes()


@pytest.mark.slow
def test_a_question_that_a_later_version_removed_does_not_stop_the_update(template: Path, tmp_path: Path) -> None:
    """copier passes its old answer on, and ``retired_names`` must accept it."""
    scratch = tmp_path / "espalier"
    git(tmp_path, "clone", "--quiet", str(template), str(scratch))
    git(scratch, "checkout", "--quiet", "v1.0.0")
    questions = scratch / "copier.yml"
    original = questions.read_text()
    with_one_more = original.replace("    project_name project_slug", "    color project_name project_slug")
    questions.write_text(with_one_more + "\ncolor: {type: str, help: A color., default: red}\n")
    commit(scratch, "one question more", "v3.0.0")
    copier.run_copy(str(scratch), tmp_path / "made", {}, vcs_ref="v3.0.0", defaults=True, quiet=True, skip_tasks=True)
    made = tmp_path / "made"
    git(made, "init", "--quiet")
    commit(made, "generated")
    retired = 'retired_names: {type: str, when: false, default: ""}'
    assert retired in original
    questions.write_text(original.replace(retired, retired.replace('""', "color")))
    commit(scratch, "question retired", "v4.0.0")
    update(made)
    recorded = yaml.safe_load((made / ".copier-answers.yml").read_text())
    assert recorded["_commit"] == "v4.0.0"
    assert "color" not in recorded


@pytest.mark.slow
def test_a_package_name_that_a_later_lock_uses_is_kept(template: Path, tmp_path: Path) -> None:
    """copier replaces a recorded answer that a validator now refuses by the default, which would be another package."""
    scratch = tmp_path / "espalier"
    git(tmp_path, "clone", "--quiet", str(template), str(scratch))
    folder = generate(scratch, tmp_path / "repository", package_name="progress")
    reserved = scratch / "reserved_names.yml"
    reserved.write_text(reserved.read_text().replace(" pandas ", " pandas progress "))
    commit(scratch, "a dependency more", "v5.0.0")
    update(folder)
    recorded = yaml.safe_load((folder / ".copier-answers.yml").read_text())
    assert (recorded["_commit"], recorded["package_name"]) == ("v5.0.0", "progress")
    assert [path.name for path in (folder / "src").iterdir()] == ["progress"]
    with pytest.raises(ValueError, match="a package that the repository installs"):
        copier.run_copy(
            str(scratch), tmp_path / "new", {"package_name": "progress"}, defaults=True, quiet=True, skip_tasks=True
        )
