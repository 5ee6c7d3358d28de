"""IMG, DOC, KUS and NAME: images, kustomizations, and names that several files share."""

# ruff: noqa: E501 (tables of cases, one case a line)

import pytest

from support.check_repository import RepoBuilder

CI = ".github/workflows/ci.yml"
BASE = "deploy/base/deployment.yaml"
OVERLAY = "deploy/overlays/production/kustomization.yaml"
IMAGE = "docker/serve.Dockerfile"
APPLICATION = "deploy/argocd/production.yaml"
POLICY = "deploy/base/policy.yaml"
SERVICE = "deploy/base/service.yaml"


@pytest.mark.parametrize(
    ("path", "old", "new", "phrase"),
    [
        (IMAGE, "python:3.12.7-slim\n", "python:latest\n", "'python' has the tag 'latest'"),
        (IMAGE, "python:3.12.7-slim\n", "python\n", "'python' has no tag and no digest"),
        (OVERLAY, "digest: sha256:" + "0" * 64, "newTag: latest", "has the tag 'latest'"),
        (OVERLAY, "digest: sha256:" + "0" * 64, "newName: x", "'model' has no tag and no digest"),
        (BASE, "- name: model\n", "- {name: side, image: envoy}\n        - name: model\n", "'envoy' has no tag"),
        (CI, "runs-on: ubuntu-24.04", "runs-on: x\n    services: {db: {image: 'postgres:latest'}}", "'postgres' has the tag"),
        (CI, "runs-on: ubuntu-24.04", "runs-on: x\n    container: node", "'node' has no tag"),
        ("Makefile", "$$(git rev-parse HEAD)", "latest", "churn-model:latest' has the tag 'latest'"),
    ],
)  # fmt: skip
def test_img101_points_at_an_image_without_version(
    repo: RepoBuilder, path: str, old: str, new: str, phrase: str
) -> None:
    line = repo.plant(path, old, new)
    [finding] = [f for f in repo.check("IMG101") if phrase in f.message]
    assert finding.line - line in (0, 1) or finding.path == BASE


def test_img101_reads_compose_and_other_pipelines(repo: RepoBuilder) -> None:
    repo.write("compose.yaml", "services:\n  db: {image: postgres}\n  own: {image: own, build: .}\n")
    repo.write(".gitlab-ci.yml", "image: python:latest\ntest: {services: [redis], script: [ls]}\n")
    assert {f.path for f in repo.check("IMG101")} == {"compose.yaml", ".gitlab-ci.yml"}


def test_img101_is_quiet_about_versions_digests_stages_and_variables(repo: RepoBuilder) -> None:
    repo.append(
        IMAGE,
        "FROM build AS last\nFROM scratch\nFROM ${UNKNOWN}\nFROM localhost:5000/x:1.2\nCOPY --from=busybox:1.36 /a /a\n",
    )
    assert repo.check("IMG101") == []


def test_doc101_points_at_a_copy_without_source(repo: RepoBuilder) -> None:
    line = repo.plant(IMAGE, "COPY src/ src/", "COPY scr/ src/")
    finding = repo.only("DOC101")
    assert (finding.path, finding.line) == (IMAGE, line)
    assert "copies 'scr/', which does not exist" in finding.message


@pytest.mark.parametrize(
    ("copy", "phrase"),
    [
        ("COPY docs docs", ".dockerignore excludes"),
        ("COPY ../x y", "outside the build context"),
        ('COPY ["a b.txt", "/x"]', "'a b.txt', which does not exist"),
        ("COPY --chown=1:1 pyproject.tml \\\n  constraints.txt ./", "did you mean 'pyproject.toml'?"),
        ("ADD *.lock ./", "'*.lock', which does not exist"),
    ],
)
def test_doc101_reads_every_form(repo: RepoBuilder, copy: str, phrase: str) -> None:
    repo.plant(IMAGE, "COPY src/ src/", copy)
    assert phrase in repo.only("DOC101").message


