"""The serving app returns the model's predictions, rejects invalid requests and reports its state."""

import asyncio
import json
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import joblib
import pandas as pd
import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlops.serving.app import Limits, create_app
from support.delivery import TEMPLATE, Server, Trained, until

ROW: dict[str, Any] = {"age": 41.5, "class": 2, "model_config": "north", "smoker": True, "income": 33.0}


@contextmanager
def client(directory: Path, **options: Any) -> Iterator[TestClient]:
    """Return a client of an app that has finished loading, successfully or not."""
    with TestClient(create_app(directory, **options), raise_server_exceptions=False) as opened:
        until(lambda: "still being loaded" not in opened.get("/readyz").text)
        yield opened


def row_with(**changes: Any) -> dict[str, Any]:
    return {**ROW, **changes}


def row_without(name: str) -> dict[str, Any]:
    return {key: value for key, value in ROW.items() if key != name}


def sample(page: str, series: str) -> float:
    """Return the value of one series on a page of metrics; 0 if the series does not exist yet."""
    found = re.search(rf"^{re.escape(series)} (\S+)$", page, re.MULTILINE)
    return float(found.group(1)) if found else 0.0


# ------------------------------------------------------------ predictions


@pytest.mark.parametrize("kind", ["classifier", "regressor"])
def test_the_app_returns_exactly_the_predictions_of_the_model(kind: str, request: pytest.FixtureRequest) -> None:
    trained: Trained = request.getfixturevalue(kind)
    rows = trained.rows.head(50)
    instances = json.loads(rows.to_json(orient="records", double_precision=15))
    with client(trained.directory, name="risk-model") as app:
        answer = app.post("/predict", json={"instances": instances}).json()
    expected = trained.predictor.predict(pd.DataFrame.from_records(instances))
    assert [one["score"] for one in answer["predictions"]] == expected.score.tolist()
    assert [one["label"] for one in answer["predictions"]] == expected.label.tolist()
    assert answer["model"] == {"name": "risk-model", "digest": trained.digest}


def test_the_order_of_keys_does_not_matter_and_nullable_inputs_may_be_missing(
    classifier: Trained,
) -> None:
    turned = dict(reversed(ROW.items()))
    with client(classifier.directory) as app:
        plain, reverse = app.post("/predict", json={"instances": [ROW, turned]}).json()["predictions"]
        null, absent = app.post("/predict", json={"instances": [row_with(income=None), row_without("income")]}).json()[
            "predictions"
        ]
    assert plain == reverse
    assert null == absent != plain


@pytest.mark.parametrize(
    ("instance", "field", "kind"),
    [
        (row_without("age"), "age", "missing"),
        (row_with(agee=1), "agee", "extra_forbidden"),
        (row_with(age="41.5"), "age", "float_type"),
        (row_with(age=True), "age", "float_type"),
        (row_with(age=None), "age", "float_type"),
        (row_with(age=[41.5]), "age", "float_type"),
        (row_with(age=float("nan")), "age", "finite_number"),
        (row_with(income=float("inf")), "income", "finite_number"),
        (row_with(age=10**400), "age", "finite_number"),
        (row_with(**{"class": 2.5}), "class", "int_type"),
        (row_with(**{"class": 2**63}), "class", "less_than"),
        (row_with(model_config=7), "model_config", "string_type"),
        (row_with(smoker=1), "smoker", "bool_type"),
    ],
)
def test_an_invalid_field_is_a_422_that_names_it(
    classifier: Trained, instance: dict[str, Any], field: str, kind: str
) -> None:
    with client(classifier.directory) as app:
        answer = app.post("/predict", content=json.dumps({"instances": [ROW, instance]}))
    assert answer.status_code == 422
    [problem] = answer.json()["detail"]
    assert problem["loc"] == ["body", "instances", 1, field]
    assert problem["type"].startswith(kind), problem


