"""The gate file, ``model_gates.yaml``: read, typed, and refused with file, line and key when it is not right."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from mlops import digests, yaml_lines
from mlops.errors import MlopsError

Place = tuple[str | int, ...]  # the way to a value in the gate file, as in ("performance", "accuracy", "min")

Number = Annotated[float, Field(allow_inf_nan=False)]
Milliseconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class Block(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Threshold(Block):
    """``min`` for a metric that is better when high, ``max`` for one that is better when low."""

    min: Number | None = None
    max: Number | None = None

    @model_validator(mode="after")
    def exactly_one(self) -> "Threshold":
        if (self.min is None) == (self.max is None):
            raise ValueError("needs either min or max, as in {min: 0.9}")
        return self


class Regression(Block):
    """How much worse than the champion a candidate may be, absolute, on the same rows."""

    max_degradation: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    metrics: Annotated[list[str], Field(min_length=1)] | None = None  # by default those under performance


class Latency(Block):
    """Percentiles of one prediction, in milliseconds."""

    p50_ms: Milliseconds | None = None
    p95_ms: Milliseconds | None = None
    p99_ms: Milliseconds | None = None

    @model_validator(mode="after")
    def at_least_one(self) -> "Latency":
        if not self.limits():
            raise ValueError("names no percentile: p50_ms, p95_ms or p99_ms")
        return self

    def limits(self) -> dict[str, float]:
        return {name: limit for name, limit in self.model_dump().items() if limit is not None}


class Size(Block):
    max_mb: Annotated[float, Field(gt=0, allow_inf_nan=False)]  # 1 MB is 1,000,000 bytes


class Fairness(Block):
    """Largest allowed difference of a metric between groups."""

    max_disparity: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    protected_attributes: Annotated[list[str], Field(min_length=1)]
    metric: str | None = None  # by default accuracy, mae for a regression


class Behavioral(Block):
    test_cases: Annotated[str, Field(min_length=1)]  # relative to the gate file
    min_pass_rate: Share


class Policy(Block):
    require: Annotated[list[Literal["model_card", "data_digest", "approver"]], Field(min_length=1)]


class Statistics(Block):
    """How sure a verdict must be. Without it, estimates are compared with thresholds literally."""

    confidence: Annotated[float, Field(gt=0.5, lt=1)] | None = None
    min_samples: Annotated[int, Field(ge=1)] = 1
    min_group_samples: Annotated[int, Field(ge=1)] = 1
    on_insufficient: Literal["hold", "fail", "pass"] = "hold"


class Gates(Block):
    """The whole file; every block is optional, but a file without a gate judges nothing and is refused."""

    performance: Annotated[dict[str, Threshold], Field(min_length=1)] | None = None
    regression: Regression | None = None
    latency: Latency | None = None
    size: Size | None = None
    fairness: Fairness | None = None
    behavioral: Behavioral | None = None
    policy: Policy | None = None
    statistics: Statistics | None = None

    @model_validator(mode="after")
    def not_empty(self) -> "Gates":
        if not self.model_dump(exclude_none=True, exclude={"statistics"}):
            raise ValueError("holds no gate: a model that nothing judges must not pass")
        return self


class GateError(MlopsError):
    """The gate file asks for what this evidence cannot answer; ``place`` is where it asks."""

    def __init__(self, message: str, *place: str | int) -> None:
        super().__init__(message)
        self.place = place


@dataclass(frozen=True, slots=True)
class GateFile:
    """A gate file that was read."""

    path: Path
    gates: Gates
    digest: str
    lines: Mapping[Place, int]  # of each key, from 1

    @property
    def cases(self) -> Path | None:
        """The file of critical cases, or None without a behavioral gate."""
        return self.path.parent / self.gates.behavioral.test_cases if self.gates.behavioral else None


def read(path: Path) -> GateFile:
    """Read a gate file.

    Raises:
        MlopsError: with file, line, key and what would be right.
    """
    document, lines = yaml_lines.load(path)
    if not isinstance(document, dict):
        raise MlopsError(
            f"{path}:1: holds no gate: performance, regression, latency, size, fairness, … Nothing was judged."
        )
    # A block whose content was commented out would otherwise vanish without a word.
    if empty := next(empty_places(document, ()), None):
        name = ".".join(map(str, empty))
        raise MlopsError(
            f"{path}:{line_of(lines, empty)}: {name} is empty: give it a value or take it out. Nothing was judged."
        )
    try:
        return GateFile(path, Gates.model_validate(document), digests.of_file(path), lines)
    except ValidationError as error:
        first = next(explanations(error, path, lines))
        raise MlopsError(f"{first} Nothing was judged.") from error


def line_of(lines: Mapping[Place, int], place: Place) -> int:
    """The line of a place, or of the nearest one around it."""
    return next((lines[place[:end]] for end in range(len(place), -1, -1) if place[:end] in lines), 1)


def empty_places(value: Any, place: Place) -> Iterator[Place]:
    """Places whose value is null."""
    if value is None:
        yield place
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from empty_places(item, (*place, str(key)))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from empty_places(item, (*place, number))


def explanations(error: ValidationError, path: Path, lines: Any) -> Iterator[str]:
    """Each finding with the line it is about."""
    # A misspelled key comes first: it is why another one is missing.
    for finding in sorted(error.errors(), key=lambda finding: finding["type"] != "extra_forbidden"):
        place = tuple(finding["loc"])
        where = f"{path}:{line_of(lines, place)}:"
        block = ".".join(map(str, place[:-1])) or "the file"
        if finding["type"] == "extra_forbidden":
            hint = suggestion(str(place[-1]), known_keys(place[:-1]))
            yield f"{where} {block} has no key '{place[-1]}'; {hint}"
        elif finding["type"] == "missing":
            yield f"{where} {block} needs the key '{place[-1]}'."
        else:
            message = finding["msg"].removeprefix("Value error, ")
            yield f"{where} {'.'.join(map(str, place)) or 'the file'}: {message}; found {finding['input']!r}."


def suggestion(name: str, candidates: Iterable[str]) -> str:
    """The known name that was probably meant, or all of them."""
    names = list(candidates)
    near = [known for known in names if known.startswith(name)] or get_close_matches(name, names, n=1)
    return f"did you mean '{near[0]}'?" if near else f"there are {', '.join(names) or 'none'}."


def known_keys(place: tuple[Any, ...]) -> list[str]:
    """Keys that may stand at ``place``."""
    if not place:
        return list(Gates.model_fields)
    if place[0] == "performance":
        return list(Threshold.model_fields)
    blocks: dict[str, type[Block]] = {
        "regression": Regression,
        "latency": Latency,
        "size": Size,
        "fairness": Fairness,
        "behavioral": Behavioral,
        "policy": Policy,
        "statistics": Statistics,
    }
    return list(blocks[str(place[0])].model_fields)
