"""Whether the database of alerts has anything left to do where there is no rule; without loading SQLAlchemy."""

from pathlib import Path

FILE = ".alerts.db"  # in the state folder


def has_database(folder: Path) -> bool:
    """Return whether there is a database in *folder*, as far as that can be told. Raises nothing."""
    try:
        return (folder / FILE).exists()
    except OSError:
        return False


def has_unfinished(folder: Path) -> bool:
    """Return whether rules that are gone left a state or a delivery in *folder*. Blocking. Raises nothing."""
    if not has_database(folder):
        return False
    import sqlite3  # a page without rules needs none

    try:
        connection = sqlite3.connect(f"{(folder / FILE).absolute().as_uri()}?mode=ro", uri=True, timeout=1)
        try:
            query = (
                "SELECT EXISTS(SELECT 1 FROM alert_states) "
                "OR EXISTS(SELECT 1 FROM alert_deliveries WHERE due_at IS NOT NULL)"
            )
            [[is_left]] = connection.execute(query).fetchall()
        finally:
            connection.close()
    except sqlite3.Error:  # whoever watches reports it
        return False
    return bool(is_left)
