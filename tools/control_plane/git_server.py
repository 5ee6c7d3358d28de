"""A git server over HTTP for Argo CD."""

import os
import subprocess
import threading
from pathlib import Path
from types import TracebackType
from wsgiref.simple_server import WSGIServer, make_server

from dulwich.repo import Repo
from dulwich.server import DictBackend
from dulwich.web import WSGIRequestHandlerLogger, make_wsgi_chain

# The commits have a fixed author, and git reads no configuration of this machine.
NOBODY = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    **{f"GIT_{role}_NAME": "somebody" for role in ("AUTHOR", "COMMITTER")},
    **{f"GIT_{role}_EMAIL": "somebody@example.org" for role in ("AUTHOR", "COMMITTER")},
}


class GitError(Exception):
    """git ended with an error; the message contains its error output."""


def git(folder: Path, *arguments: str) -> str:
    """Run git in a folder and return its output.

    Raises:
        GitError: it ended with another code than 0.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")} | NOBODY
    done = subprocess.run(["git", *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise GitError(f"git {' '.join(arguments)} in {folder}: {done.stderr.strip()}")
    return done.stdout.strip()


class GitServer:
    """Serve the bare repositories below ``folder`` from a thread of this process, on a free port of 127.0.0.1."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._repositories: dict[str, Repo] = {}
        chain = make_wsgi_chain(DictBackend(self._repositories))  # type: ignore[arg-type]  # keys may be bytes or str
        self._server = make_server("127.0.0.1", 0, chain, WSGIServer, WSGIRequestHandlerLogger)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> "GitServer":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        for repository in self._repositories.values():
            repository.close()

    def publish(self, folder: Path) -> str:
        """Turn a folder into a git repository whose branch main is served here, and return its address."""
        name = f"{folder.name}-{len(self._repositories)}.git"
        bare = self.folder / name
        bare.mkdir(parents=True)
        git(bare, "init", "--quiet", "--bare", "--initial-branch=main")
        self._repositories[f"/{name}"] = Repo(str(bare))
        git(folder, "init", "--quiet", "--initial-branch=main")
        git(folder, "remote", "add", "served", str(bare))
        push(folder, "as generated")
        return f"http://127.0.0.1:{self._server.server_port}/{name}"


def push(folder: Path, message: str) -> None:
    """Commit all changes in a published folder and push them."""
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", message)
    git(folder, "push", "--quiet", "served", "main")


def revert(folder: Path) -> None:
    """Revert the last commit with a new commit and push it."""
    git(folder, "revert", "--no-edit", "HEAD")
    git(folder, "push", "--quiet", "served", "main")
