"""YAML with line numbers, duplicate keys reported, and no recursion.

The trees are built from PyYAML's events, because its composer recurses in C (a hundred thousand ``[`` end the
process), its constructor expands aliases, and both lose the lines. Custom tags are ignored.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

MAX_DEPTH = 100  # deeper than any hand-written configuration, far below Python's own limit
PARSER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml if PyYAML was built with it

NULL = {"", "~", "null", "Null", "NULL"}
BOOLEANS = {
    spelling: value
    for value, words in ((True, ("true", "yes", "on")), (False, ("false", "no", "off")))
    for word in words
    for spelling in (word, word.capitalize(), word.upper())
}
INTEGER = re.compile(r"[-+]?[0-9]{1,300}\Z")
FLOAT = re.compile(r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))(?:[eE][-+]?[0-9]+)?\Z")


class Text(str):
    """A string with the line on which its content starts."""

    line: int = 1


class Map(dict[str, Any]):
    """A mapping with its line and the line of each key."""

    def __init__(self, line: int) -> None:
        """Create an empty container that starts on this line."""
        super().__init__()
        self.line = line
        self.lines: dict[str, int] = {}

    def line_of(self, key: str) -> int:
        """Return the line of the key, or of the mapping if the key is absent."""
        return self.lines.get(key, self.line)


class Seq(list[Any]):
    """A sequence with its line and the line of each item."""

    def __init__(self, line: int) -> None:
        """Create an empty container that starts on this line."""
        super().__init__()
        self.line = line
        self.lines: list[int] = []


@dataclass(slots=True)
class YamlFile:
    """The content of a YAML file; ``error`` is the line and reason if parsing stopped."""

    documents: list[Any] = field(default_factory=list)
    duplicates: list[tuple[int, str, int]] = field(default_factory=list)  # line, key, line of the first
    error: tuple[int, str] | None = None

    @property
    def first(self) -> Any:
        """The first document, None for an empty file."""
        return self.documents[0] if self.documents else None


def parse(text: str) -> YamlFile:
    """Parse all documents of a stream; stop at the first error and keep the documents before it."""
    result = YamlFile()
    builder = _Builder(result)
    try:
        for event in yaml.parse(str(text), Loader=PARSER):
            builder.feed(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        result.error = (mark.line + 1 if mark else 1, error.problem or "not valid YAML")
    except yaml.YAMLError as error:  # a character that YAML does not allow
        position = getattr(error, "position", 0)
        result.error = (text.count("\n", 0, position) + 1, str(error).splitlines()[0])
    except _StoppedError as error:
        result.error = (error.line, error.reason)
    except RecursionError:  # the parser in pure Python
        result.error = (1, f"nested deeper than {MAX_DEPTH} levels")
    return result


class _StoppedError(Exception):
    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line, self.reason = line, reason


class _Builder:
    """A stack of open containers; a mapping's frame also contains the key that has no value yet."""

    def __init__(self, result: YamlFile) -> None:
        self.result = result
        self.stack: list[tuple[Map | Seq, list[tuple[str, int]]]] = []
        self.anchors: dict[str, Any] = {}

    def feed(self, event: yaml.Event) -> None:
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.ScalarEvent):
            self.add(self.scalar(event, line), line, event.anchor)
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            if len(self.stack) >= MAX_DEPTH:
                raise _StoppedError(line, f"nested deeper than {MAX_DEPTH} levels")
            container = Map(line) if isinstance(event, yaml.MappingStartEvent) else Seq(line)
            if event.anchor:
                self.anchors[event.anchor] = container
            self.stack.append((container, []))
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            container, _ = self.stack.pop()
            self.add(container, container.line, None)
        elif isinstance(event, yaml.AliasEvent):
            if event.anchor not in self.anchors:
                raise _StoppedError(line, f"alias '*{event.anchor}' has no anchor '&{event.anchor}' before it")
            self.add(self.anchors[event.anchor], line, None)
        elif isinstance(event, yaml.DocumentStartEvent):
            self.anchors = {}

    def add(self, value: Any, line: int, anchor: str | None) -> None:
        if anchor:
            self.anchors[anchor] = value
        if not self.stack:
            self.result.documents.append(value)
            return
        container, waiting = self.stack[-1]
        if isinstance(container, Seq):
            container.append(value)
            container.lines.append(line)
        elif not waiting:
            waiting.append((value if isinstance(value, str) else _spell(value), line))
        else:
            key, key_line = waiting.pop()
            if key == "<<" and isinstance(value, Map | Seq):
                self.merge(container, value)
            elif key in container.lines:
                self.result.duplicates.append((key_line, key, container.lines[key]))
            else:
                container[key] = value
                container.lines[key] = key_line

    def merge(self, container: Map, value: Map | Seq) -> None:
        for source in [value] if isinstance(value, Map) else value:
            if isinstance(source, Map) and source is not container:
                for key, merged in source.items():
                    container.setdefault(key, merged)

    @staticmethod
    def scalar(event: yaml.ScalarEvent, line: int) -> Any:
        value: str = event.value
        if event.implicit[0] and not event.style:
            if value in NULL:
                return None
            if value in BOOLEANS:
                return BOOLEANS[value]
            if INTEGER.match(value):
                return int(value)
            if FLOAT.match(value):
                return float(value)
        text = Text(value)
        text.line = line + 1 if event.style in ("|", ">") else line
        return text


def _spell(key: Any) -> str:
    """Return a key that is not a string as it was written: ``on`` in a workflow is YAML's true."""
    if key is None:
        return "null"
    if isinstance(key, bool):
        return "on" if key else "off"
    return str(key) if isinstance(key, int | float) else f"? line {getattr(key, 'line', 0)}"


def line_of(value: Any, default: int = 1) -> int:
    """Return the line of a parsed value."""
    return int(getattr(value, "line", default))


def mappings(value: Any) -> Iterator[Map]:
    """Yield every mapping below the value, each once, even if aliases repeat it."""
    seen: set[int] = set()
    queue = [value]
    while queue:
        current = queue.pop()
        if not isinstance(current, Map | Seq) or id(current) in seen:
            continue
        seen.add(id(current))
        if isinstance(current, Map):
            yield current
            queue.extend(reversed(current.values()))
        else:
            queue.extend(reversed(current))


def as_map(value: Any) -> Map:
    """Return the value if it is a mapping, otherwise an empty one."""
    return value if isinstance(value, Map) else Map(line_of(value))


def as_list(value: Any) -> list[Any]:
    """Return the value if it is a sequence, otherwise an empty one."""
    return value if isinstance(value, Seq) else []


def texts(value: Any) -> list[Text]:
    """Return the strings of a sequence, or the one string that replaces it."""
    if isinstance(value, Text):
        return [value]
    return [item for item in as_list(value) if isinstance(item, Text)]
