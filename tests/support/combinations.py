"""Combinations of answers, a parser for every type of file, and a repository in which real processes run."""

import ast
import configparser
import csv
import functools
import itertools
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import tomllib
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from allpairspy import AllPairs

import questions

# Answers that some answers require.
COMPANIONS = {
    ("tracking", "server"): {"tracking_uri": "https://mlflow.example.org/ml"},
    ("data_remote", "s3"): {"data_remote_url": "s3://example-org-data/churn"},
}


def choices() -> dict[str, list[str]]:
    """Return every question with choices in copier.yml."""
    found = questions.asked_questions()
    return {question.name: list(question.choices.values()) for question in found if question.choices}


def possible(answers: dict[str, str]) -> bool:
    """Return whether copier accepts the combination: GitOps requires Kubernetes, Terraform's stacks require AWS."""
    if answers.get("gitops") == "argocd" and answers.get("deployment", "kubernetes") != "kubernetes":
        return False
    if answers.get("gpu_runners") == "aws" and answers.get("ci", "github") != "github":
        return False
    built = {answers.get(name, "none") for name in ("gpu_runners", "model_registry")}
    return answers.get("cloud", "aws") == "aws" or built == {"none"}


def pairwise() -> list[dict[str, str]]:
    """Return sets of answers that contain every possible pair of choices at least once."""
    offered = choices()
    # allpairspy's filter drops pairs, so the questions that depend on each other are one factor
    factors = []
    for together in (("deployment", "gitops"), ("ci", "cloud", "gpu_runners", "model_registry")):
        tuples = itertools.product(*(offered.pop(name) for name in together))
        factors.append([pair for values in tuples if possible(pair := dict(zip(together, values, strict=True)))])
    factors += [[{name: value} for value in values] for name, values in offered.items()]
    found = []
    for numbers in AllPairs([list(range(len(factor))) for factor in factors]):
        answers: dict[str, str] = {}
        for factor, number in zip(factors, numbers, strict=True):
            answers |= factor[number]
        for pair in list(answers.items()):
            answers |= COMPANIONS.get(pair, {})
        found.append(answers)
    return found


def label(answers: dict[str, str]) -> str:
    return "-".join(value for name, value in answers.items() if not name.endswith(("_uri", "_url")))


# ------------------------------------------------------------------------------------------------------ parsers


