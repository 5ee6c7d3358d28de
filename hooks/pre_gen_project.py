"""cookiecutter's first hook: find the arguments for copier, and refuse the answers that copier would refuse.

cookiecutter renders this file, copies it to another folder and runs it in the new project's folder. The hook does not
validate answers itself: copier does, in a run with `pretend`. If that passes, the hook writes copier's arguments to a
file for post_gen_project.py. Exit 1 refuses; cookiecutter then removes the folder if it created it.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any, NoReturn

HANDOVER = Path(".espalier-handover.json")

# tojson writes < > & and ' as escapes, so that no answer can end the string.
# fmt: off
CONTEXT: dict[str, Any] = json.loads(r'''{{ {"given": _cookiecutter, "answers": cookiecutter} | tojson }}''')
# fmt: on

# The start of a computed default of this template. It is in two halves, and the braces below are in brackets, because
# cookiecutter renders this file too.
COMPUTED = "{" + "# computed #}"
SHORTCUTS = {"gh": "https://github.com/", "gl": "https://gitlab.com/"}  # of copier, with the same names
ADDRESS = re.compile(
    r"(?:(?:git\+)?(?:git|ssh|file|https?):|\w+@[\w.-]+:)"
)  # Git addresses, as cookiecutter recognizes them
# Prefixes by which copier recognizes a Git address; other addresses need the prefix git+.
COPIER_TAKES = ("git@", "git://", "git+", "https://github.com/", "https://gitlab.com/")


def refuse(reason: str) -> NoReturn:
    """Print why nothing is generated, and stop with exit code 1."""
    sys.exit(f"Nothing was generated. {reason}")


def answers(given: dict[str, Any], context: dict[str, Any]) -> dict[str, Any]:
    """Return the answers without cookiecutter's own; refuse text that cookiecutter rendered as a template."""
    result = {name: value for name, value in context.items() if not name.startswith("_")}
    for name, value in result.items():
        raw = given.get(name)
        if not isinstance(raw, str) or raw == value or raw.startswith(COMPUTED):
            continue
        if re.search(r"[{](?:[{]|%|#)", raw):
            refuse(
                f"{name}: cookiecutter renders {json.dumps(raw)} as a template, which would change your text: "
                "type it at the prompt, or use `copier copy`, which keeps it."
            )
    return result


def folder(path: str, output: str) -> Path:
    """Return the absolute path of a template that was given as a relative path.

    A hook does not run in the folder in which cookiecutter was started, so the path is tried from several folders: the
    parent process is in the template at this moment, PWD is the folder of the shell, and output folders are often near.
    """
    starts = [Path(start) / path for start in (os.environ.get("PWD"), output) if start]
    candidates = [Path(f"/proc/{os.getppid()}/cwd"), *starts]
    found = {c.resolve() for c in candidates if (c / "copier.yml").is_file() and (c / "cookiecutter.json").is_file()}
    if len(found) != 1:
        refuse(
            f"The template was given as {path!r}, and the hook cannot find that relative path: "
            f"give an absolute path, as in $PWD/{path}"
        )
    return found.pop()


def origin(clone: str) -> str:
    """Return the address of a clone, in the form that cookiecutter passed to git."""
    command = ["git", "-C", clone, "config", "--get", "remote.origin.url"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode or not done.stdout.strip():
        refuse(f"{clone} is not a Git clone: give the template as a Git address, or as the path of a folder.")
    return done.stdout.strip()


def address(url: str) -> str:
    """Return a Git address in a form that copier recognizes."""
    return url if url.endswith(".git") or url.startswith(COPIER_TAKES) else f"git+{url}"


def source(template: str, repository: str, output: str) -> str:
    """Return the argument with which ``copier copy`` uses the same template and records the same address."""
    if template.lower().endswith(".zip"):
        refuse("A zip archive has no versions to update to: give the template as a Git address or a folder.")
    if template.startswith("hg+"):
        refuse("copier reads Git repositories and folders, not Mercurial: give the template as a Git address.")
    if ADDRESS.match(template):
        return address(template)
    if os.path.isabs(template):
        return template
    if os.path.isabs(repository):  # cookiecutter cloned it: a shortcut, or the name of an earlier clone
        cloned = origin(repository)
        shortcut, _, rest = template.partition(":")
        same_for_copier = SHORTCUTS.get(shortcut) and cloned == f"{SHORTCUTS[shortcut]}{rest}.git"
        return template if same_for_copier else address(cloned)
    return str(folder(repository, output))


def main() -> None:
    """Let copier validate the answers, and write the arguments for the second hook."""
    try:
        import copier
    except ImportError:
        refuse(
            "This template needs copier and cookiecutter in one environment: "
            "pip install 'copier>=9.19' 'cookiecutter>=2.7' (or: pipx inject cookiecutter 'copier>=9.19')."
        )
    context = CONTEXT["answers"]
    call = {
        "src_path": source(context["_template"], context["_repo_dir"], context["_output_dir"]),
        "vcs_ref": context["_checkout"],
        "data": answers(CONTEXT["given"], context),
    }
    with tempfile.TemporaryDirectory(prefix="espalier-") as scratch, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the second hook shows them
        try:
            copier.run_copy(
                **call, dst_path=Path(scratch, "new"), defaults=True, pretend=True, quiet=True, skip_tasks=True
            )
        except Exception as error:  # copier raises ValueError for an answer, its own errors for the rest
            refuse(str(error).removeprefix("Validation error for question "))
    HANDOVER.write_text(json.dumps(call), encoding="utf-8")


if __name__ == "__main__":
    main()
