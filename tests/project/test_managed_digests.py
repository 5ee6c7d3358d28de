"""The recorded digests of managed files are current, and copier renders these files unchanged."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from support.working_tree import ROOT

SCRIPT = "scripts/write_managed_digests.py"


def test_the_recorded_digests_are_current() -> None:
    done = subprocess.run([sys.executable, SCRIPT, "--check"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_render_has_exactly_the_recorded_digests(rendered: Callable[..., Path]) -> None:
    repository = rendered(cloud="aws", gpu_runners="aws", model_registry="aws")
    recorded = json.loads((repository / "mlops" / "managed.json").read_text())["files"]
    found = {path: hashlib.sha256((repository / path).read_bytes()).hexdigest() for path in recorded}
    assert found == recorded
    assert {"Makefile", "dvc.yaml", "mlops/check/runner.py", ".github/workflows/ci.yml"} <= set(recorded)


def test_files_of_the_team_are_not_recorded(rendered: Callable[..., Path]) -> None:
    recorded = json.loads((rendered() / "mlops" / "managed.json").read_text())["files"]
    of_the_team = ("src/", "tests/", "docs/", "deploy/overlays/", "params.yaml", "model_gates.yaml", "README.md")
    assert [path for path in recorded if path.startswith(of_the_team)] == []
