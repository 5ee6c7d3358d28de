"""Parse plain data (from JSON or YAML) into dataclasses, and build the matching JSON Schema.

One declaration serves both: the type of a field, with ``Limits`` in ``Annotated`` for further limits. Supported types
are bool, int, float, str, ``Literal``, enums, ``X | None``, unions of the plain types, ``list``, ``dict`` with text
keys, and dataclasses. The only conversion is from a whole number to a float: "0.9" is not accepted as a number.

Rules for several fields of a dataclass are in its ``__post_init__``, which raises ``InvalidFields``, and for the schema
in a class variable ``SCHEMA``.
"""

import dataclasses
import enum
import functools
import json
import math
import re
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeVar, Union

from .suggestion import suggestion

T = TypeVar("T")
Place = tuple[str | int, ...]  # the path of a value in its document, as in ("performance", "accuracy", "min")

WORDS = {bool: "true or false", int: "a whole number", float: "a number", str: "a text", list: "a list"}
SCHEMA_TYPES = {bool: "boolean", int: "integer", float: "number", str: "string"}
LONGEST = 80  # characters of a value that a message repeats


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of a value besides its type; ``length`` is a minimum number of characters or items."""

    at_least: float | None = None
    more_than: float | None = None
    at_most: float | None = None
    less_than: float | None = None
    pattern: str | None = None
    length: int | None = None
    unique: bool = False
    about: str | None = None  # description in the schema
    keys: tuple[str, ...] = ()  # keys of a mapping that the schema offers to an editor

    def in_words(self) -> str:
        """Return the numeric limits for a message."""
        limits = {
            "at least": self.at_least,
            "greater than": self.more_than,
            "at most": self.at_most,
            "less than": self.less_than,
        }
        return " and ".join(f"{words} {limit:g}" for words, limit in limits.items() if limit is not None)

    def allows(self, number: float) -> bool:
        """Return whether a number is within the limits."""
        return (
            (self.at_least is None or number >= self.at_least)
            and (self.more_than is None or number > self.more_than)
            and (self.at_most is None or number <= self.at_most)
            and (self.less_than is None or number < self.less_than)
        )


class InvalidFields(ValueError):
    """Error of a dataclass whose fields contradict each other; ``place`` is the path to the field."""

    def __init__(self, message: str, *place: str | int) -> None:
        """Store the message and the path of the field."""
        super().__init__(message)
        self.place = place


@dataclass(frozen=True, slots=True)
class Problem:
    """One error in a document, with its place."""

    place: Place
    message: str

    def __str__(self) -> str:
        """Return the message."""
        return self.message


def parse(kind: type[T], value: Any, nulls: bool = True) -> tuple[T | None, list[Problem]]:
    """Return ``value`` as ``kind`` and no errors, or None and all errors.

    Args:
        kind: A dataclass.
        value: The data that a JSON or YAML reader returned.
        nulls: Whether null is accepted for a field with the default None. In a file that users write it is not: a
            block whose content was commented out would be ignored without a message.
    """
    parser = _Parser(nulls)
    found = parser.parse(kind, Limits(), value, ())
    return (None, parser.problems) if parser.problems else (found, [])


class _Parser:
    """Parse one document and collect its errors."""

    def __init__(self, nulls: bool) -> None:
        self.nulls = nulls
        self.problems: list[Problem] = []

    def add(self, place: Place, message: str) -> None:
        self.problems.append(Problem(place, message))

    def refuse(self, kind: Any, rule: Limits, value: Any, place: Place) -> None:
        self.add(place, f"{place_name(place)}: must be {description(kind, rule)}; found {shown_value(value)}.")

    def parse(self, kind: Any, rule: Limits, value: Any, place: Place) -> Any:
        """Return the value as ``kind``; None, with an error added, if that is not possible."""
        if typing.get_origin(kind) is Annotated:
            kind, rule = typing.get_args(kind)[:2]
        options = alternatives(kind)
        if value is None:
            if type(None) in options and self.nulls:
                return None
            if self.nulls:
                return self.refuse(kind, rule, value, place)
            return self.add(place, f"{place_name(place)} is empty: give it a value or remove it.")
        options = [option for option in options if option is not type(None)]
        chosen = options[0]
        if len(options) > 1:
            chosen = next((option for option in options if looks_like(option, value)), None)
        if chosen is None:
            return self.refuse(kind, rule, value, place)
        if typing.get_origin(chosen) is Annotated:
            return self.parse(chosen, rule, value, place)
        if dataclasses.is_dataclass(chosen):
            return self.parse_fields(chosen, value, place)
        if not looks_like(chosen, value) or not within_limits(chosen, rule, value):
            return self.refuse(chosen, rule, value, place)
        return self.parse_plain(chosen, rule, value, place)

    def parse_plain(self, kind: Any, rule: Limits, value: Any, place: Place) -> Any:
        """Return a list, a mapping or a scalar that is of the right type and within its limits."""
        origin = typing.get_origin(kind)
        if origin is list:
            return self.parse_items(kind, rule, value, place)
        if origin is dict:
            keys, inner = typing.get_args(kind)
            return {
                self.parse(keys, Limits(), key, (*place, str(key))): self.parse(
                    inner, Limits(), each, (*place, str(key))
                )
                for key, each in value.items()
            }
        if isinstance(kind, type) and issubclass(kind, enum.Enum):
            return kind(value)
        return float(value) if kind is float else value

    def parse_items(self, kind: Any, rule: Limits, value: list[Any], place: Place) -> list[Any]:
        """Return the items of a list."""
        (item,) = typing.get_args(kind)
        items = [self.parse(item, Limits(), each, (*place, number)) for number, each in enumerate(value)]
        for number, each in enumerate(value):
            if rule.unique and each in value[:number]:
                self.add((*place, number), f"{place_name(place)}: {shown_value(each)} appears twice.")
        return items

    def parse_fields(self, kind: Any, value: Any, place: Place) -> Any:
        """Return a dataclass from a mapping. Unknown keys are reported first: a misspelled key is missing as well."""
        fields = {field.name: field for field in dataclasses.fields(kind)}
        if not isinstance(value, dict):
            example = ", ".join(f"{field}: …" for field in fields)
            return self.add(
                place, f"{place_name(place)}: must be a mapping, {{{example}}}; found {shown_value(value)}."
            )
        before = len(self.problems)
        for key in value:
            if key not in fields:
                message = f"{place_name(place)} has no key '{key}'; {suggestion(str(key), fields)}"
                self.add((*place, str(key)), message)
        hints = type_hints(kind)
        found = {key: self.parse(hints[key], Limits(), value[key], (*place, key)) for key in fields if key in value}
        for key, field in fields.items():
            if key not in value and is_required(field):
                self.add(place, f"{place_name(place)} needs the key '{key}'.")
        if len(self.problems) > before:
            return None
        try:
            return kind(**found)
        except InvalidFields as error:
            whole = (*place, *error.place)
            return self.add(whole, f"{place_name(whole)}: {error}")


def is_required(field: "dataclasses.Field[Any]") -> bool:
    """Return whether a field has no default."""
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def within_limits(kind: Any, rule: Limits, value: Any) -> bool:
    """Return whether a value of the right type has the required length, pattern and size."""
    if typing.get_origin(kind) in (list, dict):
        return len(value) >= (rule.length or 0)
    if kind in (int, float):
        number = as_number(value)
        return math.isfinite(number) and rule.allows(number)
    if kind is str:
        fits = rule.pattern is None or re.fullmatch(rule.pattern, value) is not None
        return len(value) >= (rule.length or 0) and fits
    return True


def place_name(place: Place) -> str:
    """Return a place for a message: ``performance.accuracy.min``."""
    return ".".join(map(str, place)) or "the file"


def shown_value(value: Any) -> str:
    """Return a value for a message; a long one is cut off."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # a whole number of more digits than Python prints
        text = f"a {type(value).__name__}"
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def as_number(value: float) -> float:
    """Return a number as a float; infinity if it is too large."""
    try:
        return float(value)
    except OverflowError:
        return math.inf


