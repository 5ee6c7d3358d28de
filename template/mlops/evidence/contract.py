"""``mlevidence/v1``: the folder that any trainer, in any language, hands to the gate.

``evidence.json`` (``Evidence`` below; its JSON Schema is mlevidence-v1.schema.json) and three tables:
``predictions.parquet``, ``latency.parquet`` and ``behavioral.parquet``.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from mlops.model import Task

VERSION: Literal["mlevidence/v1"] = "mlevidence/v1"
DOCUMENT = "evidence.json"
PREDICTIONS = "predictions.parquet"
LATENCY = "latency.parquet"
BEHAVIORAL = "behavioral.parquet"

Digest = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]
Count = Annotated[int, Field(ge=0)]
Text = Annotated[str, Field(min_length=1)]


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class ModelFacts(Part):
    """A model that was scored."""

    name: Text
    digest: Digest
    size_bytes: Annotated[int, Field(gt=0)]
    registry_version: str | None = Field(description="version in the model registry; null when it is not registered")


class DataFacts(Part):
    """A set of rows."""

    digest: Digest
    rows: Annotated[int, Field(gt=0)]


class Data(Part):
    training: DataFacts
    evaluation: DataFacts = Field(description="the held-out rows; predictions.parquet has one row for each")


class Environment(Part):
    """What the model was made with."""

    lock_digest: Digest
    python: Text
    platform: Text


class LatencyConditions(Part):
    """Under which conditions latency.parquet was measured."""

    warmup_requests: Count
    concurrency: Annotated[int, Field(ge=1)]
    cpu: Text


class Policy(Part):
    """Facts that the policy gate may require; null where there is none."""

    model_card: Digest | None = Field(description="digest of the model card")
    approver: Text | None = Field(description="who answers for this model, from the model card")


class CustomMetric(Part):
    """A metric of the team's own, computed by its trainer."""

    candidate: float
    champion: float | None = None


class Evidence(Part):
    """The document ``evidence.json``."""

    schema_version: Literal["mlevidence/v1"]
    task: Task
    labels: list[int | str] | None = Field(
        description="classification: the two labels, the negative one first; else null"
    )
    positive_label: int | str | None
    commit: Annotated[str, Field(pattern=r"^[0-9a-f]{40}([0-9a-f]{24})?$")] | None = Field(
        description="git commit of the code; null before the first commit"
    )
    dirty: bool = Field(description="true when the code differed from the commit")
    code_digest: Digest | None = Field(default=None, description="digest of the code; see docs/reference/evidence.md")
    candidate: ModelFacts
    champion: ModelFacts | None = Field(description="the model in production; null when there is none")
    data: Data
    environment: Environment
    seed: Count
    protected_attributes: list[Text] = Field(description="columns of predictions.parquet")
    latency: LatencyConditions
    policy: Policy
    custom_metrics: dict[Text, CustomMetric] = Field(default_factory=dict)
    run_id: str | None = Field(default=None, description="run in the tracking store")