def test_doc101_is_quiet_about_globs_addresses_heredocs_and_files_that_a_run_creates(repo: RepoBuilder) -> None:
    repo.append(
        IMAGE,
        "COPY *.toml ./\nCOPY . .\nADD https://x.dev/a /a\nCOPY ${WHERE} /b\nCOPY <<EOF /c\nCOPY nothing here\nEOF\n",
    )
    repo.write(".dockerignore", "*\n!mlops\n!src\n!pyproject.toml\n!constraints.txt\n!models/candidate\n")
    assert repo.check("DOC101") == []


def test_doc101_accepts_the_parent_of_the_dockerfiles_folder_as_context(repo: RepoBuilder) -> None:
    repo.write("infra/registry/docker/server.Dockerfile", "FROM x:1\nCOPY docker/server.ini /etc/\n")
    assert "'docker/server.ini', which does not exist" in repo.only("DOC101").message
    repo.write("infra/registry/docker/server.ini", "[server]\n")
    assert repo.check("DOC101") == []


@pytest.mark.parametrize(
    ("stage", "phrase"), [("biuld", "did you mean 'build'?"), ("7", "stage 7, but there are only 1")]
)
def test_doc102_points_at_a_missing_stage(repo: RepoBuilder, stage: str, phrase: str) -> None:
    line = repo.plant(IMAGE, "COPY --from=build", f"COPY --from={stage}")
    finding = repo.only("DOC102")
    assert (finding.path, finding.line) == (IMAGE, line)
    assert phrase in finding.message


def test_doc102_is_quiet_about_numbers_images_and_case(repo: RepoBuilder) -> None:
    repo.append(IMAGE, "COPY --from=0 /a /a\nCOPY --from=ghcr.io/x/y:1 /b /b\nCOPY --from=BUILD /c /c\n")
    assert repo.check("DOC102") == []


@pytest.mark.parametrize(
    ("path", "old", "new", "phrase"),
    [
        ("deploy/base/kustomization.yaml", "service.yaml", "services.yaml", "did you mean 'deploy/base/service.yaml'?"),
        (OVERLAY, "../../base", "../../bases", "'../../bases', which does not exist"),
        (OVERLAY, "../../base", "../../argocd", "contains none of kustomization.yaml"),
        (OVERLAY, "images:", "components: [../../components/canary]\nimages:", "components names"),
        (OVERLAY, "images:", "configMapGenerator: [{name: a, files: [x=conf/a.txt]}]\nimages:", "'conf/a.txt'"),
        (OVERLAY, "    patch: |\n      - op: replace\n        path: /spec/replicas\n        value: 3", "    path: scale.yaml", "'scale.yaml'"),
        (OVERLAY, "../../base", "../../base/service.yaml", "outside this folder"),
    ],
)  # fmt: skip
def test_kus101_points_at_a_missing_file(repo: RepoBuilder, path: str, old: str, new: str, phrase: str) -> None:
    line = repo.plant(path, old, new)
    finding = repo.only("KUS101")
    assert (finding.path, finding.line) == (path, line)
    assert phrase in finding.message


def test_kus101_points_at_kustomizations_that_include_each_other(repo: RepoBuilder) -> None:
    line = repo.plant("deploy/base/kustomization.yaml", "[deployment.yaml", "[../overlays/production, deployment.yaml")
    assert ("deploy/base/kustomization.yaml", line, True) in [
        (f.path, f.line, "a cycle" in f.message) for f in repo.check("KUS101")
    ]


def test_kus101_ends_on_kustomizations_that_all_include_all_others(empty: RepoBuilder) -> None:
    for number in range(40):
        others = ", ".join(f"../{other}" for other in range(40))
        empty.write(f"{number}/kustomization.yaml", f"resources: [{others}]\nnamespace: n{number}\n")
    assert {f.rule for f in empty.check()} == {"KUS101"}


