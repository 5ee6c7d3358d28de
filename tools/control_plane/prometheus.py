"""Prometheus beside a cluster: it scrapes stand-ins for pods that run nothing, under the pods' own labels."""

import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import yaml

from control_plane.cluster import Cluster, Refused
from control_plane.processes import free_ports

EVERY_SECONDS = 0.5


@contextmanager
def running(cluster: Cluster, stand_ins: Mapping[str, str]) -> Iterator[str]:
    """Have Prometheus run meanwhile; gives its address.

    Debian's Prometheus cannot ask Kubernetes itself. A thread tells it of the pods in the place of its own discovery,
    with the labels that this would give them, and the configuration makes of them what is usual in clusters.

    Args:
        cluster: whose pods are scraped.
        stand_ins: for the digest of an image, the ``host:port`` that is scraped in the place of its pods. Pods of
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

    def tell() -> None:
        known: list[object] = []
        while not done.wait(EVERY_SECONDS):
            try:
                found = targets(cluster, stand_ins)
            except Refused:  # the server is busy; the next time comes soon
                continue
            if found != known:
                write(pods, found)
                known = found

    telling = threading.Thread(target=tell, daemon=True)
    telling.start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        done.set()
        telling.join()
        cluster.processes.end(process)


def targets(cluster: Cluster, stand_ins: Mapping[str, str]) -> list[object]:
    """What Prometheus's own discovery says of each pod, with another address."""
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
    """All at once, so that nobody reads half of it."""
    new = path.with_suffix(".new")
    new.write_text(json.dumps(found), encoding="utf-8")
    new.rename(path)
