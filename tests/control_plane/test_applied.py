"""The default manifests, applied for real: what becomes of them in a cluster."""

import copy
import re
from dataclasses import dataclass
from typing import Any

import pytest
import yaml

from control_plane.cluster import Cluster, Refused, conditions
from support.manifests import ENVIRONMENTS, Render, build, the

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("control_plane")]


@dataclass(frozen=True)
class Applied:
    """An overlay in the cluster."""

    cluster: Cluster
    namespace: str
    objects: list[dict[str, Any]]

    def get(self, *what: str) -> dict[str, Any]:
        return self.cluster.kubectl.get(*what, f"--namespace={self.namespace}")


@pytest.fixture(scope="module", params=ENVIRONMENTS)
def applied(request: pytest.FixtureRequest, cluster: Cluster, rendered: Render) -> Applied:
    """An overlay with default answers, applied, and its pods ready."""
    objects = build(cluster, rendered() / "deploy" / "overlays" / request.param)
    namespace = the("Namespace", objects)["metadata"]["name"]
    # the namespace first, as Argo CD sorts them; kubectl takes the order of the file
    cluster.kubectl.apply(the("Namespace", objects))
    cluster.kubectl.apply(*objects)
    arguments = ("rollout", "status", "deployment/model", f"--namespace={namespace}", "--timeout=60s")
    cluster.kubectl(*arguments)
    return Applied(cluster, namespace, objects)


def test_as_many_pods_as_the_overlay_says_are_ready_and_spread_over_the_zones(applied: Applied) -> None:
    wanted = the("Deployment", applied.objects)["spec"]["replicas"]
    pods = applied.get("pods")["items"]
    assert len(pods) == wanted
    assert {conditions(pod)["Ready"] for pod in pods} == {"True"}
    assert len({pod["spec"]["nodeName"] for pod in pods}) == min(wanted, 3)


def test_the_service_leads_to_every_pod(applied: Applied) -> None:
    pods = {pod["status"]["podIP"] for pod in applied.get("pods")["items"]}

    def addresses() -> set[str]:
        slices = applied.get("endpointslices", "--selector=kubernetes.io/service-name=model")["items"]
        assert {port["port"] for one in slices for port in one["ports"] or []} <= {8080}
        found = [endpoint for one in slices for endpoint in one["endpoints"] or []]
        return {address for one in found if one["conditions"]["ready"] for address in one["addresses"]}

    applied.cluster.processes.until("the service has all pods", lambda: addresses() == pods, seconds=30)


def test_the_budget_lets_maintenance_take_one_pod(applied: Applied) -> None:
    pods = len(applied.get("pods")["items"])

    def allowed() -> bool:
        status = applied.get("poddisruptionbudget", "model")["status"]
        return (status.get("expectedPods"), status.get("disruptionsAllowed")) == (pods, 1)

    applied.cluster.processes.until("the disruption budget covers the pods", allowed, seconds=30)


def test_both_network_policies_are_there(applied: Applied) -> None:
    found = {one["metadata"]["name"] for one in applied.get("networkpolicies")["items"]}
    assert found == {"default-deny", "model"}


def test_the_identity_of_the_app_can_do_nothing(applied: Applied) -> None:
    said = applied.cluster.kubectl(
        *("auth", "can-i", "--list", "--no-headers"),
        # without groups: the server then adds all that the account is in
        f"--as=system:serviceaccount:{applied.namespace}:model",
        f"--namespace={applied.namespace}",
    )
    # what every account may: ask who it is and what it may do, and read which APIs there are and who signs its token
    columns = [re.fullmatch(r"(\S*) +\[(.*?)\] +\[(.*?)\] +\[(.*?)\]", line) for line in said.splitlines()]
    found = {(one[1] or one[2], one[4]) for one in columns if one}
    assert len(columns) == len([one for one in columns if one]), said
    asking = {
        "selfsubjectreviews.authentication.k8s.io",
        "selfsubjectaccessreviews.authorization.k8s.io",
        "selfsubjectrulesreviews.authorization.k8s.io",
    }
    paths = ("/api", "/api/*", "/apis", "/apis/*", "/healthz", "/livez", "/openapi", "/openapi/*", "/readyz")
    signer = ("/.well-known/openid-configuration", "/openid/v1/jwks")
    reading = {*paths, "/version", "/version/", *signer, *(f"{path}/" for path in signer)}
    assert found == {(name, "create") for name in asking} | {(path, "get") for path in reading}


def test_no_pod_carries_a_token_of_the_identity(applied: Applied) -> None:
    volumes = [volume for pod in applied.get("pods")["items"] for volume in pod["spec"]["volumes"]]
    assert {next(iter(volume.keys() - {"name"})) for volume in volumes} == {"emptyDir"}


def pod(applied: Applied) -> dict[str, Any]:
    """A pod of one's own, as the deployment makes them."""
    template = copy.deepcopy(the("Deployment", applied.objects)["spec"]["template"])
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
def test_the_namespace_refuses_a_pod_that_asks_for_more(applied: Applied, setting: str, value: object) -> None:
    document = pod(applied)
    create(applied, document)
    context = document["spec"]["containers"][0]["securityContext"]
    context[setting] = value
    if setting == "privileged":
        del context["allowPrivilegeEscalation"]  # the server refuses the two together before pod security is asked
    with pytest.raises(Refused, match='violates PodSecurity "restricted'):
        create(applied, document)


def test_another_namespace_does_not_refuse_it(applied: Applied) -> None:
    """So it is the label of the overlay's namespace that refuses, and no setting of this cluster."""
    document = pod(applied)
    document["spec"]["containers"][0]["securityContext"] = {"privileged": True}
    document["spec"]["serviceAccountName"] = "default"
    elsewhere = Applied(applied.cluster, "default", applied.objects)
    create(elsewhere, document)
