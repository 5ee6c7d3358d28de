"""What the repository calls: every command that a workflow, stage, recipe, image, manifest, script or page holds."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from .parse import dockerfile, makefile, shell
from .parse.yaml_ import Map, Text, as_list, as_map, line_of, mappings, texts
from .repo import Kind, Repo, join

FENCE = re.compile(r"^([ ]{0,3}|\s*[-*]\s+|\s+)(```+|~~~+)[ ]*(\w*)[^\n]*$")
SHELLS = {"sh", "bash", "console", "shell", "zsh", "shell-session"}
INLINE = re.compile(r"(?<!`)`((?:make|python3?|bash|sh|dvc|docker|podman|kubectl|kustomize) [^`\n]+)`(?!`)")
JENKINS = re.compile(r"\bsh\s*\(?\s*(?:script:\s*)?('''|\"\"\"|'|\")(.*?)(?<!\\)\1", re.DOTALL)
PYTHON = re.compile(r"(?:.*/)?(?:python|pypy)[0-9.]*\Z|\$[({]?PYTHON\w*[)}]?\Z|\$\{?\(?\w*PY(?:THON)?\w*[)}]?\Z")
ELSEWHERE = "page on another folder"
UNKNOWN = re.compile(r"[$*?\[{<\x00]|%\w*%")


@dataclass(frozen=True, slots=True)
class Command:
    """One command of a file, with what it is part of and where it runs."""

    path: str
    line: int
    caller: str  # "workflow", "stage 'train'", "recipe", "Dockerfile", "page", …
    words: tuple[str, ...]
    folder: str | None = ""  # where it runs, from the root; None where that is not known
    writes: tuple[str, ...] = ()  # files that its redirections write, as they are written there

    @property
    def python_module(self) -> tuple[str, tuple[str, ...]] | None:
        """The module of ``python -m module arguments``."""
        arguments = self.python_arguments
        for position, word in enumerate(arguments or ()):
            if word == "-m" and arguments and position + 1 < len(arguments):
                return arguments[position + 1], arguments[position + 2 :]
            if not word.startswith("-"):
                return None
        return None

    @property
    def python_arguments(self) -> tuple[str, ...] | None:
        """What follows the interpreter, wherever in the command it stands (``uv run python …``)."""
        for position, word in enumerate(self.words):
            if PYTHON.match(word):
                return self.words[position + 1 :]
        return None


@dataclass(frozen=True, slots=True)
class FileUse:
    """A file or folder that something needs."""

    path: str
    line: int
    caller: str
    target: str  # from the root
    folder: bool = False  # a folder is needed


def commands(repo: Repo) -> list[Command]:
    """Every command of the repository."""
    return repo.once(_commands)


def _commands(repo: Repo) -> list[Command]:
    found: list[Command] = []
    for collect in (_workflows, _gitlab, _jenkins, _stages, _recipes, _images, _manifests, _hooks, _scripts, _pages):
        found.extend(collect(repo))
    return found


def script(path: str, caller: str, text: str, line: int, folder: str | None = "") -> Iterator[Command]:
    """The commands of a shell text, each with the folder that ``cd`` has led to."""
    for simple in shell.commands(text, line):
        words = simple.words
        yield Command(path, simple.line, caller, words, folder, simple.writes)
        if words[0] in ("cd", "pushd") and folder is not None:
            target = words[1] if len(words) > 1 else "~"
            folder = None if UNKNOWN.search(target) or target in ("-", "~") else join(folder, target)


# -- continuous integration


def workflow_files(repo: Repo) -> list[str]:
    """GitHub workflows, and the repository's own actions."""
    return [
        path
        for path in repo.of_kind(Kind.YAML)
        if re.fullmatch(r"\.github/workflows/[^/]+\.ya?ml|(?:.*/)?action\.ya?ml", path)
    ]


def steps(repo: Repo, path: str) -> Iterator[tuple[Map, str]]:
    """The steps of a workflow or action, each with the folder it runs in."""
    document = as_map(repo.yaml(path).first)
    top = _working_directory(as_map(document.get("defaults")), "")
    for job in as_map(document.get("jobs")).values():
        folder = _working_directory(as_map(as_map(job).get("defaults")), top)
        for step in as_list(as_map(job).get("steps")):
            yield as_map(step), folder
    for step in as_list(as_map(document.get("runs")).get("steps")):
        yield as_map(step), ""


