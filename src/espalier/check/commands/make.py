"""Makefiles, the commands in their recipes, and calls of make."""

import os
from collections.abc import Iterator

from ..file_tree import path_from_root
from ..parse import makefile
from ..repo import Repo
from .command import UNKNOWN, Command, script_commands_of


def _makefiles(repo: Repo) -> dict[str, makefile.Makefile]:
    names = [p for p in repo.files if p.rpartition("/")[2] in ("Makefile", "makefile", "GNUmakefile")]
    names += [path for path in repo.files if path.endswith(".mk")]
    parsed = {path: makefile.parse(repo.text(path)) for path in names}
    for path, own in parsed.items():
        for _, name, _ in own.includes:
            other = parsed.get(path_from_root(path.rpartition("/")[0], name) or "") or parsed.get(name)
            if other is not None and other is not own:
                for target, line in other.targets.items():
                    own.targets.setdefault(target, line)
    return parsed


def makefiles(repo: Repo) -> dict[str, makefile.Makefile]:
    """Return every Makefile, and every file that ends in .mk, by its path."""
    return repo.once(_makefiles)


def makefile_folders(repo: Repo) -> dict[str, str]:
    """Return the working directory of each Makefile: its own folder, or that of the file that includes it."""
    folders = {path: path.rpartition("/")[0] for path in makefiles(repo)}
    for path, parsed in makefiles(repo).items():
        for _, name, _ in parsed.includes:
            included = path_from_root(path.rpartition("/")[0], name)
            if included in folders:
                folders[included] = path.rpartition("/")[0]
    return folders


def recipe_commands(repo: Repo) -> Iterator[Command]:
    """Yield the commands of every recipe."""
    folders = makefile_folders(repo)
    for path, parsed in makefiles(repo).items():
        for line, recipe in parsed.recipes:
            yield from script_commands_of(path, "recipe", recipe, line, folders[path])


def make_call(command: Command) -> tuple[str, list[str]] | None:
    """Return folder and targets of a call of make, None if it is another command or the folder is unknown."""
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
            folder = None if UNKNOWN.search(following) else path_from_root(folder or "", following)
        elif word in ("-j", "-l") and position + 1 < len(rest) and rest[position + 1].isdigit():
            skip = True
        elif not word.startswith("-") and "=" not in word and not UNKNOWN.search(word) and word not in ("…", "..."):
            targets.append(word)
    return (folder, targets) if folder is not None else None