class UniqueKeys(yaml.SafeLoader):
    """A YAML loader that rejects duplicate keys."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        assert len(keys) == len(set(keys)), f"duplicate key in {keys}"
        return super().construct_mapping(node, deep)


def parse_yaml(text: str) -> None:
    assert list(yaml.load_all(text, Loader=UniqueKeys)) != [None]  # noqa: S506  # a subclass of SafeLoader


def parse_csv(text: str) -> None:
    rows = list(csv.reader(text.splitlines(), strict=True))
    assert len(rows) > 1
    assert {len(row) for row in rows} == {len(rows[0])}


def parse_ini(text: str) -> None:
    parser = configparser.ConfigParser(strict=True, interpolation=None)
    parser.read_string(text if text.lstrip().startswith("[") else "[top]\n" + text)


def parse_requirements(text: str) -> None:
    from packaging.requirements import Requirement

    joined = text.replace("\\\n", " ").splitlines()
    lines = [line.partition(" --hash=")[0] for line in joined if line.strip() and not line.lstrip().startswith("#")]
    assert lines
    assert all(str(Requirement(line).specifier).startswith("==") for line in lines)


def parse_ignore(text: str) -> None:
    assert all(line == line.strip() for line in text.splitlines())


def parse_attributes(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["git", "init", "--quiet", folder], check=True)
        Path(folder, ".gitattributes").write_text(text, encoding="utf-8")
        command = ["git", "-C", folder, "check-attr", "--all", "src/a.py", "a.parquet", "mlops/a.py"]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stderr == ""  # git warns about an attribute that it cannot read
    found = set(done.stdout.splitlines())
    assert found >= {"src/a.py: eol: lf", "a.parquet: binary: set", "mlops/a.py: linguist-generated: set"}
    assert "mlops/a.py: gitlab-generated: set" in found


def parse_dockerfile(text: str) -> None:
    joined = re.sub(r"\\\n", " ", re.sub(r"(?m)^\s*#.*\n", "", text))
    known = (
        r"(?:ARG|FROM|RUN|COPY|WORKDIR|USER|ENV|EXPOSE|HEALTHCHECK|ENTRYPOINT|CMD|LABEL|STOPSIGNAL|SHELL|VOLUME|ADD)"
    )
    for line in filter(str.strip, joined.splitlines()):
        assert re.match(rf"{known}\s", line), line


def parse_markdown(text: str) -> None:
    assert text.count("```") % 2 == 0
    if text.startswith("---\n"):
        yaml.safe_load(text.split("---\n", 2)[1])
    prose = re.sub(r"(?ms)^```.*?^```$", "code", text)
    heading = re.search(r"(?m)^(?!---$).+\n#+ .*$|^#+ .*\n.+$", prose)
    assert heading is None, f"no blank line around a heading: {heading.group()}"


def parse_template(text: str) -> None:
    import jinja2

    jinja2.Environment().parse(text)  # noqa: S701  # only parsed


def parse_css(text: str) -> None:
    assert text.count("{") == text.count("}")
    assert not re.search(r"@import|url\(", text)


def parse_version(text: str) -> None:
    assert re.fullmatch(r"3\.\d+\n", text)


def parse_makefile(text: str) -> None:
    [targets] = re.findall(r"(?m)^\.PHONY: (.*)$", text)
    command = ["make", "--dry-run", "--always-make", "--file", "-", *targets.split()]
    done = subprocess.run(command, input=text, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def parse_shell(text: str) -> None:
    done = subprocess.run(["bash", "-n"], input=text, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@functools.cache  # most of infra/ is the same in every combination
def parse_hcl(text: str) -> None:
    import hcl2

    hcl2.loads(text)


def parse_text(text: str) -> None:
    assert text.strip()


PARSERS: dict[str, Callable[[str], object]] = {
    r".*\.py": ast.parse,
    r".*\.ya?ml": parse_yaml,
    r".*\.toml": tomllib.loads,
    r".*\.json": json.loads,
    r".*\.csv": parse_csv,
    r".*\.md": parse_markdown,
    r".*Dockerfile": parse_dockerfile,
    r"mlops/report/.*\.html": parse_template,
    r"mlops/report/.*\.css": parse_css,
    r"constraints\.txt": parse_requirements,
    r"(.*/)?\.(git|dvc|docker)ignore": parse_ignore,
    r"\.gitattributes": parse_attributes,
    r"\.dvc/config|\.editorconfig": parse_ini,
    r"dvc\.lock": parse_yaml,
    r"\.github/python-version": parse_version,
    r"\.github/CODEOWNERS": parse_text,
    r"Makefile": parse_makefile,
    r".*\.(tf|tfvars|hcl)": parse_hcl,
    r"infra/infra\.mk": parse_makefile,
    r"infra/modules/.*requirements.*\.txt": parse_requirements,
    r"infra/modules/.*\.in": parse_text,
    r"infra/modules/.*\.sh": parse_shell,
    r"infra/modules/.*\.ini": parse_ini,
    r"LICENSE": parse_text,
}


def parse(path: Path, name: str) -> None:
    """Parse a file with the parser of its type; fail if the type has no parser."""
    parser = next((parser for pattern, parser in PARSERS.items() if re.fullmatch(pattern, name)), None)
    if name.endswith(".zip"):
        assert zipfile.ZipFile(path).testzip() is None
        return
    assert parser is not None, f"{name}: this type of file has no parser"
    text = path.read_bytes().decode("utf-8")
    assert not {"\r", "\0"} & set(text), name
    if name == "mlops/report/templates/report.md":
        parser = parse_template
    if path.stat().st_size == 0:
        pytest.fail(f"{name} is empty")
    try:
        parser(text)
    except (AssertionError, ValueError, SyntaxError, yaml.YAMLError, configparser.Error, csv.Error) as error:
        pytest.fail(f"{name}: {error}")


# ------------------------------------------------------------------------------------------------------ real runs


@dataclass
class Run:
    """A generated repository in which separate processes run; make uses this Python instead of a new .venv."""

    folder: Path
    python: str = sys.executable

    def start(self, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, cwd=self.folder, capture_output=True, text=True, env={**os.environ, **environment}
        )

    def make(self, *targets: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return self.start("make", f"PYTHON={self.python}", *targets, **environment)

    def mlops(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return self.start(self.python, "-m", "mlops", *arguments, **environment)

    def dvc(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run DVC as in a shell in which the environment is active."""
        path = str(Path(self.python).parent) + os.pathsep + os.environ["PATH"]
        return self.start(self.python, "-m", "dvc", *arguments, PATH=path)

    def commit(self, message: str = "next") -> None:
        for command in (["add", "--all"], ["commit", "--quiet", "--no-verify", "--message", message]):
            ok(self.start("git", *command))

    def json(self, name: str) -> Any:
        return json.loads((self.folder / name).read_text(encoding="utf-8"))

    @contextmanager
    def serving(self) -> Iterator[str]:
        """Run ``python -m mlops serve`` on a free port; yield its address once it is ready."""
        process = subprocess.Popen(
            [self.python, "-m", "mlops", "serve", "--port", "0", "--drain-seconds", "0"],
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            found = re.search(r"http://\S+", line)
            assert found, f"serve printed {line!r} and ended with {process.poll()}"
            wait_for(f"{found[0]}/readyz", process)
            yield found[0]
        finally:
            process.terminate()
            assert process.wait(timeout=30) == 0


def ok(done: subprocess.CompletedProcess[str]) -> str:
    """Return the output of a process; fail if its exit code is not 0."""
    assert done.returncode == 0, f"{done.args} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def wait_for(url: str, process: "subprocess.Popen[Any]", seconds: float = 90) -> None:
    """Request a URL until the status is 200; fail if the process ends."""
    end = time.monotonic() + seconds
    failure: OSError | None = None
    while time.monotonic() < end:
        assert process.poll() is None, f"the process for {url} ended with {process.returncode}"
        try:
            with urllib.request.urlopen(url, timeout=5) as response:
                if response.status == 200:
                    return
        except OSError as error:  # also urllib's errors
            failure = error
        time.sleep(0.2)
    pytest.fail(f"{url} did not respond within {seconds} s: {failure}")


def post(url: str, body: object) -> tuple[int, Any]:
    """POST JSON; return the status and the response."""
    request = urllib.request.Request(url, json.dumps(body).encode(), {"content-type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def mlflow_server(tmp_path: Path) -> Iterator[str]:
    """A real MLflow server on loopback, with its store and artifacts in a folder of the test."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    log = (tmp_path / "mlflow.log").open("w")
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"),
            *("--backend-store-uri", f"sqlite:///{tmp_path / 'server.db'}"),
            *("--artifacts-destination", str(tmp_path / "server-artifacts")),
        ],
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        env={
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",  # as in the mlflow-registry module
        },
    )
    try:
        wait_for(f"{address}/health", process)
        yield address
    finally:
        os.killpg(process.pid, 15)
        process.wait(timeout=30)
        log.close()
