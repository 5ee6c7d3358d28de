"""Read and write tables by the ending of their name: .parquet, .csv, .jsonl."""

from collections.abc import Hashable, Iterable
from pathlib import Path

import pandas as pd

from mlops.errors import MlopsError

ENDINGS = (".parquet", ".csv", ".jsonl")


def read(path: Path, texts: Iterable[str] = (), made_by: str | None = None) -> pd.DataFrame:
    """Read a table; in a format without types, the columns in ``texts`` are text even where they look like numbers.

    ``made_by`` is the verb that writes the table, for who called the verbs out of order.

    Raises:
        MlopsError: the file is missing, has another ending, or cannot be parsed.
    """
    check_ending(path)
    if not path.is_file():
        remedy = f": `python -m mlops {made_by}` writes it, `make pipeline` runs all in order" if made_by else ""
        raise MlopsError(f"{path} does not exist{remedy}")
    try:
        if path.suffix == ".parquet":
            return pd.read_parquet(path)
        text: dict[Hashable, type[str]] = {name: str for name in texts}
        if path.suffix == ".jsonl":
            return pd.read_json(path, lines=True, convert_dates=False, dtype=text or None)
        table = pd.read_csv(path, dtype=text)
    except (ValueError, OSError) as error:
        raise MlopsError(f"{path} is not a readable {path.suffix[1:]} file: {error}") from error
    if not isinstance(table.index, pd.RangeIndex):
        raise MlopsError(f"{path} has a row with more fields than the first line: quote a text that holds a comma")
    return table


def write(rows: pd.DataFrame, path: Path) -> None:
    """Write a table whole or not at all, its folder made if need be.

    Raises:
        MlopsError: another ending, or a column that the format cannot hold.
    """
    check_ending(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.unfinished{path.suffix}")
    if path.suffix == ".parquet":
        try:
            rows.to_parquet(unfinished, index=False)
        except (TypeError, ValueError) as error:  # what pyarrow raises about a column that it cannot hold
            raise MlopsError(f"{path} cannot be written: {' '.join(map(str, error.args))}") from error
    elif path.suffix == ".csv":
        rows.to_csv(unfinished, index=False)
    else:
        rows.to_json(unfinished, orient="records", lines=True)
    unfinished.replace(path)


def check_ending(path: Path) -> None:
    if path.suffix not in ENDINGS:
        raise MlopsError(f"{path} ends in '{path.suffix}'; tables are {', '.join(ENDINGS)}")
