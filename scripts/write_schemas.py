"""Write the JSON Schema of ``evidence.json`` from the contract that the gate reads it with.

Usage: ``python scripts/write_schemas.py``; a test fails when the file is stale.
"""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = ROOT / "template"
TARGET = TEMPLATE / "mlops" / "evidence" / "mlevidence-v1.schema.json"
sys.path.insert(0, str(TEMPLATE))

from mlops.evidence.contract import Evidence  # noqa: E402


def text() -> str:
    """The schema as it must be in the file."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://github.com/espalier-ml/espalier/mlevidence-v1.schema.json",
        **Evidence.model_json_schema(),
        "title": "mlevidence/v1, evidence.json",
    }
    return json.dumps(schema, indent=2) + "\n"


if __name__ == "__main__":
    TARGET.write_text(text(), encoding="utf-8")
    print(f"{TARGET.relative_to(ROOT)} written")