def _working_directory(defaults: Map, otherwise: str) -> str:
    value = as_map(defaults.get("run")).get("working-directory")
    return str(value) if isinstance(value, str) else otherwise


def _workflows(repo: Repo) -> Iterator[Command]:
    for path in workflow_files(repo):
        for step, default in steps(repo, path):
            run = step.get("run")
            if not isinstance(run, Text) or str(step.get("shell", "bash")).split()[0:1] not in (["bash"], ["sh"]):
                continue
            folder = str(step.get("working-directory", default))
            start = None if UNKNOWN.search(folder) else join("", folder)
            yield from script(path, "workflow", run, run.line, start)


def _gitlab(repo: Repo) -> Iterator[Command]:
    for path in repo.named(".gitlab-ci.yml"):
        for job in as_map(repo.yaml(path).first).values():
            for key in ("before_script", "script", "after_script"):
                for text in texts(as_map(job).get(key)):
                    yield from script(path, "pipeline", text, text.line)


def _jenkins(repo: Repo) -> Iterator[Command]:
    for path in repo.named("Jenkinsfile"):
        text = repo.text(path)
        for match in JENKINS.finditer(text):
            line = text.count("\n", 0, match.start(2)) + 1
            yield from script(path, "pipeline", match[2], line)


def _hooks(repo: Repo) -> Iterator[Command]:
    for path in repo.named(".pre-commit-config.yaml"):
        for source in as_list(as_map(repo.yaml(path).first).get("repos")):
            if as_map(source).get("repo") == "local":
                for hook in as_list(as_map(source).get("hooks")):
                    entry = as_map(hook).get("entry")
                    if isinstance(entry, Text):
                        yield from script(path, "hook", entry, entry.line)


# -- the pipeline


def _stages(repo: Repo) -> Iterator[Command]:
    for path in repo.named("dvc.yaml"):
        base = path.rpartition("/")[0]
        for name, stage in as_map(as_map(repo.yaml(path).first).get("stages")).items():
            body = as_map(as_map(stage).get("do", stage))
            folder = join(base, str(body.get("wdir", "")))
            for text in texts(body.get("cmd")):
                yield from script(path, f"stage '{name}'", text, text.line, folder)


def parsed_makefile(repo: Repo, path: str) -> makefile.Makefile:
    """The Makefile at the path, what it includes merged in; empty where there is none."""
    return repo.once(_makefiles).get(path, makefile.Makefile())


def _makefiles(repo: Repo) -> dict[str, makefile.Makefile]:
    names = [p for p in repo.files if p.rpartition("/")[2] in ("Makefile", "makefile", "GNUmakefile")]
    names += [path for path in repo.files if path.endswith(".mk")]
    parsed = {path: makefile.parse(repo.text(path)) for path in names}
    for path, own in parsed.items():
        for _, name, _ in own.includes:
            other = parsed.get(join(path.rpartition("/")[0], name) or "") or parsed.get(name)
            if other is not None and other is not own:
                for target, line in other.targets.items():
                    own.targets.setdefault(target, line)
    return parsed


def makefiles(repo: Repo) -> dict[str, makefile.Makefile]:
    """Every Makefile, and every file that ends in .mk."""
    return repo.once(_makefiles)


def makefile_folders(repo: Repo) -> dict[str, str]:
    """Where each Makefile's recipes run: its own folder, or of an included one that of the file that includes it."""
    folders = {path: path.rpartition("/")[0] for path in makefiles(repo)}
    for path, parsed in makefiles(repo).items():
        for _, name, _ in parsed.includes:
            included = join(path.rpartition("/")[0], name)
            if included in folders:
                folders[included] = path.rpartition("/")[0]
    return folders


def _recipes(repo: Repo) -> Iterator[Command]:
    folders = makefile_folders(repo)
    for path, parsed in makefiles(repo).items():
        for line, recipe in parsed.recipes:
            yield from script(path, "recipe", recipe, line, folders[path])


# -- images and manifests


def dockerfiles(repo: Repo) -> dict[str, dockerfile.Dockerfile]:
    """Every Dockerfile."""
    return repo.once(_dockerfiles)