def test_kus101_is_quiet_about_addresses_and_literals(repo: RepoBuilder) -> None:
    repo.plant(OVERLAY, "images:", "configMapGenerator: [{name: a, literals: [x=y]}]\nimages:")
    repo.plant(OVERLAY, "- ../../base", "- ../../base\n  - https://x.dev/a.yaml\n  - github.com/a/b//deploy?ref=v1")
    assert repo.check("KUS101") == []


@pytest.mark.parametrize(
    ("old", "new", "phrase"),
    [
        ("kind: Deployment, name: model", "kind: Deployment, name: modle", "did you mean 'model'?"),
        ("kind: Deployment, name: model", "kind: StatefulSet", "there is no StatefulSet"),
        ("metadata:\n        name: model", "metadata:\n        name: server", "has the target Deployment 'server'"),
        ("- name: model\n                env", "- name: server\n                env", "no such container"),
    ],
)
def test_kus102_points_at_a_patch_without_target(repo: RepoBuilder, old: str, new: str, phrase: str) -> None:
    repo.plant(OVERLAY, old, new)
    finding = repo.only("KUS102")
    assert finding.path == OVERLAY
    assert phrase in finding.message


def test_kus102_checks_a_component_in_the_kustomizations_that_use_it(repo: RepoBuilder) -> None:
    repo.write(
        "deploy/components/canary/kustomization.yaml",
        "kind: Component\npatches:\n  - path: p.yaml\n    target: {kind: Rollout, name: model}\n",
    )
    repo.write("deploy/components/canary/p.yaml", "- {op: add, path: /a, value: 1}\n")
    assert repo.check("KUS102") == []
    repo.plant(OVERLAY, "images:", "components: [../../components/canary]\nimages:")
    finding = repo.only("KUS102")
    assert (finding.path, finding.line) == ("deploy/components/canary/kustomization.yaml", 4)
    assert "in deploy/overlays/production" in finding.message


TO_ROLLOUT = """kind: Component
patches:
  - target: {kind: Deployment, name: model}
    patch: |
      - {op: replace, path: /kind, value: Rollout}
"""


def test_kus102_points_at_a_patch_of_a_resource_whose_kind_a_component_changes(repo: RepoBuilder) -> None:
    repo.write("deploy/components/canary/kustomization.yaml", TO_ROLLOUT)
    assert repo.check("KUS102") == []
    repo.plant(OVERLAY, "images:", "components: [../../components/canary]\nimages:")
    by_target, by_itself = repo.check("KUS102")
    for finding in (by_target, by_itself):
        assert finding.path == OVERLAY
        assert "has the target Deployment 'model', which does not exist: 'model' is a Rollout here" in finding.message
    repo.plant(OVERLAY, "kind: Deployment, name: model", "kind: (Deployment|Rollout), name: model")
    assert repo.only("KUS102").line == by_itself.line
    repo.append(OVERLAY, "replicas:\n  - {name: model, count: 2}\n")
    _, replicas = repo.check("KUS102")
    assert "replicas are set for 'model', which does not exist" in replicas.message


def test_kus102_is_quiet_about_patterns_labels_and_remote_resources(repo: RepoBuilder) -> None:
    repo.plant(OVERLAY, "kind: Deployment, name: model", "kind: Deploy.*, name: mod.+")
    assert repo.check("KUS102") == []
    repo.plant(OVERLAY, "kind: Deploy.*, name: mod.+", "labelSelector: a=b")
    assert repo.check("KUS102") == []
    repo.plant(OVERLAY, "labelSelector: a=b", "kind: Other")
    repo.plant(OVERLAY, "- ../../base", "- ../../base\n  - https://x.dev/a.yaml")
    assert repo.check("KUS102") == []


def test_kus103_points_at_an_application_with_a_missing_folder(repo: RepoBuilder) -> None:
    line = repo.plant(APPLICATION, "path: deploy/overlays/production", "path: deploy/overlays/prod")
    finding = repo.only("KUS103")
    assert (finding.path, finding.line) == (APPLICATION, line)
    assert "did you mean 'deploy/overlays/production'?" in finding.message