@pytest.mark.parametrize(
    ("body", "place", "kind"),
    [
        (b"", ["body"], "json_invalid"),
        (b"{", ["body"], "json_invalid"),
        (b"\xff\xfe", ["body"], "json_invalid"),
        (b"[" * 100_000, ["body"], "json_invalid"),
        (b"[]", ["body"], "model_type"),
        (b"{}", ["body", "instances"], "missing"),
        (b'{"instances": []}', ["body", "instances"], "too_short"),
        (b'{"instances": null}', ["body", "instances"], "list_type"),
        (b'{"instances": [3]}', ["body", "instances", 0], "model_type"),
        (json.dumps({"instances": [ROW], "rows": 1}).encode(), ["body", "rows"], "extra_forbidden"),
    ],
)
def test_an_invalid_body_is_a_422_with_the_place(classifier: Trained, body: bytes, place: list[str], kind: str) -> None:
    with client(classifier.directory) as app:
        answer = app.post("/predict", content=body)
    assert answer.status_code == 422
    assert (answer.json()["detail"][0]["loc"], answer.json()["detail"][0]["type"]) == (place, kind)


def test_the_maximum_number_of_instances_is_accepted_and_one_more_is_refused(classifier: Trained) -> None:
    with client(classifier.directory, limits=Limits(instances=3)) as app:
        assert len(app.post("/predict", json={"instances": [ROW] * 3}).json()["predictions"]) == 3
        answer = app.post("/predict", json={"instances": [ROW] * 4})
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["body", "instances"]
    assert "at most 3" in answer.json()["detail"][0]["msg"]


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_over_the_limit_is_refused_and_one_at_the_limit_is_read(classifier: Trained, chunked: bool) -> None:
    body = json.dumps({"instances": [ROW]}).encode()
    with client(classifier.directory, limits=Limits(body_bytes=len(body))) as app:
        assert app.post("/predict", content=body).status_code == 200
        larger = body + b" "
        answer = app.post("/predict", content=iter([larger]) if chunked else larger)
    assert answer.status_code == 413
    assert f"{len(body)} bytes" in answer.json()["detail"]


def test_a_client_that_disconnects_does_not_cause_a_server_error(classifier: Trained) -> None:
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/predict", "headers": [], "query_string": b""}
    with client(classifier.directory) as opened:
        asyncio.run(opened.app(scope, receive, send))
    assert sent[0]["status"] == 400


def test_an_error_response_does_not_repeat_the_values_of_the_request(classifier: Trained) -> None:
    with client(classifier.directory) as app:
        answer = app.post("/predict", json={"instances": [row_with(age="secret-4711", smoker="secret-4712")]})
    assert answer.status_code == 422
    assert "secret" not in answer.text


def test_many_errors_give_a_short_response(classifier: Trained) -> None:
    instance = row_with(**{f"{'x' * 5000}{number}": 1 for number in range(100)})
    with client(classifier.directory) as app:
        answer = app.post("/predict", json={"instances": [instance]})
    assert answer.status_code == 422
    assert len(answer.content) < 10_000


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(list(ROW)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
nearly_right = st.fixed_dictionaries({name: st.just(value) | anything for name, value in ROW.items()})


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.one_of(anything, st.fixed_dictionaries({"instances": st.lists(nearly_right | anything, max_size=3)})))
def test_no_json_body_causes_a_server_error(shared_client: TestClient, body: Any) -> None:
    assert shared_client.post("/predict", content=json.dumps(body)).status_code in {200, 422}


@pytest.fixture(scope="module")
def shared_client(classifier: Trained) -> Iterator[TestClient]:
    with client(classifier.directory) as app:
        yield app


# ------------------------------------------------------------ metrics, version and OpenAPI


def test_metrics_count_requests_by_path_and_status_and_predictions_by_label(classifier: Trained) -> None:
    with client(classifier.directory, name="risk-model") as app:
        answer = app.post("/predict", json={"instances": [row_with(age=20.0, smoker=False), row_with(age=90.0)]})
        assert [one["label"] for one in answer.json()["predictions"]] == ["low", "high"]
        app.post("/predict", json={"instances": [row_with(age=90.0)]})
        app.post("/predict", json={})
        app.get("/wp-login.php")
        app.get("/healthz")
        page = app.get("/metrics").text
    assert sample(page, 'model_requests_total{path="/predict",status="200"}') == 2
    assert sample(page, 'model_requests_total{path="/predict",status="422"}') == 1
    assert sample(page, 'model_requests_total{path="other",status="404"}') == 1
    assert sample(page, 'model_requests_total{path="/healthz",status="200"}') == 1
    assert sample(page, 'model_request_duration_seconds_count{path="/predict"}') == 3
    assert sample(page, 'model_predictions_total{label="low"}') == 1
    assert sample(page, 'model_predictions_total{label="high"}') == 2
    assert sample(page, "model_ready") == 1
    identity = f'digest="{classifier.digest}",name="risk-model",task="classification"'
    assert sample(page, f"model_info{{{identity}}}") == 1
    assert "wp-login" not in page


