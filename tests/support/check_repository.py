"""A builder of small repositories for the check, and the files of a repository without findings."""

import textwrap
from pathlib import Path

from espalier import check
from espalier.check import Finding
from support.working_tree import ROOT


class RepoBuilder:
    """A repository in a temporary folder, written file by file."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, path: str, text: str | bytes, *, executable: bool = False) -> "RepoBuilder":
        """Write a file; the common indentation of a text is removed."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text if isinstance(text, bytes) else textwrap.dedent(text).lstrip("\n").encode())
        file.chmod(0o755 if executable else 0o644)
        return self

    def plant(self, path: str, old: str, new: str) -> int:
        """Replace the only occurrence of ``old``, and return the line where ``new`` starts."""
        file = self.root / path
        text = file.read_text()
        assert text.count(old) == 1, f"{path} contains {old!r} {text.count(old)} times"
        file.write_text(text.replace(old, new))
        return text.count("\n", 0, text.index(old)) + 1

    def append(self, path: str, text: str) -> int:
        """Append lines without changing their indentation, and return the line of the first."""
        file = self.root / path
        before = file.read_text() if file.exists() else ""
        self.write(path, before + text)
        return before.count("\n") + 1

    def remove(self, path: str) -> "RepoBuilder":
        (self.root / path).unlink()
        return self

    def line_of(self, path: str, text: str) -> int:
        """Return the line of the first occurrence of a text."""
        content = (self.root / path).read_text()
        return content.count("\n", 0, content.index(text)) + 1

    def check(self, *rules: str) -> list[Finding]:
        """Return the findings of these rules, or of all rules if none is named."""
        return check.run(self.root, select=rules)

    def only(self, rule: str) -> Finding:
        """Return the only finding of a rule."""
        findings = self.check(rule)
        assert len(findings) == 1, f"one finding of {rule} was expected, there are {findings}"
        assert findings[0].fix, f"{rule} has no fix"
        return findings[0]


SHA = "1234567890abcdef1234567890abcdef12345678"