def test_kus103_is_quiet_about_charts_and_generated_paths(repo: RepoBuilder) -> None:
    repo.plant(APPLICATION, "    path: deploy/overlays/production", "    chart: mlflow\n    path: x")
    repo.append(
        APPLICATION,
        "---\napiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nspec: {template: {spec: {source: {path: 'a/{{b}}'}}}}\n",
    )
    assert repo.check("KUS103") == []


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        (BASE, "path: /readyz", "path: /ready"),
        (IMAGE, ":8080/readyz", ":8080/ready"),
        ("docs/runbook.md", ":8080/readyz", ":8080/ready"),
    ],
)
def test_kus104_points_at_a_path_that_is_not_served(repo: RepoBuilder, path: str, old: str, new: str) -> None:
    line = repo.plant(path, old, new)
    finding = repo.only("KUS104")
    assert (finding.path, finding.line) == (path, line)
    assert "requests '/ready', which the application does not serve: did you mean '/readyz'?" in finding.message


def test_kus104_reports_the_deletion_of_a_route(repo: RepoBuilder) -> None:
    repo.plant("mlops/serving/app.py", '@app.get("/readyz")', '@app.get("/ready")')
    assert {f.path for f in repo.check("KUS104")} == {BASE, IMAGE, "docs/runbook.md"}


def test_kus104_is_quiet_about_parameters_prefixes_mounts_and_other_servers(repo: RepoBuilder) -> None:
    repo.append(
        "mlops/serving/app.py",
        'app.mount("/static", x)\nrouter = APIRouter(prefix="/v1")\n@router.get("/predict")\ndef p(): ...\n',
    )
    repo.append(
        "docs/runbook.md",
        "```sh\ncurl localhost:8080/x http://localhost:8080/models/a http://localhost:5000/none\ncurl http://127.0.0.1:8080/v1/predict http://localhost:8080/static/a.css?b\n```\n",
    )
    repo.plant(
        BASE,
        "- name: model\n",
        "- {name: side, image: 'envoy:1', livenessProbe: {httpGet: {path: /server_info, port: 1}}}\n        - name: model\n",
    )
    assert repo.check("KUS104") == []


@pytest.mark.parametrize(
    ("path", "old", "new", "phrase"),
    [
        ("pyproject.toml", 'package = "churn_model"', 'package = "churn"', "src/churn/ does not exist"),
        ("pyproject.toml", 'name = "churn-model"', 'name = "other"', "the project is 'other', but the recorded answer is 'churn-model'"),
        ("pyproject.toml", '["churn_model", "mlops"]', '["churn_modle", "mlops"]', "did you mean 'churn_model'?"),
        (".copier-answers.yml", "package_name: churn_model", "package_name: churned", "the recorded answer is 'churned'"),
    ],
)  # fmt: skip
def test_name101_points_at_a_second_name_of_the_package(
    repo: RepoBuilder, path: str, old: str, new: str, phrase: str
) -> None:
    line = repo.plant(path, old, new)
    [finding] = [f for f in repo.check("NAME101") if phrase in f.message]
    assert finding.path == "pyproject.toml"
    assert finding.line == (line if path == "pyproject.toml" else repo.line_of("pyproject.toml", "package ="))


def test_name101_requires_the_settings_of_the_engine(repo: RepoBuilder) -> None:
    repo.write("pyproject.toml", "")
    assert "has no [tool.mlops] with a package" in repo.only("NAME101").message
    repo.remove("pyproject.toml")
    assert "does not exist" in repo.only("NAME101").message


def test_name101_is_quiet_about_spellings_of_one_name_and_without_answers(repo: RepoBuilder) -> None:
    repo.plant("pyproject.toml", 'name = "churn-model"', 'name = "Churn_Model"')
    assert repo.check("NAME101") == []
    repo.remove(".copier-answers.yml").plant("pyproject.toml", 'name = "Churn_Model"', 'name = "x"')
    assert repo.check("NAME101") == []


