"""CMD101 to CMD104 and CMD106: commands name make targets, verbs, files, modules and stages that exist."""

import re
from collections.abc import Iterator
from dataclasses import replace

from ..commands.command import UNKNOWN, Command
from ..commands.every_command import commands
from ..commands.github import workflow_file_uses
from ..commands.make import make_call, makefile_folders, makefiles
from ..commands.operands import FileUse, file_uses
from ..commands.verbs import known_verbs, verb_calls
from ..commands.written_files import written_files
from ..file_tree import path_from_root
from ..finding import Finding
from ..parse.makefile import Makefile
from ..parse.python import top_names
from ..pipeline_outputs import may_exist, stages
from ..registry import rule
from ..repo import Repo
from ..suggestion import did_you_mean, suggestion

MAKE_BUILTINS = {"Makefile", "makefile", "GNUmakefile"}


@rule("CMD101", title="a make target is called that does not exist")
def make_target_exists(repo: Repo) -> Iterator[Finding]:
    """Every ``make <target>``, in a workflow, recipe, script or page, is a target of the Makefile, and so is every
    prerequisite that is not a file.

    Why: the job fails on the runner, minutes after the push, with a message of make.
    Fix: correct the spelling, or add the target to the Makefile.
    Blind spot: targets that functions such as ``$(foreach …)`` define, and calls through ``make -f``.
    """
    for command in commands(repo):
        call = make_call(command)
        if call is None:
            continue
        folder, targets = call
        found = _makefile_in(repo, folder)
        if found is None:
            if command.caller != "page" and not repo.is_ignored(folder or "."):
                where = f"in {folder}/" if folder else "at the root"
                yield Finding(
                    command.path, command.line, f"this {command.caller} calls make, but there is no Makefile {where}"
                )
            continue
        for target in targets:
            if not _can_make(repo, found, folder, target):
                message = (
                    f"no make target '{target}', called by this {command.caller}: {suggestion(target, _targets(found))}"
                )
                yield Finding(command.path, command.line, message)
    folders = makefile_folders(repo)
    for path, parsed in makefiles(repo).items():
        folder = folders[path]
        whole = _makefile_in(repo, folder) or parsed
        for line, target, name in parsed.prerequisites:
            if UNKNOWN.search(name) or "%" in name or "$" in name or "(" in name or ")" in name:
                continue
            if target == ".PHONY" and not parsed.makes(name):
                yield Finding(
                    path, line, f".PHONY names '{name}', which no rule builds: {suggestion(name, _targets(whole))}"
                )
            elif not target.startswith(".") and not _can_make(repo, whole, folder, name):
                message = f"target '{target}' needs '{name}', which no rule builds: {suggestion(name, _targets(whole))}"
                yield Finding(path, line, message)
        for line, name, optional in parsed.includes:
            included = path_from_root(path.rpartition("/")[0], name)
            if not optional and included and not UNKNOWN.search(name) and not may_exist(repo, included):
                yield Finding(path, line, f"includes '{name}', which does not exist")


def _makefile_in(repo: Repo, folder: str) -> Makefile | None:
    prefix = f"{folder}/" if folder else ""
    parsed = makefiles(repo)
    return next(
        (parsed[prefix + name] for name in ("GNUmakefile", "makefile", "Makefile") if prefix + name in parsed), None
    )


def _targets(parsed: Makefile) -> list[str]:
    return [target for target in parsed.targets if not target.startswith(".") and "/" not in target]


def _can_make(repo: Repo, parsed: Makefile, folder: str, target: str) -> bool:
    if parsed.makes(target) or any(UNKNOWN.search(path) for _, path, _ in parsed.includes):
        return True
    path = path_from_root(folder, target)
    # a file is its own target, but a folder with the name of a verb (`make tests`) is not
    return path is None or target in MAKE_BUILTINS or ("/" in target and may_exist(repo, path)) or repo.is_file(path)


@rule("CMD102", title="a verb of mlops is called that does not exist")
def verb_exists(repo: Repo) -> Iterator[Finding]:
    """Every ``python -m mlops <verb>``, in any file, is a module in ``mlops/verbs/`` (or ``check``).

    Why: DVC, make, CI, images and manifests contain only these calls; a misspelled call fails when it runs.
    Fix: correct the spelling; the template adds verbs, and so does a module in mlops/verbs/.
    Blind spot: a verb whose name is built from variables.
    """
    known = known_verbs(repo)
    if known is None:
        return
    for command in commands(repo):
        for verb in verb_calls(command):
            if verb not in known:
                hint = suggestion(verb, known) if known else "mlops/verbs/ does not exist"
                yield Finding(command.path, command.line, f"no verb '{verb}', called by this {command.caller}: {hint}")


@rule("CMD103", title="a file is named that does not exist")
def file_exists(repo: Repo) -> Iterator[Finding]:
    """Every script, requirements file, Dockerfile, folder or settings file that a command or a workflow names is in
    the repository, is the output of a DVC stage, or is ignored by git (then a run creates it).

    Why: a file that exists on the author's laptop does not exist on the runner.
    Fix: correct the path, or add the file.
    Blind spot: operands of programs that are unknown here, variables, files that an earlier command writes, and in an
    image every path except that of a script.
    """
    for use in [*(use for command in commands(repo) for use in file_uses(command)), *workflow_file_uses(repo)]:
        if may_exist(repo, use.target, folder=use.folder):
            continue
        if use.target.startswith(".venv") or use.path == use.target:
            continue
        before = written_files(repo).get(use.path, set())
        if any(use.target == name or use.target.startswith(f"{name}/") for name in before):
            continue
        # a script may be called from its own folder
        if use.caller == "script" and may_exist(repo, path_from_root(use.path.rpartition("/")[0], use.target) or ""):
            continue
        yield Finding(use.path, use.line, _missing(repo, use))
    for use in _missing_image_scripts(repo):
        yield Finding(use.path, use.line, _missing(repo, use))


