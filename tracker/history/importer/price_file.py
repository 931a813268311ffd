"""
Opens price files: plain, compressed by gzip, or inside a zip archive; UTF-16 with a byte order mark becomes UTF-8.

A file inside an archive has a path that leads through it: ``old/Kraken_OHLCVT.zip/XBTEUR_1.csv``.
"""

import codecs
import errno
import gzip
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO, BinaryIO, NamedTuple, cast

from tracker.runtime import files
from tracker.runtime.sync_copies import original_stem

CHUNK = 1 << 22  # bytes of a file in memory at once
LONGEST = 1000  # bytes; longer lines are malformed, so that a file without line breaks does not fill the memory
HEAD = 1 << 14  # bytes from whose lines a file's format is recognised

_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_PLAIN, _GZIP, _ZIP, _PARQUET = ".csv", ".csv.gz", ".zip", ".parquet"
_CANDLES = ".candles"  # ends the stem of files beside buckets; their lines are no prices of their own


class _Opened(NamedTuple):
    file: IO[bytes]
    position: Callable[[], int]  # bytes on disk that were read so far


def has_prices(name: str) -> bool:
    """Return whether a file of this name may hold prices, itself or in an archive."""
    if name.lower().endswith((_PLAIN, _GZIP)):
        return not original_stem(stem(Path(name))).lower().endswith(_CANDLES)
    return name.lower().endswith(_ZIP)


def is_parquet(path: Path) -> bool:
    """Return whether *path* is named as a Parquet file, which cannot be imported."""
    return path.name.lower().endswith(_PARQUET)


def candles_beside(path: Path) -> Path:
    """
    Return the candle file that belongs to *path*, if that is a bucket: ``2026-11-23-15.candles.csv``.

    For a sync program's copy ``2026-11-23-15 (1).csv`` it is the copy ``2026-11-23-15.candles (1).csv``.
    """
    plain = stem(path)
    original = original_stem(plain)
    return path.with_name(f"{original}{_CANDLES}{path.name[len(original) :]}")


def stem(path: Path) -> str:
    """Return the name of the file *path* without its ending: ``btceur`` of ``btceur.csv.gz``."""
    return path.name[: -len(_GZIP if path.name.lower().endswith(_GZIP) else _PLAIN)]


def packed_texts(archive: Path, name: str) -> Iterator[tuple[Path, str]]:
    """Yield path and text of each file called *name* in the zip archive *archive*. Raises OSError."""
    with _readable(), zipfile.ZipFile(archive) as opened:
        for member in opened.namelist():
            if Path(member).name == name:
                yield archive / member, opened.read(member).decode(errors="replace")


def is_archive(path: Path) -> bool:
    """Return whether *path* is named as a zip archive."""
    return path.name.lower().endswith(_ZIP)


def size_on_disk(path: Path) -> int:
    """Return the bytes that reading *path* reads from the disk; 0 if it is gone."""
    archive = _archive(path)
    if archive is None:
        return files.file_size(path)
    try:
        with _readable(), zipfile.ZipFile(archive) as opened:
            return _member(opened, archive, path).compress_size
    except OSError:
        return 0


def heads(path: Path) -> Iterator[tuple[Path, list[bytes] | OSError]]:
    """
    Yield the price files in *path*, itself or those in it if it is a zip archive, each with its first lines.

    The lines are those that are not empty, without blanks around them; an OSError takes their place if the file cannot
    be read. An archive is opened once, because opening one of thousands of files takes long.

    Raises:
        OSError: the archive cannot be read.
    """
    if not is_archive(path):
        yield path, _head(path, lambda: path.open("rb"))
        return
    with _readable(), zipfile.ZipFile(path) as archive:
        for name in sorted(archive.namelist()):
            if has_prices(name) and not is_archive(Path(name)):
                yield path / name, _head(path / name, partial(archive.open, name))


def _head(path: Path, open_raw: Callable[[], IO[bytes]]) -> list[bytes] | OSError:
    try:
        with _readable(), open_raw() as raw, _unzipped(raw, path) as file:
            data = file.read(HEAD)
    except OSError as error:
        return error
    text, _ = _decoded(data)
    lines = text.split(b"\n")
    # The last one may have been cut.
    return [stripped for line in (lines if len(data) < HEAD else lines[:-1] or lines) if (stripped := line.strip())]


def blocks(path: Path, on_progress: Callable[[int], None] = lambda size: None) -> Iterator[bytes]:
    """
    Yield the file *path* some megabytes at a time, as whole lines; the last one may have no line break.

    Args:
        path: the file.
        on_progress: called with the number of bytes read from the disk since the last call.

    Raises:
        OSError: the file cannot be read, or its compression is damaged.
    """
    rest = b""
    with _readable(), _opened(path) as opened:
        decoder, position, is_first = None, 0, True
        while data := opened.file.read(max(CHUNK, len(codecs.BOM_UTF8))):
            if is_first:
                data, decoder = _decoded(data)
                is_first = False
            elif decoder is not None:
                data = decoder.decode(data).encode()
            before, position = position, opened.position()
            end = data.rfind(b"\n") + 1
            if end:
                yield rest + data[:end]
                rest = b""
            rest = (rest + data[end:])[: LONGEST + 1]
            on_progress(position - before)
    if rest:
        yield rest


def _decoded(data: bytes) -> tuple[bytes, codecs.IncrementalDecoder | None]:
    """Return the beginning of a file as UTF-8 without byte order mark, and the decoder of the rest if it is UTF-16."""
    if data.startswith(_UTF16):
        decoder = codecs.getincrementaldecoder("utf-16")("replace")
        return decoder.decode(data).encode(), decoder
    return data.removeprefix(codecs.BOM_UTF8), None


@contextmanager
def _opened(path: Path) -> Iterator[_Opened]:
    archive = _archive(path)
    with (archive or path).open("rb") as raw:
        if archive is not None:
            with zipfile.ZipFile(raw) as opened:
                member = _member(opened, archive, path)
                with opened.open(member) as packed, _unzipped(packed, path) as file:
                    share = member.compress_size / max(member.file_size, 1)
                    yield _Opened(file, lambda: round(packed.tell() * share))
        else:
            with _unzipped(raw, path) as file:
                yield _Opened(file, raw.tell)


@contextmanager
def _unzipped(file: IO[bytes], path: Path) -> Iterator[IO[bytes]]:
    if not path.name.lower().endswith(_GZIP):
        yield file
        return
    with gzip.open(cast(BinaryIO, file)) as opened:
        yield cast(IO[bytes], opened)


def _archive(path: Path) -> Path | None:
    """Return the zip archive that *path* leads through; None if it is a file of its own."""
    if any(parent.name.lower().endswith(_ZIP) for parent in path.parents):
        return next((parent for parent in path.parents if parent.is_file()), None)
    return None


def _member(opened: zipfile.ZipFile, archive: Path, path: Path) -> zipfile.ZipInfo:
    for member in opened.infolist():
        if archive / member.filename == path:
            return member
    raise FileNotFoundError(errno.ENOENT, "not in the archive", str(path))


@contextmanager
def _readable() -> Iterator[None]:
    """Raise OSError in place of the errors of damaged or encrypted archives."""
    try:
        yield
    # RuntimeError: the archive is encrypted.
    except (zipfile.BadZipFile, gzip.BadGzipFile, EOFError, zlib.error, RuntimeError, NotImplementedError) as error:
        raise OSError(errno.EIO, f"cannot be unpacked: {error}") from error