@pytest.mark.parametrize(
    ("path", "old", "new", "line_text"),
    [
        (OVERLAY, "newName: registry.acme.dev/ml/churn-model", "newName: registry.acme.dev/ml/churn", "newName"),
        ("Makefile", "IMAGE = registry.acme.dev/ml/churn-model", "IMAGE = registry.acme.dev/churn-model", "IMAGE ="),
        (CI, "permissions: {}", "env: {IMAGE: registry.acme.dev/ml/churn-modle}\npermissions: {}", "env:"),
        ("docs/runbook.md", "registry.acme.dev/ml/churn-model:1.0", "ghcr.io/acme/churn-model:1.0", "docker run"),
        (BASE, "image: model", "image: other.dev/x/model:1", "image:"),
    ],
)  # fmt: skip
def test_name102_points_at_a_second_name_of_the_image(
    repo: RepoBuilder, path: str, old: str, new: str, line_text: str
) -> None:
    repo.plant(path, old, new)
    findings = [f for f in repo.check("NAME102") if f.line == repo.line_of(path, line_text) and f.path == path]
    assert findings
    assert "'registry.acme.dev/ml/churn-model' in the recorded answers" in findings[0].message


def test_name102_compares_the_places_without_recorded_answers(repo: RepoBuilder) -> None:
    repo.remove(".copier-answers.yml")
    repo.plant("Makefile", "IMAGE = registry.acme.dev/ml/churn-model", "IMAGE = ghcr.io/acme/churn-model")
    assert any("registry.acme.dev" in f.message for f in repo.check("NAME102"))


def test_name102_points_at_a_replacement_of_an_image_that_is_not_deployed(repo: RepoBuilder) -> None:
    line = repo.plant(OVERLAY, "- name: model\n    newName", "- name: modle\n    newName")
    assert [(f.path, f.line) for f in repo.check("NAME102") if "not deployed here" in f.message] == [(OVERLAY, line)]


def test_name102_is_quiet_about_images_of_others(repo: RepoBuilder) -> None:
    repo.append(
        "docs/runbook.md",
        "```sh\ndocker pull registry.acme.dev/ml/base:1\ndocker run churn-model:test\ndocker push $IMAGE\n```\n",
    )
    assert repo.check("NAME102") == []


@pytest.mark.parametrize(
    ("path", "old", "new", "phrase"),
    [
        (OVERLAY, "namespace: churn-production", "namespace: churned", "requires 'churn-production'"),
        (APPLICATION, "namespace: churn-production", "namespace: churn-prod", "its overlay deploy/overlays/production sets"),
        (APPLICATION, "namespace: churn-*", "namespace: other", "its project 'churn' does not allow"),
        (APPLICATION, "project: churn", "project: curn", "project 'curn' does not exist"),
        ("README.md", "-n churn-production", "-n churn-prodution", "did you mean 'churn-production'?"),
        (SERVICE, "metadata: {name: model}", "metadata: {name: model, namespace: elsewhere}", "'elsewhere' here"),
        ("params.yaml", "train:", "url: http://model.churn-prod.svc/x\ntrain:", "no overlay has the namespace 'churn-prod'"),
        ("params.yaml", "train:", "url: http://modle.churn-production.svc/x\ntrain:", "has no Service 'modle'"),
    ],
)  # fmt: skip
def test_name103_points_at_a_second_name_of_the_namespace(
    repo: RepoBuilder, path: str, old: str, new: str, phrase: str
) -> None:
    line = repo.plant(path, old, new)
    [finding] = [f for f in repo.check("NAME103") if phrase in f.message]
    assert finding.path == path
    assert abs(finding.line - line) <= 1 or path == APPLICATION


def test_name103_is_quiet_about_namespaces_of_others(repo: RepoBuilder) -> None:
    repo.append("README.md", "`make gates`\n```sh\nkubectl -n argocd get app\nkubectl -n $NS get pods\n```\n")
    repo.append("params.yaml", "url: http://prometheus.monitoring.svc:9090\n")
    assert repo.check("NAME103") == []


