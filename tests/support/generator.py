"""Git, renders and hostile answers for the tests of the generator."""

import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

# Answers that differ from the default in each choice.
OTHER_SIDE = {
    "project_name": "Churn",
    "project_slug": "churn",
    "package_name": "churn_rate",
    "description": "Says which customers will leave.",
    "organization": "Acme-2",
    "contact": "churn@acme.example",
    "license": "Proprietary",
    "python_version": "3.13",
    "task": "regression",
    "ci": "none",
    "tracking": "server",
    "tracking_uri": "https://mlflow.acme.example:8443/ml",
    "deployment": "docker",
    "gitops": "none",
    "image_registry": "registry.acme.example:5000/ml",
    "data_remote": "s3",
    "data_remote_url": "s3://acme-data/churn",
}


def git(folder: Path, *arguments: str) -> str:
    """Run git in a folder with a fixed author and without the machine's configuration, and return its output."""
    identity = {
        f"GIT_{role}_{part}": "test@example.org" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")
    }
    environment = {**os.environ, **identity, "GIT_CONFIG_GLOBAL": os.devnull}
    done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, f"git {' '.join(arguments)}: {done.stderr}"
    return done.stdout


def commit(folder: Path, message: str, tag: str = "") -> None:
    """Commit everything in a folder, and tag the commit."""
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "--no-verify", "--no-gpg-sign", "--message", message)
    if tag:
        git(folder, "tag", tag)


def tree(folder: Path) -> dict[str, tuple[bytes, bool]]:
    """Return relative path to content and executable bit of every file except git's."""
    return {
        str(path.relative_to(folder)): (path.read_bytes(), bool(path.stat().st_mode & 0o111))
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".git" not in path.relative_to(folder).parts
    }


class Render(Protocol):
    """Generate a repository in this process; questions without an answer use their default."""

    def __call__(self, answers: Mapping[str, str] = ..., /, **more: str) -> Path: ...


# Text with a special meaning in YAML, TOML, Jinja, GitHub, a shell, Markdown or a spreadsheet, which must stay text.
LITERAL_TEXT = [
    'it\'s "quoted" `twice`',
    "${{ secrets.GITHUB_TOKEN }}",
    "[[ project_slug ]] [% raw %] [# gone? #]",
    "{{ cookiecutter.project_slug }} {% if %} {# #}",
    "$(touch /tmp/owned) `id` && ls; #",
    "key: value # no comment, - no list",
    "C:\\new\\table\\u0041",
    "100 % <b>bold</b> &amp; *more* _less_ [x](y) ![z] | ~ ^",
    "مرحبا שלום 日本語 Ünïcödé",
    "🚀 family 👨‍👩‍👧 flag 🏴󠁧󠁢󠁥󠁮󠁧󠁿",
    "--- !!python/object:os.system {a: b} &x *x @y %z",
    "'''\"\"\" = [table]",
    "- first",
    "#",
    "yes",
    "null",
    "0x1F",
    "1e3",
    "=cmd|' /C calc'!A0",
]

LEFTOVER = re.compile(rb"\[\[ |\[% |\[# | \]\]| %\]| #\]|cookiecutter\.[a-z]|_copier_")
