"""cookiecutter's door, before: find what copier has to be called with, and refuse what copier would refuse.

cookiecutter renders this file, puts it elsewhere and runs it in the new project's folder. It decides nothing about
an answer itself: copier validates them, in a run that only pretends. Where that passes, what copier needs is left
in a file for post_gen_project.py. Exit 1 refuses; cookiecutter then removes the folder if it made it.
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

# How a default of the template begins that is a template itself. In two halves, and the braces below in brackets,
# because cookiecutter renders this file too.
COMPUTED = "{" + "# computed #}"
SHORTCUTS = {"gh": "https://github.com/", "gl": "https://gitlab.com/"}  # copier's, by the same names
ADDRESS = re.compile(r"(?:(?:git\+)?(?:git|ssh|file|https?):|\w+@[\w.-]+:)")  # of Git, as cookiecutter tells them
# What copier takes for a Git address as it stands; others need git+ in front.
COPIER_TAKES = ("git@", "git://", "git+", "https://github.com/", "https://gitlab.com/")


def refuse(reason: str) -> NoReturn:
    """Say why nothing is generated and stop."""
    sys.exit(f"Nothing was generated. {reason}")


def answers(given: dict[str, Any], context: dict[str, Any]) -> dict[str, Any]:
    """The answers, without what cookiecutter adds; refuses text that cookiecutter took for a template."""
    result = {name: value for name, value in context.items() if not name.startswith("_")}
    for name, value in result.items():
        raw = given.get(name)
        if not isinstance(raw, str) or raw == value or raw.startswith(COMPUTED):
            continue
        if re.search(r"[{](?:[{]|%|#)", raw):
            refuse(
                f"{name}: cookiecutter renders {json.dumps(raw)} as a template of its own, so that the text would "
                "not be yours: type it at the prompt, or use `copier copy`, which keeps it."
            )
    return result


def folder(path: str, output: str) -> Path:
    """The absolute path of a template that was given as a relative one.

    A hook runs in another folder than cookiecutter was started in, so the path is looked up where it may have been:
    the parent process stands in the template now, the shell was where PWD says, output folders are often near.
    """
    starts = [Path(start) / path for start in (os.environ.get("PWD"), output) if start]
    candidates = [Path(f"/proc/{os.getppid()}/cwd"), *starts]
    found = {c.resolve() for c in candidates if (c / "copier.yml").is_file() and (c / "cookiecutter.json").is_file()}
    if len(found) != 1:
        refuse(
            f"The template was given as {path!r}, and where that is cannot be told from inside cookiecutter: "
            f"give an absolute path, as in $PWD/{path}"
        )
    return found.pop()


def origin(clone: str) -> str:
    """Where a clone came from, in the words that cookiecutter gave to git."""
    command = ["git", "-C", clone, "config", "--get", "remote.origin.url"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode or not done.stdout.strip():
        refuse(f"{clone} is no Git clone: give the template as a Git address, or as the path of a folder.")
    return done.stdout.strip()


def address(url: str) -> str:
    """A Git address in a spelling that copier takes for one."""
    return url if url.endswith(".git") or url.startswith(COPIER_TAKES) else f"git+{url}"


def source(template: str, repository: str, output: str) -> str:
    """What ``copier copy`` has to be given to use the same template and to record the same address."""
    if template.lower().endswith(".zip"):
        refuse("A zip archive has no versions to update to: give the template as a Git address or a folder.")
    if template.startswith("hg+"):
        refuse("copier reads Git and folders, no Mercurial: give the template as a Git address.")
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
    """Validate the answers through copier and leave what the second hook needs."""
    try:
        import copier
    except ImportError:
        refuse(
            "This template needs copier beside cookiecutter, in one environment: "
            "pip install 'copier>=9.19' 'cookiecutter>=2.7' (or: pipx inject cookiecutter 'copier>=9.19')."
        )
    context = CONTEXT["answers"]
    call = {
        "src_path": source(context["_template"], context["_repo_dir"], context["_output_dir"]),
        "vcs_ref": context["_checkout"],
        "data": answers(CONTEXT["given"], context),
    }
    with tempfile.TemporaryDirectory(prefix="espalier-") as scratch, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the second hook shows them, once
        try:
            copier.run_copy(
                **call, dst_path=Path(scratch, "new"), defaults=True, pretend=True, quiet=True, skip_tasks=True
            )
        except Exception as error:  # copier raises ValueError for an answer, its own errors for the rest
            refuse(str(error).removeprefix("Validation error for question "))
    HANDOVER.write_text(json.dumps(call), encoding="utf-8")


if __name__ == "__main__":
    main()
