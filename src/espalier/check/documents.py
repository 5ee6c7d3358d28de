"""The content of a repository's files: each file is read once and parsed once."""

import ast
import tomllib
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from .file_tree import FileTree
from .parse import yaml_
from .parse.yaml_ import YamlFile
from .source import Source, read

T = TypeVar("T")


class Documents(FileTree):
    """A tree of files with their texts and parsed documents, each loaded when it is first used and then kept."""

    def __init__(self, root: Path) -> None:
        """Walk the tree; no file except .gitignore is read yet."""
        super().__init__(root)
        self._sources: dict[str, Source | None] = {}
        self._parsed: dict[tuple[str, str], Any] = {}

    def _parse_once(self, language: str, path: str, parse: Callable[[str], T]) -> T:
        """Return ``parse(path)``, computed at the first call for this language and path."""
        key = (language, path)
        if key not in self._parsed:
            self._parsed[key] = parse(path)
        value: T = self._parsed[key]
        return value

    def source(self, path: str) -> Source | None:
        """Return the content of a file, None if there is no such file or it cannot be opened."""
        if path not in self._sources:
            self._sources[path] = read(str(self.root), self.files[path]) if path in self.files else None
        return self._sources[path]

    def text(self, path: str) -> str:
        """Return the text of a file, an empty string if there is none."""
        source = self.source(path)
        return (source.text or "") if source else ""

    def texts(self) -> Iterator[tuple[str, Source]]:
        """Yield every text file except symbolic links."""
        for path, entry in self.files.items():
            if entry.link is None:
                source = self.source(path)
                if source is not None and source.text is not None:
                    yield path, source

    def yaml(self, path: str) -> YamlFile:
        """Return the parsed YAML file, an empty one if it is absent."""
        return self._parse_once("yaml", path, lambda path: yaml_.parse(self.text(path)))

    def toml(self, path: str) -> dict[str, Any]:
        """Return the TOML file, an empty table if it is absent or invalid."""
        return self.toml_or_error(path)[0]

    def toml_or_error(self, path: str) -> tuple[dict[str, Any], str | None]:
        """Return the TOML file and the reason why it could not be parsed."""
        return self._parse_once("toml", path, self._load_toml)

    def _load_toml(self, path: str) -> tuple[dict[str, Any], str | None]:
        try:
            return tomllib.loads(self.text(path)), None
        except RecursionError:
            return {}, "nested too deeply"
        except ValueError as error:  # a TOMLDecodeError, or a number with thousands of digits
            return {}, str(error)

    def python(self, path: str) -> ast.Module | None:
        """Return the syntax tree of a Python file, None if the file is absent or invalid."""
        return self._parse_once("python", path, self._load_python)

    def _load_python(self, path: str) -> ast.Module | None:
        if path not in self.files:
            return None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                return ast.parse(self.text(path))
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                return None  # FILE101 reports it

    def find_line(self, path: str, *needles: str) -> int:
        """Return the line of the last needle; each is searched after the previous one until one is missing."""
        text, at = self.text(path), 0
        for needle in needles:
            found = text.find(needle, at)
            if found < 0:
                return text.count("\n", 0, at) + 1
            at = found
        return text.count("\n", 0, at) + 1