def _dockerfiles(repo: Repo) -> dict[str, dockerfile.Dockerfile]:
    found = {}
    for path in repo.files:
        name = path.rpartition("/")[2]
        if name.endswith((".dockerignore", ".md", ".jinja")):
            continue
        if re.fullmatch(r"(?:Docker|Container)file(?:\..+)?|.+\.(?:[Dd]ocker|[Cc]ontainer)file", name):
            found[path] = dockerfile.parse(repo.text(path))
    return found


def _images(repo: Repo) -> Iterator[Command]:
    for path, parsed in dockerfiles(repo).items():
        entrypoint: tuple[str, ...] = ()
        for instruction in parsed.instructions:
            words = tuple(instruction.words)
            if instruction.name == "HEALTHCHECK" and "CMD" in words:
                words = words[words.index("CMD") + 1 :]
            elif instruction.name not in ("RUN", "CMD", "ENTRYPOINT"):
                continue
            if instruction.exec_form:
                if instruction.name == "ENTRYPOINT":
                    entrypoint = words
                joined = entrypoint + words if instruction.name == "CMD" else words
                yield from argv(path, "Dockerfile", joined, instruction.line)
            else:
                text = re.sub(r"^(?:\s*--\S+)+", "", instruction.text)
                if instruction.name == "HEALTHCHECK":
                    text = re.sub(r"^\s*CMD\s", "", text)
                yield from script(path, "Dockerfile", text, instruction.line, None)
            for body in instruction.heredocs:
                if instruction.name == "RUN":
                    yield from script(path, "Dockerfile", body, instruction.line + 1, None)


def argv(path: str, caller: str, words: tuple[str, ...], line: int) -> Iterator[Command]:
    """A command that is given as a list; of ``sh -c text`` the text counts."""
    if (
        len(words) >= 3
        and words[0].rpartition("/")[2] in ("sh", "bash")
        and words[1].startswith("-")
        and "c" in words[1]
    ):
        yield from script(path, caller, words[2], line, None)
    elif words:
        yield Command(path, line, caller, words, None)


def _manifests(repo: Repo) -> Iterator[Command]:
    for path in repo.of_kind(Kind.YAML):
        if path.startswith(".github/") or path.endswith((".gitlab-ci.yml", "dvc.yaml", ".dvc", "dvc.lock")):
            continue
        text = repo.text(path)
        if "command:" not in text and "args:" not in text and "source:" not in text and '"command"' not in text:
            continue
        for document in repo.yaml(path).documents:
            if "kind" not in as_map(document) and "services" not in as_map(document):
                continue
            for container in mappings(document):
                yield from _container(path, container)


def _container(path: str, container: Map) -> Iterator[Command]:
    command, arguments = container.get("command"), container.get("args")
    words = tuple(str(word) for value in (command, arguments) for word in as_list(value))
    line = container.line_of("command" if command is not None else "args")
    if words:
        yield from argv(path, "manifest", words, line)
    elif isinstance(command, Text):  # compose
        yield from script(path, "manifest", command, command.line, None)
    source = container.get("source")
    if isinstance(source, Text) and "image" in container:  # a script template of Argo Workflows
        yield from script(path, "manifest", source, source.line, None)


# -- scripts and pages


def _scripts(repo: Repo) -> Iterator[Command]:
    for path, source in repo.texts():
        name = path.rpartition("/")[2]
        shebang = source.lines[0] if source.text and source.text.startswith("#!") else ""
        if name.endswith((".sh", ".bash")) or re.search(r"\b(?:ba|da|z|k)?sh\b", shebang):
            yield from script(path, "script", source.text or "", 1)


def _pages(repo: Repo) -> Iterator[Command]:
    slug = repo.answer("project_slug")
    for path, source in repo.texts():
        if path.endswith(".md"):
            for text, line in fenced(source.lines):
                for command in script(path, "page", text, line):
                    # a page that changes into another folder may be about that folder: its files are not judged,
                    # nor its make targets, unless it is the clone of this repository
                    folder = command.folder
                    if folder == "" or (folder is not None and repo.is_folder(folder)):
                        yield command
                    else:
                        ours = slug is None or (folder or "").rpartition("/")[2] == slug
                        yield replace(command, folder=None, caller="page" if ours else ELSEWHERE)
            for number, line_text in _prose(source.lines):
                for match in INLINE.finditer(line_text):
                    for command in script(path, "page", match[1], number):
                        yield command if _names_own_folder(repo, command) else replace(command, folder=None)