def test_a_regression_counts_all_rows_in_one_series(regressor: Trained) -> None:
    with client(regressor.directory) as app:
        app.post("/predict", json={"instances": [ROW, row_with(age=70.0)]})
        page = app.get("/metrics").text
    assert sample(page, 'model_predictions_total{label="value"}') == 2
    assert page.count("model_predictions_total{") == 1


def test_two_apps_in_one_process_have_separate_metrics(classifier: Trained) -> None:
    with client(classifier.directory) as one, client(classifier.directory) as other:
        one.post("/predict", json={"instances": [ROW]})
        assert 'path="/predict",status="200"' not in other.get("/metrics").text


def test_error_counters_start_at_0_so_that_the_first_error_is_an_increase(classifier: Trained) -> None:
    with client(classifier.directory) as app:
        page = app.get("/metrics").text
    for status in (500, 503):
        assert sample(page, f'model_requests_total{{path="/predict",status="{status}"}}') == 0


def test_version_reports_model_commit_and_libraries(classifier: Trained) -> None:
    with client(classifier.directory, name="risk-model", commit="0" * 40) as app:
        version = app.get("/version").json()
    assert version["model"] == {"name": "risk-model", "digest": classifier.digest, "task": "classification"}
    assert version["commit"] == "0" * 40
    assert version["libraries"]["scikit-learn"].count(".") >= 1


