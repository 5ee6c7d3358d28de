"""What a team writes into an overlay to have a canary."""

from collections.abc import Mapping
from pathlib import Path

import yaml

# Places in the component's AnalysisTemplate.
PROMETHEUS = "/spec/args/2/value"
LEAST_REQUESTS = "/spec/args/4/value"
ERRORS_IN_A_ROW = "/spec/metrics/0/consecutiveErrorLimit"
# An analysis of seconds, where production's takes minutes.
SHORT = {
    "/spec/args/3/value": "5s",
    LEAST_REQUESTS: "5",  # a busy machine answers few, and what is first seen of a pod is a part of a window
    "/spec/metrics/0/initialDelay": "9s",  # Prometheus looks for new pods every five seconds
    "/spec/metrics/0/interval": "1s",
    "/spec/metrics/0/count": 2,
}


def switch_to_canary(overlay: Path) -> None:
    """Add the one line that chooses the component."""
    path = overlay / "kustomization.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "components: [../../components/canary]\n", encoding="utf-8")


def patch(overlay: Path, kind: str, name: str, changes: Mapping[str, object]) -> None:
    """Set places of an object, as a team's overlay does it."""
    path = overlay / "kustomization.yaml"
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    operations = [{"op": "add", "path": place, "value": value} for place, value in changes.items()]
    target = {"kind": kind, "name": name}
    document.setdefault("patches", []).append({"target": target, "patch": yaml.safe_dump(operations)})
    path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")


def shorten_analysis(overlay: Path, prometheus: str) -> None:
    """Say where Prometheus is, and look for seconds only."""
    patch(overlay, "AnalysisTemplate", "model-errors", {PROMETHEUS: prometheus, **SHORT})