SOUND = {
    ".copier-answers.yml": """
        _commit: v1.0.0
        _src_path: gh:example-org/espalier
        contact: ml-team@acme-data.com
        description: Predicts who leaves
        image_registry: registry.acme.dev/ml
        namespace: churn
        organization: Acme
        package_name: churn_model
        project_name: Churn Model
        project_slug: churn-model
        task: classification
        """,
    ".gitignore": "/data/\n/models/\n.venv/\n/reports/*\n!/reports/metrics.json\n",
    ".dockerignore": ".git\n.venv\ndata\ndocs\n",
    "Makefile": """
        PYTHON ?= .venv/bin/python
        IMAGE = registry.acme.dev/ml/churn-model
        .PHONY: setup gates train image
        setup: ## Make the environment
        \tpython3 -m mlops setup
        train: setup
        \t$(PYTHON) -m dvc repro train
        gates:
        \t@$(PYTHON) -m mlops gate
        image:
        \tdocker build -f docker/serve.Dockerfile -t $(IMAGE):$$(git rev-parse HEAD) .
        """,
    "pyproject.toml": """
        [project]
        name = "churn-model"
        version = "0.1.0"
        dependencies = ["numpy>=2", "scikit-learn[plot]>=1.6,<2; python_version >= '3.11'"]

        [project.optional-dependencies]
        dev = ["PyYAML>=6"]

        [tool.mlops]
        package = "churn_model"
        task = "classification"

        [tool.ruff.lint.isort]
        known-first-party = ["churn_model", "mlops"]

        [[tool.mypy.overrides]]
        module = ["joblib.*"]
        """,
    "constraints.txt": "numpy==2.1.3\nscikit_learn==1.6.1\npyyaml==6.0.2\n",
    "params.yaml": "train:\n  C: 1.0\n  seed: 7\n",
    "model_gates.yaml": """
        performance: {accuracy: {min: 0.7}, profit: {min: 100}}
        fairness:
          max_disparity: 0.1
          protected_attributes: [sex, age_group]
        behavioral: {test_cases: tests/critical_cases.csv, min_pass_rate: 1.0}
        """,
    "tests/critical_cases.csv": "age,expected\n30,1\n",
    "dvc.yaml": """
        vars:
          - pyproject.toml:tool
        stages:
          data:
            cmd: python -m mlops data
            deps: [mlops, "src/${tool.mlops.package}/features.py"]
            outs: [data/raw]
          train:
            cmd: python -m mlops train
            deps:
              - src
              - data/raw/rows.parquet
            params: [train.C]
            outs:
              - models/candidate
            metrics:
              - reports/metrics.json: {cache: false}
        """,
    "mlops/__init__.py": "",
    "mlops/__main__.py": "from mlops import metrics\n\nprint(metrics)\n",
    "mlops/verbs/__init__.py": "",
    **{f"mlops/verbs/{verb}.py": "" for verb in ("setup", "data", "train", "gate", "report")},
    "mlops/verbs/serve.py": """
        def add_arguments(parser):
            parser.add_argument("--port", type=int, default=8080)
        """,
    "mlops/metrics.py": "",
    "mlops/gates/metrics/classification.py": """
        METRICS: dict[str, object] = {"accuracy": 1, "auc_roc": 2}
        """,
    "mlops/gates/metrics/regression.py": 'METRICS = {"mae": 3}',
    "mlops/gates/kinds/fairness.py": """
        OTHER_SPELLINGS = {"mae": "error"}
        BY_TASK = {"classification": ("accuracy", "selection_rate"), "regression": ("error",)}
        """,
    # the one that the engine has: the rule must follow what is really written
    "mlops/gates/schemas/mlgates-v1.schema.json": (
        ROOT / "template/mlops/gates/schemas/mlgates-v1.schema.json"
    ).read_text(encoding="utf-8"),
    "mlops/serving/app.py": """
        from fastapi import FastAPI

        def create_app():
            app = FastAPI()

            @app.get("/healthz")
            def healthz():
                return {}

            @app.get("/readyz")
            def readyz():
                return {}

            app.add_api_route("/models/{name}", healthz)
            return app
        """,
    "src/churn_model/__init__.py": "",
    "src/churn_model/features.py": """
        def protected_attributes(rows):
            frame = {"sex": rows["sex"]}
            frame["age_group"] = rows["age"] > 50
            return frame
        """,
    "src/churn_model/model.py": """
        from . import features

        def metrics(truth, score):
            return {"profit": float(truth @ score), "features": features}
        """,
    "docker/serve.Dockerfile": f"""
        ARG BASE_IMAGE=python:3.12.7-slim
        FROM ${{BASE_IMAGE}} AS build
        WORKDIR /app
        COPY pyproject.toml constraints.txt ./
        COPY mlops mlops
        COPY src/ src/
        COPY models/candidate model
        FROM python:3.12.7-slim@sha256:{"ab" * 32}
        COPY --from=build /app /app
        EXPOSE 8080
        HEALTHCHECK --interval=10s CMD ["python", "-c", "open('http://127.0.0.1:8080/readyz')"]
        CMD ["python", "-m", "mlops", "serve", "--port", "8080"]
        """,
    ".github/python-version": "3.12\n",
    ".github/workflows/ci.yml": f"""
        on: [push]
        permissions: {{}}
        jobs:
          test:
            runs-on: ubuntu-24.04
            steps:
              - uses: actions/checkout@{SHA} # v4.2.2
              - uses: actions/setup-python@{SHA} # v5
                with:
                  python-version-file: .github/python-version
              - run: make setup
              - run: |
                  # the whole pipeline
                  python -m mlops train && \\
                    python -m mlops gate
                  bash scripts/smoke.sh
        """,
    "deploy/base/kustomization.yaml": "resources: [deployment.yaml, service.yaml, policy.yaml]\n",
    "deploy/base/deployment.yaml": """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: model}
        spec:
          selector:
            matchLabels: {app: model}
          template:
            metadata:
              labels: {app: model, tier: serving}
            spec:
              containers:
                - name: model
                  image: model
                  ports:
                    - {name: http, containerPort: 8080}
                  readinessProbe:
                    httpGet:
                      path: /readyz
                      port: http
        """,
    "deploy/base/service.yaml": """
        apiVersion: v1
        kind: Service
        metadata: {name: model}
        spec:
          selector: {app: model}
          ports:
            - name: web
              port: 80
              targetPort: http
        """,
    "deploy/base/policy.yaml": """
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: {name: model}
        spec:
          podSelector:
            matchLabels: {tier: serving}
          ingress:
            - ports:
                - port: http
        ---
        apiVersion: networking.k8s.io/v1
        kind: Ingress
        metadata: {name: model}
        spec:
          rules:
            - http:
                paths:
                  - path: /
                    backend:
                      service:
                        name: model
                        port: {number: 80}
        """,
    "deploy/overlays/production/kustomization.yaml": f"""
        namespace: churn-production
        resources:
          - ../../base
        images:
          - name: model
            newName: registry.acme.dev/ml/churn-model
            digest: sha256:{"0" * 64}
        patches:
          - target: {{kind: Deployment, name: model}}
            patch: |
              - op: replace
                path: /spec/replicas
                value: 3
          - patch: |
              apiVersion: apps/v1
              kind: Deployment
              metadata:
                name: model
              spec:
                template:
                  spec:
                    containers:
                      - name: model
                        env: []
        """,
    "deploy/argocd/production.yaml": """
        apiVersion: argoproj.io/v1alpha1
        kind: Application
        metadata: {name: churn-production, namespace: argocd}
        spec:
          project: churn
          source:
            path: deploy/overlays/production
          destination:
            namespace: churn-production
        ---
        apiVersion: argoproj.io/v1alpha1
        kind: AppProject
        metadata: {name: churn, namespace: argocd}
        spec:
          destinations:
            - namespace: churn-*
        """,
    "LICENSE": "MIT License\n\nCopyright (c) 2026 Acme\n",
    "README.md": """
        # Churn Model

        ```sh
        make setup
        python -m mlops train   # fits the model
        dvc repro train
        kubectl -n churn-production port-forward svc/model 8080:80
        ```

        `make gates` judges. See [the runbook](docs/runbook.md#down) and [the report](reports/report.html).
        Ask ml-team@acme-data.com.
        """,
    "docs/runbook.md": """
        ```console
        $ curl http://localhost:8080/readyz
        {"status": "ready"}
        $ docker run -p 8080:8080 registry.acme.dev/ml/churn-model:1.0
        ```
        """,
}
