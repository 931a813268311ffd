"""Replaces a file as a whole: readers find the old content or the new, never a part of it. Measures files."""

import errno
import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from tracker.core.errors import ConfigError

ABANDONED_AFTER = 3600.0  # seconds since the last write to a temporary file; its writer was killed


@contextmanager
def replacing(path: Path, *, durable: bool = False, private: bool = False) -> Iterator[BinaryIO]:
    """
    Open a temporary file that replaces *path* at the end of the block; an exception leaves the old file.

    The temporary file lies beside *path* and has the permissions of any new file. No other thread or process uses
    its name, so a writer that is killed leaves it behind: the next replacement of *path* removes it, once nothing
    was written to it for ABANDONED_AFTER. With *durable*, the new content is on the disk when the block has ended. With
    *private*, only the owner of the new file may read it, unless the block changes that.

    Raises:
        OSError: the new content cannot be written; the old file is still there.
    """
    stem = f".{path.name.removeprefix('.')}"
    temporary = path.with_name(f"{stem}.{os.getpid()}.{threading.get_ident()}.new")
    try:
        if private:
            temporary.touch(0o600)
        with temporary.open("wb") as file:
            _remove_abandoned(path.parent, stem, os.fstat(file.fileno()).st_mtime - ABANDONED_AFTER)
            yield file
        if durable:
            fsync(temporary)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    if durable:
        fsync(path.parent)


def replace_file(path: Path, data: bytes, *, durable: bool = False) -> None:
    """Make *data* the whole content of *path*, as replacing() does."""
    with replacing(path, durable=durable) as file:
        file.write(data)


def fsync(path: Path) -> None:
    """Wait until the file or folder *path* is on the disk. Raises OSError."""
    if os.name == "nt" and path.is_dir():
        return  # Windows cannot open a folder, and need not
    handle = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        # Some network file systems do not support fsync of a folder.
        if error.errno != errno.EINVAL:
            raise
    finally:
        os.close(handle)


def typed_path(text: str, shown: str, example: str) -> Path:
    """
    Return the path *text*, which may begin with ``~`` or ``~user``.

    Args:
        text: the path as it was typed.
        shown: what was typed, as the beginning of the message, e.g. ``store csv:~somebody/data``.
        example: what could be typed instead.

    Raises:
        ConfigError: there is no such user, or the user's folder is unknown.
    """
    try:
        return Path(text).expanduser()
    except RuntimeError:
        raise ConfigError(f"{shown}: no such user's folder, expected e.g. {example}") from None


def file_size(path: Path | str) -> int:
    """Return the size of the file *path* in bytes; 0 if it does not exist."""
    try:
        return os.stat(path).st_size  # noqa: PTH116 - a Path takes twice as long, and a year has 61,000 files
    except (FileNotFoundError, NotADirectoryError):
        return 0


def _remove_abandoned(folder: Path, stem: str, before: float) -> None:
    """
    Remove the temporary files of killed writers: those named after *stem* and last written *before*.

    *before* is in epoch seconds by the clock of the file system, which on a network is not this machine's.
    """
    temporary = re.compile(rf"{re.escape(stem)}\.\d+\.\d+\.new")
    # What cannot be removed is harmless: it is hidden, and tried again by the next replacement.
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            with suppress(OSError):
                if temporary.fullmatch(entry.name) and entry.stat(follow_symlinks=False).st_mtime < before:
                    Path(entry.path).unlink()
