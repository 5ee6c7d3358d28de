"""One declaration reads data and makes its schema: both accept and refuse the same."""

import json
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops.gates.core import dataclass_schema
from mlops.gates.core.dataclass_schema import InvalidFields, Limits
from support.engine import TEMPLATE, EvidenceBuilder


class Color(StrEnum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True, kw_only=True)
class Inner:
    """Something within."""

    share: Annotated[float, Limits(at_least=0, less_than=1, about="a part of the whole")]


@dataclass(frozen=True, kw_only=True)
class Outer:
    """One of each."""

    name: Annotated[str, Limits(length=2, pattern=r"^[a-z]+$")]
    count: Annotated[int, Limits(more_than=0, at_most=9)] = 1
    kind: Literal["one", "other"] | None = None
    color: Color = Color.RED
    on: bool = False
    many: Annotated[list[int | str], Limits(length=1, unique=True)] | None = None
    inner: Inner | None = None
    by_name: dict[Annotated[str, Limits(length=1)], Inner] = field(default_factory=dict)

    SCHEMA: ClassVar[dict[str, Any]] = {"not": {"required": ["kind", "inner"]}}

    def __post_init__(self) -> None:
        if self.kind and self.inner:
            raise InvalidFields("not both", "inner")


def refused(value: Any, nulls: bool = True) -> list[tuple[dataclass_schema.Place, str]]:
    found, problems = dataclass_schema.parse(Outer, value, nulls)
    assert (found is None) == bool(problems)
    return [(problem.place, problem.message) for problem in problems]


GOOD: list[dict[str, Any]] = [
    {"name": "ab"},
    {"name": "ab", "count": 9, "kind": "other", "color": "blue", "on": True, "many": [1, "1"]},
    {"name": "ab", "inner": {"share": 0}, "by_name": {"x": {"share": 0.5}}},
]
BAD: list[tuple[Any, tuple[Any, ...], str]] = [
    ({}, (), "the file needs the key 'name'."),
    ({"nam": "ab"}, ("nam",), "the file has no key 'nam'; did you mean 'name'?"),
    ({"name": "a"}, ("name",), "must be a text like ^[a-z]+$, not empty; found 'a'."),
    ({"name": "AB"}, ("name",), "found 'AB'."),
    ({"name": "ab\n"}, ("name",), r"found 'ab\n'."),
    ({"name": 5}, ("name",), "found 5."),
    ({"name": "ab", "count": 0}, ("count",), "must be a whole number greater than 0 and at most 9; found 0."),
    ({"name": "ab", "count": 10}, ("count",), "found 10."),
    ({"name": "ab", "count": 1.5}, ("count",), "found 1.5."),
    ({"name": "ab", "count": True}, ("count",), "found True."),
    ({"name": "ab", "count": "1"}, ("count",), "found '1'."),
    ({"name": "ab", "kind": "ones"}, ("kind",), "must be one of 'one', 'other'; found 'ones'."),
    ({"name": "ab", "color": "green"}, ("color",), "must be one of 'red', 'blue'; found 'green'."),
    ({"name": "ab", "on": 1}, ("on",), "must be true or false; found 1."),
    (
        {"name": "ab", "many": []},
        ("many",),
        "must be a list, not empty, of items that are each a whole number or a text; found [].",
    ),
    ({"name": "ab", "many": [1, 1]}, ("many", 1), "many: 1 appears twice."),
    ({"name": "ab", "many": [1, None]}, ("many", 1), "many.1: must be"),
    ({"name": "ab", "many": [1.5]}, ("many", 0), "many.0: must be a whole number or a text; found 1.5."),
    ({"name": "ab", "inner": {}}, ("inner",), "inner needs the key 'share'."),
    ({"name": "ab", "inner": 1}, ("inner",), "inner: must be a mapping, {share: …}; found 1."),
    ({"name": "ab", "inner": {"share": 1}}, ("inner", "share"), "at least 0 and less than 1; found 1."),
    ({"name": "ab", "inner": {"share": 10**400}}, ("inner", "share"), "inner.share: must be a number"),
    ({"name": "ab", "by_name": {"": {"share": 0}}}, ("by_name", ""), "not empty"),
    ({"name": "ab", "kind": "one", "inner": {"share": 0}}, ("inner",), "inner: not both"),
    ([], (), "the file: must be a mapping, {name: …, count: …"),
    (None, (), "the file: must be a mapping"),
]
SCHEMA = dataclass_schema.schema(Outer, "test")


@pytest.mark.parametrize("value", GOOD)
def test_valid_value_is_parsed_and_serialized(value: dict[str, Any]) -> None:
    found, problems = dataclass_schema.parse(Outer, value)
    assert problems == []
    assert isinstance(found, Outer)
    jsonschema.validate(value, SCHEMA)
    written = json.loads(dataclass_schema.to_json(found))
    assert dataclass_schema.parse(Outer, written) == (found, [])
    assert {name: written[name] for name in value if name not in {"inner", "by_name"}} == {
        name: item for name, item in value.items() if name not in {"inner", "by_name"}
    }


