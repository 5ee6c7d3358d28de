"""Saved models: their digest, what their signature refuses, and that a tampered model is not unpickled."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from support.working_tree import ROOT

TRAINING = """
import sys, numpy as np, pandas as pd
from pathlib import Path
from sklearn.linear_model import LogisticRegression
sys.path.insert(0, sys.argv[1])
from mlops import model
x = pd.DataFrame({"a": np.arange(20.0), "n": np.arange(20)})
y = pd.Series([0, 1] * 10, name="y")
print(model.save(Path(sys.argv[2]), LogisticRegression().fit(x, y), model.describe(x, y, "classification", "p")))
"""


@pytest.fixture
def features() -> pd.DataFrame:
    return pd.DataFrame({"a": [0.5, 1.5, 2.5, 3.5], "n": [1, 2, 3, 4], "flag": [True, False, True, False]})


@pytest.fixture
def model_directory(tmp_path: Path, features: pd.DataFrame) -> Path:
    from mlops import model

    labels = pd.Series([0, 0, 1, 1], name="y")
    signature = model.describe(features, labels, "classification", "package")
    model.save(tmp_path / "model", LogisticRegression().fit(features, labels), signature)
    return tmp_path / "model"


def test_the_same_training_gives_the_same_digest_in_two_processes_and_folders(tmp_path: Path) -> None:
    template = ROOT / "template"
    found = []
    for folder, seed in [("one", "1"), ("two/deeper", "2")]:
        done = subprocess.run(
            [sys.executable, "-c", TRAINING, str(template), str(tmp_path / folder)],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": seed, "PATH": ""},
        )
        found.append(done.stdout)
    assert found[0] == found[1] != ""


def test_the_digest_does_not_depend_on_shared_string_objects(tmp_path: Path, features: pd.DataFrame) -> None:
    from mlops import model

    labels = pd.Series([0, 0, 1, 1], name="y")
    signature = model.describe(features, labels, "classification", "package")
    digests = set()
    for spell in (lambda text: text, lambda text: "".join(list(text))):  # the second creates a new object each time
        estimator = LogisticRegression().fit(features, labels)
        estimator.note = [spell("drop"), spell("drop"), {spell("drop"): spell("C")}]
        estimator.kinds = [np.dtype("float64"), np.dtype("float64", copy=len(digests) > 0)]
        digests.add(model.save(tmp_path / "model", estimator, signature))
    assert len(digests) == 1


def test_the_digest_can_be_computed_with_sha256sum(model_directory: Path) -> None:
    from mlops import model

    lines = [
        f"{hashlib.sha256((model_directory / name).read_bytes()).hexdigest()}  {name}\n"
        for name in ("model.joblib", "signature.json")
    ]
    assert model.digest(model_directory) == "sha256:" + hashlib.sha256("".join(lines).encode()).hexdigest()


def test_the_digest_depends_on_every_byte_and_every_file_name(model_directory: Path) -> None:
    from mlops import model

    before = model.digest(model_directory)
    (model_directory / "extra").write_text("")
    assert model.digest(model_directory) != before
    (model_directory / "extra").unlink()
    assert model.digest(model_directory) == before
    with (model_directory / "model.joblib").open("ab") as stream:
        stream.write(b"\0")
    assert model.digest(model_directory) != before


class Bomb:
    """Write a file when it is unpickled."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self):
        return (open, (self.path, "w"))


def test_a_model_with_another_digest_is_not_unpickled(model_directory: Path, tmp_path: Path) -> None:
    from mlops import model
    from mlops.errors import MlopsError

    expected = model.digest(model_directory)
    trace = tmp_path / "was-unpickled"
    joblib.dump(Bomb(str(trace)), model_directory / "model.joblib")
    with pytest.raises(MlopsError, match="it was not loaded"):
        model.load(model_directory, expected_digest=expected)
    assert not trace.exists()
    model.load(model_directory)  # without an expected digest, it is unpickled
    assert trace.exists()


@pytest.mark.parametrize("name", ["model.joblib", "signature.json"])
def test_a_missing_file_is_named(model_directory: Path, name: str) -> None:
    from mlops import model
    from mlops.errors import MlopsError

    (model_directory / name).unlink()
    with pytest.raises(MlopsError, match=name):
        model.load(model_directory)


