"""DEP, CI and MAN: dependencies, workflows and managed files."""

import hashlib
import json

import pytest

from support.check_repository import SHA, RepoBuilder

CI = ".github/workflows/ci.yml"


def test_dep101_points_at_a_dependency_that_is_not_locked(repo: RepoBuilder) -> None:
    line = (
        repo.plant("pyproject.toml", 'dev = ["PyYAML>=6"]', 'dev = [\n  "PyYAML>=6",\n  "pandas[excel] >= 2",\n]') + 2
    )
    finding = repo.only("DEP101")
    assert (finding.path, finding.line) == ("pyproject.toml", line)
    assert "'pandas[excel] >= 2' is not in constraints.txt" in finding.message


def test_dep101_requires_an_exact_version(repo: RepoBuilder) -> None:
    repo.plant("constraints.txt", "numpy==2.1.3", "numpy>=2.1")
    finding = repo.only("DEP101")
    assert (finding.path, finding.line) == ("constraints.txt", 1)


def test_dep101_reports_a_missing_lock(repo: RepoBuilder) -> None:
    repo.remove("constraints.txt")
    assert "constraints.txt does not exist" in repo.only("DEP101").message


def test_dep101_is_quiet_about_spellings_markers_hashes_and_itself(repo: RepoBuilder) -> None:
    repo.plant("pyproject.toml", 'dev = ["PyYAML>=6"]', 'dev = ["py_yaml"]\nall = ["Churn_Model[dev]"]')
    repo.write(
        "constraints.txt",
        "# lock\nnumpy==2.1.3 ; python_version < '4' \\\n    --hash=sha256:00\nScikit.Learn==1.6.1  # x\npy-yaml==6\n",
    )
    assert repo.check("DEP101") == []


@pytest.mark.parametrize(
    ("old", "new"), [("numpy>=2", "numpy>=2.2"), ("1.6,<2", "1.6,<1.6.1"), ("numpy>=2", "numpy==2.1")]
)
def test_dep102_points_at_a_range_without_the_locked_version(repo: RepoBuilder, old: str, new: str) -> None:
    line = repo.plant("pyproject.toml", old, new)
    finding = repo.only("DEP102")
    assert (finding.path, finding.line) == ("pyproject.toml", line)
    assert "does not allow" in finding.message


def test_dep102_is_quiet_about_correct_ranges_and_forms_it_does_not_compare(repo: RepoBuilder) -> None:
    repo.plant("pyproject.toml", "numpy>=2", "numpy>=2.1.3,<2.1.10,!=2.2.*,~=2.1")
    assert repo.check("DEP102") == []


@pytest.mark.parametrize("version", ["@v4", "@main", "@1234567", ""])
def test_ci101_points_at_an_action_that_is_not_pinned(repo: RepoBuilder, version: str) -> None:
    line = repo.plant(CI, f"actions/checkout@{SHA} # v4.2.2", f"actions/checkout{version}")
    finding = repo.only("CI101")
    assert (finding.path, finding.line) == (CI, line)
    assert "'actions/checkout' is not pinned" in finding.message


def test_ci101_requires_a_digest_of_an_image(repo: RepoBuilder) -> None:
    repo.append(CI, "      - uses: docker://alpine:3.20\n")
    assert "needs '@sha256:'" in repo.only("CI101").message


def test_ci101_is_quiet_about_digests_and_local_actions(repo: RepoBuilder) -> None:
    repo.append(CI, f"      - uses: ./.github/actions/x\n      - uses: docker://alpine@sha256:{'0' * 64}\n")
    assert repo.check("CI101") == []


def manifest(repo: RepoBuilder, *paths: str) -> None:
    files = {path: hashlib.sha256((repo.root / path).read_bytes()).hexdigest() for path in paths}
    repo.write("mlops/managed.json", json.dumps({"template": "1.2.0", "files": files}))


def test_man101_reports_an_edit_of_a_managed_file(repo: RepoBuilder) -> None:
    manifest(repo, "Makefile", "mlops/metrics.py")
    repo.append("Makefile", "extra:\n")
    finding = repo.only("MAN101")
    assert (finding.path, finding.severity) == ("Makefile", "notice")
    assert "edited since template 1.2.0" in finding.message


def test_man101_is_quiet_about_untouched_and_absent_files(repo: RepoBuilder) -> None:
    manifest(repo, "Makefile", "mlops/metrics.py", "docs/runbook.md")
    repo.remove("docs/runbook.md")
    assert repo.check("MAN101") == []


def test_man101_reports_a_deleted_file_of_the_engine(repo: RepoBuilder) -> None:
    manifest(repo, "Makefile", "mlops/metrics.py", "mlops/gates/metrics/classification.py")
    repo.remove("mlops/gates/metrics/classification.py")
    finding = repo.only("MAN101")
    assert (finding.path, finding.severity) == ("mlops/gates/metrics/classification.py", "notice")
    assert "was deleted since template 1.2.0" in finding.message
