"""The blocks of a gate file as one dataclass, built from KINDS; parser and JSON Schema use this dataclass."""

from dataclasses import make_dataclass

from ..core.dataclass_schema import InvalidFields
from ..decision.statistics_settings import Statistics
from ..kinds import KINDS
from ..kinds.gate_kind import GateBlocks


def check_blocks(blocks: GateBlocks) -> None:
    """Refuse a file without a gate, and blocks that contradict each other.

    Raises:
        InvalidFields: The message contains the place.
    """
    if not any(blocks.block(kind) for kind in KINDS):
        raise InvalidFields("contains no gate: a model must not pass without being judged.")
    for kind in KINDS:
        if kind.check_blocks is not None:
            kind.check_blocks(blocks)


Gates: type[GateBlocks] = make_dataclass(
    "Gates",
    [*((kind.name, kind.block | None, None) for kind in KINDS), ("statistics", Statistics | None, None)],
    bases=(GateBlocks,),
    namespace={
        "__doc__": "Which models may be released. Every block is optional, but a file needs at least one gate.",
        "__post_init__": check_blocks,
        "SCHEMA": {"anyOf": [{"required": [kind.name]} for kind in KINDS]},
    },
    frozen=True,
    kw_only=True,
)
