"""
Until when services asked to be left alone, kept beside the version of a database; works within a transaction.

It holds for all that waits for a channel, and so is no part of the delivery that was answered with it.
"""

from collections.abc import Collection

from tracker.alerts.database.schema import meta
from tracker.alerts.database.sqlalchemy_library import sqlalchemy as sa

_PREFIX = "rest of channel "  # of the key, before the channel's name


def keep(connection: sa.Connection, channel: str, until: int, at: int) -> None:
    """Keep that *channel* rests *until* an epoch ms, and forget rests that are over at *at* (epoch ms)."""
    is_over = meta.c.key.startswith(_PREFIX) & (meta.c.value <= at)
    connection.execute(sa.delete(meta).where(is_over | (meta.c.key == _PREFIX + channel)))
    connection.execute(sa.insert(meta).values(key=_PREFIX + channel, value=until))


def read(connection: sa.Connection) -> dict[str, int]:
    """Return the epoch ms until which each channel rests, or rested."""
    rows = connection.execute(sa.select(meta).where(meta.c.key.startswith(_PREFIX))).all()
    return {row.key.removeprefix(_PREFIX): row.value for row in rows}


def forget(connection: sa.Connection, channels: Collection[str]) -> None:
    """Let *channels* rest no longer."""
    connection.execute(sa.delete(meta).where(meta.c.key.in_([_PREFIX + channel for channel in channels])))
