"""Ways to read all files of a CSV store; each returns the number of rows and the sum of their prices."""

import csv
import importlib
import io
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

Files = Mapping[str, Sequence[Path]]  # by market
Result = tuple[int, float]  # number of rows, sum of prices
Reader = Callable[[Files], Result]

RAW, PANDAS = "raw bytes", "pandas, file by file"


def raw(files: Files) -> Result:
    """Read without parsing, which no way can outdo."""
    return sum(len(path.read_bytes()) for paths in files.values() for path in paths), 0.0


def csv_loop(files: Files) -> Result:
    """Read as the former app: the csv module, a float for each field."""
    rows, total = 0, 0.0
    for paths in files.values():
        times: list[float] = []
        prices: list[float] = []
        for path in paths:
            with path.open(newline="") as file:
                reader = csv.reader(file)
                next(reader)
                for row in reader:
                    times.append(float(row[0]))
                    prices.append(float(row[1]))
        rows, total = rows + len(times), total + sum(prices)
    return rows, total


def pandas_by_file(files: Files) -> Result:
    import pandas as pd

    return _sums([pd.concat([pd.read_csv(path) for path in paths]) for paths in files.values()])


def pandas_joined(files: Files) -> Result:
    """Read with one read_csv for each market."""
    import pandas as pd

    names = ["timestamp", "price", "interval", "origin"]
    return _sums([pd.read_csv(io.BytesIO(_joined(paths)), names=names) for paths in files.values()])


def arrow_joined(files: Files) -> Result:
    """Read with one read_csv for each market."""
    import pyarrow as pa
    import pyarrow.compute
    import pyarrow.csv

    options = pyarrow.csv.ReadOptions(column_names=["timestamp", "price", "interval", "origin"])
    prices = [
        pyarrow.csv.read_csv(pa.BufferReader(_joined(paths)), read_options=options)["price"] for paths in files.values()
    ]
    return sum(map(len, prices)), sum(pyarrow.compute.sum(price).as_py() for price in prices)


def polars(files: Files) -> Result:
    import polars as pl

    return _sums([pl.read_csv(list(paths)) for paths in files.values()])


def duckdb(files: Files) -> Result:
    """Read with named columns; detecting them takes ten times as long."""
    import duckdb as db

    query = (
        "select * from read_csv(?, header = true, auto_detect = false, delim = ',', columns = "
        "{timestamp: 'DOUBLE', price: 'DOUBLE', interval: 'DOUBLE', origin: 'VARCHAR'})"
    )
    with db.connect() as connection:
        prices = [
            connection.execute(query, [[str(path) for path in paths]]).fetchnumpy()["price"] for paths in files.values()
        ]
    return sum(map(len, prices)), float(sum(price.sum() for price in prices))


_READERS: dict[str, tuple[Reader, str]] = {
    RAW: (raw, "csv"),
    "csv module, as the former app": (csv_loop, "csv"),
    PANDAS: (pandas_by_file, "pandas"),
    "pandas, joined": (pandas_joined, "pandas"),
    "pyarrow, joined": (arrow_joined, "pyarrow"),
    "polars": (polars, "polars"),
    "duckdb, columns named": (duckdb, "duckdb"),
}


def readers() -> dict[str, Reader]:
    """Return the readers by name, except those whose library is not installed."""
    installed = {}
    for name, (reader, library) in _READERS.items():
        try:
            importlib.import_module(library)
        except ImportError:
            continue
        installed[name] = reader
    return installed


def _joined(paths: Sequence[Path]) -> bytes:
    return b"".join(path.read_bytes().partition(b"\n")[2] for path in paths)


def _sums(frames: Sequence[Any]) -> Result:
    return sum(map(len, frames)), float(sum(frame["price"].sum() for frame in frames))