def alternatives(kind: Any) -> list[Any]:
    """Return the members of a union, or the type itself."""
    return list(typing.get_args(kind)) if typing.get_origin(kind) in (Union, types.UnionType) else [kind]


def looks_like(kind: Any, value: Any) -> bool:
    """Return whether a value is of a type, regardless of its content. True and false do not count as numbers."""
    if typing.get_origin(kind) is Annotated:
        return looks_like(typing.get_args(kind)[0], value)
    if len(alternatives(kind)) > 1:
        return any(looks_like(option, value) for option in alternatives(kind))
    if typing.get_origin(kind) is Literal:
        return isinstance(value, str) and value in typing.get_args(kind)
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return isinstance(value, str) and value in [member.value for member in kind]
    if kind is bool:
        return isinstance(value, bool)
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, typing.get_origin(kind) or (dict if dataclasses.is_dataclass(kind) else kind))


def description(kind: Any, rule: Limits) -> str:
    """Return in words what a value must be."""
    if typing.get_origin(kind) is Annotated:
        kind, rule = typing.get_args(kind)[:2]
    options = [option for option in alternatives(kind) if option is not type(None)]
    if len(options) > 1:
        return " or ".join(description(option, rule) for option in options)
    kind = options[0]
    if typing.get_origin(kind) is Annotated:
        return description(kind, rule)
    if typing.get_origin(kind) is Literal:
        return "one of " + ", ".join(map(repr, typing.get_args(kind)))
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return "one of " + ", ".join(repr(member.value) for member in kind)
    if dataclasses.is_dataclass(kind):
        return f"a mapping, {{{', '.join(f'{field.name}: …' for field in dataclasses.fields(kind))}}}"
    if typing.get_origin(kind) is dict:
        return "a mapping" + (" that is not empty" if rule.length else "")
    if typing.get_origin(kind) is list:
        (item,) = typing.get_args(kind)
        return (
            "a list"
            + (", not empty," if rule.length else "")
            + f" of items that are each {description(item, Limits())}"
        )
    words = WORDS[kind]
    if kind is str:
        pattern = f" like {rule.pattern}" if rule.pattern else ""
        return words + pattern + (", not empty" if rule.length else "")
    return f"{words} {rule.in_words()}".strip()


