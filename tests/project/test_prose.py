"""The prose check: it reports each phrase on its line, and reads no code."""

import subprocess
import sys
import textwrap

import pytest
import yaml

import check_prose
from support.working_tree import ROOT

ROWS = yaml.safe_load(check_prose.PHRASES.read_text())
FORMS = {
    "page.md": "# A heading\n\nA first paragraph\nof two lines.\n\n{}\n",
    "table.md": "| a | b |\n|---|---|\n| one | two |\n| x | y |\n|---|\n| {} |\n",
    "module.py": '"""Return nothing."""\n\n\ndef f():\n    x = 1\n    # {}\n    return x\n',
    "docstring.py": 'def f():\n    """Return nothing.\n\n    Two lines\n    before it.\n    {}\n    """\n',
    "message.py": "def f(x):\n    raise ValueError(\n        x,\n        1,\n        2,\n        f'{}',\n    )\n",
    "settings.yaml": "a: 1\nb: 2\nc:\n  - d\n\n# {}\n",
    "main.tf": 'variable "x" {{\n  type = string\n\n\n\n  description = "{}"\n}}\n',
    "Makefile": "a:\n\ttrue\nb:\n\ttrue\n\nhelp: ## {}\n",
    "run.sh": "#!/bin/sh\nset -e\ncd /tmp\n\n\n# {}\n",
    "README.md.jinja": "# [[ name ]]\n\n[% if ci == 'github' %]\nText.\n[% endif %]\n{}\n",
}


def lines(name: str, text: str) -> list[int]:
    return [slip.line for slip in check_prose.slips(name, text)]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["example"])
def test_each_phrase_of_the_list_is_reported_with_what_to_write(row: dict[str, str]) -> None:
    found = check_prose.slips("page.md", f"A page.\n\n{row['example']}\n")
    assert [slip.line for slip in found if row["write"] in slip.write] == [3]
    if fine := row.get("fine"):
        assert check_prose.slips("page.md", f"{fine}\n") == []


@pytest.mark.parametrize("name", FORMS)
def test_a_phrase_is_found_on_its_line_in_every_kind_of_file(name: str) -> None:
    assert lines(name, FORMS[name].format("Nobody reads this file.")) == [6]
    assert lines(name, FORMS[name].format("No user reads this file.")) == []


def test_a_phrase_that_is_broken_over_two_lines_is_found_on_the_first() -> None:
    assert lines("page.md", "The value is\nno number.\n") == [1]
    assert lines("a.py", "# The value\n# is\n#  no number.\n") == [2]
    assert lines("a.py", "def f():\n    raise ValueError('the value is '\n        'no number')\n") == [2]


def test_two_passages_are_not_read_as_one() -> None:
    assert lines("page.md", "- what it is\n- no number\n\nThe end\n\nend of it\n") == []
    assert lines("a.py", "x = 1  # of rows\ny = 2  # rows of it\n") == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("page.md", "```sh\nnobody says anew\n```\n"),
        (
            "page.md",
            "Run `nobody` as the user `says`; see [a page](nobody/alone.md) and https://example.org/alone/anew.\n",
        ),
        ("a.py", "nobody = whatever = alone = 1\nprint(nobody.says(anew))\n"),
        ("a.py", '# Call `nobody()`, nobody_knows and x.says here\nx = "alone"\n'),
        ("tests/test_a.py", 'text = "a planted sentence that nobody reads"\n'),
        ("a.yaml", "user: [[ nobody ]]\nif: [% if whatever %]x[% endif %]\n"),
        ("a.md", "The chapter stand-alone lists the files.\n"),
    ],
)
def test_code_is_not_read(name: str, text: str) -> None:
    assert check_prose.slips(name, text) == []


def test_the_name_of_a_test_is_read() -> None:
    [slip] = check_prose.slips("tests/test_a.py", "def test_nobody_reads_it():\n    pass\n")
    assert (slip.line, slip.phrase) == (1, "nobody")


@pytest.mark.parametrize(
    ("sentence", "phrase"),
    [
        ("It tests the the whole list.", "the the"),
        ("It goes without saying that this works.", "goes without saying"),
        ("The rows could of been fewer.", "could of"),
        ("There are alot of rows.", "alot"),
    ],
)
def test_the_rules_of_proselint_apply(sentence: str, phrase: str) -> None:
    for name, text in (("page.md", f"Text.\n\n{sentence}\n"), ("a.py", f"x = 1\n\n# {sentence}\n")):
        found = [slip for slip in check_prose.slips(name, text) if "proselint" in slip.write]
        assert [slip.line for slip in found]
        assert {slip.line for slip in found} == {3}
        assert phrase in " ".join(slip.phrase for slip in found).lower()


def test_the_command_prints_the_place_and_ends_with_1(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("project")
    for name in ("check_prose.py", "prose_reader.py", "prose_phrases.yml"):
        (folder / "scripts").mkdir(exist_ok=True)
        (folder / "scripts" / name).write_text((ROOT / "scripts" / name).read_text())
    page = folder / "page.md"
    subprocess.run(["git", "init", "--quiet"], cwd=folder, check=True)

    def run() -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(folder / "scripts" / "check_prose.py"), "page.md"]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    page.write_text(
        textwrap.dedent("""\
        # Page

        It is computed anew.
        """)
    )
    done = run()
    assert done.returncode == 1
    assert done.stdout.startswith('page.md:3: "anew": write: again')
    page.write_text("# Page\n\nIt is computed again.\n")
    assert run().returncode == 0
