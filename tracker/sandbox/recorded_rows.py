"""Reads the ``timestamp,price`` lines of a recording; a year of minutes in a tenth of a second."""

import numpy as np
from numpy.typing import NDArray

from tracker.core.parsing import END_OF_TIME, LARGEST, SMALLEST, price, price_line

Rows = tuple[NDArray[np.int64], NDArray[np.float64]]  # times (epoch ms) and prices, as they stand in the file

_HEADER = "timestamp,price"
_PLAIN = b"0123456789.,\n"


def rows_of(content: bytes) -> Rows:
    """
    Return the rows of a file, in its order.

    Raises:
        ValueError: a line is no header and no row, or its price is impossible; the message begins ``line 3: ``.
        UnicodeDecodeError: it is no text.
    """
    return _plain_rows(content) or _any_rows(content)


def _plain_rows(content: bytes) -> Rows | None:
    """Return the rows of a file in which numbers are plain decimals; None if they may be anything else."""
    data = content.removeprefix(b"\xef\xbb\xbf")
    line, newline, rest = data.partition(b"\n")
    body = rest if newline and line.strip().lower() == _HEADER.encode() else data
    if b"\r\n" in body:
        body = body.replace(b"\r\n", b"\n")
    if not body or body.isspace() or body.translate(None, _PLAIN):
        return None
    import pyarrow as pa
    import pyarrow.csv

    try:
        table = pyarrow.csv.read_csv(
            pa.BufferReader(body),
            read_options=pyarrow.csv.ReadOptions(column_names=["time", "price"]),
            parse_options=pyarrow.csv.ParseOptions(quote_char=False),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types={"time": pa.float64(), "price": pa.float64()}, null_values=[]
            ),
        )
    except pa.ArrowInvalid:
        return None
    # By DLPack: to_numpy imports pandas, which takes longer than a year of rows.
    seconds, prices = (np.from_dlpack(each.combine_chunks()).astype(np.float64, copy=False) for each in table.columns)
    if not ((seconds < END_OF_TIME).all() and (prices >= SMALLEST).all() and (prices <= LARGEST).all()):
        return None
    return np.rint(seconds * 1000).astype(np.int64), prices


def _any_rows(content: bytes) -> Rows:
    times, prices = [], []
    lines = content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    # Not splitlines(), which takes \x0b, \u2028 and others for line ends, as the store does not.
    for number, line in enumerate(lines.split("\n"), start=1):
        if line.strip() and not (number == 1 and line.replace(" ", "").lower() == _HEADER):
            try:
                time, cost = price_line(line)
                times.append(time)
                prices.append(price(cost))
            except ValueError as error:
                raise ValueError(f"line {number}: {error}") from None
    return np.array(times, dtype=np.int64), np.array(prices, dtype=np.float64)