@pytest.mark.parametrize(
    ("path", "old", "new", "phrase"),
    [
        (BASE, "containerPort: 8080", "containerPort: 8000", "docker/serve.Dockerfile:10 exposes 8080"),
        (BASE, "port: http\n", "port: web\n", "a probe of 'model' requests port 'web'"),
        (SERVICE, "targetPort: http", "targetPort: 8000", "Service 'model' sends to port '8000'"),
        (POLICY, "port: http", "port: 9090", "NetworkPolicy 'model' allows port '9090'"),
        (IMAGE, '"--port", "8080"', '"--port", "8000"', "the server listens on 8000"),
        (IMAGE, "127.0.0.1:8080", "127.0.0.1:8081", "the health check requests port 8081"),
        ("mlops/verbs/serve.py", "default=8080", "default=8000", "listens on 8000 by default"),
        ("docs/runbook.md", "-p 8080:8080", "-p 8080:80", "publishes port 80"),
    ],
)  # fmt: skip
def test_name104_points_at_a_second_number_of_the_port(
    repo: RepoBuilder, path: str, old: str, new: str, phrase: str
) -> None:
    line = repo.plant(path, old, new)
    [finding] = [f for f in repo.check("NAME104") if phrase in f.message]
    assert (finding.path, finding.line) == (path, line)


def test_name104_is_quiet_about_the_number_of_a_named_port_and_other_containers(repo: RepoBuilder) -> None:
    repo.plant(SERVICE, "targetPort: http", "targetPort: 8080")
    repo.append("docs/runbook.md", "```sh\ndocker run -p 5432:5432 postgres:16\n```\n")
    repo.plant(
        BASE,
        "- name: model\n",
        "- {name: side, image: 'envoy:1', ports: [{containerPort: 9901}]}\n        - name: model\n",
    )
    assert repo.check("NAME104") == []


def test_name104_ignores_the_ports_of_infra(repo: RepoBuilder) -> None:
    repo.write("infra/modules/registry/registry.Dockerfile", "FROM python:3.12\nEXPOSE 5000\n")
    assert repo.check("NAME104") == []
    repo.plant(BASE, "containerPort: 8080", "containerPort: 5000")
    assert any("exposes 8080" in finding.message for finding in repo.check("NAME104"))


@pytest.mark.parametrize(
    ("path", "old", "new", "phrase"),
    [
        (POLICY, "name: model\n                port", "name: modle\n                port", "did you mean 'model'?"),
        (POLICY, "port: {number: 80}", "port: {number: 8080}", "sends to port '8080' of 'model'"),
        (SERVICE, "selector: {app: model}", "selector: {app: server}", "selects app=server"),
        (POLICY, "matchLabels: {tier: serving}", "matchLabels: {tier: served}", "NetworkPolicy 'model' selects tier=served"),
        (BASE, "matchLabels: {app: model}", "matchLabels: {app: mdl}", "its own pods have app=model"),
        ("README.md", "svc/model 8080:80", "svc/modle 8080:80", "there is no Service 'modle'"),
        ("README.md", "svc/model 8080:80", "svc/model 8080:8080", "Service 'model' has no port 8080"),
    ],
)  # fmt: skip
def test_name105_points_at_a_second_name_of_the_service(
    repo: RepoBuilder, path: str, old: str, new: str, phrase: str
) -> None:
    repo.plant(path, old, new)
    [finding] = [f for f in repo.check("NAME105") if phrase in f.message]
    assert finding.path == path


def test_name105_checks_autoscalers_and_routes(repo: RepoBuilder) -> None:
    repo.append(
        POLICY,
        "---\nkind: HorizontalPodAutoscaler\nmetadata: {name: a}\nspec: {scaleTargetRef: {kind: Deployment, name: other}}\n",
    )
    repo.append(
        POLICY, "---\nkind: HTTPRoute\nmetadata: {name: b}\nspec: {rules: [{backendRefs: [{name: model, port: 81}]}]}\n"
    )
    repo.append(POLICY, "---\nkind: ServiceMonitor\nmetadata: {name: c}\nspec: {endpoints: [{port: metrics}]}\n")
    messages = [f.message for f in repo.check("NAME105")]
    assert len(messages) == 3
    assert any("scales 'other', which is not deployed" in m for m in messages)
    assert any("sends to port '81' of 'model'" in m for m in messages)
    assert any("scrapes port 'metrics'" in m for m in messages)


