"""Write the tables of inputs and outputs into the README of each Terraform module.

Usage: ``python scripts/write_infra_docs.py``; a test fails if a README is stale. A README marks the place of the
table of inputs with ``<!-- inputs -->`` … ``<!-- /inputs -->``, and the same for outputs.
"""

import re
import sys
from pathlib import Path
from typing import Any

import hcl2

ROOT = Path(__file__).resolve().parent.parent
MODULES = ROOT / "infra" / "modules"


def blocks(module: Path, kind: str) -> dict[str, dict[str, Any]]:
    """Return all blocks of one kind in a module, such as its variables, by name, in the order of the files."""
    found = {}
    for path in sorted(module.glob("*.tf")):
        for block in hcl2.loads(path.read_text(encoding="utf-8")).get(kind, []):
            for name, body in block.items():
                found[name.strip('"')] = body
    return found


def hcl(value: object) -> str:
    """Return a default value in Terraform syntax, on one line."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, list):
        return "[" + ", ".join(hcl(item) for item in value) + "]"
    if isinstance(value, dict):
        items = [f"{key} = {hcl(item)}" for key, item in value.items() if not key.startswith("__")]
        return "{ " + ", ".join(items) + " }" if items else "{}"
    return expression(str(value))


def expression(text: str) -> str:
    """Return an expression without the marks that the parser adds around it, on one line."""
    inner = text[2:-1] if text.startswith("${") and text.endswith("}") else text
    return " ".join(inner.split())


def cell(text: str) -> str:
    """Return the text with the characters escaped that a Markdown table cannot contain."""
    return text.replace("|", "\\|").replace("<", "&lt;").replace(">", "&gt;")


def described(body: dict[str, Any]) -> str:
    """Return the description of a block as the text of a table cell."""
    text = " ".join(str(body.get("description", "")).strip('"').replace('\\"', '"').split())
    return cell(text)


def inputs(module: Path) -> str:
    """Return the table of the inputs of a module."""
    lines = ["| input | type | default | meaning |", "|---|---|---|---|"]
    for name, body in blocks(module, "variable").items():
        default = f"`{hcl(body['default'])}`" if "default" in body else "required"
        kind = expression(str(body.get("type", "any")))
        lines.append(f"| `{name}` | `{kind}` | {default} | {described(body)} |".replace("||", "\\|\\|"))
    return "\n".join(lines)


def outputs(module: Path) -> str:
    """Return the table of the outputs of a module."""
    lines = ["| output | meaning |", "|---|---|"]
    lines += [f"| `{name}` | {described(body)} |" for name, body in blocks(module, "output").items()]
    return "\n".join(lines)


def text(module: Path) -> str:
    """Return the README of a module with current tables.

    Raises:
        ValueError: If the README lacks a pair of marks.
    """
    readme = (module / "README.md").read_text(encoding="utf-8")
    for mark, table in (("inputs", inputs(module)), ("outputs", outputs(module))):
        pattern = re.compile(f"<!-- {mark} -->.*?<!-- /{mark} -->", re.DOTALL)
        if not pattern.search(readme):
            raise ValueError(f"{module.name}/README.md has no <!-- {mark} --> … <!-- /{mark} -->: add both lines")
        table_with_marks = f"<!-- {mark} -->\n\n{table}\n\n<!-- /{mark} -->"
        readme = pattern.sub(lambda _: table_with_marks, readme)  # noqa: B023 - called immediately
    return readme


if __name__ == "__main__":
    chosen = sys.argv[1:] or sorted(path.name for path in MODULES.iterdir() if (path / "README.md").is_file())
    for name in chosen:
        target = MODULES / name / "README.md"
        target.write_text(text(MODULES / name), encoding="utf-8")
        print(f"{target.relative_to(ROOT)} written")
