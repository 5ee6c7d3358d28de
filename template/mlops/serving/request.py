"""What a request must look like, read from the model's signature."""

from typing import Annotated, Any

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from mlops.model import ColumnType, Signature

# Strict: a number written as text is a mistake of the caller, and guessing would hide it.
STRICT = ConfigDict(extra="forbid", strict=True)
TYPES: dict[ColumnType, Any] = {
    "double": Annotated[float, Field(allow_inf_nan=False)],
    "long": Annotated[int, Field(ge=-(2**63), lt=2**63)],
    "string": str,
    "boolean": bool,
}
SHOWN_PROBLEMS = 20
SHOWN_CHARACTERS = 100


class PredictRequest(BaseModel):
    """The body of ``POST /predict``; ``request_model`` narrows ``instances`` to the inputs of one model."""

    model_config = STRICT

    instances: list[BaseModel]

    def frame(self) -> pd.DataFrame:
        """One row per instance, columns as the signature names them."""
        return pd.DataFrame.from_records([instance.model_dump(by_alias=True) for instance in self.instances])


def request_model(signature: Signature, max_instances: int) -> type[PredictRequest]:
    """The request type of one model: exactly its inputs, and 1 to ``max_instances`` rows.

    The fields get names of their own and the columns' names as aliases, because a column may be called what
    Python or pydantic keeps for itself, such as ``class`` or ``model_config``.
    """
    fields: dict[str, Any] = {
        f"input_{position}": (
            TYPES[column.type] | None if column.nullable else TYPES[column.type],
            Field(default=None, alias=column.name) if column.nullable else Field(alias=column.name),
        )
        for position, column in enumerate(signature.inputs)
    }
    instance: Any = create_model("Instance", __config__=STRICT, **fields)
    instances: Any = (list[instance], Field(min_length=1, max_length=max_instances))
    return create_model("PredictRequest", __base__=PredictRequest, instances=instances)


def problems(error: ValidationError) -> list[dict[str, Any]]:
    """What is wrong with a body, in FastAPI's own form: ``loc`` is the path to the field.

    The values stay out: they may be personal data, and answers end up in logs.
    """
    found = error.errors(include_url=False, include_context=False, include_input=False)[:SHOWN_PROBLEMS]
    return [{"type": one["type"], "loc": ["body", *shown(one["loc"])], "msg": one["msg"]} for one in found]


def shown(path: tuple[int | str, ...]) -> list[int | str]:
    """A path to a field, with names that a caller made up cut to a readable length."""
    return [part if isinstance(part, int) else part[:SHOWN_CHARACTERS] for part in path]
