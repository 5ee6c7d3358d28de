"""Prometheus beside a cluster: it finds the pods as in production, and scrapes stand-ins for what they do not run."""

from collections.abc import Mapping

import yaml

from control_plane.cluster import Cluster
from control_plane.processes import free_ports


def start(cluster: Cluster, stand_ins: Mapping[str, str]) -> str:
    """Start Prometheus (Debian's package); its address.

    Args:
        stand_ins: for the digest of an image, the ``host:port`` that is scraped in the place of its pods, since kwok's
            pods run nothing. The labels are the pods' own. Pods of other images are not scraped.
    """
    [port] = free_ports(1)
    folder = cluster.folder / f"prometheus-{port}"
    folder.mkdir()
    places = [
        {
            "source_labels": ["__meta_kubernetes_pod_container_image"],
            "regex": f".*@{digest}",
            "target_label": "__address__",
            "replacement": address,
        }
        for digest, address in stand_ins.items()
    ]
    known = {
        "source_labels": ["__meta_kubernetes_pod_container_image"],
        "regex": f".*@({'|'.join(stand_ins)})",
        "action": "keep",
    }
    pods = {
        "job_name": "pods",
        "kubernetes_sd_configs": [{"role": "pod", "kubeconfig_file": str(cluster.kubeconfig)}],
        "relabel_configs": [
            known,
            *places,
            {"source_labels": ["__meta_kubernetes_namespace"], "target_label": "namespace"},
            {"source_labels": ["__meta_kubernetes_pod_name"], "target_label": "pod"},
            {"regex": "__meta_kubernetes_pod_label_(.+)", "action": "labelmap"},
        ],
    }
    configuration = folder / "prometheus.yaml"
    document = {"global": {"scrape_interval": "1s"}, "scrape_configs": [pods]}
    configuration.write_text(yaml.safe_dump(document), encoding="utf-8")
    cluster.processes.start(
        "prometheus",
        [
            "prometheus",
            f"--config.file={configuration}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
        ],
    )
    return f"http://127.0.0.1:{port}"
