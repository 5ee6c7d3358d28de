"""FILE109 to FILE112: files are readable, with the right mode, line endings and unique paths."""

import unicodedata
from collections.abc import Iterator

from ..finding import Finding, Severity
from ..registry import rule
from ..repo import Repo
from ..source import Kind

FILES_BY_NAME = (
    "pyproject.toml",
    "params.yaml",
    "model_gates.yaml",
    "dvc.yaml",
    "constraints.txt",
    "Makefile",
    "README.md",
)

FILES_WITH_ANY_LINE_ENDING = (".bat", ".cmd", ".ps1", ".csv", ".tsv")


@rule("FILE109", title="a file cannot be used")
def file_is_usable(repo: Repo) -> Iterator[Finding]:
    """Every file can be opened and has the format that its name implies, and every symbolic link points to a file or
    folder inside the repository. A file over 1 MiB is reported as a notice: it was not checked.

    Why: a clone on another machine does not have the target of such a link, and no tool reads text with NUL bytes.
    Fix: put the file itself into the repository, save it as UTF-8, or keep large data in DVC.
    Blind spot: files whose names imply no format.
    """
    for problem in repo.problems:
        yield Finding(problem.path, problem.line, problem.message)
    for path in repo.files:
        source = repo.source(path)
        if source is not None and source.problem is not None:
            if not source.problem.notice:
                yield Finding(path, source.problem.line, source.problem.message)
            elif repo.files[path].kind is not Kind.OTHER:
                yield Finding(
                    path,
                    1,
                    source.problem.message,
                    "Keep large data in DVC; split a large source file.",
                    "FILE109",
                    Severity.NOTICE,
                )
    for name in FILES_BY_NAME:
        if name in repo.folders:
            yield Finding(name, 1, f"'{name}' is a folder, but a file is expected")


@rule("FILE110", title="a file is executable but not a script, or a script but not executable")
def mode_is_right(repo: Repo) -> Iterator[Finding]:
    """A file that starts with ``#!`` is executable, and a text file that is executable starts with ``#!``.

    Why: ``./script.sh`` fails with "permission denied" on the runner, or the shell guesses an interpreter.
    Fix: ``git update-index --chmod=+x FILE`` and ``chmod +x FILE`` (or ``-x``), or add the first line.
    Blind spot: binary programs, and file systems without modes, on which every file looks executable.
    """
    entries = [entry for entry in repo.files.values() if entry.link is None]
    if len(entries) > 3 and all(entry.executable for entry in entries):
        return  # a mount without modes: the modes mean nothing
    for entry in entries:
        source = repo.source(entry.path)
        if source is None or source.text is None:
            continue
        program = source.data.startswith(b"#!")
        if program and not entry.executable:
            yield Finding(entry.path, 1, f"starts with '{source.lines[0].strip()[:60]}' but is not executable")
        elif entry.executable and not program:
            yield Finding(entry.path, 1, "is executable but does not start with '#!'")


@rule("FILE111", title="a file has CRLF line endings")
def line_ends_are_unix(repo: Repo) -> Iterator[Finding]:
    """No text file has a carriage return before its line feeds.

    Why: a shell searches the interpreter "bash\\r", make a file of that name, and digests differ.
    Fix: save it with LF line endings (``git add --renormalize FILE`` after ``* text=auto eol=lf`` in .gitattributes).
    Blind spot: tables (.csv, .tsv) and Windows scripts are not checked, because CRLF is usual in them.
    """
    for path, source in repo.texts():
        at = source.data.find(b"\r\n")
        if at >= 0 and not path.lower().endswith(FILES_WITH_ANY_LINE_ENDING):
            line = source.data.count(b"\n", 0, at) + 1
            yield Finding(path, line, "line ends with CRLF; files in this repository use LF")


@rule("FILE112", title="two paths differ only in case")
def paths_differ_on_every_system(repo: Repo) -> Iterator[Finding]:
    """No two files or folders have paths that are equal if case, or the encoding of accented letters (NFC or NFD), is
    ignored.

    Why: on macOS and Windows one of the two overwrites the other at checkout.
    Fix: rename one of them.
    Blind spot: files that git ignores.
    """
    seen: dict[str, str] = {}
    for path in sorted([*repo.files, *repo.folders]):
        folded = unicodedata.normalize("NFC", path).casefold() if not path.isascii() else path.lower()
        other = seen.setdefault(folded, path)
        parents_clash = other.rpartition("/")[0] != path.rpartition("/")[0]
        if other != path and not parents_clash:
            yield Finding(path, 1, f"'{path}' and '{other}' are the same path if case is ignored")
