"""Plain data, as JSON and YAML give it, read into dataclasses; and the JSON Schema that says the same.

One declaration serves both: a field's type, with ``Is`` in ``Annotated`` for what the type alone does not say. Known
are bool, int, float, str, ``Literal``, enums, ``X | None``, unions of the plain types, ``list``, ``dict`` with text as
keys, and dataclasses. Nothing is converted but a whole number where a fraction is wanted: "0.9" is no number.

What concerns several fields of a dataclass stands in its ``__post_init__``, which raises ``Unfit``, and for the schema
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
Place = tuple[str | int, ...]  # the way to a value in its document, as in ("performance", "accuracy", "min")

WORDS = {bool: "true or false", int: "a whole number", float: "a number", str: "a text", list: "a list"}
SCHEMA_TYPES = {bool: "boolean", int: "integer", float: "number", str: "string"}
LONGEST = 80  # characters of a value that a message repeats


@dataclass(frozen=True, slots=True)
class Is:
    """What a value must be besides its type; ``length`` counts characters or items, and is a minimum."""

    at_least: float | None = None
    more_than: float | None = None
    at_most: float | None = None
    less_than: float | None = None
    pattern: str | None = None
    length: int | None = None
    unique: bool = False
    about: str | None = None  # for the schema: what it means
    keys: tuple[str, ...] = ()  # for the schema: keys of a mapping that an editor may offer

    def words(self) -> str:
        """The numeric limits, for a message."""
        limits = {
            "at least": self.at_least,
            "greater than": self.more_than,
            "at most": self.at_most,
            "less than": self.less_than,
        }
        return " and ".join(f"{words} {limit:g}" for words, limit in limits.items() if limit is not None)

    def holds(self, number: float) -> bool:
        """Whether a number keeps the limits."""
        return (
            (self.at_least is None or number >= self.at_least)
            and (self.more_than is None or number > self.more_than)
            and (self.at_most is None or number <= self.at_most)
            and (self.less_than is None or number < self.less_than)
        )


class Unfit(ValueError):
    """Raised by a dataclass whose fields do not fit together; ``place`` leads to the field, from the dataclass."""

    def __init__(self, message: str, *place: str | int) -> None:
        super().__init__(message)
        self.place = place


@dataclass(frozen=True, slots=True)
class Misfit:
    """One thing that is wrong, at its place."""

    place: Place
    message: str

    def __str__(self) -> str:
        return self.message


def parse(kind: type[T], value: Any, nulls: bool = True) -> tuple[T | None, list[Misfit]]:
    """``value`` as ``kind``, and all that is wrong with it; None where anything is.

    Args:
        kind: a dataclass.
        value: what a JSON or YAML reader returned.
        nulls: whether null may stand for a field that has the default None. In a file that people write it may not:
            a block whose content was commented out would vanish without a word.
    """
    misfits: list[Misfit] = []
    found = _parse(kind, Is(), value, (), misfits, nulls)
    return (None, misfits) if misfits else (found, [])


def _parse(kind: Any, rule: Is, value: Any, place: Place, misfits: list[Misfit], nulls: bool) -> Any:
    if typing.get_origin(kind) is Annotated:
        kind, inner = typing.get_args(kind)[:2]
        return _parse(kind, inner, value, place, misfits, nulls)

    def wrong(wanted: str) -> None:
        misfits.append(Misfit(place, f"{place_name(place)}: must be {wanted}; found {shown_value(value)}."))

    options = alternatives(kind)
    if value is None:
        if type(None) in options and nulls:
            return None
        if nulls:
            return wrong(f"{description(kind, rule)}")
        misfits.append(Misfit(place, f"{place_name(place)} is empty: give it a value or take it out."))
        return None
    options = [option for option in options if option is not type(None)]
    if len(options) > 1:
        fitting = next((option for option in options if looks_like(option, value)), None)
        if fitting is None:
            return wrong(" or ".join(description(option, rule) for option in options))
        return _parse(fitting, rule, value, place, misfits, nulls)
    kind = options[0]
    if typing.get_origin(kind) is Annotated:
        return _parse(kind, rule, value, place, misfits, nulls)
    if dataclasses.is_dataclass(kind):
        return _parse_fields(kind, value, place, misfits, nulls)
    if not looks_like(kind, value):
        return wrong(description(kind, rule))
    origin = typing.get_origin(kind)
    if origin is list:
        if len(value) < (rule.length or 0):
            return wrong(description(kind, rule))
        (item,) = typing.get_args(kind)
        items = [_parse(item, Is(), each, (*place, number), misfits, nulls) for number, each in enumerate(value)]
        for number, each in enumerate(value):
            if rule.unique and each in value[:number]:
                misfits.append(Misfit((*place, number), f"{place_name(place)}: {shown_value(each)} stands twice."))
        return items
    if origin is dict:
        if len(value) < (rule.length or 0):
            return wrong(description(kind, rule))
        keys, inner = typing.get_args(kind)
        return {
            _parse(keys, Is(), key, (*place, str(key)), misfits, nulls): _parse(
                inner, Is(), each, (*place, str(key)), misfits, nulls
            )
            for key, each in value.items()
        }
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return kind(value)
    if kind in (int, float):
        finite = as_number(value)
        if not math.isfinite(finite) or not rule.holds(finite):
            return wrong(description(kind, rule))
        return finite if kind is float else value
    if kind is str and (len(value) < (rule.length or 0) or (rule.pattern and not re.fullmatch(rule.pattern, value))):
        return wrong(description(kind, rule))
    return value


def _parse_fields(kind: Any, value: Any, place: Place, misfits: list[Misfit], nulls: bool) -> Any:
    """A dataclass from a mapping. A misspelled key comes first: it is why another one is missing."""
    fields = {field.name: field for field in dataclasses.fields(kind)}
    if not isinstance(value, dict):
        example = ", ".join(f"{field}: …" for field in fields)
        misfits.append(
            Misfit(place, f"{place_name(place)}: must be a mapping, {{{example}}}; found {shown_value(value)}.")
        )
        return None
    before = len(misfits)
    for key in value:
        if key not in fields:
            message = f"{place_name(place)} has no key '{key}'; {suggestion(str(key), fields)}"
            misfits.append(Misfit((*place, str(key)), message))
    hints = type_hints(kind)
    found = {key: _parse(hints[key], Is(), value[key], (*place, key), misfits, nulls) for key in fields if key in value}
    for key, field in fields.items():
        if key not in value and field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            misfits.append(Misfit(place, f"{place_name(place)} needs the key '{key}'."))
    if len(misfits) > before:
        return None
    try:
        return kind(**found)
    except Unfit as error:
        whole = (*place, *error.place)
        misfits.append(Misfit(whole, f"{place_name(whole)}: {error}"))
        return None


def place_name(place: Place) -> str:
    """A place for a person: ``performance.accuracy.min``."""
    return ".".join(map(str, place)) or "the file"


def shown_value(value: Any) -> str:
    """A value for a message, whole or its beginning."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # a whole number of more digits than Python prints
        text = f"a {type(value).__name__}"
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def as_number(value: float) -> float:
    """A number as a fraction; infinite where it is too large for one."""
    try:
        return float(value)
    except OverflowError:
        return math.inf


