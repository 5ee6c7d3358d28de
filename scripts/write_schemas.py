"""Write the JSON Schemas of evidence, gate file and verdict from the dataclasses that they are read with.

Usage: ``make generated``; a test fails when a file is stale.
"""

import json
from pathlib import Path

from mlops.gates.core import dataclass_schema
from mlops.gates.evidence.contract import Evidence
from mlops.gates.gate_file.blocks import Gates
from mlops.gates.verdict import VerdictDocument

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "template" / "mlops" / "gates" / "schemas"
# name of the file, the dataclass, what it is of, and whether null may stand for a value that is not there
SCHEMAS = {
    "mlevidence-v1": (Evidence, "mlevidence/v1, evidence.json", True),
    "mlgates-v1": (Gates, "model_gates.yaml", False),
    "mlverdict-v1": (VerdictDocument, "mlverdict/v1, verdict.json", True),
}
TARGETS = {name: FOLDER / f"{name}.schema.json" for name in SCHEMAS}


def text(name: str) -> str:
    """The schema as it must be in the file."""
    kind, title, nulls = SCHEMAS[name]
    return json.dumps(dataclass_schema.schema(kind, title, nulls), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    for name, target in TARGETS.items():
        target.write_text(text(name), encoding="utf-8")
        print(f"{target.relative_to(ROOT)} written")