@pytest.mark.parametrize("text", ["", "{}", '{"task": "clustering"}', "\x00", "\xff"])
def test_an_invalid_signature_is_refused(model_directory: Path, text: str) -> None:
    from mlops import model
    from mlops.errors import MlopsError

    (model_directory / "signature.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(MlopsError, match=r"signature\.json is not a valid signature") as refusal:
        model.load(model_directory)
    assert "\n" not in str(refusal.value)


def test_a_loaded_model_predicts_the_same_as_the_fitted_model(model_directory: Path, features: pd.DataFrame) -> None:
    from mlops import model

    predictor = model.load(model_directory)
    estimator = joblib.load(model_directory / "model.joblib")
    answers = predictor.predict(features)
    np.testing.assert_array_equal(answers.score, estimator.predict_proba(features)[:, 1])
    np.testing.assert_array_equal(answers.label, estimator.predict(features))


def test_the_order_of_columns_and_additional_columns_change_nothing(
    model_directory: Path, features: pd.DataFrame
) -> None:
    from mlops import model

    predictor = model.load(model_directory)
    expected = predictor.predict(features).score
    shuffled = features[["flag", "n", "a"]].assign(more="x")
    shuffled.index = [7, 7, 7, 7]
    np.testing.assert_array_equal(predictor.predict(shuffled).score, expected)


def test_text_labels_are_predicted_as_text_with_the_score_of_the_positive_label(tmp_path: Path) -> None:
    from mlops import model

    x = pd.DataFrame({"a": [0.0, 1.0, 2.0, 3.0]})
    y = pd.Series(["stay", "stay", "churn", "churn"], name="y")
    estimator = LogisticRegression(C=100).fit(x, y)
    for positive in ("churn", "stay"):
        signature = model.describe(x, y, "classification", "p", positive)
        assert signature.labels is not None
        assert signature.labels[1] == positive
        model.save(tmp_path / positive, estimator, signature)
        answers = model.load(tmp_path / positive).predict(x)
        assert answers.label.tolist() == y.tolist()
        assert (answers.score > 0.5).tolist() == (y == positive).tolist()


def test_the_label_of_a_regression_is_its_score(tmp_path: Path) -> None:
    from mlops import model

    x, y = pd.DataFrame({"a": [0.0, 1.0, 2.0]}), pd.Series([1.0, 3.0, 5.0], name="y")
    signature = model.describe(x, y, "regression", "p")
    assert (signature.labels, signature.positive_label) == (None, None)
    model.save(tmp_path / "m", LinearRegression().fit(x, y), signature)
    answers = model.load(tmp_path / "m").predict(pd.DataFrame({"a": [10.0]}))
    assert answers.score == pytest.approx([21.0])  # y = 2 a + 1
    assert answers.label is answers.score


@pytest.mark.parametrize(
    ("column", "value", "phrase"),
    [
        ("a", np.nan, "column 'a' is empty in row 2"),
        ("a", np.inf, "column 'a' is inf in row 2"),
        ("a", "tall", "column 'a' is not of type double"),
        ("n", 2.5, "column 'n' is 2.5 in row 2; the model was trained on whole numbers"),
        ("n", np.nan, "column 'n' is empty in row 2"),
        ("n", "x", "column 'n' is not of type long"),
        ("flag", None, "column 'flag' is empty in row 2"),
        ("flag", "no", "column 'flag' is 'no' in row 2; the model was trained on true or false"),
        ("flag", 2, "column 'flag' is 2 in row 2"),
    ],
)
def test_a_value_of_the_wrong_type_is_named_by_column_and_row(
    model_directory: Path, features: pd.DataFrame, column: str, value: object, phrase: str
) -> None:
    from mlops import model
    from mlops.errors import MlopsError

    broken = features.astype({column: object})
    broken.loc[2, column] = value
    with pytest.raises(MlopsError) as caught:
        model.load(model_directory).predict(broken)
    assert phrase in str(caught.value)


def test_missing_and_repeated_columns_are_named(model_directory: Path, features: pd.DataFrame) -> None:
    from mlops import model
    from mlops.errors import MlopsError

    predictor = model.load(model_directory)
    with pytest.raises(MlopsError, match=r"lack the columns \['a', 'flag'\].*needs \['a', 'n', 'flag'\]"):
        predictor.predict(features[["n"]])
    with pytest.raises(MlopsError, match=r"\['a'\] twice"):
        predictor.predict(pd.concat([features, features[["a"]]], axis=1))
    with pytest.raises(MlopsError, match="no rows"):
        predictor.predict(features.head(0))


def test_integers_as_floats_and_booleans_as_0_and_1_are_accepted(model_directory: Path, features: pd.DataFrame) -> None:
    from mlops import model

    predictor = model.load(model_directory)
    same = features.astype({"n": float, "flag": int, "a": object})
    np.testing.assert_array_equal(predictor.predict(same).score, predictor.predict(features).score)


def test_a_text_feature_accepts_only_text(tmp_path: Path) -> None:
    from mlops import model
    from mlops.errors import MlopsError

    x = pd.DataFrame({"zip": ["01", "02", "01", "02"]})
    y = pd.Series([0, 1, 0, 1], name="y")
    estimator = make_pipeline(OneHotEncoder(handle_unknown="ignore"), LogisticRegression()).fit(x, y)
    model.save(tmp_path / "m", estimator, model.describe(x, y, "classification", "p"))
    predictor = model.load(tmp_path / "m")
    assert predictor.predict(x).label.tolist() == [0, 1, 0, 1]
    with pytest.raises(MlopsError, match="column 'zip' is 1 in row 0; the model was trained on text"):
        predictor.predict(pd.DataFrame({"zip": [1]}))  # how pandas reads "01" from a CSV file


def test_a_column_with_missing_values_in_training_accepts_missing_values(tmp_path: Path) -> None:
    from sklearn.impute import SimpleImputer

    from mlops import model

    x = pd.DataFrame({"a": [None, 1.0, 2.0, 3.0], "b": [1.0, 2.0, 3.0, 4.0]})
    y = pd.Series([0, 0, 1, 1], name="y")
    model.save(
        tmp_path / "m",
        make_pipeline(SimpleImputer(), StandardScaler(), LogisticRegression()).fit(x, y),
        model.describe(x, y, "classification", "p"),
    )
    predictor = model.load(tmp_path / "m")
    assert [column.nullable for column in predictor.signature.inputs] == [True, False]
    assert predictor.signature.example["a"] is None
    assert len(predictor.predict(x).score) == 4


def test_a_prediction_that_is_not_a_finite_number_is_an_error(model_directory: Path, features: pd.DataFrame) -> None:
    from mlops import model
    from mlops.errors import MlopsError

    predictor = model.load(model_directory)
    predictor.estimator.coef_[:] = np.nan
    with pytest.raises(MlopsError, match="nothing was predicted"):
        predictor.predict(features)


@pytest.mark.parametrize("labels", [[0, 1, 2, 1], [1, 1, 1, 1]])
def test_a_target_without_exactly_two_labels_is_refused(features: pd.DataFrame, labels: list[int]) -> None:
    from mlops import model
    from mlops.errors import MlopsError

    with pytest.raises(MlopsError, match="needs exactly two"):
        model.describe(features, pd.Series(labels, name="y"), "classification", "p")


def test_a_positive_label_that_never_occurs_is_refused(features: pd.DataFrame) -> None:
    from mlops import model
    from mlops.errors import MlopsError

    with pytest.raises(MlopsError, match="'yes' does not occur in 'y'"):
        model.describe(features, pd.Series([0, 1, 0, 1], name="y"), "classification", "p", "yes")


def test_a_date_feature_is_refused_with_its_name() -> None:
    from mlops import model
    from mlops.errors import MlopsError

    x = pd.DataFrame({"when": pd.to_datetime(["2026-01-01", "2026-01-02"])})
    with pytest.raises(MlopsError, match="the feature 'when' contains .*Timestamp"):
        model.describe(x, pd.Series([0, 1], name="y"), "classification", "p")


def test_the_example_is_a_row_of_the_training_data_with_its_types(model_directory: Path) -> None:
    signature = json.loads((model_directory / "signature.json").read_text())
    assert json.dumps(signature["example"]) == '{"a": 0.5, "n": 1, "flag": true}'
    assert [column["type"] for column in signature["inputs"]] == ["double", "long", "boolean"]