def _prose(lines: list[str]) -> Iterator[tuple[int, str]]:
    """The lines of a Markdown page outside its blocks of code, with their numbers."""
    opened = ""
    for number, line in enumerate(lines, 1):
        match = FENCE.match(line) if "```" in line or "~~~" in line else None
        if match and not opened:
            opened = match[2]
        elif match and match[2].startswith(opened) and not match[3]:
            opened = ""
        elif not opened and "`" in line:
            yield number, line


def _names_own_folder(repo: Repo, command: Command) -> bool:
    """Whether the files that a command in running text names lie in folders of this repository.

    Prose also speaks of other places and of what might be (``instead of `python train.py` ``).
    """
    return all("/" in use.target and repo.is_folder(use.target.split("/")[0]) for use in file_uses(command))


def fenced(lines: list[str]) -> Iterator[tuple[str, int]]:
    """The shell blocks of a Markdown page with the line of their first line; of a session only what was typed."""
    opened: tuple[str, str, int] | None = None  # fence, language, line
    body: list[str] = []
    for number, line in enumerate(lines, 1):
        match = FENCE.match(line) if "```" in line or "~~~" in line else None
        if opened is None:
            if match:
                opened, body = (match[2], match[3].lower(), number), []
        elif match and match[2].startswith(opened[0]) and not match[3]:
            if opened[1] in SHELLS:
                yield _typed(body), opened[2] + 1
            opened = None
        else:
            body.append(line)


def _typed(body: list[str]) -> str:
    prompt = any(line.lstrip().startswith(("$ ", "> ")) for line in body if line.lstrip().startswith("$ "))
    if not prompt:
        return "\n".join(body)
    kept, continued = [], False
    for line in body:
        bare = line.lstrip()
        typed = bare.startswith("$ ") or continued
        kept.append(bare.removeprefix("$ ") if typed else "")
        continued = typed and bare.endswith("\\")
    return "\n".join(kept)


# -- what a command makes and needs


def written(repo: Repo) -> dict[str, set[str]]:
    """By the file that holds the commands: what they, and the steps around them, write for later ones."""
    return repo.once(_written)


def _written(repo: Repo) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for command in commands(repo):
        if command.folder is not None or command.caller == "Dockerfile":
            for name in [*command.writes, *_outputs(command.words)]:
                path = None if UNKNOWN.search(name) else join(command.folder or "", name)
                if path:
                    found.setdefault(command.path, set()).add(path)
    for path in workflow_files(repo):
        for step, _ in steps(repo, path):
            if re.search(r"checkout|download-artifact|cache", str(step.get("uses", ""))):
                for name in str(as_map(step.get("with")).get("path") or "").split():
                    found.setdefault(path, set()).add(join("", name) or "")
    return {path: names - {""} for path, names in found.items()}


def _outputs(words: tuple[str, ...]) -> Iterator[str]:
    """What a command of a well-known program writes."""
    name, rest = os.path.basename(words[0]), words[1:]
    plain = [word for word in rest if not word.startswith("-")]
    if name in ("mkdir", "touch", "tee", "virtualenv"):
        yield from plain
    elif name in ("cp", "mv", "ln", "install") and len(plain) > 1:
        yield plain[-1]
        yield from (f"{plain[-1].rstrip('/')}/{os.path.basename(word)}" for word in plain[:-1])
    elif name == "git" and rest[:1] in (("clone",), ("worktree",)) and len(plain) > 1:
        yield plain[-1].rstrip("/").rpartition("/")[2].removesuffix(".git") if "://" in plain[-1] else plain[-1]
    for position, word in enumerate(rest):
        following = rest[position + 1] if position + 1 < len(rest) else ""
        if name in ("curl", "wget") and re.fullmatch(r"-[A-Za-z]*O", word) and name == "curl":
            yield from (other.rpartition("/")[2] for other in plain if "://" in other)
        elif re.fullmatch(r"-[A-Za-z]*o|--out(?:put)?(?:-file|-dir)?|-O", word) and following:
            yield following
        elif match := re.fullmatch(r"--out(?:put)?(?:-file|-dir)?=(.+)", word):
            yield match[1]


