"""The edits of an overlay that switch a repository to canary releases."""

from collections.abc import Mapping
from pathlib import Path

import yaml

# JSON paths in the component's AnalysisTemplate.
PROMETHEUS = "/spec/args/2/value"
LEAST_REQUESTS = "/spec/args/4/value"
ERRORS_IN_A_ROW = "/spec/metrics/0/consecutiveErrorLimit"
# An analysis that takes seconds; production's takes minutes.
SHORT = {
    "/spec/args/3/value": "5s",
    LEAST_REQUESTS: "5",  # a busy machine serves few, and the first window of a pod is incomplete
    "/spec/metrics/0/initialDelay": "9s",  # Prometheus looks for new pods every five seconds
    "/spec/metrics/0/interval": "1s",
    "/spec/metrics/0/count": 2,
}


def switch_to_canary(overlay: Path) -> None:
    """Add the line that selects the canary component."""
    path = overlay / "kustomization.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "components: [../../components/canary]\n", encoding="utf-8")


def patch(overlay: Path, kind: str, name: str, changes: Mapping[str, object]) -> None:
    """Add a patch that sets values of an object to the overlay's kustomization.yaml."""
    path = overlay / "kustomization.yaml"
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    operations = [{"op": "add", "path": place, "value": value} for place, value in changes.items()]
    target = {"kind": kind, "name": name}
    document.setdefault("patches", []).append({"target": target, "patch": yaml.safe_dump(operations)})
    path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")


def shorten_analysis(overlay: Path, prometheus: str) -> None:
    """Set the address of Prometheus and shorten the analysis to seconds."""
    patch(overlay, "AnalysisTemplate", "model-errors", {PROMETHEUS: prometheus, **SHORT})
