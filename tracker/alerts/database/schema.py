"""
Tables of alerts in a database, and how those of older releases become them.

Times are epoch ms. A state and an event are JSON text, as they have it; columns repeat what is searched by.
"""

from collections.abc import Callable

from tracker.alerts.database.sqlalchemy_library import sqlalchemy as sa
from tracker.core.errors import LeaseError, StoreError

VERSION = 2  # of the tables; a change of them needs a step in MIGRATIONS


def _add_mutes(connection: sa.Connection) -> None:
    connection.exec_driver_sql(
        "CREATE TABLE alert_mutes (rule TEXT NOT NULL, market TEXT NOT NULL, until BIGINT NOT NULL, "
        "PRIMARY KEY (rule, market))"
    )


# From each older version to the next one; a step does not change any more once it was released.
MIGRATIONS: dict[int, Callable[[sa.Connection], None]] = {1: _add_mutes}

_tables = sa.MetaData()

# The version of the tables, the highest token of a lease that has written, and until when channels rest. It keeps its
# form for ever.
meta = sa.Table(
    "alert_meta",
    _tables,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("value", sa.BigInteger, nullable=False),
)
states = sa.Table(
    "alert_states",
    _tables,
    sa.Column("rule", sa.Text, primary_key=True),
    sa.Column("market", sa.Text, primary_key=True),
    sa.Column("state", sa.Text, nullable=False),
)
events = sa.Table(
    "alert_events",
    _tables,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    sa.Column("at", sa.BigInteger, nullable=False, index=True),
    # What identifies the firing.
    sa.Column("rule", sa.Text, nullable=False),
    sa.Column("market", sa.Text, nullable=False),
    sa.Column("fired_at", sa.BigInteger, nullable=False),
    sa.Column("begins", sa.Boolean, nullable=False),  # the firing; else it ends
    sa.Column("event", sa.Text, nullable=False),
    sa.Column("held_until", sa.BigInteger),
    sa.Index("alert_events_firing", "rule", "market", "fired_at"),
    sqlite_autoincrement=True,  # an id is not used again after a purge
)
deliveries = sa.Table(
    "alert_deliveries",
    _tables,
    sa.Column("event_id", sa.ForeignKey(events.c.id, ondelete="CASCADE"), primary_key=True),
    sa.Column("place", sa.Integer, primary_key=True),  # among the deliveries of the event
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("due_at", sa.BigInteger, index=True),  # 0: at once; null: sent, or given up for the next channel
    sa.Column("attempts", sa.Integer, nullable=False, default=0),  # that were begun
    sa.Column("tried_at", sa.BigInteger),  # when the last one was begun
    sa.Column("begun", sa.Boolean, nullable=False, default=False),  # one, of which no result is noted yet
    sa.Column("repeats", sa.Boolean, nullable=False, default=False),  # one that came to no result may have arrived
    sa.Column("sent_at", sa.BigInteger),
)
mutes = sa.Table(
    "alert_mutes",
    _tables,
    sa.Column("rule", sa.Text, primary_key=True),
    sa.Column("market", sa.Text, primary_key=True),  # empty: all of the rule's
    sa.Column("until", sa.BigInteger, nullable=False),
)


def check_version(connection: sa.Connection, place: str) -> int:
    """
    Return the version of the tables; 0 if the database is empty. Changes nothing.

    Raises:
        StoreError: a newer release, or another program, has made the tables.
    """
    names = sa.inspect(connection).get_table_names()
    if not names:
        return 0
    if meta.name not in names:
        raise StoreError(f"{place} is the database of another program; nothing was touched. Move it elsewhere")
    version = connection.scalar(sa.select(meta.c.value).where(meta.c.key == "version")) or 0
    if version > VERSION:
        raise StoreError(
            f"{place}: format {version}, this version reads formats up to {VERSION}; "
            "nothing was touched. To upgrade: pip install --upgrade btc-price-tracker"
        )
    return version


def prepare(connection: sa.Connection, place: str, token: int) -> None:
    """
    Make the tables, or bring them to VERSION, and take them over for the holder of *token*.

    Raises:
        StoreError: as check_version(), or there is no way from the version of the tables.
        LeaseError: a later term has taken them over.
    """
    version = check_version(connection, place)
    if not version:
        _tables.create_all(connection)
        connection.execute(sa.insert(meta), [{"key": "version", "value": VERSION}, {"key": "token", "value": token}])
        return
    fence(connection, place, token)
    for step in range(version, VERSION):
        if step not in MIGRATIONS:
            raise StoreError(f"{place}: format {step} cannot be read any more; nothing was touched. Move it elsewhere")
        MIGRATIONS[step](connection)
    connection.execute(sa.update(meta).where(meta.c.key == "version").values(value=VERSION))
    # The process that began these has died, or may no longer do anything but note that they were sent.
    connection.execute(sa.update(deliveries).where(deliveries.c.begun).values(begun=False, repeats=True))


def lock(connection: sa.Connection) -> None:
    """Let nobody change the tables before this transaction has ended; a file is locked already."""
    connection.execute(sa.select(meta.c.value).where(meta.c.key == "token").with_for_update())


def fence(connection: sa.Connection, place: str, token: int) -> None:
    """
    Let nobody change the tables before this transaction has ended, nor any earlier term afterwards.

    Raises:
        LeaseError: a later term has written, so the lease has moved.
    """
    row = sa.update(meta).where(meta.c.key == "token", meta.c.value <= token)
    if not connection.execute(row.values(value=token)).rowcount:
        raise LeaseError(f"{place}: another process has taken over the lease of alerts; this one sends nothing more")
