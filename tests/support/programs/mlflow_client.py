"""Actions of people and machines on the registry, as a separate program: `mlflow_client.py <action>` prints JSON.

The server's URL and the user are in the MLFLOW_TRACKING_* variables, as for every client.
"""

import http.client
import json
import os
import ssl
import sys
import tempfile
from base64 import b64encode
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

MODEL = "churn"
ARTIFACT = "a line that was logged\n"
HALF = 8 * 1024 * 1024  # bytes


def connection() -> http.client.HTTPSConnection:
    host = urlsplit(os.environ["MLFLOW_TRACKING_URI"]).netloc
    context = ssl.create_default_context(cafile=os.environ["REQUESTS_CA_BUNDLE"])
    return http.client.HTTPSConnection(host, context=context, timeout=60)


def authorization() -> dict[str, str]:
    user, password = os.environ["MLFLOW_TRACKING_USERNAME"], os.environ["MLFLOW_TRACKING_PASSWORD"]
    return {"Authorization": "Basic " + b64encode(f"{user}:{password}".encode()).decode()}


def ask(*requests: str) -> list[list[Any]]:
    """Send each "<user> <method> <path> <host>" and return the statuses; <user> is `nobody`, `wrong` or `self`."""
    answers = []
    for request in requests:
        user, method, path, host = request.split()
        headers = {"Host": host, "Content-Type": "application/json"}
        if user != "nobody":
            headers |= authorization()
        if user == "wrong":
            headers["Authorization"] = "Basic " + b64encode(b"admin:password1234").decode()
        one = connection()
        one.request(method, path, body="{}" if method == "POST" else None, headers=headers)
        answers.append([request, one.getresponse().status])
        one.close()
    return answers


def log() -> dict[str, Any]:
    """Log a run with a metric, an artifact and a model, which becomes version 1 with an alias."""
    import mlflow

    mlflow.set_experiment("churn")
    with mlflow.start_run() as run:
        mlflow.log_metric("accuracy", 0.75)
        mlflow.log_text(ARTIFACT, "notes/line.txt")
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "weights.bin"
            path.write_bytes(bytes(range(256)) * 16384)  # 4 MiB
            mlflow.log_artifact(str(path))
        model = mlflow.pyfunc.log_model(
            name="model", python_model=lambda model_input: [2 * value for value in model_input], pip_requirements=[]
        )
    client = mlflow.MlflowClient()
    client.create_registered_model(MODEL)
    version = client.create_model_version(MODEL, model.model_uri, run.info.run_id, model_id=model.model_id)
    client.set_registered_model_alias(MODEL, "champion", version.version)
    return {"run": run.info.run_id, "version": version.version}


def present() -> dict[str, Any]:
    """Return everything that the server stores, sorted."""
    import mlflow

    client = mlflow.MlflowClient()
    experiments = client.search_experiments()
    runs = client.search_runs([experiment.experiment_id for experiment in experiments])
    models = client.search_registered_models()
    return {
        "experiments": sorted([item.experiment_id, item.name, item.artifact_location] for item in experiments),
        "runs": sorted([run.info.run_id, run.info.status, run.data.metrics] for run in runs),
        "models": sorted([model.name, model.aliases] for model in models),
        "versions": sorted(
            [item.name, item.version, item.run_id, item.source] for item in client.search_model_versions()
        ),
    }


def load() -> dict[str, Any]:
    """Load the model by its alias, and the artifacts of its run, through the server."""
    import mlflow

    version = mlflow.MlflowClient().get_model_version_by_alias(MODEL, "champion")
    predictions = mlflow.pyfunc.load_model(f"models:/{MODEL}@champion").predict([1, 2, 3])
    with tempfile.TemporaryDirectory() as folder:
        weights = mlflow.artifacts.download_artifacts(
            run_id=version.run_id, artifact_path="weights.bin", dst_path=folder
        )
        size = Path(weights).stat().st_size
    text = mlflow.artifacts.load_text(f"runs:/{version.run_id}/notes/line.txt")
    return {"predictions": list(predictions), "text": text, "bytes": size}


def upload(path: str) -> dict[str, Any]:
    """Upload an artifact in two halves, the second after a line on stdin; return the status or the error."""
    one = connection()
    one.putrequest("PUT", f"/api/2.0/mlflow-artifacts/artifacts/{path}")
    for name, value in {**authorization(), "Content-Length": str(2 * HALF)}.items():
        one.putheader(name, value)
    one.endheaders()
    one.send(b"\0" * HALF)
    print("half", flush=True)
    sys.stdin.readline()
    try:
        one.send(b"\0" * HALF)
        return {"status": one.getresponse().status}
    except (OSError, http.client.HTTPException) as error:
        return {"error": type(error).__name__}


def artifacts(run: str) -> dict[str, Any]:
    """Return names and sizes of a run's artifacts in the top folder."""
    import mlflow

    return {item.path: item.file_size for item in mlflow.MlflowClient().list_artifacts(run)}


def add_user(name: str, password: str) -> dict[str, Any]:
    from mlflow.server.auth.client import AuthServiceClient

    user = AuthServiceClient(os.environ["MLFLOW_TRACKING_URI"]).create_user(name, password)
    return {"name": user.username, "admin": user.is_admin}


def delete_model() -> dict[str, Any]:
    """Return whether the user may delete a model that another user registered."""
    import mlflow

    try:
        mlflow.MlflowClient().delete_registered_model(MODEL)
    except mlflow.exceptions.MlflowException as error:
        return {"refused": error.error_code}
    return {"refused": None}


if __name__ == "__main__":
    print(json.dumps(globals()[sys.argv[1]](*sys.argv[2:])))