def alternatives(kind: Any) -> list[Any]:
    """The members of a union, or the type itself."""
    return list(typing.get_args(kind)) if typing.get_origin(kind) in (Union, types.UnionType) else [kind]


def looks_like(kind: Any, value: Any) -> bool:
    """Whether a value is of a type, its content aside. True and false are no numbers."""
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


def description(kind: Any, rule: Is) -> str:
    """What a value must be, in words."""
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
        return "a list" + (", not empty," if rule.length else "") + f" of items that are each {description(item, Is())}"
    words = WORDS[kind]
    if kind is str:
        pattern = f" like {rule.pattern}" if rule.pattern else ""
        return words + pattern + (", not empty" if rule.length else "")
    return f"{words} {rule.words()}".strip()


@functools.cache
def type_hints(kind: Any) -> dict[str, Any]:
    return typing.get_type_hints(kind, include_extras=True)


# ------------------------------------------------------------------------------------------------------- writing


def plain(value: Any) -> Any:
    """A dataclass, and all within it, as JSON and YAML know it."""
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
    """A dataclass as the text of a JSON file."""
    return json.dumps(plain(value), indent=2, ensure_ascii=False) + "\n"


# ---------------------------------------------------------------------------------------------------- JSON Schema


def schema(kind: Any, title: str, nulls: bool = True) -> dict[str, Any]:
    """The JSON Schema (2020-12) of a dataclass; ``nulls`` as for ``read``."""
    definitions: dict[str, Any] = {}
    root = _schema_of_fields(kind, definitions, nulls)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        **root,
        "$defs": dict(sorted(definitions.items())),
    }


def _schema(kind: Any, rule: Is, definitions: dict[str, Any], nulls: bool) -> dict[str, Any]:
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
            definitions[title] = {}  # a type that holds itself would not end
            definitions[title] = _schema_of_fields(kind, definitions, nulls)
        return about | {"$ref": f"#/$defs/{title}"}
    limits: dict[str, Any]
    if typing.get_origin(kind) is list:
        (item,) = typing.get_args(kind)
        found: dict[str, Any] = {"type": "array", "items": _schema(item, Is(), definitions, nulls)}
        limits = {"minItems": rule.length, "uniqueItems": rule.unique or None}
    elif typing.get_origin(kind) is dict:
        keys, inner_kind = typing.get_args(kind)
        each = _schema(inner_kind, Is(), definitions, nulls)
        found = {"type": "object", "additionalProperties": each}
        if rule.keys:
            found["properties"] = {key: each for key in rule.keys}
        if "minLength" in (names := _schema(keys, Is(), definitions, nulls)):
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
    required = [
        field.name
        for field in fields
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    ]
    properties = {}
    for field in fields:
        properties[field.name] = _schema(hints[field.name], Is(), definitions, nulls)
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
