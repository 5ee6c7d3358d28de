"""Problems in the rows: against the team's schema, and those that the engine can know by itself."""

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mlops.model import Task
from mlops.params import ValidateParams

if TYPE_CHECKING:
    from pandera.pandas import DataFrameSchema

ROW_ID = "row_id"
SHOWN_ROWS = 20  # of one rule; the count is always said


@dataclass(frozen=True, slots=True)
class Problem:
    """One broken rule; ``row`` is the ``row_id`` and None where the whole column or table is meant."""

    column: str | None
    rule: str
    row: str | None
    value: str | None

    def __str__(self) -> str:
        where = f"column '{self.column}'" if self.column else "the table"
        row = f", row {self.row}" if self.row is not None else ""
        found = f": found {self.value}" if self.value is not None else ""
        return f"{where}{row}: {self.rule}{found}"

    def as_dict(self) -> dict[str, str | None]:
        return asdict(self)


def mixed_type_problems(rows: pd.DataFrame) -> Iterator[Problem]:
    """Values of another kind than most of their column: a text among numbers, for one."""
    names = row_ids(rows)
    for column in rows.columns:
        values = rows[column].tolist() if pd.api.types.is_object_dtype(rows[column]) else []
        kinds = [None if pd.isna(value) is True else kind(value) for value in values]
        counts = Counter(found for found in kinds if found is not None)
        usual = max(counts, key=lambda found: counts[found], default=None)
        for name, value, found in zip(names, values, kinds, strict=False):
            if found not in (None, usual):
                yield Problem(str(column), f"must hold one kind of value, here {usual}", name, repr(value))


def kind(value: object) -> str:
    """What a person calls the type of a cell."""
    if isinstance(value, (bool, np.bool_)):
        return "true or false"
    if isinstance(value, (int, float, np.number)):
        return "number"
    return "text" if isinstance(value, str) else type(value).__name__


def structure_problems(rows: pd.DataFrame, target: str) -> Iterator[Problem]:
    """What every later step relies on: rows at all, the two columns of the contract, unique ids, a full target."""
    if rows.empty:
        yield Problem(None, "must have rows", None, "none")
        return
    if double := sorted({str(name) for name in rows.columns[rows.columns.duplicated()]}):
        for name in double:
            yield Problem(name, "must stand in the table once", None, None)
        return
    for column in (ROW_ID, target):
        if column not in rows.columns:
            yield Problem(column, f"must exist; there are {[str(name) for name in rows.columns]}", None, None)
    if ROW_ID in rows.columns:
        for value in rows.loc[rows[ROW_ID].duplicated(), ROW_ID]:
            yield Problem(ROW_ID, "must be unique", str(value), str(value))
        if rows[ROW_ID].isna().any():
            yield Problem(ROW_ID, "must not be empty", None, f"{int(rows[ROW_ID].isna().sum())} empty")
    if target in rows.columns:
        for row in row_ids(rows.loc[rows[target].isna()]):
            yield Problem(target, "the target must not be empty", row, None)
        if pd.api.types.is_float_dtype(rows[target]):
            for row in row_ids(rows.loc[np.isinf(rows[target])]):
                yield Problem(target, "the target must be finite", row, "an infinite number")


def schema_problems(rows: pd.DataFrame, schema: "DataFrameSchema") -> Iterator[Problem]:
    """What the team's Pandera schema finds, all of it at once."""
    from pandera.errors import SchemaErrors

    try:
        schema.validate(rows, lazy=True)
    except SchemaErrors as errors:
        ids = row_ids(rows)
        cases = errors.failure_cases
        positions = {label: number for number, label in enumerate(rows.index)}
        cases = cases.assign(position=cases["index"].map(positions)).sort_values("position", kind="stable")
        mistyped = {case["column"] for case in cases.to_dict("records") if is_type_check(case)}
        for case in cases.to_dict("records"):
            if case["column"] in mistyped and not is_type_check(case):
                continue  # checks of a column of another type say nothing about its values
            row = None if pd.isna(case["position"]) else ids[int(case["position"])]
            yield in_words(case, row)


def is_type_check(case: Mapping[Hashable, Any]) -> bool:
    return str(case["check"]).startswith("dtype(")


def in_words(case: Mapping[Hashable, Any], row: str | None) -> Problem:
    """One of Pandera's failure cases, its own words kept where they say what the rule is."""
    check, found = str(case["check"]), str(case["failure_case"])
    if check == "column_in_dataframe":
        return Problem(found, "must exist: the schema names it", None, None)
    if check == "column_in_schema":
        return Problem(found, "must not be there: the schema does not name it", None, None)
    rule = {"not_nullable": "must not be empty", "field_uniqueness": "must be unique"}.get(check, check)
    if is_type_check(case):
        wanted = check.removeprefix("dtype(").strip("()'")
        rule = f"must be of type {wanted}"
    column = str(case["column"]) if case["schema_context"] == "Column" else None
    return Problem(column, rule, row, None if check == "not_nullable" else found)


