"""Prometheus for a cluster: it scrapes serving apps that replace the pods, with the labels of the pods."""

import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import yaml

from control_plane.cluster import Cluster, KubectlError
from control_plane.processes import free_ports

EVERY_SECONDS = 0.5


@contextmanager
def running(cluster: Cluster, stand_ins: Mapping[str, str]) -> Iterator[str]:
    """Run Prometheus during the context, and yield its address.

    Debian's Prometheus cannot query Kubernetes itself. A thread writes the pods to a file for it instead, with the
    labels that its own discovery would set, and the configuration relabels them as is usual in clusters.

    Args:
        cluster: the cluster whose pods are scraped.
        stand_ins: image digest to the ``host:port`` that is scraped instead of the pods with that image. Pods with
            other images are not scraped.
    """
    [port] = free_ports(1)
    folder = cluster.folder / f"prometheus-{port}"
    folder.mkdir()
    pods = folder / "pods.json"
    write(pods, [])
    job = {
        "job_name": "pods",
        "file_sd_configs": [{"files": [str(pods)]}],
        "relabel_configs": [
            {"source_labels": ["__meta_kubernetes_namespace"], "target_label": "namespace"},
            {"source_labels": ["__meta_kubernetes_pod_name"], "target_label": "pod"},
            {"regex": "__meta_kubernetes_pod_label_(.+)", "action": "labelmap"},
        ],
    }
    configuration = folder / "prometheus.yaml"
    document = {"global": {"scrape_interval": "500ms"}, "scrape_configs": [job]}
    configuration.write_text(yaml.safe_dump(document), encoding="utf-8")
    process = cluster.processes.start(
        f"prometheus-{port}",
        [
            "prometheus",
            f"--config.file={configuration}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
        ],
    )
    done = threading.Event()

    def write_pods() -> None:
        known: list[object] = []
        while not done.wait(EVERY_SECONDS):
            try:
                found = targets(cluster, stand_ins)
            except KubectlError:  # the server is busy; the next attempt follows soon
                continue
            if found != known:
                write(pods, found)
                known = found

    writer = threading.Thread(target=write_pods, daemon=True)
    writer.start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        done.set()
        writer.join()
        cluster.processes.end(process)


def targets(cluster: Cluster, stand_ins: Mapping[str, str]) -> list[object]:
    """Return the target of each pod as Prometheus's discovery would, but with another address."""
    found: list[object] = []
    for pod in cluster.kubectl.get("pods", "--all-namespaces")["items"]:
        metadata = pod["metadata"]
        digest = pod["spec"]["containers"][0]["image"].partition("@")[2]
        if digest not in stand_ins:
            continue
        labels = {
            "__meta_kubernetes_namespace": metadata["namespace"],
            "__meta_kubernetes_pod_name": metadata["name"],
        }
        for name, value in metadata.get("labels", {}).items():
            labels[f"__meta_kubernetes_pod_label_{re.sub(r'[^a-zA-Z0-9_]', '_', name)}"] = value
        found.append({"targets": [stand_ins[digest]], "labels": labels})
    return found


def write(path: Path, found: list[object]) -> None:
    """Replace the file in one step, so that Prometheus never reads half of it."""
    new = path.with_suffix(".new")
    new.write_text(json.dumps(found), encoding="utf-8")
    new.rename(path)
