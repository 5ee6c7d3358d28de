"""The Makefiles work with GNU make 3.81 and BSD tools, have short recipes, and list their targets in the help."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from support.working_tree import ROOT

MAKEFILES = [ROOT / "Makefile", ROOT / "template" / "Makefile"]
TARGET = re.compile(r"^([a-z][a-z-]*):(?!=)(.*)$", re.MULTILINE)


@pytest.mark.parametrize("makefile", MAKEFILES, ids=["root", "template"])
def test_every_target_is_phony_and_its_help_is_listed(makefile: Path) -> None:
    text = makefile.read_text()
    targets = {name: rest for name, rest in TARGET.findall(text)}
    [phony] = re.findall(r"^\.PHONY: (.*)$", text, re.MULTILINE)
    assert set(phony.split()) == set(targets)
    done = subprocess.run(["make", "-f", str(makefile), "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    listed = {line.split()[0] for line in done.stdout.splitlines() if line.startswith("  ")}
    assert listed == {name for name, rest in targets.items() if "## " in rest}


@pytest.mark.parametrize("makefile", MAKEFILES, ids=["root", "template"])
@pytest.mark.parametrize(
    ("gnu_only", "why"),
    [
        (r"sed -i(?! ?'')", "BSD's sed requires a suffix after -i"),
        (r"\breadlink -f|\brealpath\b", "macOS does not have these"),
        (r"\bgrep -[a-zA-Z]*P", "BSD's grep does not have -P"),
        (r"\bxargs [^|]*-r\b|\bcp -[a-z]*[tT]|\bdate -d|\bmktemp --", "a GNU option"),
        (r"^\.ONESHELL|\$\(file |!=|::=", "newer than make 3.81"),
        (r"\[\[ |\bfunction |<<<", "bash, not sh"),
    ],
)
def test_recipes_work_with_gnu_and_bsd_tools(makefile: Path, gnu_only: str, why: str) -> None:
    found = [line for line in makefile.read_text().splitlines() if re.search(gnu_only, line)]
    assert found == [], why


def test_targets_install_the_environment_first() -> None:
    def commands(target: str) -> str:
        command = ["make", "-n", target]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
        return done.stdout

    for target in ("test", "test-all", "lint", "types"):
        first = commands(target).splitlines()[0]
        assert "template/mlops/environment.py --venv .venv --extra dev" in first, target
    assert "scripts/demo.py" in commands("demo")


def test_a_python_that_is_too_old_stops_make_with_one_sentence(tmp_path: Path) -> None:
    old = tmp_path / "python3"
    old.write_text("#!/bin/sh\necho 'setup: this is Python 3.8' >&2; exit 1\n")
    old.chmod(0o755)
    done = subprocess.run(["make", f"PYTHON3={old}", "lint"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "this is Python 3.8" in done.stderr
    assert "ruff" not in done.stdout


def test_a_recipe_is_one_line_with_at_most_two_commands() -> None:
    """Then make's error names the target that failed."""
    recipes = re.findall(r"(?m)^([a-z][a-z-]*):(?!=).*\n((?:\t.*\n?)*)", MAKEFILES[0].read_text())
    assert len(recipes) > 20
    long = {name for name, recipe in recipes if len(recipe.splitlines()) > 1 or recipe.count("&&") > 1}
    assert long == set()
