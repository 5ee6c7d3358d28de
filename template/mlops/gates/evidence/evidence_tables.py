"""Tables of evidence, Parquet or CSV, read one column at a time into numpy arrays.

pyarrow's own conversion to numpy imports pandas, and its compute functions take a tenth of a second to import. Both
are avoided for columns of numbers and texts, which is all that evidence needs.
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

FEW = 100_000  # up to this many values, Python is faster than importing pyarrow's compute functions
MAX_ROWS_A_BYTE = 1000  # of a file; a different row_id for each row cannot be compressed further
TYPES: Mapping[str, Any] = {  # pyarrow's type names to numpy's
    **{f"{sign}int{bits}": f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)},
    **{"halffloat": "float16", "float": "float32", "double": "float64"},
}
BROKEN = (pa.ArrowException, OSError, ValueError, NotImplementedError, OverflowError)
PANDAS_INDEX = re.compile(r"__index_level_\d+__")  # a column that pandas adds when it writes filtered rows


@contextmanager
def readable(what: str) -> Iterator[None]:
    """Turn pyarrow's errors about a broken file into an EvidenceError of one line."""
    try:
        yield
    except BROKEN as error:
        raise EvidenceError(f"{what}: {one_line(error)}") from error


@dataclass(frozen=True, slots=True)
class Column:
    """One column; ``where`` names it in messages."""

    where: str
    data: pa.ChunkedArray

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.data)

    @property
    def type(self) -> str:
        """Name of the type of the values."""
        kind = self.data.type
        return str(kind.value_type if pa.types.is_dictionary(kind) else kind)

    @property
    def missing(self) -> int:
        """Number of rows without a value, or with NaN."""
        if str(self.data.type) in ("halffloat", "float", "double"):
            return int(np.isnan(self._flat()).sum())
        if pa.types.is_dictionary(self.data.type) and any(chunk.dictionary.null_count for chunk in self.data.chunks):
            return int((self.encoded()[1] < 0).sum())
        return int(self.data.null_count)

    def numbers(self) -> NDArray[np.float64] | None:
        """Return the values as float64, with NaN for a missing value; None for a column that is not numeric."""
        kind = self.data.type
        if str(kind) in TYPES:
            return self._flat().astype(np.float64, copy=False)
        if pa.types.is_decimal(kind):
            with readable(self.where):
                return Column(self.where, self.data.cast(pa.float64())).numbers()
        return None

    def encoded(self) -> tuple[list[Any], NDArray[np.int64]]:
        """Return the distinct values, and for each row the index of its value among them, or -1 if it is missing."""
        if str(self.data.type) in TYPES:
            values, empty = self._with_gaps()
            distinct, codes = np.unique(np.where(empty, values.dtype.type(0), values), return_inverse=True)
            return distinct.tolist(), np.where(empty, -1, codes)
        with readable(self.where):
            data = self._dictionary()
            distinct_values = data.chunk(0).dictionary.to_pylist() if data.num_chunks else []
        places: dict[Any, int] = {}  # a dictionary of another writer may contain a value twice, or null
        place = [-1 if value is None else places.setdefault(value, len(places)) for value in distinct_values]
        codes = self._indices(data)
        return list(places), np.array([*place, -1], dtype=np.int64)[codes]

    def values(self) -> list[Any]:
        """Return the values as Python objects."""
        with readable(self.where):
            found: list[Any] = self.data.to_pylist()
        return found

    def doubles(self) -> tuple[int, Any] | None:
        """Return how many rows repeat an earlier value, and one such value; None if all values are different."""
        if str(self.data.type) in TYPES:
            ordered = np.sort(self._flat())
            again = ordered[1:] == ordered[:-1]
            return (int(again.sum()), ordered[1:][again][0].item()) if again.any() else None
        with readable(self.where):
            data = self._dictionary()
        distinct = data.chunk(0).dictionary
        if len(distinct) > FEW:  # compare the values themselves: a dictionary may contain one twice
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
        """Return for each row the index of its value in the dictionary; an index of a broken page may be too large."""
        found = np.concatenate([indices(chunk.indices) for chunk in data.chunks])
        missing = int(data.null_count)
        if len(found) and (found.max() >= len(data.chunk(0).dictionary) or (found < 0).sum() > missing):
            raise EvidenceError(f"{self.where} is broken: a row refers to a value that does not exist")
        return found

    def _dictionary(self) -> pa.ChunkedArray:
        kind = self.data.type
        data = self.data if pa.types.is_dictionary(kind) else self.data.dictionary_encode()
        return data.unify_dictionaries()

    def _with_gaps(self) -> tuple[NDArray[Any], NDArray[np.bool_]]:
        """Return a column of numbers in its own type, so that no digit is lost, and which rows have no value."""
        dtype = np.dtype(TYPES[str(self.data.type)])
        values, empty = [np.zeros(0, dtype=dtype)], [np.zeros(0, dtype=bool)]
        for chunk in self.data.chunks:
            values.append(plain(chunk, dtype))
            empty.append(~valid(chunk))
        found, gaps = np.concatenate(values), np.concatenate(empty)
        return found, gaps | np.isnan(found) if dtype.kind == "f" else gaps

    def _flat(self) -> NDArray[Any]:
        """Return a column of numbers as one array; with missing values it is float64, and they are NaN."""
        dtype = np.dtype(TYPES[str(self.data.type)])
        parts = []
        for chunk in self.data.chunks:
            part = plain(chunk, dtype)
            if chunk.null_count:
                part = np.where(valid(chunk), part, np.nan)
            parts.append(part)
        return np.concatenate(parts) if parts else np.zeros(0, dtype=dtype)


