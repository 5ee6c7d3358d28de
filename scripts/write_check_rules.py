"""Write docs/reference/check-rules.md from the docstrings of the rules; ``--check`` reports whether it is stale."""

import argparse
import sys
from pathlib import Path

from espalier.check.registry import SECTIONS, Rule
from espalier.check.runner import choose

ROOT = Path(__file__).resolve().parent.parent
RULES = "src/espalier/check/rules"
PAGE = ROOT / "docs" / "reference" / "check-rules.md"
FAMILIES = {
    "CI": "Workflows",
    "CMD": "Commands and links",
    "DEP": "Dependencies",
    "DOC": "Dockerfiles",
    "DVC": "DVC pipeline",
    "FILE": "Files",
    "GATE": "Gate file",
    "ID": "Personal traces",
    "IMG": "Images",
    "KUS": "Kubernetes",
    "MAN": "Managed files",
    "NAME": "Names in several places",
    "SEC": "Secrets",
    "TEXT": "Template leftovers",
}


def family(rule: Rule) -> str:
    """Return the letters of the rule's id."""
    return rule.id.rstrip("0123456789")


def module(rule: Rule) -> str:
    """Return a link to the module that defines the rule."""
    name = f"{rule.check.__module__.rpartition('.')[2]}.py"
    return f"[{name}](../../{RULES}/{name})"


def page(rules: list[Rule]) -> str:
    """Return the whole reference as Markdown."""
    lines = [
        "# Check rules",
        "",
        "<!-- Written by scripts/write_check_rules.py from the rules' docstrings; edit those. -->",
        "",
        "`espalier check PATH`, and `make check` in a generated repository, apply every rule on this page to the",
        "repository. An error fails the run with exit code 1; a notice does not. `--select` and `--ignore` take an",
        "id, or the beginning of an id. A rule that fails with an error of its own is reported as `CHECK000`. Findings",
        "of the linters that `--tools` runs are reported as `TOOL-<name>`.",
        "",
        f"The rules are in `{RULES}/`; the last column of the table names the module.",
        "",
        "| id | defect | module |",
        "|---|---|---|",
        *(f"| [{rule.id}](#{rule.id.lower()}) | {rule.title} | {module(rule)} |" for rule in rules),
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
    """Return the title with a capital first letter."""
    return title[0].upper() + title[1:]


def markdown(text: str) -> str:
    """Return the text of a docstring, where code is in two backticks, as Markdown, where it is in one."""
    return text.replace("``", "`")


def main() -> int:
    """Write the page, or with ``--check`` compare it; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if the page is stale")
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
