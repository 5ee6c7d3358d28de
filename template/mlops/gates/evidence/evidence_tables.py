"""Tables of evidence, Parquet or CSV, one column at a time as numpy arrays.

pyarrow's own way to numpy imports pandas, and its compute functions cost a tenth of a second to import; both are
avoided where a column is a number or a text, which is all that evidence needs.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ..core.errors import EvidenceError
from .table_spec import TableSpec

FEW = 100_000  # values that are quicker looked at in Python than by importing pyarrow's compute functions
MOST_ROWS_A_BYTE = 1000  # of a file; a row_id of its own for each row cannot be packed tighter
TYPES: Mapping[str, Any] = {  # pyarrow's names of types to numpy's
    **{f"{sign}int{bits}": f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)},
    **{"halffloat": "float16", "float": "float32", "double": "float64"},
}
BROKEN = (pa.ArrowException, OSError, ValueError, NotImplementedError, OverflowError)
PANDAS_INDEX = re.compile(r"__index_level_\d+__")  # what pandas adds to a file of rows that were filtered


@contextmanager
def readable(what: str) -> Iterator[None]:
    """Turn what pyarrow raises about a broken file into one line."""
    try:
        yield
    except BROKEN as error:
        raise EvidenceError(f"{what}: {one_line(error)}") from error


@dataclass(frozen=True, slots=True)
class Column:
    """One column; ``where`` names it for a message."""

    where: str
    data: pa.ChunkedArray

    def __len__(self) -> int:
        return len(self.data)

    @property
    def type(self) -> str:
        kind = self.data.type
        return str(kind.value_type if pa.types.is_dictionary(kind) else kind)

    @property
    def missing(self) -> int:
        """How many rows hold nothing, or NaN."""
        if str(self.data.type) in ("halffloat", "float", "double"):
            return int(np.isnan(self._flat()).sum())
        if pa.types.is_dictionary(self.data.type) and any(chunk.dictionary.null_count for chunk in self.data.chunks):
            return int((self.encoded()[1] < 0).sum())
        return int(self.data.null_count)

    def numbers(self) -> NDArray[np.float64] | None:
        """The values as float64, NaN where there is none; None for a column of something else."""
        kind = self.data.type
        if str(kind) in TYPES:
            return self._flat().astype(np.float64, copy=False)
        if pa.types.is_decimal(kind):
            with readable(self.where):
                return Column(self.where, self.data.cast(pa.float64())).numbers()
        return None

    def encoded(self) -> tuple[list[Any], NDArray[np.int64]]:
        """Its different values, and for each row the place of its value among them; -1 where there is none."""
        if str(self.data.type) in TYPES:
            values, empty = self._with_gaps()
            distinct, codes = np.unique(np.where(empty, values.dtype.type(0), values), return_inverse=True)
            return distinct.tolist(), np.where(empty, -1, codes)
        with readable(self.where):
            data = self._dictionary()
            distinct_values = data.chunk(0).dictionary.to_pylist() if data.num_chunks else []
        places: dict[Any, int] = {}  # a dictionary that somebody else wrote may hold a value twice, or null
        place = [-1 if value is None else places.setdefault(value, len(places)) for value in distinct_values]
        codes = self._indices(data)
        return list(places), np.array([*place, -1], dtype=np.int64)[codes]

    def values(self) -> list[Any]:
        """The values as Python has them."""
        with readable(self.where):
            found: list[Any] = self.data.to_pylist()
        return found

    def doubles(self) -> tuple[int, Any] | None:
        """How many rows repeat the value of an earlier one, and one such value; None when each value is there once."""
        if str(self.data.type) in TYPES:
            ordered = np.sort(self._flat())
            again = ordered[1:] == ordered[:-1]
            return (int(again.sum()), ordered[1:][again][0].item()) if again.any() else None
        with readable(self.where):
            data = self._dictionary()
        distinct = data.chunk(0).dictionary
        if len(distinct) > FEW:  # the values themselves, should a dictionary hold one twice
            distinct = distinct.unique()
            if len(distinct) == len(self) and len(data.chunk(0).dictionary) == len(self):
                used = np.bincount(self._indices(data))
                if used.max() == 1:
                    return None
        names, codes = self.encoded()
        count = np.bincount(codes, minlength=len(names))
        repeated = np.flatnonzero(count > 1)
        return (int((count[repeated] - 1).sum()), names[repeated[0]]) if len(repeated) else None

    def _indices(self, data: pa.ChunkedArray) -> NDArray[np.int64]:
        """For each row the place of its value in the dictionary; a broken page may point beyond it."""
        found = np.concatenate([indices(chunk.indices) for chunk in data.chunks])
        missing = int(data.null_count)
        if len(found) and (found.max() >= len(data.chunk(0).dictionary) or (found < 0).sum() > missing):
            raise EvidenceError(f"{self.where} is broken: a row points at a value that is not there")
        return found

    def _dictionary(self) -> pa.ChunkedArray:
        kind = self.data.type
        data = self.data if pa.types.is_dictionary(kind) else self.data.dictionary_encode()
        return data.unify_dictionaries()

    def _with_gaps(self) -> tuple[NDArray[Any], NDArray[np.bool_]]:
        """A column of numbers as its own type has them, and where there is none: nothing is lost in a fraction."""
        dtype = np.dtype(TYPES[str(self.data.type)])
        values, empty = [np.zeros(0, dtype=dtype)], [np.zeros(0, dtype=bool)]
        for chunk in self.data.chunks:
            values.append(plain(chunk, dtype))
            empty.append(~valid(chunk))
        found, gaps = np.concatenate(values), np.concatenate(empty)
        return found, gaps | np.isnan(found) if dtype.kind == "f" else gaps

    def _flat(self) -> NDArray[Any]:
        """A column of numbers in one piece; with gaps it becomes float64, and NaN in them."""
        dtype = np.dtype(TYPES[str(self.data.type)])
        parts = []
        for chunk in self.data.chunks:
            part = plain(chunk, dtype)
            if chunk.null_count:
                part = np.where(valid(chunk), part, np.nan)
            parts.append(part)
        return np.concatenate(parts) if parts else np.zeros(0, dtype=dtype)


def plain(array: pa.Array, dtype: np.dtype[Any]) -> NDArray[Any]:
    """The numbers of an array, with anything where there is none."""
    return np.frombuffer(array.buffers()[1] or b"", dtype=dtype)[array.offset : array.offset + len(array)]


def valid(array: pa.Array) -> NDArray[np.bool_]:
    """(n,): where the array holds a value. Arrow keeps a bit for each, the lowest first."""
    bitmap = array.buffers()[0]
    if bitmap is None:
        return np.ones(len(array), dtype=bool)
    bits = np.unpackbits(np.frombuffer(bitmap, dtype=np.uint8), bitorder="little")
    return bits[array.offset : array.offset + len(array)].astype(bool)


def indices(array: pa.Array) -> NDArray[np.int64]:
    """A dictionary's indices, -1 where there is no value."""
    dtype = np.dtype(TYPES[str(array.type)])
    found = np.frombuffer(array.buffers()[1] or b"", dtype=dtype)[array.offset : array.offset + len(array)]
    found = found.astype(np.int64)
    return np.where(valid(array), found, -1) if array.null_count else found