def _missing_image_scripts(repo: Repo) -> Iterator[FileUse]:
    """Yield scripts that an image's commands run by a relative path and that match no file of the repository.

    The paths inside an image are unknown here, so a file of that name in any folder is enough, and so is a name that
    another instruction of the Dockerfile contains: that instruction may have fetched or written the script.
    """
    for command in commands(repo):
        if command.caller != "Dockerfile":
            continue
        text = repo.text(command.path)
        for use in file_uses(replace(command, folder="")):
            name = use.target.rpartition("/")[2]
            if not use.target.endswith((".py", ".sh")) or len(re.findall(rf"(?<![\w.-]){re.escape(name)}\b", text)) > 1:
                continue
            if not any(path == use.target or path.endswith(f"/{use.target}") for path in repo.files):
                yield use


def _missing(repo: Repo, use: FileUse) -> str:
    name = use.target.rpartition("/")[2]
    if use.folder:
        return f"this {use.caller} needs the folder '{use.target}', which does not exist"
    same_name = next((path for path in repo.files if path.rpartition("/")[2] == name), None)
    hint = f": did you mean '{same_name}'?" if same_name else did_you_mean(use.target, repo.files)
    return f"this {use.caller} needs '{use.target}', which does not exist{hint}"


@rule("CMD104", title="a Python module or application is run that does not exist")
def module_exists(repo: Repo) -> Iterator[Finding]:
    """``python -m <module>`` and ``uvicorn <module>:<name>`` name a module of this repository, if its first part is
    a package of this repository, and the application is defined in it.

    Why: the server, or the job, fails at its start with ModuleNotFoundError.
    Fix: correct the module's name.
    Blind spot: modules of installed packages, and names that a module creates at run time.
    """
    for command in commands(repo):
        called = command.python_module
        if called and called[0] != "mlops" and not UNKNOWN.search(called[0]):
            path = _module_path(repo, called[0])
            if path == "":
                yield Finding(command.path, command.line, f"no module '{called[0]}', run by this {command.caller}")
        for word in command.words:
            match = re.fullmatch(r"([a-z_]\w*(?:\.\w+)+):(\w+)(?:\(.*\))?", word)
            if match and _runs_applications(command):
                path = _module_path(repo, match[1])
                if path == "":
                    yield Finding(command.path, command.line, f"no module '{match[1]}', run by this {command.caller}")
                elif path and match[2] not in top_names(repo.python(path)):
                    yield Finding(
                        command.path, command.line, f"{path} defines no '{match[2]}', run by this {command.caller}"
                    )


def _runs_applications(command: Command) -> bool:
    return any(
        word.rpartition("/")[2] in ("uvicorn", "gunicorn", "hypercorn", "fastapi", "granian") for word in command.words
    )


def _module_path(repo: Repo, name: str) -> str | None:
    """Return the file of a module, "" if only its package is in this repository, None for other packages."""
    top, _, rest = name.partition(".")
    for prefix in ("", "src/"):
        if repo.is_folder(prefix + top):
            base = f"{prefix}{name.replace('.', '/')}"
            candidates = (
                [f"{base}.py", f"{base}/__init__.py"] if rest else [f"{base}/__main__.py", f"{base}/__init__.py"]
            )
            return next((path for path in candidates if repo.is_file(path)), "")
    return None


@rule("CMD106", title="a DVC stage is called that does not exist")
def stage_exists(repo: Repo) -> Iterator[Finding]:
    """Every ``dvc repro <stage>``, in a recipe, workflow, script or page, names a stage of dvc.yaml or a file.

    Why: DVC fails with an error about a missing file ``<stage>.dvc``.
    Fix: correct the spelling, or add the stage.
    Blind spot: pipelines in folders other than the root.
    """
    known = {stage.name for stage in stages(repo) if stage.path == "dvc.yaml"}
    for command in commands(repo) if known else ():
        words = _dvc_arguments(command)
        if words[:1] not in (("repro",), ("run",)) and words[:2] != ("exp", "run"):
            continue
        skip = False
        for word in words[2:] if words[0] == "exp" else words[1:]:
            if skip or word.startswith("-"):
                skip = word in ("-S", "--set-param", "-n", "--name", "-j", "--jobs", "-R", "-m", "--message", "-C")
            elif not UNKNOWN.search(word) and word.split("@")[0] not in known and not repo.exists(word.split(":")[0]):
                message = f"no stage '{word}', called by this {command.caller}: {suggestion(word, known)}"
                yield Finding(command.path, command.line, message)


def _dvc_arguments(command: Command) -> tuple[str, ...]:
    if command.words[0] == "dvc":
        return command.words[1:]
    module = command.python_module
    return module[1] if module and module[0] == "dvc" else ()
