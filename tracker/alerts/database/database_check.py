"""Checks that the database of alerts can be written, and changes nothing."""

from pathlib import Path

from tracker.alerts.database import schema
from tracker.alerts.database.sqlite_file import as_store_error, sqlite_engine


def check_database(file: Path) -> None:
    """
    Raise StoreError if nobody could write to the database *file*, which exists; its text says what to do. Blocking.

    A writer has to wait for it, for milliseconds.
    """
    engine = sqlite_engine(file, is_writer=True)
    try:
        with as_store_error(str(file)), engine.begin() as connection:
            schema.check_version(connection, str(file))
    finally:
        engine.dispose()
