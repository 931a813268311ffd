"""Reads the candle file beside a bucket of another data folder: ``2026-11-23-15.candles.csv``."""

from pathlib import Path

from tracker.core.errors import StoreError
from tracker.history.importer.line_report import LineReport
from tracker.history.importer.price_file import blocks, candles_beside
from tracker.stores.csv.candle_files import CandleLines, parse_candles

_END = 2**62  # ms; a row's time is checked with the row


def read_candles(bucket: Path, lines: LineReport) -> CandleLines | None:
    """
    Return the lines of the candle file beside *bucket*, which count only with its rows; None if there is none.

    Args:
        bucket: a price file, which may be inside an archive, or any other one: then there is no candle file.
        lines: counts the malformed lines.

    Raises:
        StoreError: the file cannot be read.
    """
    path = candles_beside(bucket)
    try:
        data = b"".join(blocks(path))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StoreError(f"cannot read {path}: {error.strerror}") from error
    whole = data[: data.rfind(b"\n") + 1]  # the last line may be torn
    candles, [malformed] = parse_candles([whole], 0, _END)
    for offset in malformed:
        lines.skip(path, whole.count(b"\n", 0, offset) + 1, whole[offset:].partition(b"\n")[0])
    return candles