def test_name105_is_quiet_about_remote_resources(repo: RepoBuilder) -> None:
    repo.plant(SERVICE, "selector: {app: model}", "selector: {app: server}")
    repo.plant(OVERLAY, "- ../../base", "- ../../base\n  - https://x.dev/a.yaml")
    assert repo.check("NAME105") == []


def test_name101_points_at_an_import_that_misspells_the_package(repo: RepoBuilder) -> None:
    repo.write("tests/code/test_x.py", "import json\n\nfrom churn_modell import model\n")
    finding = repo.only("NAME101")
    assert (finding.path, finding.line) == ("tests/code/test_x.py", 3)
    assert "did you mean 'churn_model'?" in finding.message


def test_name101_is_quiet_about_other_modules_with_similar_names(repo: RepoBuilder) -> None:
    repo.append("constraints.txt", "churn-models==1.0\n")
    repo.write("tests/churn_mode.py", "").write("tests/code/test_x.py", "import churn_models\nimport churn_mode\n")
    assert repo.check("NAME101") == []


def test_name103_points_at_a_repository_that_the_project_does_not_allow(repo: RepoBuilder) -> None:
    repo.write(
        "deploy/argocd/project.yaml",
        "apiVersion: argoproj.io/v1alpha1\nkind: AppProject\nmetadata: {name: churn}\n"
        "spec:\n  sourceRepos: ['https://x.dev/acme/churn.git']\n",
    )
    repo.write(
        "deploy/argocd/production.yaml",
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: churn-production}\nspec:\n"
        "  project: churn\n  source:\n    repoURL: https://x.dev/acme/chrun.git\n    path: deploy/overlays/production\n",
    )
    finding = repo.only("NAME103")
    assert (finding.path, finding.line) == ("deploy/argocd/production.yaml", 7)
    assert "which its project 'churn' does not allow" in finding.message


def test_name104_points_at_a_page_that_requests_another_port(repo: RepoBuilder) -> None:
    line = repo.append("README.md", "\n```sh\ncurl http://127.0.0.1:8000/healthz\n```\n")
    finding = repo.only("NAME104")
    assert (finding.path, finding.line) == ("README.md", line + 2)


def test_name104_is_quiet_about_a_page_that_publishes_the_port_it_requests(repo: RepoBuilder) -> None:
    repo.append(
        "README.md", "\n```sh\ndocker run -p 8000:8080 churn-model:1\ncurl http://127.0.0.1:8000/healthz\n```\n"
    )
    assert repo.check("NAME104") == []


def test_name105_points_at_a_misspelled_service_account_only(repo: RepoBuilder) -> None:
    repo.append("deploy/base/service.yaml", "---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: model}\n")
    line = repo.plant(
        "deploy/base/deployment.yaml", "      containers:", "      serviceAccountName: modle\n      containers:"
    )
    finding = repo.only("NAME105")
    assert (finding.path, finding.line) == ("deploy/base/deployment.yaml", line)
    repo.plant("deploy/base/deployment.yaml", "serviceAccountName: modle", "serviceAccountName: of-the-cluster")
    assert repo.check("NAME105") == []


def test_kus102_points_at_replicas_of_a_missing_workload(repo: RepoBuilder) -> None:
    path = "deploy/overlays/production/kustomization.yaml"
    line = repo.append(path, "replicas:\n  - {name: model, count: 2}\n  - {name: modle, count: 3}\n")
    finding = repo.only("KUS102")
    assert (finding.path, finding.line) == (path, line + 2)
    assert "did you mean 'model'?" in finding.message
