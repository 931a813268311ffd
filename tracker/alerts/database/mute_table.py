"""Mutes in the tables of a database. All functions work within a transaction."""

from collections.abc import Iterable

from tracker.alerts.database.schema import mutes as table
from tracker.alerts.database.sqlalchemy_library import sqlalchemy as sa
from tracker.alerts.states.mutes import Mute
from tracker.core.market import Market


def read(connection: sa.Connection) -> tuple[Mute, ...]:
    """Return all mutes, also those that have ended, in the order of rules and markets."""
    rows = connection.execute(sa.select(table).order_by(table.c.rule, table.c.market)).all()
    return tuple(Mute(row.rule, Market.parse(row.market) if row.market else None, row.until) for row in rows)


def replace(connection: sa.Connection, mutes: Iterable[Mute]) -> None:
    """Keep *mutes*, at most one of each rule and market, in place of all others."""
    connection.execute(sa.delete(table))
    rows = [{"rule": mute.rule, "market": str(mute.market or ""), "until": mute.until} for mute in mutes]
    if rows:
        connection.execute(sa.insert(table), rows)
