"""Find problems in the rows: violations of the team's schema, and problems that apply to every table."""

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
SHOWN_ROWS = 20  # per rule in a summary, which always includes the count


@dataclass(frozen=True, slots=True)
class Problem:
    """One violation of a rule; ``row`` is a ``row_id``, or None if the problem concerns the whole column or table."""

    column: str | None
    rule: str
    row: str | None
    value: str | None

    def __str__(self) -> str:
        """Return the problem as one line."""
        where = f"column '{self.column}'" if self.column else "the table"
        row = f", row {self.row}" if self.row is not None else ""
        found = f": found {self.value}" if self.value is not None else ""
        return f"{where}{row}: {self.rule}{found}"

    def as_dict(self) -> dict[str, str | None]:
        """Return the problem as reports/validation.json records it."""
        return asdict(self)


def mixed_type_problems(rows: pd.DataFrame) -> Iterator[Problem]:
    """Yield values of another type than most of their column, such as text among numbers."""
    names = row_ids(rows)
    for column in rows.columns:
        values = rows[column].tolist() if pd.api.types.is_object_dtype(rows[column]) else []
        kinds = [None if pd.isna(value) is True else type_name(value) for value in values]
        counts = Counter(found for found in kinds if found is not None)
        usual = max(counts, key=lambda found: counts[found], default=None)
        for name, value, found in zip(names, values, kinds, strict=False):
            if found not in (None, usual):
                yield Problem(str(column), f"must contain values of one type, here {usual}", name, repr(value))


def type_name(value: object) -> str:
    """Return the name of a cell's type for a message."""
    if isinstance(value, (bool, np.bool_)):
        return "true or false"
    if isinstance(value, (int, float, np.number)):
        return "number"
    return "text" if isinstance(value, str) else type(value).__name__


def structure_problems(rows: pd.DataFrame, target: str) -> Iterator[Problem]:
    """Yield violations of what later steps require: rows, the id and target columns, unique ids, a full target."""
    if rows.empty:
        yield Problem(None, "must have rows", None, "none")
        return
    if repeated := sorted({str(name) for name in rows.columns[rows.columns.duplicated()]}):
        for name in repeated:
            yield Problem(name, "must occur in the table only once", None, None)
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
    """Yield all violations of the team's Pandera schema."""
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
                continue  # in a column of the wrong type, the other checks are not meaningful
            row = None if pd.isna(case["position"]) else ids[int(case["position"])]
            yield schema_problem(case, row)


def is_type_check(case: Mapping[Hashable, Any]) -> bool:
    """Return whether a failure case is about the type of a column."""
    return str(case["check"]).startswith("dtype(")


def schema_problem(case: Mapping[Hashable, Any], row: str | None) -> Problem:
    """Return the problem that one of Pandera's failure cases describes."""
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
    """Yield features that by themselves predict the target better than ``limit`` (AUC or absolute rank correlation)."""
    if missing := sorted(set(features) - set(rows.columns)):
        yield Problem(None, f"must contain every feature; {missing} missing", None, None)
        return
    for feature in features:
        score = single_feature_score(rows[feature], rows[target], task)
        if score > limit:
            measure = "AUC" if task == "classification" else "absolute rank correlation"
            rule = f"must not give the target away: by itself it reaches {measure} {score:.3f}, limit {limit}"
            yield Problem(feature, rule, None, None)


def single_feature_score(feature: pd.Series, target: pd.Series, task: Task) -> float:
    """Return how well one feature by itself orders the target, in [0, 1]; text becomes the mean target of its value."""
    from sklearn.metrics import roc_auc_score  # slow to import, and rarely needed

    known = feature.notna() & target.notna()
    feature, target = feature[known], target[known]
    truth = (target == target.max()).astype(float) if task == "classification" else target.astype(float)
    if not pd.api.types.is_numeric_dtype(feature):
        feature = out_of_fold_means(feature.astype(str), truth)
    if feature.nunique() < 2 or truth.nunique() < 2:
        return 0.0
    if task == "classification":
        area = float(roc_auc_score(truth, feature.astype(float).rank()))  # ranks: infinite values have one too
        return max(area, 1 - area)
    return float(abs(np.corrcoef(feature.rank(), truth.rank())[0, 1]))


def out_of_fold_means(feature: pd.Series, truth: pd.Series, folds: int = 5) -> pd.Series:
    """Return for each row the mean target of its value in the other folds, or the overall mean if it occurs in none.

    Without folds, the values of a column of unique names would each predict their own row and look like leakage.
    """
    fold = pd.Series(np.arange(len(feature)) % folds, index=feature.index)
    found = pd.Series(truth.mean(), index=feature.index, dtype=float)
    for number in range(folds):
        inside = fold == number
        means = truth[~inside].groupby(feature[~inside]).mean()
        found[inside] = feature[inside].map(means).fillna(truth.mean())
    return found


def balance_problems(target: pd.Series, minimum: float) -> Iterator[Problem]:
    """Yield labels that are rarer than ``minimum``, and a target that does not have two labels."""
    shares = target.value_counts(normalize=True)
    if len(shares) != 2:
        labels = ", ".join(map(str, shares.index[:10]))
        yield Problem(str(target.name), "a binary target must have exactly two labels", None, labels)
    for label, share in shares.items():
        if share < minimum:
            rule = f"each label needs a share of at least {minimum}"
            yield Problem(str(target.name), rule, None, f"{label} with {share:.3f}")


def overlap_problems(training: pd.DataFrame, held_out: pd.DataFrame, limit: float) -> Iterator[Problem]:
    """Yield held-out rows that are also training rows (same id, or same content), if their share exceeds ``limit``."""
    content = [column for column in training.columns if column != ROW_ID]
    known = set(pd.util.hash_pandas_object(training[content], index=False))
    repeated = pd.util.hash_pandas_object(held_out[content], index=False).isin(known)
    by_id = held_out[ROW_ID].isin(training[ROW_ID])
    both = (repeated.to_numpy() | by_id.to_numpy()).astype(bool)
    if both.mean() > limit:
        rule = f"must not also be a training row: {both.sum()} of {len(both)} are, limit {limit}"
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
    """Return all problems of a table; the statistical checks run only if structure and schema are valid."""
    found = [*structure_problems(rows, target)]
    if not found:
        found += schema_problems(rows, schema)
    if not found:
        found += leakage_problems(rows, features, target, task, limits.max_single_feature_score)
        found += balance_problems(rows[target], limits.min_class_share) if task == "classification" else []
    return found


def row_ids(rows: pd.DataFrame) -> list[str]:
    """Return the ids of rows for a message, or their index if there is no id column."""
    values: Any = rows[ROW_ID] if ROW_ID in rows.columns else rows.index
    return [str(value) for value in values]


def summary(found: Sequence[Problem]) -> str:
    """Return the problems as text: at most SHOWN_ROWS rows per rule, then the number of the others."""
    lines: list[str] = []
    groups: dict[tuple[str | None, str], list[Problem]] = {}
    for problem in found:
        groups.setdefault((problem.column, problem.rule), []).append(problem)
    for same in groups.values():
        lines += [f"  {problem}" for problem in same[:SHOWN_ROWS]]
        if len(same) > SHOWN_ROWS:
            lines.append(f"  … and {len(same) - SHOWN_ROWS} more rows violate this rule")
    return "\n".join(lines)
