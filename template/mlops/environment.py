"""Install the locked dependencies of a project; make, CI and the Dockerfiles use this installer.

It needs only Python's standard library, so that it runs before anything is installed:

    python mlops/environment.py --venv .venv --extra train --extra dev

Versions come from ``constraints.txt``; ``uv`` is used when it is on PATH, ``venv`` and ``pip`` otherwise.
"""

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

PYTHONS = "Python 3.11, 3.12 or 3.13"
# Here, and in the grammar of Python 3.6, so that an old Python prints this message instead of a traceback.
if not (3, 11) <= sys.version_info[:2] <= (3, 13):  # noqa: UP036
    HINT = "install one of them"
    for name in ("python3.13", "python3.12", "python3.11"):
        if (
            shutil.which(name)
            and subprocess.call([name, "-c", ""], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0
        ):
            HINT = f"this machine has one: make PYTHON3={name} ..."
            break
    sys.exit(f"setup: {sys.executable} is Python {sys.version.split()[0]}, and {PYTHONS} is needed: {HINT}")

from dataclasses import dataclass  # noqa: E402  # not in Python 3.6

NEEDED_BYTES = 2_000_000_000
SHOW_EVERY_SECONDS = 10  # progress if the output is not a terminal, which can overwrite its line
# Patterns of installer output for causes outside the project, and the remedy for each.
CAUSES = {
    r"No space left on device|os error 28|Disk quota exceeded": "the disk is full: free about 2 GB and run it again",
    r"CERTIFICATE_VERIFY_FAILED|certificate verify failed|UnknownIssuer|invalid peer certificate": (
        "the package index has a certificate that this machine does not trust: set PIP_CERT or SSL_CERT_FILE"
    ),
    r"Temporary failure in name resolution|Name or service not known|nodename nor servname|dns error"
    r"|Failed to establish a new connection|Network is unreachable|Connection refused|ConnectTimeout|Read timed out"
    r"|client error \(Connect\)|Could not fetch URL|Cannot connect to proxy|ProxyError": (
        "the package index cannot be reached: check the network, the proxy or the index setting"
    ),
    r"No module named '?(ensurepip|venv)|ensurepip is not available": (
        "this Python has no venv module: install it (Debian and Ubuntu: apt-get install python3-venv) or install uv"
    ),
}


class SetupError(Exception):
    """The environment cannot be created; the message has the reason and the remedy."""


@dataclass(frozen=True, slots=True)
class Environment:
    """The project to install, the virtual environment and the extras."""

    project: Path
    venv: Path
    extras: tuple[str, ...]
    with_project: bool = True  # also install the project, editable, if it can be built

    @property
    def python(self) -> Path:
        """Return the path of the environment's Python."""
        return self.venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

    @property
    def stamp(self) -> Path:
        """Return the path of the file that is written last; an environment without it is not finished."""
        return self.venv / "installed.sha256"

    @property
    def log(self) -> Path:
        """Return the path of the installer's output after a failure, next to the environment, which is removed."""
        return self.venv.with_name(f"{self.venv.name}.log")

    @property
    def earlier(self) -> Path:
        """Return the path at which the previous environment is kept until the new one is finished."""
        return self.venv.with_name(f"{self.venv.name}.earlier")

    def requirements(self) -> list[str]:
        """Return the direct dependencies of the project and of the chosen extras.

        Raises:
            SetupError: ``pyproject.toml`` is missing or unreadable, or has no such extra.
        """
        import tomllib  # not at the top: an older Python must reach the message that it is too old

        text = self.read("pyproject.toml")
        try:
            project = tomllib.loads(text)["project"]
        except (tomllib.TOMLDecodeError, KeyError) as error:
            raise SetupError(f"{self.project / 'pyproject.toml'} has no readable [project]: {error}") from error
        offered = project.get("optional-dependencies", {})
        unknown = sorted(set(self.extras) - set(offered))
        if unknown:
            raise SetupError(f"{self.project / 'pyproject.toml'} has no extra {unknown}; there are {sorted(offered)}")
        found = [*project.get("dependencies", []), *(line for extra in self.extras for line in offered[extra])]
        return list(dict.fromkeys(found))

    def read(self, name: str) -> str:
        """Return the text of a file of the project."""
        try:
            return (self.project / name).read_text(encoding="utf-8")
        except FileNotFoundError as error:
            raise SetupError(f"{self.project / name} does not exist: run this at the root of the repository") from error

    def digest(self) -> str:
        """Return a digest of everything that the installed packages depend on."""
        parts = [sys.version, str(self.venv.absolute()), self.read("constraints.txt"), *self.requirements()]
        if not self.with_project:
            parts.append("dependencies only")
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def is_current(self) -> bool:
        """Return whether it was finished for the current lock and requirements, and its Python exists."""
        return self.stamp.is_file() and self.stamp.read_text() == self.digest() and self.python.exists()


def install(environment: Environment) -> None:
    """Install exactly the locked versions; return at once if they are installed.

    Raises:
        SetupError: with the cause in one line; a previous environment still exists then.
    """
    if environment.is_current():
        return
    started = time.monotonic()
    uv = find_uv(environment)
    requirements = environment.requirements()
    digest = environment.digest()  # before anything is created: it also refuses a project without a lock
    if environment.venv.exists() and not (environment.venv / "pyvenv.cfg").exists():
        raise SetupError(f"{environment.venv} exists and is not a virtual environment: remove it or name another")
    free = shutil.disk_usage(next(path for path in environment.venv.absolute().parents if path.exists())).free
    if free < NEEDED_BYTES:
        raise SetupError(f"{free / 1e9:.1f} GB of disk are free and 2 GB are needed: free some and run it again")
    print(
        f"environment: {environment.venv} with {'uv' if uv else 'pip'}, {len(requirements)} direct dependencies",
        flush=True,
    )
    with replacing(environment):
        create(environment, uv)
        if uv:
            # A project imports few of about 20,000 files, and Python stores the bytecode of those. If it may not write
            # at run time, UV_COMPILE_BYTECODE=1 makes uv compile all files.
            command = [uv, "pip", "install", "--python", str(environment.python)]
        else:
            quiet = ["--disable-pip-version-check", "--no-input", "--progress-bar=off"]
            command = [str(environment.python), "-m", "pip", "install", *quiet]
        if requirements:
            run([*command, "-c", str(environment.project / "constraints.txt"), *requirements], environment.log)
        if environment.with_project and "[build-system]" in environment.read("pyproject.toml"):
            editable = ["--no-deps", "--no-build-isolation", "-e", str(environment.project)]
            run([*command, *editable], environment.log)
        environment.stamp.write_text(digest)
    environment.log.unlink(missing_ok=True)
    print(f"environment: ready after {time.monotonic() - started:.0f} s", flush=True)


def find_uv(environment: Environment) -> str | None:
    """Return the path of uv, except inside the environment that is being replaced: that one is moved before it runs."""
    inside = environment.python.absolute().parent.resolve()
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    return shutil.which("uv", path=os.pathsep.join(f for f in folders if Path(f).resolve() != inside))


def interpreter(environment: Environment) -> str:
    """Return the Python that runs this or, if it is in the environment being replaced, its base Python."""
    if Path(sys.prefix).resolve() == environment.venv.resolve():
        return str(getattr(sys, "_base_executable", sys.executable))
    return sys.executable


@contextmanager
def replacing(environment: Environment) -> Iterator[None]:
    """Move the previous environment away, and back if the new one is not finished; remove incomplete ones."""
    if environment.earlier.exists() and environment.venv.exists():
        shutil.rmtree(environment.venv)  # an installation was killed, so this one is not finished
    elif environment.venv.exists():
        environment.venv.rename(environment.earlier)
    try:
        yield
    except BaseException:  # an interrupt too
        shutil.rmtree(environment.venv, ignore_errors=True)
        if environment.earlier.exists():
            environment.earlier.rename(environment.venv)
        raise
    shutil.rmtree(environment.earlier, ignore_errors=True)


def create(environment: Environment, uv: str | None) -> None:
    """Create an empty virtual environment of the Python that runs this."""
    if uv:
        run([uv, "venv", "--quiet", "--python", interpreter(environment), str(environment.venv)], environment.log)
        return
    try:
        import venv  # some systems package this part of Python separately

        venv.EnvBuilder(with_pip=True, symlinks=os.name != "nt").create(environment.venv)
    except ImportError as error:
        raise SetupError(explain(f"No module named {error.name}") or str(error)) from error
    except subprocess.CalledProcessError as error:
        output = error.output.decode(errors="replace") if isinstance(error.output, bytes) else str(error.output or "")
        raise SetupError(explain(output) or last_line(output)) from error


def run(command: Sequence[str], log: Path | None) -> None:
    """Run an installer and show its progress; on failure raise the cause in one line, with the path of the log."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    lines: list[str] = []
    shown = started = time.monotonic()
    assert process.stdout is not None
    try:
        for line in process.stdout:
            lines.append(line)
            now = time.monotonic()
            if sys.stdout.isatty():
                print(f"\r\033[K  {now - started:3.0f} s  {line.strip()[:90]}", end="", flush=True)
            elif now - shown >= SHOW_EVERY_SECONDS:
                shown = now
                print(f"  {now - started:3.0f} s  {line.strip()[:90]}", flush=True)
    finally:
        if sys.stdout.isatty():
            print("\r\033[K", end="", flush=True)
        code = process.wait()
    if code == 0:
        return
    text = "".join(lines)
    if log is not None:
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text(text, encoding="utf-8")
    where = f" (full output: {log})" if log is not None else ""
    raise SetupError(f"{explain(text) or last_line(text)}{where}")


def explain(text: str) -> str | None:
    """Return the remedy for a cause that is outside the project, or None."""
    return next((remedy for pattern, remedy in CAUSES.items() if re.search(pattern, text)), None)


def last_line(text: str) -> str:
    """Return the last error line of a program's output, or else its last line."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if re.match(r"(?:\w*error|fatal): .", line, re.IGNORECASE)]
    return (errors or lines or ["the installer printed nothing"])[-1]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the installer; return 0 when the environment is ready, 2 after a line with the cause when it is not."""
    parser = argparse.ArgumentParser(description="Install the locked dependencies of a project.")
    parser.add_argument("--project", type=Path, default=Path(), help="folder of pyproject.toml and constraints.txt")
    parser.add_argument("--venv", type=Path, default=Path(".venv"), help="virtual environment to create or update")
    parser.add_argument("--extra", action="append", default=[], help="an extra of pyproject.toml; may be repeated")
    parser.add_argument("--dependencies-only", action="store_true", help="do not install the project itself")
    arguments = parser.parse_args(argv)
    extras, with_project = tuple(arguments.extra), not arguments.dependencies_only
    try:
        install(Environment(arguments.project, arguments.venv, extras, with_project))
    except SetupError as error:
        print(f"setup: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"setup: {explain(str(error)) or error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("setup: interrupted; nothing was changed", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
