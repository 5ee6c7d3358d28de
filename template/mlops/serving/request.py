"""The format of a prediction request, built from the model's signature."""

from typing import Annotated, Any

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from mlops.model import ColumnType, Signature

# Strict: a number written as text is an error of the client, which a conversion would hide.
STRICT = ConfigDict(extra="forbid", strict=True)
TYPES: dict[ColumnType, Any] = {
    "double": Annotated[float, Field(allow_inf_nan=False)],
    "long": Annotated[int, Field(ge=-(2**63), lt=2**63)],
    "string": str,
    "boolean": bool,
}
MAX_ERRORS = 20
MAX_NAME_CHARACTERS = 100


class PredictRequest(BaseModel):
    """The body of ``POST /predict``; ``request_model`` narrows ``instances`` to the inputs of one model."""

    model_config = STRICT

    instances: list[BaseModel]

    def frame(self) -> pd.DataFrame:
        """Return one row per instance, with the columns of the signature."""
        return pd.DataFrame.from_records([instance.model_dump(by_alias=True) for instance in self.instances])


def request_model(signature: Signature, max_instances: int) -> type[PredictRequest]:
    """Return the request type of one model: exactly its inputs, and 1 to ``max_instances`` rows.

    The fields have generated names and the columns' names as aliases, because a column may have a name that Python or
    pydantic reserves, such as ``class`` or ``model_config``.
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


def validation_details(error: ValidationError) -> list[dict[str, Any]]:
    """Return the errors of a body in FastAPI's format; ``loc`` is the path to the field.

    The values are left out: they may be personal data, and responses end up in logs.
    """
    found = error.errors(include_url=False, include_context=False, include_input=False)[:MAX_ERRORS]
    return [{"type": one["type"], "loc": ["body", *shortened(one["loc"])], "msg": one["msg"]} for one in found]


def shortened(path: tuple[int | str, ...]) -> list[int | str]:
    """Return the path to a field with long names cut; the client chooses them."""
    return [part if isinstance(part, int) else part[:MAX_NAME_CHARACTERS] for part in path]