@functools.cache
def type_hints(kind: Any) -> dict[str, Any]:
    """Return the types of the fields of a dataclass."""
    return typing.get_type_hints(kind, include_extras=True)


# ------------------------------------------------------------------------------------------------- serialization


def plain(value: Any) -> Any:
    """Return a dataclass and everything in it as JSON and YAML data."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return value


def to_json(value: Any) -> str:
    """Return a dataclass as the text of a JSON file."""
    return json.dumps(plain(value), indent=2, ensure_ascii=False) + "\n"


# ---------------------------------------------------------------------------------------------------- JSON Schema


def schema(kind: Any, title: str, nulls: bool = True) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a dataclass; ``nulls`` as for ``parse``."""
    definitions: dict[str, Any] = {}
    root = _schema_of_fields(kind, definitions, nulls)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        **root,
        "$defs": dict(sorted(definitions.items())),
    }


def _schema(kind: Any, rule: Limits, definitions: dict[str, Any], nulls: bool) -> dict[str, Any]:
    if typing.get_origin(kind) is Annotated:
        kind, rule = typing.get_args(kind)[:2]
    about = {"description": rule.about} if rule.about else {}
    options = alternatives(kind)
    if not nulls:
        options = [option for option in options if option is not type(None)]
    if len(options) > 1:
        inner = dataclasses.replace(rule, about=None)
        return about | {"anyOf": [_schema(option, inner, definitions, nulls) for option in options]}
    kind = options[0]
    if typing.get_origin(kind) is Annotated:
        return _schema(kind, rule, definitions, nulls) | about
    if kind is type(None):
        return {"type": "null"}
    if typing.get_origin(kind) is Literal:
        return about | {"enum": list(typing.get_args(kind))}
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return about | {"enum": [member.value for member in kind]}
    if dataclasses.is_dataclass(kind):
        title = typing.cast(type, kind).__name__
        if title not in definitions:
            definitions[title] = {}  # ends the recursion of a type that contains itself
            definitions[title] = _schema_of_fields(kind, definitions, nulls)
        return about | {"$ref": f"#/$defs/{title}"}
    limits: dict[str, Any]
    if typing.get_origin(kind) is list:
        (item,) = typing.get_args(kind)
        found: dict[str, Any] = {"type": "array", "items": _schema(item, Limits(), definitions, nulls)}
        limits = {"minItems": rule.length, "uniqueItems": rule.unique or None}
    elif typing.get_origin(kind) is dict:
        keys, inner_kind = typing.get_args(kind)
        each = _schema(inner_kind, Limits(), definitions, nulls)
        found = {"type": "object", "additionalProperties": each}
        if rule.keys:
            found["properties"] = {key: each for key in rule.keys}
        if "minLength" in (names := _schema(keys, Limits(), definitions, nulls)):
            found["propertyNames"] = names
        limits = {"minProperties": rule.length}
    else:
        found = {"type": SCHEMA_TYPES[kind]}
        limits = {
            "minimum": rule.at_least,
            "exclusiveMinimum": rule.more_than,
            "maximum": rule.at_most,
            "exclusiveMaximum": rule.less_than,
            "pattern": rule.pattern,
            "minLength": rule.length,
        }
    return about | found | {key: limit for key, limit in limits.items() if limit is not None}


def _schema_of_fields(kind: Any, definitions: dict[str, Any], nulls: bool) -> dict[str, Any]:
    hints = type_hints(kind)
    fields = dataclasses.fields(kind)
    required = [field.name for field in fields if is_required(field)]
    properties = {}
    for field in fields:
        properties[field.name] = _schema(hints[field.name], Limits(), definitions, nulls)
        if field.default is not dataclasses.MISSING and field.default is not None:
            properties[field.name]["default"] = field.default
    found = {
        "type": "object",
        "description": " ".join((kind.__doc__ or "").split()),
        "additionalProperties": False,
        "properties": properties,
        **({"required": required} if required else {}),
    }
    return found | getattr(kind, "SCHEMA", {})
