"""Replacing a file as a whole: others find the old content or the new, never a part of it."""

import errno
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def replacing(path: Path, *, durable: bool = False) -> Iterator[BinaryIO]:
    """
    Open a new file that takes the place of *path* at the end of the block; an exception leaves the old one.

    The new file lies beside *path* meanwhile, under a name that no other thread or process uses, and has the
    permissions of any new file. With *durable* it is on the disk when the block has been left.

    Raises:
        OSError: the old file is still there.
    """
    new = path.with_name(f".{path.name.removeprefix('.')}.{os.getpid()}.{threading.get_ident()}.new")
    try:
        with new.open("wb") as file:
            yield file
        if durable:
            fsync(new)
        new.replace(path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise
    if durable:
        fsync(path.parent)


def replace_file(path: Path, data: bytes, *, durable: bool = False) -> None:
    """Make *data* the whole content of *path*, as replacing() does."""
    with replacing(path, durable=durable) as file:
        file.write(data)


def fsync(path: Path) -> None:
    """Have the file or folder *path* on the disk when this returns. Raises OSError."""
    if os.name == "nt" and path.is_dir():
        return  # Windows cannot, and need not
    handle = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        # Some network file systems know no fsync of a folder and say so.
        if error.errno != errno.EINVAL:
            raise
    finally:
        os.close(handle)
