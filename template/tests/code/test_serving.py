"""The server returns the predictions of the model and refuses rows that do not match its signature.

The model is a small replacement, so that these tests need no data and no training. Add the requests that your
clients send.
"""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from fastapi.testclient import TestClient
from sklearn.linear_model import LogisticRegression

from mlops import model
from mlops.serving.app import create_app

ROWS = pd.DataFrame({"age": [30.0, 40.0, 50.0, 60.0], "visits": [1, 0, 3, 2]})
LABELS = pd.Series([0, 0, 1, 1], name="ill")


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    estimator = LogisticRegression().fit(ROWS, LABELS)
    model.save(tmp_path, estimator, model.describe(ROWS, LABELS, "classification", "stand_in"))
    return tmp_path


@pytest.fixture
def client(directory: Path) -> Iterator[TestClient]:
    with TestClient(create_app(directory)) as client:
        for _ in range(500):  # the model is loaded in the background
            if client.get("/readyz").status_code == 200:
                break
            time.sleep(0.02)
        yield client


def test_the_server_returns_the_predictions_of_the_model(client: TestClient, directory: Path) -> None:
    answer = client.post("/predict", json={"instances": ROWS.to_dict(orient="records")})
    expected = model.load(directory).predict(ROWS)
    assert answer.status_code == 200
    assert [one["score"] for one in answer.json()["predictions"]] == expected.score.tolist()
    assert [one["label"] for one in answer.json()["predictions"]] == expected.label.tolist()


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ({"age": 30.0}, "visits"),
        ({"age": 30.0, "visits": 1, "visit": 1}, "visit"),
        ({"age": "30", "visits": 1}, "age"),
        ({"age": 30.0, "visits": 1.5}, "visits"),
        ({"age": float("nan"), "visits": 1}, "age"),
    ],
)
def test_a_wrong_field_is_refused_by_name(client: TestClient, row: dict[str, Any], field: str) -> None:
    answer = client.post("/predict", content=json.dumps({"instances": [row]}))
    assert answer.status_code == 422
    assert [problem["loc"] for problem in answer.json()["detail"]] == [["body", "instances", 0, field]]


def test_a_model_that_was_changed_is_not_served(directory: Path) -> None:
    with TestClient(create_app(directory, expected_digest="sha256:" + "0" * 64)) as client:
        while "still being loaded" in (ready := client.get("/readyz")).text:
            time.sleep(0.02)
        assert (ready.status_code, client.get("/healthz").status_code) == (503, 200)
        assert "was not loaded" in ready.text