def test_the_openapi_document_contains_the_inputs_of_the_loaded_model(classifier: Trained) -> None:
    with client(classifier.directory) as app:
        document = app.get("/openapi.json").json()
    instance = document["components"]["schemas"]["Instance"]
    assert set(instance["properties"]) == set(ROW)
    assert set(instance["required"]) == set(ROW) - {"income"}
    body = document["paths"]["/predict"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert body["properties"]["instances"]["items"] == {"$ref": "#/components/schemas/Instance"}


# ------------------------------------------------------------ broken models


class Trap:
    """Write a file when it is unpickled, in place of an attacker's code."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, tuple[Path]]:
        return Path.touch, (self.mark,)


def test_a_tampered_model_is_never_unpickled_and_never_ready(
    project: Path, classifier: Trained, tmp_path: Path
) -> None:
    directory, mark = project / "models" / "candidate", tmp_path / "unpickled"
    joblib.dump(Trap(mark), directory / "model.joblib")
    with client(directory, expected_digest=classifier.digest) as app:
        ready, predicted, health = (
            app.get("/readyz"),
            app.post("/predict", json={"instances": [ROW]}),
            app.get("/healthz"),
        )
        page = app.get("/metrics").text
    assert (ready.status_code, predicted.status_code, health.status_code) == (503, 503, 200)
    assert classifier.digest in ready.json()["detail"]
    assert "was not loaded" in ready.json()["detail"]
    assert sample(page, "model_ready") == 0
    assert not mark.exists()
    # without an expected digest, the model is unpickled
    with client(directory) as app:
        assert app.get("/readyz").status_code == 503
    assert mark.exists()


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("model.joblib", b"no pickle", "could not be loaded"),
        ("model.joblib", b"", "could not be loaded"),
        ("signature.json", b"{}", "is not a valid signature"),
        ("signature.json", None, "does not contain a model"),
    ],
)
def test_readyz_reports_why_a_model_cannot_be_loaded(
    project: Path, name: str, content: bytes | None, reason: str
) -> None:
    path = project / "models" / "candidate" / name
    path.unlink() if content is None else path.write_bytes(content)
    with client(path.parent) as app:
        ready = app.get("/readyz")
        assert app.get("/healthz").status_code == 200
        assert app.get("/version").json()["model"] is None
    assert ready.status_code == 503
    assert reason in ready.json()["detail"]


# ------------------------------------------------------------ the process


def get(url: str, body: dict[str, Any] | None = None) -> tuple[int, Any]:
    data = None if body is None else json.dumps(body).encode()
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(urllib.request.Request(url, data), timeout=10) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def test_sigterm_fails_readyz_first_and_then_shuts_down(
    project: Path, classifier: Trained, start_server: Callable[..., Server]
) -> None:
    server = start_server(project, "--drain-seconds", "2", MODEL_DIGEST=classifier.digest, MODEL_COMMIT="f" * 40)
    until(lambda: get(f"{server.url}/readyz")[0] == 200)
    assert get(f"{server.url}/version")[1]["commit"] == "f" * 40
    status, answer = get(f"{server.url}/predict", {"instances": [ROW]})
    assert status == 200
    assert answer["predictions"][0]["score"] == classifier.predictor.predict(pd.DataFrame([ROW])).score[0]

    server.process.send_signal(signal.SIGTERM)
    until(lambda: get(f"{server.url}/readyz")[0] == 503, seconds=1)
    assert get(f"{server.url}/readyz")[1]["detail"] == "the server is shutting down"
    announced = time.monotonic()
    while time.monotonic() < announced + 1:  # requests from clients that still use this server succeed
        assert get(f"{server.url}/predict", {"instances": [ROW]})[0] == 200
    assert server.process.wait(timeout=20) == 0
    with pytest.raises(urllib.error.URLError):
        get(f"{server.url}/healthz")


def test_a_client_that_sends_ten_megabytes_gets_the_reason(project: Path, start_server: Callable[..., Server]) -> None:
    server = start_server(project)
    until(lambda: get(f"{server.url}/readyz")[0] == 200)
    status, answer = get(f"{server.url}/predict", {"instances": ["x" * 10_000_000]})
    assert (status, "send fewer instances" in answer["detail"]) == (413, True)
    assert get(f"{server.url}/predict", {"instances": [ROW]})[0] == 200


def test_a_second_signal_skips_the_delay(project: Path, start_server: Callable[..., Server]) -> None:
    server = start_server(project, "--drain-seconds", "600")
    until(lambda: get(f"{server.url}/readyz")[0] == 200)
    server.process.send_signal(signal.SIGTERM)
    until(lambda: get(f"{server.url}/readyz")[0] == 503)
    server.process.send_signal(signal.SIGINT)
    assert server.process.wait(timeout=20) == 0


def serve(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mlops", "serve", *options]
    environment = {"PYTHONPATH": str(TEMPLATE), "PYTHONDONTWRITEBYTECODE": "1", "PATH": "/usr/bin:/bin"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_check_loads_the_model_and_refuses_another_digest(project: Path, classifier: Trained) -> None:
    good = serve(project, "--check", "--digest", classifier.digest)
    assert (good.returncode, good.stdout.split()[1]) == (0, classifier.digest)
    bad = serve(project, "--check", "--digest", "sha256:" + "0" * 64)
    assert bad.returncode == 2
    assert classifier.digest in bad.stderr


def test_a_port_in_use_and_a_missing_model_are_reported_in_one_line(project: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = serve(project, "--port", str(taken.getsockname()[1]))
    assert result.returncode == 2
    assert "--port names another" in result.stderr
    assert len(result.stderr.splitlines()) == 1
    result = serve(project, "--model", "models/nothing")
    assert result.returncode == 2
    assert "make train" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_serving_does_not_import_training_packages(project: Path) -> None:
    program = (
        "import sys; from mlops.__main__ import main; code = main(['serve', '--check']);"
        "heavy = {'mlflow', 'dvc', 'pandera', 'matplotlib', 'pytest'} & set(sys.modules);"
        "sys.exit(code or sorted(heavy) or None)"
    )
    command = [sys.executable, "-c", program]
    environment = {"PYTHONPATH": str(TEMPLATE), "PYTHONDONTWRITEBYTECODE": "1", "PATH": "/usr/bin:/bin"}
    result = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr[-300:]
