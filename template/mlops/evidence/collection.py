"""Collect evidence: score the models on the held-out rows, measure the latency, run the critical cases."""

import platform
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from mlops.errors import MlopsError
from mlops.evidence import cases
from mlops.gates.core import digests
from mlops.gates.evidence import contract
from mlops.model import Predictor


def predictions_table(
    rows: pd.DataFrame, target: str, candidate: Predictor, champion: Predictor | None, groups: pd.DataFrame
) -> pd.DataFrame:
    """Return the table ``predictions``: both models on the same rows, with the groups of each row."""
    predicted = candidate.predict(rows)
    columns: dict[str, Any] = {
        "row_id": rows["row_id"].to_numpy(),
        "y_true": rows[target].to_numpy(),
        "candidate_score": predicted.score,
        "candidate_prediction": predicted.label,
    }
    if champion is not None:
        if (champion.signature.task, champion.signature.target) != (
            candidate.signature.task,
            candidate.signature.target,
        ):
            raise MlopsError(
                f"the champion predicts {champion.signature.target} ({champion.signature.task}), the candidate "
                f"{candidate.signature.target} ({candidate.signature.task}): they cannot be compared"
            )
        predicted = champion.predict(rows)
        columns |= {"champion_score": predicted.score, "champion_prediction": predicted.label}
    if len(groups) != len(rows):
        raise MlopsError(
            f"protected_attributes() in the team's features.py returned {len(groups)} rows for {len(rows)}: it must "
            "return one for each"
        )
    return pd.DataFrame({**columns, **{str(name): group_names(groups[name]) for name in groups.columns}})


def group_names(values: pd.Series) -> list[str | None]:
    """Return the group of each row as text; None if it is not known, which the gate treats as one more group."""
    return [None if missing else str(value) for value, missing in zip(values, values.isna(), strict=True)]


def latency_table(predictor: Predictor, rows: pd.DataFrame, requests: int, warmup: int) -> pd.DataFrame:
    """Return the table ``latency``: the milliseconds of predictions of one row each, one after the other.

    The first ``warmup`` predictions are not recorded.
    """
    single_rows = [rows.iloc[[number % len(rows)]] for number in range(warmup + requests)]
    measured = []
    for row in single_rows:
        started = time.perf_counter()
        predictor.predict(row)
        measured.append((time.perf_counter() - started) * 1000)
    return pd.DataFrame({"latency_ms": measured[warmup:]})


def behavioral_table(predictor: Predictor, critical: Sequence[cases.TypedCase]) -> pd.DataFrame:
    """Return the table ``behavioral``: each critical case with what was expected and what the model returned."""
    found = cases.answers(predictor, critical)
    wrong = cases.wrong(critical, found)
    return pd.DataFrame(
        {
            "case_id": [case.case_id for case in critical],
            "description": [case.expectation.description for case in critical],
            "expected": [case.expected for case in critical],
            "got": [found[case.case_id].got for case in critical],
            "passed": [case.case_id not in wrong for case in critical],
            "score": [found[case.case_id].score for case in critical],
        }
    )


def custom_metrics(
    team: Callable[[Any, Any, Any], dict[str, float]], table: pd.DataFrame, with_champion: bool
) -> dict[str, contract.CustomMetric]:
    """Return the metrics that the team's ``metrics(truth, score, prediction)`` computes, for candidate and champion."""
    truth = table["y_true"].to_numpy()
    found = team(truth, table["candidate_score"].to_numpy(), table["candidate_prediction"].to_numpy())
    of_champion: dict[str, float] = {}
    if with_champion:
        of_champion = team(truth, table["champion_score"].to_numpy(), table["champion_prediction"].to_numpy())
    return {
        name: contract.CustomMetric(
            candidate=float(value), champion=float(of_champion[name]) if name in of_champion else None
        )
        for name, value in found.items()
    }


def policy_facts(card: Path) -> contract.Policy:
    """Return the facts for the policy gate: the model card's digest, and the approver in its front matter."""
    if not card.is_file():
        return contract.Policy(model_card=None, approver=None)
    return contract.Policy(model_card=digests.of_file(card), approver=front_matter(card).get("approver") or None)


def front_matter(card: Path) -> dict[str, Any]:
    """Return the YAML between the first two ``---`` lines of a Markdown file, or an empty mapping."""
    text = card.read_text(encoding="utf-8")
    if not text.startswith("---\n"):
        return {}
    try:
        found = yaml.safe_load(text.split("---\n", 2)[1])
    except yaml.YAMLError as error:
        what = " ".join(str(error).split())
        raise MlopsError(f"{card}: the part between the --- lines is not valid YAML: {what}") from error
    return found if isinstance(found, dict) else {}


def cpu_model() -> str:
    """Return the name of the processor, as the operating system reports it."""
    info = Path("/proc/cpuinfo")
    if info.is_file():
        names = [
            line.split(":", 1)[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")
        ]
        if names:
            return f"{names[0]}, {len(names)} cores"
    return platform.processor() or platform.machine()