def plain(array: pa.Array, dtype: np.dtype[Any]) -> NDArray[Any]:
    """Return the numbers of an array; the number in place of a missing value is arbitrary."""
    return np.frombuffer(array.buffers()[1] or b"", dtype=dtype)[array.offset : array.offset + len(array)]


def valid(array: pa.Array) -> NDArray[np.bool_]:
    """Return whether each element, (n,), has a value. Arrow stores one bit for each, the lowest first."""
    bitmap = array.buffers()[0]
    if bitmap is None:
        return np.ones(len(array), dtype=bool)
    bits = np.unpackbits(np.frombuffer(bitmap, dtype=np.uint8), bitorder="little")
    return bits[array.offset : array.offset + len(array)].astype(bool)


def indices(array: pa.Array) -> NDArray[np.int64]:
    """Return the indices of a dictionary, -1 for a missing value."""
    dtype = np.dtype(TYPES[str(array.type)])
    found = np.frombuffer(array.buffers()[1] or b"", dtype=dtype)[array.offset : array.offset + len(array)]
    found = found.astype(np.int64)
    return np.where(valid(array), found, -1) if array.null_count else found


@dataclass(frozen=True, slots=True)
class Table:
    """An open table; each column is read when it is requested."""

    path: Path
    names: list[str]
    rows: int
    source: Any  # pyarrow's ParquetFile, or a table that was read

    def column(self, name: str) -> Column:
        """Return one column.

        Raises:
            EvidenceError: Its pages are broken.
        """
        with readable(f"{self.path}: column '{name}' cannot be read"):
            table = self.source if isinstance(self.source, pa.Table) else self.source.read(columns=[name])
            data = table.column(name)
            data.validate()
            if isinstance(data.type, pa.BaseExtensionType):  # such as a UUID: its storage identifies rows as well
                data = pa.chunked_array([chunk.storage for chunk in data.chunks], data.type.storage_type)
        if len(data) != self.rows:
            raise EvidenceError(f"{self.path}: column '{name}' has {len(data)} values for {self.rows} rows")
        return Column(f"{self.path.name}: column '{name}'", data)


def open_table(folder: Path, spec: TableSpec) -> Table:
    """Open the table as Parquet or CSV.

    Raises:
        EvidenceError: Neither file exists, or both do, or the table is broken, empty or has more rows than its spec
            allows.
    """
    parquet, csv = folder / f"{spec.name}.parquet", folder / f"{spec.name}.csv"
    if parquet.exists() and csv.exists():
        raise EvidenceError(f"{parquet} and {csv.name} both exist: remove the one that is not the evidence")
    path = csv if csv.exists() else parquet
    if not path.is_file():
        raise EvidenceError(f"{path} does not exist, and {csv.name} does not either: the evidence is incomplete")
    with readable(f"{path} is not a {'CSV' if path is csv else 'parquet'} file"):
        table = open_csv(path, spec.types) if path is csv else open_parquet(path, spec.most_rows)
    check_size(table.rows, spec.most_rows, path)
    if len(set(table.names)) < len(table.names):
        double = next(column for column in table.names if table.names.count(column) > 1)
        raise EvidenceError(f"{path} has the column '{double}' twice")
    return table


def open_parquet(path: Path, most_rows: int) -> Table:
    """Open a Parquet file. Texts are read as dictionaries, so that a repeated text is in memory only once."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        check_size(file.metadata.num_rows, most_rows, path)
        schema = file.schema_arrow
    texts = [field.name for field in schema if is_text(field.type)]
    file = pq.ParquetFile(path, read_dictionary=texts, page_checksum_verification=True)
    names = [name for name in schema.names if not PANDAS_INDEX.fullmatch(name)]
    return Table(path, names, file.metadata.num_rows, file)


def is_text(kind: pa.DataType) -> bool:
    """Return whether a type is a text or bytes."""
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_binary(kind))


def check_size(rows: int, most_rows: int, path: Path) -> None:
    """Refuse a table without rows, or one that declares more rows than its spec allows or its file can contain."""
    if rows == 0:
        raise EvidenceError(f"{path} has no rows: there is nothing to judge")
    if rows > most_rows or rows > MAX_ROWS_A_BYTE * path.stat().st_size:
        raise EvidenceError(
            f"{path} declares {rows:,} rows in {path.stat().st_size:,} bytes: at most {most_rows:,} are read, and not "
            "more than a file of this size can contain"
        )


def open_csv(path: Path, types: Mapping[str, str]) -> Table:
    """Open a CSV file with a line of column names; an empty field, or line, is a missing value."""
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
        table = read(pa.float64())  # labels written as 1.0
    return Table(path, list(table.column_names), table.num_rows, table)


def one_line(error: BaseException) -> str:
    """Return the message of an error on one line."""
    return " ".join(str(error).split())
