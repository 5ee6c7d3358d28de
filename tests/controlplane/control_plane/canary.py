"""What a team writes into an overlay to have a canary."""

from pathlib import Path

import yaml

# An analysis of seconds, where production's takes minutes.
SHORT = {
    "/spec/args/3/value": "5s",
    "/spec/metrics/0/initialDelay": "9s",  # Prometheus looks for new pods every five seconds
    "/spec/metrics/0/interval": "1s",
    "/spec/metrics/0/count": 2,
}


def switch_to_canary(overlay: Path) -> None:
    """Add the one line that chooses the component."""
    path = overlay / "kustomization.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "components: [../../components/canary]\n", encoding="utf-8")


def shorten_analysis(overlay: Path, prometheus: str) -> None:
    """Patch the component's analysis as an overlay may: where Prometheus is, and how long to look."""
    path = overlay / "kustomization.yaml"
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    changes = {"/spec/args/2/value": prometheus, **SHORT}
    patch = [{"op": "replace", "path": place, "value": value} for place, value in changes.items()]
    target = {"kind": "AnalysisTemplate", "name": "model-errors"}
    document.setdefault("patches", []).append({"target": target, "patch": yaml.safe_dump(patch)})
    path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
