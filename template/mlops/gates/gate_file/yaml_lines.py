"""YAML that remembers its lines and refuses a key that stands twice, for messages that point at the place."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from ..core.dataclass_schema import place_name, shown_value
from ..core.errors import CorrectableError

DEEPEST = 20  # levels of nesting; a gate file has 3
MOST_BYTES = 1_000_000  # a file of settings that is larger is none


class Loader(yaml.SafeLoader):
    """YAML in which 1e-05 is a number, as DVC writes and reads it; PyYAML by itself wants a point in it."""


Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"^[-+]?[0-9]+[eE][-+]?[0-9]+$"), list("-+0123456789")
)


class StrictLoader(Loader):
    """Without aliases and deep nesting: a file of settings has no use for them, and both can blow up a reader."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Refuse while the document is put together, before anything is made of it."""
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent):
            raise trick(event, f"write the value out: '*{event.anchor}' is not allowed")
        self.depth += 1
        if self.depth > DEEPEST:
            raise trick(event, f"nested more than {DEEPEST} levels deep")
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


def trick(event: Any, message: str) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=message, problem_mark=event.start_mark)


def load(path: Path) -> tuple[Any, Mapping[tuple[str | int, ...], int]]:
    """The document, and the line (from 1) of each key and list item by its path in the document.

    Raises:
        CorrectableError: missing, not UTF-8, not valid YAML, an alias, nested too deep, a value that is not what its
            tag or its form says, or a key that stands twice.
    """
    lines: dict[tuple[str | int, ...], int] = {}
    try:
        with path.open("rb") as stream:
            content = stream.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise CorrectableError(f"{path} is larger than {MOST_BYTES / 1e6:g} MB: no file of settings is")
        loader = StrictLoader(content.decode("utf-8"))
        root = loader.get_single_node()
        if root is None:
            return None, lines
        collect(loader, root, (), lines, path)
        return loader.construct_document(root), lines  # a subclass of SafeLoader
    except FileNotFoundError as error:
        raise CorrectableError(f"{path} does not exist") from error
    except OSError as error:
        raise CorrectableError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise CorrectableError(f"{path} is not UTF-8: {error}") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise CorrectableError(f"{path}:{line}: not valid YAML: {error.problem}") from error
    except yaml.YAMLError as error:  # a control character
        raise CorrectableError(f"{path}: not valid YAML: {' '.join(str(error).split())}") from error


def collect(
    loader: StrictLoader,
    node: yaml.Node,
    place: tuple[str | int, ...],
    lines: dict[tuple[str | int, ...], int],
    path: Path,
) -> None:
    """Note the line of ``node`` and of everything in it."""
    lines.setdefault(place, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise CorrectableError(f"{path}:{key.start_mark.line + 1}: a key is a text, and no list or mapping")
            if key.tag == "tag:yaml.org,2002:merge":
                raise CorrectableError(f"{path}:{key.start_mark.line + 1}: write the value out: '<<' is not allowed")
            inner = (*place, key.value)
            if inner in lines:
                raise CorrectableError(
                    f"{path}:{key.start_mark.line + 1}: '{key.value}' stands twice, first in line {lines[inner]}"
                )
            lines[inner] = key.start_mark.line + 1
            check_scalar(loader, key, inner, path)
            collect(loader, value, inner, lines, path)
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            collect(loader, value, (*place, number), lines, path)
    else:
        check_scalar(loader, node, place, path)


def check_scalar(loader: StrictLoader, node: yaml.Node, place: tuple[str | int, ...], path: Path) -> None:
    """Refuse what PyYAML cannot make of a value, in words: it raises whatever comes, an AttributeError as well.

    A tag says what a value is (``!!timestamp abc``), or its form does: 2026-13-45 looks like a date.
    """
    try:
        loader.construct_object(node)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        kind = node.tag.rpartition(":")[2]
        raise CorrectableError(
            f"{path}:{node.start_mark.line + 1}: {place_name(place)}: not valid YAML: {shown_value(node.value)} "
            f"cannot be read as {kind}: write a plain number or text, without '!!'"
        ) from error
