"""Links in the documentation lead to existing pages and headings, and blocks that are not run have a reason."""

import re
from pathlib import Path

import pytest

from support.doc_pages import SHELL, blocks, pages, script
from support.working_tree import ROOT

# Commands that tests/project/test_doc_commands.py does not run, each with the reason in its page.
NOT_RUN = {
    ("README.md", "a demo inside the test of the demo; tests/project/test_demo.py runs make demo"),
    ("README.md", "installs a tool for the user"),
    ("README.md", "it compiles Kubernetes the first time, some 20 minutes of processor time, and waits for Ctrl-C"),
    ("docs/how-to/apply-for-the-first-time.md", "it needs an AWS account"),
    ("docs/how-to/bring-your-own-network.md", "it needs an AWS account"),
    ("docs/how-to/destroy-the-infrastructure.md", "it needs an AWS account"),
    ("docs/how-to/restore-the-registry.md", "it needs an AWS account"),
    *(
        ("docs/how-to/run-manifests-without-a-cluster.md", reason)
        for reason in (
            "it compiles Kubernetes; tests/control_plane runs the result",
            "it waits for Ctrl-C; tests/control_plane/test_command.py starts it",
            "it needs the control plane that runs in the other terminal",
        )
    ),
}
# Pages whose commands are run. The other pages may contain commands only as examples of a format.
RUN = {
    "README.md",
    *(p.relative_to(ROOT).as_posix() for d in ("tutorial", "how-to") for p in (ROOT / "docs" / d).iterdir()),
}


def slug(heading: str) -> str:
    """Return the anchor that GitHub generates for a heading."""
    text = re.sub(r"[`*]|\[(.*?)\]\(.*?\)", r"\1", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", text).replace(" ", "-")


def anchors(page: Path) -> set[str]:
    text = re.sub(r"(?ms)^```.*?^```$", "", page.read_text(encoding="utf-8"))
    return {slug(heading) for heading in re.findall(r"(?m)^#+ (.*)$", text)}


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_to_pages_and_headings_that_exist(page: Path) -> None:
    text = re.sub(r"(?ms)^```.*?^```$", "", page.read_text(encoding="utf-8"))
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        found = (page.parent / path).resolve() if path else page
        assert found.exists(), f"{page.name} links to {target}"
        if anchor:
            assert anchor in anchors(found), f"{page.name} links to {target}; there are {sorted(anchors(found))}"


def test_every_block_that_is_not_run_has_its_reason() -> None:
    found = {(block.page, block.not_run) for page in pages() for block in blocks(page) if block.not_run}
    assert found == NOT_RUN


def test_commands_are_only_on_pages_whose_commands_are_run() -> None:
    outside = {
        block.page for page in pages() for block in blocks(page) if block.language in SHELL and block.page not in RUN
    }
    # CONTRIBUTING names make targets, which test_makefile covers; questions and check rules are generated
    assert outside <= {"CONTRIBUTING.md", "docs/reference/questions.md", "docs/reference/check-rules.md"} | {
        "docs/reference/figures.md",
        "docs/reference/evidence.md",
    }


def test_every_page_of_the_documentation_is_linked_from_its_first_page() -> None:
    first = (ROOT / "docs" / "README.md").read_text() + (ROOT / "docs" / "decisions" / "README.md").read_text()
    missing = [
        page.name for page in (ROOT / "docs").rglob("*.md") if page.name != "README.md" and page.name not in first
    ]
    assert missing == []


def test_the_script_of_a_page_keeps_order_and_writes_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from support import doc_pages

    page = tmp_path / "page.md"
    page.write_text("```sh\ncat f\n```\n```python f\nx = '$y'\n```\n<!-- not run: no -->\n```sh\nfalse\n```\n")
    monkeypatch.setattr(doc_pages, "ROOT", tmp_path)
    text = script(page)
    assert text.index("cat f") < text.index("x = '$y'")
    assert "false" not in text
