"""The gate file, ``model_gates.yaml``: read, typed, and refused with file, line and key when it is not right."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from . import cases, digests, metrics, typed, yaml_lines
from .errors import CorrectableError
from .typed import Is, Misfit, Place, Unfit

NonNegative = Annotated[float, Is(at_least=0)]
Milliseconds = Annotated[float, Is(more_than=0)]
Share = Annotated[float, Is(at_least=0, at_most=1)]
MOST_CONFIDENCE = 0.999  # of a bound by resampling: the thousandth part of 1,000 draws is one of them
Names = Annotated[list[str], Is(length=1, unique=True)]
Combined = Annotated[list[str], Is(length=2, unique=True)]
FairnessMetric = Literal[
    "accuracy",
    "selection_rate",
    "true_positive_rate",
    "false_positive_rate",
    "equalized_odds",
    "error",
    "equalised_odds",
    "recall",
    "mae",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """``min`` for a metric that is better when high, ``max`` for one that is better when low."""

    min: float | None = None
    max: float | None = None
    max_degradation: Annotated[
        NonNegative | None, Is(about="how much worse than the champion, in place of regression.max_degradation")
    ] = None

    SCHEMA: ClassVar[dict[str, Any]] = {"oneOf": [{"required": ["min"]}, {"required": ["max"]}]}

    def __post_init__(self) -> None:
        if (self.min is None) == (self.max is None):
            raise Unfit("needs either min or max, as in {min: 0.9}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Degradation:
    """How much worse than the champion one metric may be."""

    max_degradation: NonNegative


@dataclass(frozen=True, slots=True, kw_only=True)
class Regression:
    """How much worse than the champion a candidate may be, absolute, on the same rows."""

    max_degradation: Annotated[
        NonNegative | None, Is(about="of each metric that has no limit of its own, in the metric's unit")
    ] = None
    metrics: Annotated[
        Names | Annotated[dict[str, Degradation], Is(length=1)] | None,
        Is(about="the metrics to compare, with limits of their own or without; by default those under performance"),
    ] = None

    SCHEMA: ClassVar[dict[str, Any]] = {"minProperties": 1}

    def __post_init__(self) -> None:
        if self.max_degradation is None and not isinstance(self.metrics, dict):
            raise Unfit("needs the key 'max_degradation', as in {max_degradation: 0.01}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """Percentiles of one prediction, in milliseconds."""

    p50_ms: Milliseconds | None = None
    p95_ms: Milliseconds | None = None
    p99_ms: Milliseconds | None = None

    SCHEMA: ClassVar[dict[str, Any]] = {"minProperties": 1}

    def __post_init__(self) -> None:
        if not self.limits():
            raise Unfit("names no percentile: p50_ms, p95_ms or p99_ms.")

    def limits(self) -> dict[str, float]:
        """Name of a percentile to its limit."""
        found = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: limit for name, limit in found.items() if limit is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """The model's files together; 1 MB is 1,000,000 bytes."""

    max_mb: Annotated[float, Is(more_than=0)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fairness:
    """Largest allowed difference of a metric between two groups."""

    max_disparity: NonNegative
    protected_attributes: Annotated[
        list[str | Combined], Is(length=1, unique=True, about="a list within the list combines attributes")
    ]
    metric: Annotated[FairnessMetric | None, Is(about="by default accuracy, error for a regression")] = None

    def __post_init__(self) -> None:
        if self.metric not in (None, "error", "mae") and self.max_disparity > 1:
            raise Unfit(f"shares cannot be {self.max_disparity:g} apart: 0.05 is five points.", "max_disparity")


@dataclass(frozen=True, slots=True, kw_only=True)
class Behavioral:
    """Critical cases and the share of them that must come out right."""

    test_cases: Annotated[str, Is(length=1, about="a CSV file, relative to the gate file")]
    min_pass_rate: Share

    def __post_init__(self) -> None:
        if any(character == "\0" or "\ud800" <= character <= "\udfff" for character in self.test_cases):
            raise Unfit(
                f"{typed.shown(self.test_cases)} is no path: it holds a character that no name of a file has; "
                "write it as in tests/critical_cases.csv.",
                "test_cases",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Facts that must be there."""

    require: Annotated[list[Literal["model_card", "data_digest", "approver"]], Is(length=1, unique=True)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """How sure a verdict must be. Without it, estimates are compared with thresholds literally."""

    confidence: Annotated[
        float,
        Is(
            more_than=0.5,
            at_most=MOST_CONFIDENCE,
            about="of each one-sided bound: 0.95 lets one bad model in twenty pass",
        ),
    ] = 0.95
    min_samples: Annotated[int, Is(at_least=1, about="rows, and timed requests")] = 1
    min_group_samples: Annotated[int, Is(at_least=1, about="rows of each group")] = 1
    on_insufficient: Annotated[Literal["hold", "fail", "pass"], Is(about="what a smaller sample gets")] = "hold"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gates:
    """Which models may be released. Every block is optional, but a file without a gate judges nothing."""

    performance: Annotated[dict[str, Threshold], Is(length=1, keys=tuple(sorted(metrics.EVERY)))] | None = None
    regression: Regression | None = None
    latency: Latency | None = None
    size: Size | None = None
    fairness: Fairness | None = None
    behavioral: Behavioral | None = None
    policy: Policy | None = None
    statistics: Statistics | None = None

    SCHEMA: ClassVar[dict[str, Any]] = {
        "anyOf": [
            {"required": [kind]}
            for kind in ("performance", "regression", "latency", "size", "fairness", "behavioral", "policy")
        ]
    }

    def __post_init__(self) -> None:
        blocks = [getattr(self, field.name) for field in fields(self) if field.name != "statistics"]
        if not any(blocks):
            raise Unfit("holds no gate: a model that nothing judges must not pass.")
        for name, threshold in (self.performance or {}).items():
            check_threshold(name, threshold)
        self.check_degradations()

    def check_degradations(self) -> None:
        """A limit that no gate applies would be trusted for nothing."""
        for name, threshold in (self.performance or {}).items():
            if threshold.max_degradation is None:
                continue
            place = ("performance", name, "max_degradation")
            if self.regression is None:
                raise Unfit("nothing compares with the champion: add `regression: {max_degradation: 0.01}`.", *place)
            if self.regression.metrics is not None and name not in self.regression.metrics:
                raise Unfit(f"regression.metrics does not name '{name}'.", *place)
            if isinstance(self.regression.metrics, dict):
                raise Unfit(f"regression.metrics.{name} says it as well: one of them too many.", *place)
        for name, limit, stands in self.degradations():
            widest = max(metrics.EVERY.get(name, []), key=span, default=None)
            if widest and limit > span(widest):
                raise Unfit(f"{name} is {widest.range} and cannot get worse by {limit:g}: 0.01 is a point.", *stands)

    def degradations(self) -> Iterator[tuple[str, float, Place]]:
        """Each metric that is compared with the champion's, its limit, and where that stands."""
        if self.regression is None:
            return
        compared, general = self.regression.metrics, self.regression.max_degradation
        if compared is None and not self.performance:
            raise Unfit("there is nothing to compare; name metrics under performance or here.", "regression", "metrics")
        for name in compared or self.performance or ():
            threshold = (self.performance or {}).get(name)
            if isinstance(compared, dict):
                yield name, compared[name].max_degradation, ("regression", "metrics", name, "max_degradation")
            elif threshold is not None and threshold.max_degradation is not None:
                yield name, threshold.max_degradation, ("performance", name, "max_degradation")
            elif general is not None:
                yield name, general, ("regression", "max_degradation")


def span(metric: metrics.Metric) -> float:
    """From the lowest value that a metric can have to the highest; infinite without one of them."""
    return math.inf if metric.lowest is None or metric.highest is None else metric.highest - metric.lowest


def check_threshold(name: str, threshold: Threshold) -> None:
    """Refuse a threshold on the wrong side, or one that no model can reach or miss.

    A name that is no metric of ours may be one of the team's own, of which nothing is known here.
    """
    known = metrics.EVERY.get(name)
    if not known:
        return
    wrong, right = ("max", "min") if known[0].higher_is_better else ("min", "max")
    if getattr(threshold, wrong) is not None:
        raise Unfit(f"{wrong} would let every bad model pass; this metric needs {right}.", "performance", name, wrong)
    value = getattr(threshold, right)
    if not any(
        (metric.lowest is None or value >= metric.lowest) and (metric.highest is None or value <= metric.highest)
        for metric in known
    ):
        raise Unfit(f"{name} is {known[0].range}; found {typed.shown(value)}.", "performance", name, right)


@dataclass(frozen=True, slots=True)
class GateFile:
    """A gate file that was read."""

    path: Path
    gates: Gates
    digest: str
    lines: Mapping[Place, int]  # of each key, from 1
    cases: tuple[cases.Case, ...]  # of the behavioral gate; empty without one

    @property
    def case_file(self) -> Path | None:
        """The file of critical cases, or None without a behavioral gate."""
        return self.path.parent / self.gates.behavioral.test_cases if self.gates.behavioral else None


def read(path: Path) -> GateFile:
    """Read a gate file, and the critical cases that it names.

    Raises:
        CorrectableError: with file, line, key and what would be right.
    """
    return with_cases(without_cases(path))


def without_cases(path: Path) -> GateFile:
    """The gate file by itself.

    Raises:
        CorrectableError: with file, line, key and what would be right.
    """
    gates, misfits, lines = parse(path)
    if gates is None:
        raise CorrectableError(f"{located(path, lines, misfits[0])} Nothing was judged.")
    return GateFile(path, gates, digests.of_file(path), lines, ())


def with_cases(file: GateFile) -> GateFile:
    """The gate file with the critical cases that it names.

    Raises:
        CorrectableError: the case file is not right.
    """
    return replace(file, cases=cases.read(file.case_file)) if file.case_file else file


def lint(path: Path) -> list[str]:
    """All that is wrong with a gate file and its critical cases, each with its line; nothing where all is right.

    Raises:
        CorrectableError: the file is no plain YAML.
    """
    gates, misfits, lines = parse(path)
    if gates is None:
        return [located(path, lines, misfit) for misfit in misfits]
    try:
        read(path)
    except CorrectableError as error:
        return [str(error)]
    return []


def parse(path: Path) -> tuple[Gates | None, list[Misfit], Mapping[Place, int]]:
    """The gates, or what is wrong with them, and the line of each key."""
    document, lines = yaml_lines.load(path)
    if not isinstance(document, dict):
        words = "holds no gate: performance, regression, latency, size, fairness, …"
        return None, [Misfit((), words)], lines
    gates, misfits = typed.read(Gates, document, nulls=False)
    return gates, misfits, lines


def located(path: Path, lines: Mapping[Place, int], misfit: Misfit) -> str:
    """A misfit with its file and line."""
    return f"{path}:{line_of(lines, misfit.place)}: {misfit.message}"


def line_of(lines: Mapping[Place, int], place: Place) -> int:
    """The line of a place, or of the nearest one around it."""
    return next((lines[place[:end]] for end in range(len(place), -1, -1) if place[:end] in lines), 1)