@pytest.mark.parametrize(("value", "place", "message"), BAD)
def test_invalid_value_is_refused_with_its_place(value: Any, place: tuple[Any, ...], message: str) -> None:
    first = refused(value)[0]
    assert first[0] == place
    assert message in first[1], first[1]


@pytest.mark.parametrize("value", [value for value, _, _ in BAD if value != {"name": "ab\n"}])
def test_schema_refuses_invalid_values(value: Any) -> None:
    if value == {"name": "ab", "inner": {"share": 10**400}}:
        return  # JSON Schema has no largest number
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(value, SCHEMA)


def test_all_errors_are_reported() -> None:
    places = [place for place, _ in refused({"name": "A", "count": 99, "kinds": 1, "inner": {"share": "x"}})]
    assert places == [("kinds",), ("name",), ("count",), ("inner", "share")]


def test_null_is_reported_as_empty_where_it_is_not_allowed() -> None:
    assert refused({"name": "ab", "inner": None}) == []
    [(place, message)] = refused({"name": "ab", "inner": None}, nulls=False)
    assert (place, message) == (("inner",), "inner is empty: give it a value or remove it.")
    strict = dataclass_schema.schema(Outer, "test", nulls=False)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"name": "ab", "inner": None}, strict)


def test_a_long_value_is_shortened() -> None:
    [(_, message)] = refused({"name": "A" * 10_000})
    assert len(message) < 200
    assert "…" in message


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 12) | st.floats(-1, 2) | st.sampled_from(["ab", "one", "red", "", "A"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*SCHEMA["properties"], "share", "x"]), inner, max_size=4)
    ),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None)
@given(json_values)
def test_schema_and_reader_agree_on_any_value(value: Any) -> None:
    found, _ = dataclass_schema.parse(Outer, value)
    errors = list(jsonschema.Draft202012Validator(SCHEMA).iter_errors(value))
    unlike = any("many" in error.path for error in errors)  # to a JSON Schema 1 and 1.0 are the same
    assert (found is not None) == (not errors) or unlike, (errors, value)


# ------------------------------------------------------------------------------------------------ the three schemas


def schema(name: str) -> Any:
    return json.loads((TEMPLATE / "mlops" / "gates" / "schemas" / f"{name}.schema.json").read_text())


@pytest.mark.parametrize("name", ["mlevidence-v1", "mlgates-v1", "mlverdict-v1"])
def test_schemas_are_valid(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(schema(name))


def test_evidence_is_valid_by_its_schema() -> None:
    validator = jsonschema.Draft202012Validator(schema("mlevidence-v1"))
    builder = EvidenceBuilder().with_champion(80)
    validator.validate(builder.document)
    for key in list(builder.document):
        without = {name: value for name, value in builder.document.items() if name != key}
        assert list(validator.iter_errors(without)), key
    assert list(validator.iter_errors(builder.document | {"surprise": 1}))


def test_a_verdict_is_valid_by_its_schema(bench) -> None:
    gates = (
        "performance: {accuracy: {min: 0.85}}\nlatency: {p99_ms: 1000}\nsize: {max_mb: 1}\n"
        "behavioral: {test_cases: cases.csv, min_pass_rate: 1}\npolicy: {require: [model_card]}\n"
        "statistics: {confidence: 0.95}"
    )
    assert bench.judge(gates).code == 1
    jsonschema.validate(bench.verdict, schema("mlverdict-v1"))
    fields = {"kind", "name", "verdict", "estimate", "lower", "upper", "confidence", "comparison", "threshold", "n"}
    for finding in bench.verdict["gates"]:
        assert set(finding) == fields | {"method", "more_rows", "reason"}


@pytest.mark.parametrize(
    ("gates", "valid"),
    [
        ({"size": {"max_mb": 1}}, True),
        ({"performance": {"accuracy": {"min": 0.9}, "own": {"max": 3}}}, True),
        (
            {
                "performance": {"accuracy": {"min": 0.9, "max_degradation": 0.1}},
                "regression": {"max_degradation": 0.2},
            },
            True,
        ),
        ({"regression": {"max_degradation": 0.1, "metrics": ["accuracy"]}}, True),
        ({"regression": {"metrics": {"accuracy": {"max_degradation": 0.1}}}}, True),
        ({"fairness": {"max_disparity": 0.1, "protected_attributes": ["a", ["a", "b"]]}}, True),
        ({}, False),
        ({"statistics": {"confidence": 0.9}}, False),
        ({"performance": {}}, False),
        ({"performance": {"accuracy": {"min": 0.9, "max": 1}}}, False),
        ({"size": None}, False),
        ({"size": {"max_mb": 1}, "statistics": {"confidence": 95}}, False),
        ({"fairness": {"max_disparity": 0.1, "protected_attributes": [["a"]]}}, False),
        ({"policy": {"require": ["card"]}}, False),
    ],
)
def test_published_schema_matches_the_gate_file_reader(tmp_path: Path, gates: dict[str, Any], valid: bool) -> None:
    from mlops.gates.gate_file import reader

    path = tmp_path / "model_gates.yaml"
    path.write_text(json.dumps(gates))
    errors = list(jsonschema.Draft202012Validator(schema("mlgates-v1")).iter_errors(gates))
    assert (not errors, reader.lint(path) == []) == (valid, valid), errors
