"""``mlevidence/v1``: the evidence folder that a trainer in any language writes for the gates.

``evidence.json`` (``Evidence`` below; its JSON Schema is schemas/mlevidence-v1.schema.json) and three tables,
``predictions``, ``latency`` and ``behavioral``, each as ``.parquet`` or ``.csv``.
"""

from dataclasses import dataclass, field
from typing import Annotated, Literal

from ..core.dataclass_schema import InvalidFields, Limits

VERSION: Literal["mlevidence/v1"] = "mlevidence/v1"
DOCUMENT = "evidence.json"
PREDICTIONS = "predictions"
LATENCY = "latency"
BEHAVIORAL = "behavioral"

Task = Literal["classification", "multiclass", "regression"]
Label = int | str
Text = Annotated[str, Limits(length=1)]
Digest = Annotated[str, Limits(pattern=r"^sha256:[0-9a-f]{64}$")]
Commit = Annotated[str, Limits(pattern=r"^[0-9a-f]{40}([0-9a-f]{24})?$")]
Count = Annotated[int, Limits(at_least=0)]
AtLeastOne = Annotated[int, Limits(at_least=1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFacts:
    """A model that was scored."""

    name: Text
    digest: Digest
    size_bytes: AtLeastOne
    registry_version: Annotated[
        str | None, Limits(about="version in the model registry; null when it is not registered")
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class DataFacts:
    """A set of rows."""

    digest: Digest
    rows: AtLeastOne


@dataclass(frozen=True, slots=True, kw_only=True)
class Data:
    """The training rows, and the held-out rows, one for each row of predictions."""

    training: DataFacts
    evaluation: DataFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """The environment in which the model was trained."""

    lock_digest: Digest
    python: Text
    platform: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class LatencyConditions:
    """Conditions under which the latencies were measured."""

    warmup_requests: Count
    concurrency: AtLeastOne
    cpu: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Facts that the policy gate may require; null if there is none."""

    model_card: Annotated[Digest | None, Limits(about="digest of the model card")]
    approver: Annotated[Text | None, Limits(about="who is responsible for this model, from the model card")]


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomMetric:
    """A custom metric, computed by the team's trainer."""

    candidate: float
    champion: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The document ``evidence.json``."""

    schema_version: Literal["mlevidence/v1"]
    task: Annotated[Task, Limits(about="classification has two labels, multiclass three or more")]
    labels: Annotated[
        list[Label] | None,
        Limits(about="classification: the negative label, then the positive one; multiclass: all; regression: null"),
    ]
    positive_label: Annotated[Label | None, Limits(about="classification: whose probability the score is; else null")]
    commit: Annotated[Commit | None, Limits(about="git commit of the code; null before the first commit")]
    dirty: Annotated[bool, Limits(about="true when the code differed from the commit")]
    code_digest: Annotated[Digest | None, Limits(about="digest of the code; see docs/reference/evidence.md")] = None
    candidate: ModelFacts
    champion: Annotated[ModelFacts | None, Limits(about="the model in production; null when there is none")]
    data: Data
    environment: Environment
    seed: Count
    protected_attributes: Annotated[
        list[Text], Limits(about="columns of predictions that contain a group", unique=True)
    ]
    latency: LatencyConditions
    policy: Policy
    custom_metrics: dict[Text, CustomMetric] = field(default_factory=dict)
    inputs: Annotated[
        list[Text] | None, Limits(about="the model's input columns: a case file may have no others", unique=True)
    ] = None
    run_id: Annotated[str | None, Limits(about="run in the tracking store")] = None

    def __post_init__(self) -> None:
        """Refuse fields that contradict each other."""
        labels = self.labels or []
        if len(set(labels)) != len(labels):
            raise InvalidFields(f"a label appears twice: {labels}", "labels")
        if self.task == "classification" and (len(labels) != 2 or self.positive_label not in labels):
            raise InvalidFields(
                "a classification needs two labels and one of them as positive_label; "
                f"found {self.labels} and {self.positive_label!r}; a task with more labels is 'multiclass'",
                "labels",
            )
        if self.task == "multiclass" and (len(labels) < 3 or self.positive_label is not None):
            raise InvalidFields(
                "the task multiclass needs three labels or more, and null as positive_label; "
                f"found {self.labels} and {self.positive_label!r}",
                "labels",
            )
        if self.task == "regression" and (self.labels is not None or self.positive_label is not None):
            raise InvalidFields("a regression has null as labels and as positive_label", "labels")