@dataclass(frozen=True, slots=True)
class Table:
    """A table that was opened; columns are read when they are asked for."""

    path: Path
    names: list[str]
    rows: int
    source: Any  # pyarrow's ParquetFile, or a table that was read

    def column(self, name: str) -> Column:
        """One column.

        Raises:
            EvidenceError: its pages are broken.
        """
        with readable(f"{self.path}: column '{name}' cannot be read"):
            table = self.source if isinstance(self.source, pa.Table) else self.source.read(columns=[name])
            data = table.column(name)
            data.validate()
            if isinstance(data.type, pa.BaseExtensionType):  # a UUID, say: what it is stored as tells rows apart too
                data = pa.chunked_array([chunk.storage for chunk in data.chunks], data.type.storage_type)
        if len(data) != self.rows:
            raise EvidenceError(f"{self.path}: column '{name}' has {len(data)} values for {self.rows} rows")
        return Column(f"{self.path.name}: column '{name}'", data)


def open_table(folder: Path, spec: TableSpec) -> Table:
    """Open the table as Parquet or CSV.

    Raises:
        EvidenceError: neither is there, or both; it is broken, empty or has more rows than its spec allows.
    """
    parquet, csv = folder / f"{spec.name}.parquet", folder / f"{spec.name}.csv"
    if parquet.exists() and csv.exists():
        raise EvidenceError(f"{parquet} and {csv.name} are both there: which of them is the evidence?")
    path = csv if csv.exists() else parquet
    if not path.is_file():
        raise EvidenceError(f"{path} does not exist, nor does {csv.name}: the evidence is not whole")
    with readable(f"{path} is no {'CSV' if path is csv else 'parquet'} file"):
        table = open_csv(path, spec.types) if path is csv else open_parquet(path, spec.most_rows)
    check_size(table.rows, spec.most_rows, path)
    if len(set(table.names)) < len(table.names):
        double = next(column for column in table.names if table.names.count(column) > 1)
        raise EvidenceError(f"{path} has the column '{double}' twice")
    return table


def open_parquet(path: Path, most_rows: int) -> Table:
    """Texts are read as dictionaries, so that one text in many rows takes the room of one."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        check_size(file.metadata.num_rows, most_rows, path)
        schema = file.schema_arrow
    texts = [field.name for field in schema if is_text(field.type)]
    file = pq.ParquetFile(path, read_dictionary=texts, page_checksum_verification=True)
    names = [name for name in schema.names if not PANDAS_INDEX.fullmatch(name)]
    return Table(path, names, file.metadata.num_rows, file)


def is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_binary(kind))


def check_size(rows: int, most_rows: int, path: Path) -> None:
    """Some rows, and not more than anyone can have measured: a file may declare rows that nothing stands behind."""
    if rows == 0:
        raise EvidenceError(f"{path} has no rows: there is nothing to judge")
    if rows > most_rows or rows > MOST_ROWS_A_BYTE * path.stat().st_size:
        raise EvidenceError(
            f"{path} declares {rows:,} rows in {path.stat().st_size:,} bytes: at most {most_rows:,} are read, and no "
            "more than a file of this size can hold"
        )


def open_csv(path: Path, types: Mapping[str, str]) -> Table:
    """A CSV file with a line of names; an empty field, or line, is a missing value."""
    from pyarrow import csv

    kinds = {"text": pa.dictionary(pa.int32(), pa.string()), "number": pa.float64(), "truth": pa.bool_()}

    def read(whole: pa.DataType) -> pa.Table:
        options = csv.ConvertOptions(
            column_types={name: whole if kind == "whole" else kinds[kind] for name, kind in types.items()},
            null_values=[""],
            strings_can_be_null=True,
            true_values=["true", "True", "TRUE", "1"],
            false_values=["false", "False", "FALSE", "0"],
        )
        layout = csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False)
        return csv.read_csv(path, convert_options=options, parse_options=layout)

    try:
        table = read(pa.int64())
    except pa.ArrowInvalid:
        if "whole" not in types.values():
            raise
        table = read(pa.float64())  # labels that somebody wrote as 1.0
    return Table(path, list(table.column_names), table.num_rows, table)


def one_line(error: BaseException) -> str:
    return " ".join(str(error).split())