def leakage_problems(
    rows: pd.DataFrame, features: Sequence[str], target: str, task: Task, limit: float
) -> Iterator[Problem]:
    """Features that alone predict the target better than ``limit`` (AUC, or absolute rank correlation)."""
    if missing := sorted(set(features) - set(rows.columns)):
        yield Problem(None, f"must hold every feature; {missing} missing", None, None)
        return
    for feature in features:
        score = single_feature_score(rows[feature], rows[target], task)
        if score > limit:
            measure = "AUC" if task == "classification" else "absolute rank correlation"
            rule = f"must not give the target away: alone it reaches {measure} {score:.3f}, limit {limit}"
            yield Problem(feature, rule, None, None)


def single_feature_score(feature: pd.Series, target: pd.Series, task: Task) -> float:
    """How well one feature alone orders the target, in [0, 1]; text through the mean target of its values."""
    from sklearn.metrics import roc_auc_score  # slow to import, and most who import this module need it not

    known = feature.notna() & target.notna()
    feature, target = feature[known], target[known]
    truth = (target == target.max()).astype(float) if task == "classification" else target.astype(float)
    if not pd.api.types.is_numeric_dtype(feature):
        feature = mean_elsewhere(feature.astype(str), truth)
    if feature.nunique() < 2 or truth.nunique() < 2:
        return 0.0
    if task == "classification":
        area = float(roc_auc_score(truth, feature.astype(float).rank()))  # ranks: infinite values have one, too
        return max(area, 1 - area)
    return float(abs(np.corrcoef(feature.rank(), truth.rank())[0, 1]))


def mean_elsewhere(feature: pd.Series, truth: pd.Series, folds: int = 5) -> pd.Series:
    """For each row the mean target of its value in the other folds; a value that is not there gets the overall mean.

    Within one fold the values of a column of names would each predict their own row, and look like leakage.
    """
    fold = pd.Series(np.arange(len(feature)) % folds, index=feature.index)
    found = pd.Series(truth.mean(), index=feature.index, dtype=float)
    for number in range(folds):
        inside = fold == number
        means = truth[~inside].groupby(feature[~inside]).mean()
        found[inside] = feature[inside].map(means).fillna(truth.mean())
    return found


def balance_problems(target: pd.Series, minimum: float) -> Iterator[Problem]:
    """Labels rarer than ``minimum``, and a target that is not two labels."""
    shares = target.value_counts(normalize=True)
    if len(shares) != 2:
        labels = ", ".join(map(str, shares.index[:10]))
        yield Problem(str(target.name), "a binary target must have exactly two labels", None, labels)
    for label, share in shares.items():
        if share < minimum:
            rule = f"each label needs a share of at least {minimum}"
            yield Problem(str(target.name), rule, None, f"{label} with {share:.3f}")


def overlap_problems(training: pd.DataFrame, held_out: pd.DataFrame, limit: float) -> Iterator[Problem]:
    """Held-out rows whose content (all but the id) also stands in the training rows, when more than ``limit``."""
    content = [column for column in training.columns if column != ROW_ID]
    known = set(pd.util.hash_pandas_object(training[content], index=False))
    repeated = pd.util.hash_pandas_object(held_out[content], index=False).isin(known)
    by_id = held_out[ROW_ID].isin(training[ROW_ID])
    both = (repeated.to_numpy() | by_id.to_numpy()).astype(bool)
    if both.mean() > limit:
        rule = f"must not also stand in the training rows: {both.sum()} of {len(both)} do, limit {limit}"
        for row in row_ids(held_out[both]):
            yield Problem(None, rule, row, None)


def problems(
    rows: pd.DataFrame,
    schema: "DataFrameSchema",
    features: Sequence[str],
    target: str,
    task: Task,
    limits: ValidateParams,
) -> list[Problem]:
    """All problems of a table; the statistical ones only where its structure and schema hold."""
    found = [*structure_problems(rows, target)]
    if not found:
        found += schema_problems(rows, schema)
    if not found:
        found += leakage_problems(rows, features, target, task, limits.max_single_feature_score)
        found += balance_problems(rows[target], limits.min_class_share) if task == "classification" else []
    return found


def row_ids(rows: pd.DataFrame) -> list[str]:
    """Names of rows for a message; the index where there is no id."""
    values: Any = rows[ROW_ID] if ROW_ID in rows.columns else rows.index
    return [str(value) for value in values]


def summary(found: Sequence[Problem]) -> str:
    """The problems for a person: at most SHOWN_ROWS a rule, then how many more."""
    lines: list[str] = []
    groups: dict[tuple[str | None, str], list[Problem]] = {}
    for problem in found:
        groups.setdefault((problem.column, problem.rule), []).append(problem)
    for same in groups.values():
        lines += [f"  {problem}" for problem in same[:SHOWN_ROWS]]
        if len(same) > SHOWN_ROWS:
            lines.append(f"  … and {len(same) - SHOWN_ROWS} more rows of this rule")
    return "\n".join(lines)
