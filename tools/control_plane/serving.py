"""The serving app of a generated repository, started for a cluster whose pods run no containers."""

import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.linear_model import LinearRegression

from control_plane.processes import Processes, free_ports
from control_plane.web import status
from mlops import model

TEMPLATE = Path(__file__).resolve().parents[2] / "template"
# A finite number that overflows if multiplied by ten: a model of y = 10 x responds with an error, y = x / 10 does not.
REQUEST = b'{"instances": [{"x": 1e308}]}'
GOOD_SLOPE, FAILING_SLOPE = 0.1, 10.0


def serve(processes: Processes, folder: Path, slope: float) -> str:
    """Train a model of ``y = slope * x``, start the app with it, and return its ``host:port`` once it is ready."""
    rows = pd.DataFrame({"x": np.linspace(0, 1, 50)})
    labels = pd.Series(slope * rows["x"], name="y")
    fitted = LinearRegression().fit(rows, labels)
    model.save(folder / "models" / "candidate", fitted, model.describe(rows, labels, "regression", package="risk"))
    (folder / "pyproject.toml").write_text(
        '[tool.mlops]\npackage = "risk"\ntask = "regression"\ntarget = "y"\n'
        'model_name = "risk"\ntracking_uri = "sqlite:///mlruns.db"\n',
        encoding="utf-8",
    )
    [port] = free_ports(1)
    processes.start(
        f"app-{folder.name}",
        ["env", f"--chdir={folder}", sys.executable, "-m", "mlops", "serve", f"--port={port}"],
        {"PYTHONPATH": str(TEMPLATE), "PYTHONDONTWRITEBYTECODE": "1"},
    )
    processes.until("the app is ready", lambda: status(f"http://127.0.0.1:{port}/readyz") == 200)
    return f"127.0.0.1:{port}"


@contextmanager
def customers(apps: Sequence[str]) -> Iterator[None]:
    """During the context, request predictions from every app in parallel, about ten times a second."""
    done = threading.Event()

    def ask(app: str) -> None:
        while not done.wait(0.1):
            status(f"http://{app}/predict", REQUEST)

    asking = [threading.Thread(target=ask, args=(app,), daemon=True) for app in apps]
    for thread in asking:
        thread.start()
    try:
        yield
    finally:
        done.set()
        for thread in asking:
            thread.join()
