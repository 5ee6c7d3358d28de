"""The manifests build, are valid for the strict schemas of Kubernetes, and agree with each other."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from support.delivery import TEMPLATE, Render, Tool, changed

ENVIRONMENTS = ["staging", "production"]
KUBERNETES = ["1.33", "1.37"]
ODD = {  # allowed answers that YAML would not read as text, or that have the maximum length
    "plain": {},
    "number": {
        "namespace": "007",
        "project_slug": "e5",
        "organization": "1e3",
        "image_registry": "localhost:5000",
    },
    "longest": {"namespace": "n" * 52, "project_slug": "p" * 48, "organization": "o" * 39},
}


def build(tool: Tool, repository: Path, environment: str) -> subprocess.CompletedProcess[str]:
    command = [tool("kubectl"), "kustomize", str(repository / "deploy" / "overlays" / environment)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def objects(tool: Tool, repository: Path, environment: str) -> list[dict[str, Any]]:
    result = build(tool, repository, environment)
    assert result.returncode == 0, result.stderr
    return [found for found in yaml.safe_load_all(result.stdout) if found]


def only(kind: str, found: list[dict[str, Any]]) -> dict[str, Any]:
    [one] = [manifest for manifest in found if manifest["kind"] == kind]
    return one


def validate(tool: Tool, text: str, version: str, folder: Path) -> subprocess.CompletedProcess[str]:
    path = folder / "manifests.yaml"
    path.write_text(text, encoding="utf-8")
    command = [tool("kubernetes-validate"), "--strict", "-k", version, str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("version", KUBERNETES)
@pytest.mark.parametrize("environment", ENVIRONMENTS)
@pytest.mark.parametrize("odd", ODD)
def test_an_overlay_builds_and_is_valid_for_the_schemas(
    tool: Tool, rendered: Render, tmp_path: Path, odd: str, environment: str, version: str
) -> None:
    built = build(tool, rendered(**ODD[odd]), environment)
    assert built.returncode == 0, built.stderr
    result = validate(tool, built.stdout, version, tmp_path)
    assert result.returncode == 0, result.stdout + result.stderr
    assert (result.stdout + result.stderr).count(" passed ") == built.stdout.count("\nkind: ") > 5


@pytest.fixture
def editable_render(rendered: Render, tmp_path: Path) -> Path:
    """A copy of a render that the test may change."""
    return Path(shutil.copytree(rendered(), tmp_path / "repository", symlinks=True))


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("deployment.yaml", "terminationGracePeriodSeconds", "terminationGracePeriodSecs"),
        ("deployment.yaml", "readOnlyRootFilesystem", "readonlyRootFilesystem"),
        ("deployment.yaml", "replicas: 1", "replicas: one"),
        ("networkpolicy.yaml", "namespaceSelector", "nameSpaceSelector"),
        ("poddisruptionbudget.yaml", "maxUnavailable", "maxUnavailables"),
    ],
)
def test_a_typo_in_a_manifest_is_rejected(
    tool: Tool, editable_render: Path, tmp_path: Path, file: str, old: str, new: str
) -> None:
    with changed(editable_render / "deploy" / "base" / file, old, new):
        built = build(tool, editable_render, "staging")
    assert validate(tool, built.stdout, KUBERNETES[-1], tmp_path).returncode != 0


def test_a_missing_resource_stops_the_build(tool: Tool, editable_render: Path) -> None:
    (editable_render / "deploy" / "base" / "service.yaml").unlink()
    assert "service.yaml" in build(tool, editable_render, "staging").stderr


def test_every_file_of_the_base_is_used(rendered: Render) -> None:
    base = rendered() / "deploy" / "base"
    listed = yaml.safe_load((base / "kustomization.yaml").read_text())["resources"]
    assert sorted(listed) == sorted(path.name for path in base.iterdir() if path.name != "kustomization.yaml")


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_containers_have_no_privileges_and_write_only_to_tmp(tool: Tool, rendered: Render, environment: str) -> None:
    found = objects(tool, rendered(), environment)
    pod = only("Deployment", found)["spec"]["template"]["spec"]
    [container] = pod["containers"]
    assert pod["automountServiceAccountToken"] is False
    assert only("ServiceAccount", found)["automountServiceAccountToken"] is False
    assert pod["securityContext"] == {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert [mount["mountPath"] for mount in container["volumeMounts"]] == ["/tmp"]
    assert [set(volume) for volume in pod["volumes"]] == [{"name", "emptyDir"}]
    for sizes in (container["resources"]["requests"], container["resources"]["limits"]):
        assert set(sizes) == {"cpu", "memory", "ephemeral-storage"}
    labels = only("Namespace", found)["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_selectors_ports_and_probes_match_the_pod_and_the_app(tool: Tool, rendered: Render, environment: str) -> None:
    from mlops.serving.app import PATHS

    found = objects(tool, rendered(), environment)
    deployment = only("Deployment", found)
    labels = deployment["spec"]["template"]["metadata"]["labels"].items()
    [container] = deployment["spec"]["template"]["spec"]["containers"]
    policies = {one["metadata"]["name"]: one["spec"] for one in found if one["kind"] == "NetworkPolicy"}
    selectors = [
        deployment["spec"]["selector"]["matchLabels"],
        only("Service", found)["spec"]["selector"],
        only("PodDisruptionBudget", found)["spec"]["selector"]["matchLabels"],
        policies["model"]["podSelector"]["matchLabels"],
    ]
    for selector in selectors:
        assert selector
        assert selector.items() <= labels
    assert container["ports"] == [{"name": "http", "containerPort": 8080}]
    assert only("Service", found)["spec"]["ports"][0]["targetPort"] == "http"
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert container[probe]["httpGet"]["port"] == "http"
        assert container[probe]["httpGet"]["path"] in PATHS
    # all traffic is denied for every pod, and only the model's port is allowed
    assert policies["default-deny"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    assert [port["port"] for rule in policies["model"]["ingress"] for port in rule["ports"]] == ["http"]
    assert "egress" not in policies["model"]


def test_environments_differ_in_namespace_and_size_and_run_the_same_image(tool: Tool, rendered: Render) -> None:
    repository = rendered(namespace="risk", project_slug="risk-model", image_registry="registry.example.org/team")
    staging, production = (only("Deployment", objects(tool, repository, one)) for one in ENVIRONMENTS)
    assert staging["metadata"]["namespace"] == "risk-staging"
    assert production["metadata"]["namespace"] == "risk-production"
    assert production["spec"]["replicas"] > staging["spec"]["replicas"] == 1
    containers = [one["spec"]["template"]["spec"]["containers"][0] for one in (staging, production)]
    assert containers[0]["resources"] != containers[1]["resources"]
    # before the first release, a digest that no image has, never a tag
    assert {one["image"] for one in containers} == {f"registry.example.org/team/risk-model@sha256:{'0' * 64}"}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
@pytest.mark.parametrize("odd", ODD)
def test_an_argo_application_points_at_an_overlay_of_this_repository_and_its_namespace(
    tool: Tool, rendered: Render, odd: str, environment: str
) -> None:
    repository = rendered(**ODD[odd])
    answers = yaml.safe_load((repository / ".copier-answers.yml").read_text(encoding="utf-8"))
    argocd = repository / "deploy" / "argocd"
    application = yaml.safe_load((argocd / f"{environment}.yaml").read_text(encoding="utf-8"))
    project = yaml.safe_load((argocd / "project.yaml").read_text(encoding="utf-8"))
    spec = application["spec"]
    slug = answers["project_slug"]
    assert (application["kind"], application["metadata"]["name"]) == ("Application", f"{slug}-{environment}")
    assert len(application["metadata"]["name"]) <= 63
    assert spec["source"] == {
        "repoURL": f"https://github.com/{answers['organization']}/{slug}.git",
        "targetRevision": "main",
        "path": f"deploy/overlays/{environment}",
    }
    built = objects(tool, repository, environment)
    namespace = only("Namespace", built)["metadata"]["name"]
    assert spec["destination"]["namespace"] == namespace
    assert {one["metadata"].get("namespace", namespace) for one in built} == {namespace}
    assert spec["syncPolicy"]["automated"] == {"prune": True, "selfHeal": True}
    # the project allows the repository, the namespace, and each kind in the overlay
    assert spec["project"] == project["metadata"]["name"]
    assert spec["source"]["repoURL"] in project["spec"]["sourceRepos"]
    assert spec["destination"] in project["spec"]["destinations"]
    allowed = {(one["group"], one["kind"]) for one in project["spec"]["namespaceResourceWhitelist"]}
    allowed |= {(one["group"], one["kind"]) for one in project["spec"]["clusterResourceWhitelist"]}
    for one in built:
        group = one["apiVersion"].rpartition("/")[0]
        assert (group, one["kind"]) in allowed


@pytest.mark.parametrize(
    ("answers", "present", "absent"),
    [
        ({}, ["deploy/base", "deploy/argocd", "docker", ".dockerignore"], []),
        ({"gitops": "none"}, ["deploy/base", "deploy/overlays", "docker"], ["deploy/argocd"]),
        (
            {"deployment": "docker", "gitops": "none"},
            ["docker", ".dockerignore", "mlops/serving"],
            ["deploy"],
        ),
        ({"deployment": "none", "gitops": "none"}, ["mlops/serving"], ["deploy", "docker", ".dockerignore"]),
    ],
)
def test_an_answer_generates_its_files_and_no_others(
    rendered: Render, answers: dict[str, str], present: list[str], absent: list[str]
) -> None:
    repository = rendered(**answers)
    assert [path for path in present if not (repository / path).exists()] == []
    assert [path for path in absent if (repository / path).exists()] == []


# ------------------------------------------------------------------------------------------------ Dockerfiles


def hadolint(tool: Tool, path: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([tool("hadolint"), str(path)], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("image", ["serve", "train"])
@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13"])
def test_a_dockerfile_is_clean_and_starts_from_an_exact_base(
    tool: Tool, rendered: Render, image: str, version: str
) -> None:
    path = rendered(python_version=version) / "docker" / f"{image}.Dockerfile"
    result = hadolint(tool, path)
    assert result.returncode == 0, result.stdout
    text = path.read_text(encoding="utf-8")
    assert re.search(rf"^ARG BASE_IMAGE=python:{re.escape(version)}\.\d+-slim-bookworm$", text, re.MULTILINE)
    assert re.search(r"^USER \d+:\d+$", text, re.MULTILINE)


@pytest.mark.parametrize(
    ("image", "old", "new", "finding"),
    [
        ("serve", "WORKDIR /app", "WORKDIR app", "DL3000"),
        (
            "serve",
            'CMD ["python", "-m", "mlops", "serve", "--host", "0.0.0.0", "--port", "8080"]',
            "CMD python",
            "DL3025",
        ),
        ("serve", "EXPOSE 8080", "EXPOSE 99999", "DL3011"),
        ("train", "# hadolint ignore=DL3008\n", "", "DL3008"),
        ("train", "USER 10001:0", "USER root", "DL3002"),
    ],
)
def test_a_defect_in_a_dockerfile_is_found(
    tool: Tool, editable_render: Path, image: str, old: str, new: str, finding: str
) -> None:
    path = editable_render / "docker" / f"{image}.Dockerfile"
    with changed(path, old, new):
        result = hadolint(tool, path)
    assert result.returncode != 0
    assert finding in result.stdout


@pytest.mark.parametrize("image", ["serve", "train"])
def test_the_files_that_a_dockerfile_copies_exist_and_are_not_ignored(rendered: Render, image: str) -> None:
    repository = rendered()
    text = (repository / "docker" / f"{image}.Dockerfile").read_text(encoding="utf-8")
    rules = (repository / ".dockerignore").read_text(encoding="utf-8").split("\n")
    admitted = [line.removeprefix("!") for line in rules if line.startswith("!")]
    sources = [
        source for line in re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE) for source in line.split()
    ]
    assert sources
    for source in sources:
        if source != "${MODEL_DIR}":  # training creates it
            assert (repository / source).exists(), source
            assert any(f"{one}/".startswith(f"{source}/") or f"{source}/".startswith(f"{one}/") for one in admitted), (
                source
            )


def test_the_template_does_not_contain_names_of_this_machine() -> None:
    for folder in ("docker", "deploy", ".github", "mlops/serving"):
        for path in (TEMPLATE / folder).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                assert str(Path.home()) not in path.read_text(encoding="utf-8"), path
