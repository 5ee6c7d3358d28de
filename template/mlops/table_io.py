"""Read and write tables in the format that their file extension names: .parquet, .csv or .jsonl."""

from collections.abc import Hashable, Iterable
from pathlib import Path

import pandas as pd

from mlops.errors import MlopsError

ENDINGS = (".parquet", ".csv", ".jsonl")


def read(path: Path, texts: Iterable[str] = (), made_by: str | None = None) -> pd.DataFrame:
    """Read a table.

    Args:
        path: The file, .parquet, .csv or .jsonl.
        texts: Columns to read as text even if their values look like numbers, in formats without types.
        made_by: The verb that writes the table, for the message if the file does not exist.

    Raises:
        MlopsError: The file is missing, has another extension, or cannot be parsed.
    """
    check_ending(path)
    if not path.is_file():
        remedy = f": `python -m mlops {made_by}` writes it, `make pipeline` runs all verbs in order" if made_by else ""
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
        raise MlopsError(f"{path} has a row with more fields than the first line: quote text that contains a comma")
    return table


def write(rows: pd.DataFrame, path: Path) -> None:
    """Write a table completely or not at all; create its folder if it does not exist.

    Raises:
        MlopsError: The file has another extension, or the format cannot store a column.
    """
    check_ending(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.unfinished{path.suffix}")
    if path.suffix == ".parquet":
        try:
            rows.to_parquet(unfinished, index=False)
        except (TypeError, ValueError) as error:  # pyarrow raises these for a column that it cannot store
            raise MlopsError(f"{path} cannot be written: {' '.join(map(str, error.args))}") from error
    elif path.suffix == ".csv":
        rows.to_csv(unfinished, index=False)
    else:
        rows.to_json(unfinished, orient="records", lines=True)
    unfinished.replace(path)


def check_ending(path: Path) -> None:
    """Raise MlopsError if the file extension is not one of ``ENDINGS``."""
    if path.suffix not in ENDINGS:
        raise MlopsError(f"{path} has the extension '{path.suffix}'; tables have {', '.join(ENDINGS)}")
