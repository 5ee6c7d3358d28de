"""Small models, servers and renders for the tests of serving and of a repository's delivery files."""

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from mlops import model
from support.working_tree import ROOT

TEMPLATE = ROOT / "template"

Render = Callable[..., Path]
Tool = Callable[[str], str]


@dataclass(frozen=True)
class Trained:
    """A small real model on disk, and its training rows."""

    directory: Path
    rows: pd.DataFrame
    predictor: model.Predictor
    digest: str


def train(directory: Path, task: model.Task) -> Trained:
    """Train a model with every column type, a nullable column, and names that Python and pydantic reserve."""
    generator = np.random.default_rng(7)
    n = 200
    rows = pd.DataFrame(
        {
            "age": generator.uniform(20, 80, n),
            "class": generator.integers(1, 4, n),
            "model_config": generator.choice(["north", "south"], n),
            "smoker": generator.random(n) < 0.3,
            "income": np.where(generator.random(n) < 0.2, np.nan, generator.normal(40, 9, n)),
        }
    )
    amount = (rows["age"] + 10 * rows["smoker"] + generator.normal(0, 5, n)).rename("amount")
    columns = make_column_transformer(
        (SimpleImputer(), ["age", "class", "income"]),
        (OneHotEncoder(handle_unknown="ignore"), ["model_config", "smoker"]),
    )
    if task == "classification":
        labels = pd.Series(np.where(amount > 50, "high", "low"), name="level")
        estimator = make_pipeline(columns, LogisticRegression(max_iter=5000)).fit(rows, labels)
    else:
        labels = amount
        estimator = make_pipeline(columns, Ridge()).fit(rows, labels)
    digest = model.save(directory, estimator, model.describe(rows, labels, task, package="risk"))
    return Trained(directory, rows, model.load(directory), digest)


@dataclass
class Server:
    """A running ``serve`` process."""

    process: subprocess.Popen[str]
    url: str


@contextmanager
def changed(path: Path, old: str, new: str) -> Iterator[None]:
    """Replace ``old`` with ``new`` in a file during the context; fail if the file does not contain it."""
    before = path.read_text(encoding="utf-8")
    assert old in before, f"{path} does not contain {old!r}"
    path.write_text(before.replace(old, new), encoding="utf-8")
    try:
        yield
    finally:
        path.write_text(before, encoding="utf-8")


def until(condition: Callable[[], bool], seconds: float = 30) -> None:
    """Wait until a condition is met by another thread or process; fail if it is not met in time."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"the condition was not met within {seconds} s"
        time.sleep(0.02)


def commit(repository: Path) -> None:
    """Turn a render into a git repository with one commit by a fixed author."""
    settings = ("user.name=Somebody", "user.email=somebody@example.org", "init.defaultBranch=main")
    git = ["git", *(part for setting in settings for part in ("-c", setting))]
    for command in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message", "Generate"]):
        subprocess.run([*git, *command], cwd=repository, check=True)
