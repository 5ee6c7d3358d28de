"""Write docs/reference/check-rules.md from the rules themselves; ``--check`` only says whether it is stale."""

import argparse
import sys
from pathlib import Path

from espalier.check.registry import SECTIONS, Rule
from espalier.check.runner import choose

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "reference" / "check-rules.md"
FAMILIES = {
    "CI": "Workflows",
    "CMD": "Calls",
    "DEP": "Dependencies",
    "DOC": "Dockerfiles",
    "DVC": "The pipeline",
    "FILE": "Files",
    "GATE": "Gates",
    "ID": "Identities",
    "IMG": "Images",
    "KUS": "Kubernetes",
    "MAN": "Managed files",
    "NAME": "Names",
    "SEC": "Secrets",
    "TEXT": "Leftovers",
}


def family(rule: Rule) -> str:
    return rule.id.rstrip("0123456789")


def page(rules: list[Rule]) -> str:
    """The whole reference, as Markdown."""
    lines = [
        "# Check rules",
        "",
        "<!-- Written by scripts/write_check_rules.py from the rules' docstrings; edit those. -->",
        "",
        "`espalier check PATH`, and `make check` in a generated repository, hold every rule on this page against the",
        "repository. An error fails the run with exit code 1; a notice is only told. `--select` and `--ignore` take an",
        "id, or the beginning of one. A rule that could not judge is reported as `CHECK000`, and the findings of",
        "linters that `--tools` ran as `TOOL-<name>`.",
        "",
        "| id | a finding says that |",
        "|---|---|",
        *(f"| [{rule.id}](#{rule.id.lower()}) | {rule.title} |" for rule in rules),
    ]
    for name in sorted({family(rule) for rule in rules}, key=FAMILIES.__getitem__):
        lines += ["", f"## {FAMILIES[name]}"]
        for rule in rules:
            if family(rule) == name:
                lines += ["", f"### {rule.id}", "", f"**{capitalized(rule.title)}** ({rule.severity}).", ""]
                lines += [markdown(rule.what), ""]
                lines += [f"- *{section}*: {markdown(rule.section(section))}" for section in SECTIONS]
    return "\n".join(lines) + "\n"


def capitalized(title: str) -> str:
    return title[0].upper() + title[1:]


def markdown(text: str) -> str:
    """Docstrings write code in two backticks, Markdown in one."""
    return text.replace("``", "`")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 where the page is stale")
    arguments = parser.parse_args()
    wanted = page(choose())
    if arguments.check:
        if PAGE.exists() and PAGE.read_text(encoding="utf-8") == wanted:
            return 0
        print(f"{PAGE.relative_to(ROOT)} is stale: run python scripts/write_check_rules.py", file=sys.stderr)
        return 1
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(wanted, encoding="utf-8")
    print(f"wrote {PAGE.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
