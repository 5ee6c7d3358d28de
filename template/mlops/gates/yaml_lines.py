"""YAML that remembers its lines and refuses a key that stands twice, for messages that point at the place."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from .errors import CorrectableError

DEEPEST = 20  # levels of nesting; a gate file has 3
MOST_BYTES = 1_000_000  # a file of settings that is larger is none


class Loader(yaml.SafeLoader):
    """YAML in which 1e-05 is a number, as DVC writes and reads it; PyYAML by itself wants a point in it."""


Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"^[-+]?[0-9]+[eE][-+]?[0-9]+$"), list("-+0123456789")
)


def load(path: Path) -> tuple[Any, Mapping[tuple[str | int, ...], int]]:
    """The document, and the line (from 1) of each key and list item by its path in the document.

    Raises:
        CorrectableError: missing, not UTF-8, not valid YAML, an alias, nested too deep, or a key that stands twice.
    """
    try:
        with path.open("rb") as stream:
            content = stream.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise CorrectableError(f"{path} is larger than {MOST_BYTES / 1e6:g} MB: no file of settings is")
        text = content.decode("utf-8")
        refuse_tricks(text, path)
        root = yaml.compose(text, Loader=Loader)
        document = yaml.load(text, Loader=Loader)  # a subclass of SafeLoader
    except FileNotFoundError as error:
        raise CorrectableError(f"{path} does not exist") from error
    except OSError as error:
        raise CorrectableError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise CorrectableError(f"{path} is not UTF-8: {error}") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise CorrectableError(f"{path}:{line}: not valid YAML: {error.problem}") from error
    except (yaml.YAMLError, ValueError) as error:  # a control character; a date that is none
        raise CorrectableError(f"{path}: not valid YAML: {' '.join(str(error).split())}") from error
    lines: dict[tuple[str | int, ...], int] = {}
    if root is not None:
        collect(root, (), lines, path)
    return document, lines


def refuse_tricks(text: str, path: Path) -> None:
    """A file of settings has no use for aliases or deep nesting, and both can blow up whoever walks through it."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        where = f"{path}:{event.start_mark.line + 1}" if event.start_mark else str(path)
        if isinstance(event, yaml.AliasEvent):
            raise CorrectableError(f"{where}: write the value out: '*{event.anchor}' is not allowed")
        if depth > DEEPEST:
            raise CorrectableError(f"{where}: nested more than {DEEPEST} levels deep")


def collect(node: yaml.Node, place: tuple[str | int, ...], lines: dict[tuple[str | int, ...], int], path: Path) -> None:
    """Note the line of ``node`` and of everything in it."""
    lines.setdefault(place, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.tag == "tag:yaml.org,2002:merge":
                raise CorrectableError(f"{path}:{key.start_mark.line + 1}: write the value out: '<<' is not allowed")
            inner = (*place, key.value)
            if inner in lines:
                raise CorrectableError(
                    f"{path}:{key.start_mark.line + 1}: '{key.value}' stands twice, first in line {lines[inner]}"
                )
            lines[inner] = key.start_mark.line + 1
            collect(value, inner, lines, path)
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            collect(value, (*place, number), lines, path)