def file_uses(command: Command) -> Iterator[FileUse]:
    """The files and folders that the command needs, where its folder is known."""
    if command.folder is None:
        return
    for target, folder in _operands(command.words, command):
        if UNKNOWN.search(target) or target.startswith(("/", "~", "-")) or "://" in target or not target:
            continue
        path = join(command.folder, target.split("::")[0])
        if path:
            yield FileUse(command.path, command.line, command.caller, path, folder)


def image_uses(repo: Repo) -> Iterator[FileUse]:
    """Scripts that an image's commands run by a relative path, and that no file of the repository could be.

    What is where inside an image is not known here, so a file of that name anywhere counts, and so does a name that
    another instruction of the Dockerfile holds: that one may have fetched or written it.
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


INPUT_OPTIONS = {
    "pip": ("-r", "--requirement", "-c", "--constraint", "--requirements", "--constraints"),
    "uv": ("-r", "--requirement", "--requirements", "-c", "--constraint", "--constraints"),
    "docker": ("-f", "--file"),
    "podman": ("-f", "--file"),
    "buildah": ("-f", "--file"),
    "kubectl": ("-f", "--filename", "-k", "--kustomize"),
    "make": ("-f", "--file", "--makefile"),
    "mlops": ("--gates", "--params", "--gate-file"),
    "pytest": ("-c", "--config-file"),
    "mypy": ("--config-file",),
    "ruff": ("--config",),
    "dvc": (),
}
# programs whose operands are files or folders; for ruff, dvc and kustomize after a subcommand
FILE_OPERANDS = {
    "pytest": 0,
    "mypy": 0,
    "ruff": 1,
    "hadolint": 0,
    "actionlint": 0,
    "shellcheck": 0,
    "kustomize": 1,
    "chmod": 1,
}
VALUED = {
    "-k",
    "-m",
    "-p",
    "-n",
    "-o",
    "-W",
    "--select",
    "--ignore",
    "--format",
    "--output-format",
    "--cov",
    "-x",
    "-l",
}


def _operands(words: tuple[str, ...], command: Command) -> Iterator[tuple[str, bool]]:
    first = words[0]
    name = os.path.basename(first)
    rest = words[1:]
    if name in ("sh", "bash", "source", ".", "zsh"):
        script_word = next((w for w in rest if not w.startswith(("-", "+"))), None)
        if script_word and not any(w.startswith("-") and not w.startswith("--") and "c" in w for w in rest[:1]):
            yield script_word, False
        return
    if name in ("cd", "pushd"):
        if rest and command.caller not in ("page", ELSEWHERE):  # a page may go into a clone that it has just made
            yield rest[0], True
        return
    if "/" in first and not PYTHON.match(first):
        yield first, False
    module = command.python_module
    arguments = command.python_arguments
    if module:
        name, rest = module
    elif arguments is not None:
        script_word = _script_word(arguments)
        if script_word:
            yield script_word, False
        rest = arguments
    elif name in ("uv", "uvx", "poetry", "pipx") and len(rest) > 1 and rest[0] in ("run", "pip"):
        name, rest = ("uv", rest[2:]) if rest[0] == "pip" else (os.path.basename(rest[1]), rest[2:])
    yield from _options(name, rest)
    if name in FILE_OPERANDS:
        for operand in _positional(rest)[FILE_OPERANDS[name] :]:
            if "/" in operand or name in ("mypy", "ruff", "chmod", "hadolint") or operand.endswith(".py"):
                yield operand, False


def _script_word(arguments: tuple[str, ...]) -> str | None:
    skip = False
    for word in arguments:
        if skip:
            skip = False
        elif word in ("-c", "-", "-V", "--version", "--help"):
            return None
        elif word in ("-X", "-W"):
            skip = True
        elif not word.startswith("-"):
            return word
    return None


def _options(name: str, rest: tuple[str, ...]) -> Iterator[tuple[str, bool]]:
    for position, word in enumerate(rest):
        option, equals, value = word.partition("=")
        if option in INPUT_OPTIONS.get(name, ()):
            if equals:
                yield value, False
            elif position + 1 < len(rest) and not (name == "docker" and rest[0] not in ("build", "buildx", "compose")):
                yield rest[position + 1], False
        elif name == "terraform" and option == "-chdir":
            yield value, True


def _positional(rest: tuple[str, ...]) -> list[str]:
    found, skip = [], False
    for word in rest:
        if skip:
            skip = False
        elif word.startswith("-"):
            skip = word in VALUED
        else:
            found.append(word)
    return found


def verb_calls(command: Command) -> Iterator[str]:
    """The verb of ``python -m mlops <verb>``."""
    module = command.python_module
    if module is None:
        # an interpreter behind a name that is not recognized, as in $(RUN) -m mlops gate
        for position, word in enumerate(command.words[:-2]):
            if word == "-m" and command.words[position + 1] == "mlops":
                module = "mlops", command.words[position + 2 :]
    if module and module[0] == "mlops":
        verb = next(iter(module[1]), "")
        if verb and not verb.startswith("-") and not UNKNOWN.search(verb) and verb not in ("…", "..."):
            yield verb


def make_calls(command: Command) -> tuple[str, list[str]] | None:
    """The folder and the targets of a call of make, None where it is none or the folder is not known."""
    first = os.path.basename(command.words[0])
    if first not in ("make", "gmake", "$(MAKE)", "${MAKE}") or (command.folder is None and command.caller != "page"):
        return None
    folder: str | None = command.folder or ""
    targets, skip = [], False
    rest = command.words[1:]
    for position, word in enumerate(rest):
        if skip:
            skip = False
        elif word in ("-f", "--file", "--makefile", "-o", "-W", "-I"):
            if word in ("-f", "--file", "--makefile"):
                return None
            skip = True
        elif word in ("-C", "--directory"):
            skip = True
            following = rest[position + 1] if position + 1 < len(rest) else ""
            folder = None if UNKNOWN.search(following) else join(folder or "", following)
        elif word in ("-j", "-l") and position + 1 < len(rest) and rest[position + 1].isdigit():
            skip = True
        elif not word.startswith("-") and "=" not in word and not UNKNOWN.search(word) and word not in ("…", "..."):
            targets.append(word)
    return (folder, targets) if folder is not None else None


def key_uses(repo: Repo) -> Iterator[FileUse]:
    """Files that a workflow names outside its scripts: by an action's input, a folder, a local action, hashFiles."""
    for path in workflow_files(repo):
        for step, _ in steps(repo, path):
            inputs = as_map(step.get("with"))
            for key in ("python-version-file", "go-version-file", "node-version-file", "dockerfile", "config-file"):
                yield from _use(path, inputs, key)
            if "build-push-action" in str(step.get("uses", "")):
                yield from _use(path, inputs, "file")
                yield from _use(path, inputs, "context", folder=True)
            for name in str(inputs.get("cache-dependency-path") or "").split():
                yield from _literal(path, inputs.line_of("cache-dependency-path"), name)
            yield from _use(path, step, "working-directory", folder=True)
        document = repo.yaml(path).first
        for called in mappings(as_map(document)):
            uses = called.get("uses")
            if isinstance(uses, Text) and uses.startswith("./"):
                target = join("", uses) or ""
                if target.endswith((".yml", ".yaml")):
                    yield FileUse(path, line_of(uses), "workflow", target)
                elif not any(repo.is_file(f"{target}/{name}") for name in ("action.yml", "action.yaml", "Dockerfile")):
                    yield FileUse(path, line_of(uses), "workflow", f"{target}/action.yml")
        for number, line in enumerate(repo.source(path).lines if repo.source(path) else [], 1):  # type: ignore[union-attr]
            for call in re.findall(r"hashFiles\(([^)]*)\)", line) if "hashFiles" in line else ():
                for name in re.findall(r"'([^']+)'", call):
                    yield from _literal(path, number, name)


def _use(path: str, container: Map, key: str, folder: bool = False) -> Iterator[FileUse]:
    value: Any = container.get(key)
    if isinstance(value, str):
        yield from _literal(path, container.line_of(key), value, folder)


def _literal(path: str, line: int, name: str, folder: bool = False) -> Iterator[FileUse]:
    target = join("", name) if name and not UNKNOWN.search(name) and "://" not in name else None
    if target:
        yield FileUse(path, line, "workflow", target, folder)
