"""Load YAML together with the line of each key, for messages with the place; refuse duplicate keys."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from ..core.dataclass_schema import place_name, shown_value
from ..core.errors import CorrectableError

DEEPEST = 20  # levels of nesting; a gate file has 3
MAX_BYTES = 1_000_000  # a settings file is smaller


class Loader(yaml.SafeLoader):
    """YAML in which 1e-05 is a number, as for DVC; PyYAML by default requires a decimal point."""


Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"^[-+]?[0-9]+[eE][-+]?[0-9]+$"), list("-+0123456789")
)


class StrictLoader(Loader):
    """YAML without aliases and deep nesting, which can exhaust memory and which a settings file does not need."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Return the next node; refuse an alias or deep nesting before any value is created."""
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent):
            raise yaml_error(event, f"write the value out: '*{event.anchor}' is not allowed")
        self.depth += 1
        if self.depth > DEEPEST:
            raise yaml_error(event, f"nested more than {DEEPEST} levels deep")
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


def yaml_error(event: Any, message: str) -> yaml.MarkedYAMLError:
    """Return a YAML error at the place of the event."""
    return yaml.MarkedYAMLError(problem=message, problem_mark=event.start_mark)


def load(path: Path) -> tuple[Any, Mapping[tuple[str | int, ...], int]]:
    """Return the document, and the line (from 1) of each key and list item by its path in the document.

    Raises:
        CorrectableError: The file is missing, not UTF-8 or not valid YAML, contains an alias, a duplicate key or a
            value that does not match its tag or form, or is nested too deeply.
    """
    lines: dict[tuple[str | int, ...], int] = {}
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise CorrectableError(f"{path} is larger than {MAX_BYTES / 1e6:g} MB: a settings file is smaller")
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
    """Store the line of ``node`` and of everything in it in ``lines``."""
    lines.setdefault(place, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise CorrectableError(f"{path}:{key.start_mark.line + 1}: a key must be a text, not a list or mapping")
            if key.tag == "tag:yaml.org,2002:merge":
                raise CorrectableError(f"{path}:{key.start_mark.line + 1}: write the value out: '<<' is not allowed")
            inner = (*place, key.value)
            if inner in lines:
                raise CorrectableError(
                    f"{path}:{key.start_mark.line + 1}: '{key.value}' appears twice, first in line {lines[inner]}"
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
    """Refuse a value that PyYAML cannot convert; PyYAML itself raises various errors, even AttributeError.

    The type of a value comes from its tag (``!!timestamp abc``) or from its form: 2026-13-45 looks like a date.
    """
    try:
        loader.construct_object(node)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        kind = node.tag.rpartition(":")[2]
        raise CorrectableError(
            f"{path}:{node.start_mark.line + 1}: {place_name(place)}: not valid YAML: {shown_value(node.value)} "
            f"cannot be read as {kind}: write a plain number or text, without '!!'"
        ) from error
