"""A database in one file: SQLite, with a write-ahead log, so that readers and the writer do not wait for each other."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from tracker.alerts.database.sqlalchemy_library import sqlalchemy as sa
from tracker.core.errors import StoreError

LOCK_WAIT = 5.0  # seconds; a transaction takes milliseconds

# What may be done, by the name of SQLite's error without what follows its second underscore.
_ADVICE = {
    "SQLITE_BUSY": f"another program has kept it locked for {LOCK_WAIT:.0f} s; close what has it open",
    "SQLITE_CANTOPEN": "the folder has to exist, with the right to write there",
    "SQLITE_CORRUPT": "it is damaged; move it elsewhere to begin anew, without what was still to be sent",
    "SQLITE_FULL": "the disk is full; it goes on when there is space again",
    "SQLITE_IOERR": "look whether the disk is full or damaged",
    "SQLITE_NOTADB": "it is no database of alerts; nothing was touched. Move it elsewhere",
    "SQLITE_READONLY": "there is no right to write to it and its folder",
}


def sqlite_engine(file: Path, *, is_writer: bool) -> sa.Engine:
    """
    Return an engine for *file*, which only a writer creates. Nothing is opened yet.

    It has one connection, for which threads wait. A transaction of a writer begins by excluding other writers.
    """
    uri = f"{file.absolute().as_uri()}?mode={'rwc' if is_writer else 'rw'}"
    connect = partial(sqlite3.connect, uri, uri=True, timeout=LOCK_WAIT, isolation_level=None, check_same_thread=False)
    engine = sa.create_engine(
        "sqlite://", creator=connect, poolclass=sa.QueuePool, pool_size=1, max_overflow=0, pool_timeout=60
    )

    def configure(connection: sqlite3.Connection, _: object) -> None:
        connection.execute("PRAGMA foreign_keys = ON")
        # An answered commit outlasts a power cut: a firing that was forgotten would be sent once more.
        connection.execute("PRAGMA synchronous = FULL")

    def begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writer else "BEGIN")

    sa.event.listen(engine, "connect", configure)
    sa.event.listen(engine, "begin", begin)
    return engine


def use_log(engine: sa.Engine, place: str) -> None:
    """Give the file a write-ahead log, which it keeps. Raises StoreError if its folder cannot have one."""
    with as_store_error(place):
        connection = engine.raw_connection()
        try:
            cursor = connection.cursor()
            cursor.execute("PRAGMA journal_mode = WAL")
            [mode] = cursor.fetchone() or ("none",)
        finally:
            connection.close()
    if mode != "wal":
        raise StoreError(f"{place}: this folder cannot hold it, as on a network; set state to a folder of this machine")


def file_identity(file: Path) -> tuple[int, int] | None:
    """Return what tells *file* apart from one that takes its place; None if there is none."""
    try:
        stat = os.stat(file)  # noqa: PTH116 - this runs at every row
    except FileNotFoundError:
        return None
    return stat.st_dev, stat.st_ino


@contextmanager
def as_store_error(place: str) -> Iterator[None]:
    """Turn an error of the database *place* into StoreError with what to do."""
    try:
        yield
    except (sa.exc.SQLAlchemyError, sqlite3.Error, OSError) as error:
        cause = (error.orig if isinstance(error, sa.exc.DBAPIError) else None) or error
        name = "_".join(getattr(cause, "sqlite_errorname", "").split("_")[:2])
        reason = (cause.strerror if isinstance(cause, OSError) else None) or cause
        advice = f"; {_ADVICE[name]}" if name in _ADVICE else ""
        raise StoreError(f"cannot use {place}: {reason}{advice}") from error
