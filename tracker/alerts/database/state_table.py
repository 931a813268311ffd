"""States of rules in the tables of a database. All functions work within a transaction."""

import json
from collections.abc import Collection

from tracker.alerts.database.schema import states as table
from tracker.alerts.database.sqlalchemy_library import sqlalchemy as sa
from tracker.alerts.states.rule_state import RuleState
from tracker.core.errors import ConfigError, StoreError


def read(connection: sa.Connection, place: str) -> tuple[RuleState, ...]:
    """Return all states of the database *place*, in the order of rules and markets. May raise StoreError."""
    rows = connection.execute(sa.select(table).order_by(table.c.rule, table.c.market)).all()
    return tuple(_state(row, place) for row in rows)


def keep(connection: sa.Connection, states: Collection[RuleState], *, replace: bool) -> None:
    """Keep *states* in place of those that were kept of the same rules and markets, or, to *replace* all, of all."""
    rows = [
        {"rule": state.rule, "market": str(state.market), "state": json.dumps(state.to_plain(), ensure_ascii=False)}
        for state in states
    ]
    is_old = (table.c.rule == sa.bindparam("of_rule"), table.c.market == sa.bindparam("of_market"))
    if replace:
        connection.execute(sa.delete(table))
    elif rows:
        old = [{"of_rule": row["rule"], "of_market": row["market"]} for row in rows]
        connection.execute(sa.delete(table).where(*is_old), old)
    if rows:
        connection.execute(sa.insert(table), rows)


def _state(row: "sa.Row[tuple[str, str, str]]", place: str) -> RuleState:
    try:
        return RuleState.from_plain(json.loads(row.state))
    except (ValueError, TypeError, KeyError, ConfigError) as error:
        raise StoreError(
            f"{place}: cannot read the state of {row.rule!r} in {row.market}: {error}; "
            "move the file elsewhere to begin anew"
        ) from error
