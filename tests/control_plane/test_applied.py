"""The default manifests have the intended effects in a real cluster."""

import copy
import re
from dataclasses import dataclass
from typing import Any

import pytest
import yaml

from control_plane.cluster import Cluster, KubectlError, conditions
from support.manifests import ENVIRONMENTS, Render, build, only

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("control_plane")]


@dataclass(frozen=True)
class Applied:
    """An overlay that is applied to the cluster."""

    cluster: Cluster
    namespace: str
    objects: list[dict[str, Any]]

    def get(self, *what: str) -> dict[str, Any]:
        return self.cluster.kubectl.get(*what, f"--namespace={self.namespace}")


@pytest.fixture(scope="module", params=ENVIRONMENTS)
def applied(request: pytest.FixtureRequest, cluster: Cluster, rendered: Render) -> Applied:
    """An overlay of the default repository, applied, with its pods ready."""
    objects = build(cluster, rendered() / "deploy" / "overlays" / request.param)
    namespace = only("Namespace", objects)["metadata"]["name"]
    # the namespace first, in Argo CD's order; kubectl uses the order of the file
    cluster.kubectl.apply(only("Namespace", objects))
    cluster.kubectl.apply(*objects)
    arguments = ("rollout", "status", "deployment/model", f"--namespace={namespace}", "--timeout=60s")
    cluster.kubectl(*arguments)
    return Applied(cluster, namespace, objects)


def test_all_replicas_of_the_overlay_are_ready_and_spread_over_the_zones(applied: Applied) -> None:
    wanted = only("Deployment", applied.objects)["spec"]["replicas"]
    pods = applied.get("pods")["items"]
    assert len(pods) == wanted
    assert {conditions(pod)["Ready"] for pod in pods} == {"True"}
    assert len({pod["spec"]["nodeName"] for pod in pods}) == min(wanted, 3)


def test_the_service_routes_to_every_pod(applied: Applied) -> None:
    pods = {pod["status"]["podIP"] for pod in applied.get("pods")["items"]}

    def addresses() -> set[str]:
        slices = applied.get("endpointslices", "--selector=kubernetes.io/service-name=model")["items"]
        assert {port["port"] for one in slices for port in one["ports"] or []} <= {8080}
        found = [endpoint for one in slices for endpoint in one["endpoints"] or []]
        return {address for one in found if one["conditions"]["ready"] for address in one["addresses"]}

    applied.cluster.processes.until("the service has all pods", lambda: addresses() == pods, seconds=30)


def test_the_disruption_budget_allows_one_eviction(applied: Applied) -> None:
    pods = len(applied.get("pods")["items"])

    def allowed() -> bool:
        status = applied.get("poddisruptionbudget", "model")["status"]
        return (status.get("expectedPods"), status.get("disruptionsAllowed")) == (pods, 1)

    applied.cluster.processes.until("the disruption budget covers the pods", allowed, seconds=30)


def test_both_network_policies_exist(applied: Applied) -> None:
    found = {one["metadata"]["name"] for one in applied.get("networkpolicies")["items"]}
    assert found == {"default-deny", "model"}


def test_the_service_account_of_the_app_has_no_rights(applied: Applied) -> None:
    output = applied.cluster.kubectl(
        *("auth", "can-i", "--list", "--no-headers"),
        # without groups: the server then adds all groups of the account
        f"--as=system:serviceaccount:{applied.namespace}:model",
        f"--namespace={applied.namespace}",
    )
    # the rights of every account: ask for its own name and rights, and read the list of APIs and of token issuers
    columns = [re.fullmatch(r"(\S*) +\[(.*?)\] +\[(.*?)\] +\[(.*?)\]", line) for line in output.splitlines()]
    found = {(one[1] or one[2], one[4]) for one in columns if one}
    assert len(columns) == len([one for one in columns if one]), output
    asking = {
        "selfsubjectreviews.authentication.k8s.io",
        "selfsubjectaccessreviews.authorization.k8s.io",
        "selfsubjectrulesreviews.authorization.k8s.io",
    }
    paths = ("/api", "/api/*", "/apis", "/apis/*", "/healthz", "/livez", "/openapi", "/openapi/*", "/readyz")
    signer = ("/.well-known/openid-configuration", "/openid/v1/jwks")
    reading = {*paths, "/version", "/version/", *signer, *(f"{path}/" for path in signer)}
    assert found == {(name, "create") for name in asking} | {(path, "get") for path in reading}


def test_no_pod_mounts_a_token_of_the_service_account(applied: Applied) -> None:
    volumes = [volume for pod in applied.get("pods")["items"] for volume in pod["spec"]["volumes"]]
    assert {next(iter(volume.keys() - {"name"})) for volume in volumes} == {"emptyDir"}


def pod(applied: Applied) -> dict[str, Any]:
    """Return a pod with the template of the Deployment."""
    template = copy.deepcopy(only("Deployment", applied.objects)["spec"]["template"])
    metadata = {"name": "by-hand", "labels": template["metadata"]["labels"]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}


def create(applied: Applied, document: dict[str, Any]) -> None:
    options = ("--dry-run=server", f"--namespace={applied.namespace}")
    applied.cluster.kubectl("create", *options, "-f", "-", manifest=yaml.safe_dump(document))


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("privileged", True),
        ("allowPrivilegeEscalation", True),
        ("runAsUser", 0),
        ("capabilities", {"drop": ["ALL"], "add": ["NET_ADMIN"]}),
        ("seccompProfile", {"type": "Unconfined"}),
    ],
)
def test_the_namespace_rejects_a_pod_with_more_privileges(applied: Applied, setting: str, value: object) -> None:
    document = pod(applied)
    create(applied, document)
    context = document["spec"]["containers"][0]["securityContext"]
    context[setting] = value
    if setting == "privileged":
        del context["allowPrivilegeEscalation"]  # the server rejects the combination before pod security checks it
    with pytest.raises(KubectlError, match='violates PodSecurity "restricted'):
        create(applied, document)


def test_another_namespace_admits_a_pod_with_more_privileges(applied: Applied) -> None:
    """So the label of the overlay's namespace causes the rejection, not a setting of this cluster."""
    document = pod(applied)
    document["spec"]["containers"][0]["securityContext"] = {"privileged": True}
    document["spec"]["serviceAccountName"] = "default"
    elsewhere = Applied(applied.cluster, "default", applied.objects)
    create(elsewhere, document)
