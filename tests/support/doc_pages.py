"""The pages of the documentation, and the blocks of commands and files in them."""

import re
from dataclasses import dataclass
from pathlib import Path

from support.working_tree import ROOT

FENCE = re.compile(r"(?m)^(?:<!-- not run: (?P<reason>.*?) -->\n)?```(?P<info>[^\n]*)\n(?P<body>.*?)^```$", re.DOTALL)
SHELL = {"sh", "bash", "shell", "console"}


@dataclass(frozen=True)
class Block:
    """A fenced block; ``path`` is the file that the reader writes, from an info string such as ``python a/b.py``."""

    page: str
    line: int
    language: str
    path: str | None
    body: str
    not_run: str | None


def pages() -> list[Path]:
    """Return README, CONTRIBUTING and all pages in docs/."""
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(page: Path) -> list[Block]:
    """Return all fenced blocks of a page, in order."""
    text = page.read_text(encoding="utf-8")
    found = []
    for match in FENCE.finditer(text):
        language, _, path = match["info"].strip().partition(" ")
        line = text.count("\n", 0, match.start("info")) + 1
        name = page.relative_to(ROOT).as_posix()
        found.append(Block(name, line, language, path or None, match["body"], match["reason"]))
    return found


def script(page: Path) -> str:
    """Return a page as a shell script that runs its commands and writes its files, each with its line number."""
    parts = ["set -e\n"]
    for block in blocks(page):
        if block.not_run:
            continue
        if block.path:
            written = f"mkdir -p \"$(dirname '{block.path}')\"\ncat > '{block.path}' <<'END-OF-BLOCK'\n"
            parts.append(f"{written}{block.body}END-OF-BLOCK\n")
        elif block.language in SHELL:
            parts.append(f"echo '--- {block.page}:{block.line}'\n{block.body}")
    return "".join(parts)
