"""
The last firings, read for the page without SQLAlchemy, which only the process that sends loads.

It knows what a database of alerts has kept in its form since its first version; see ``schema``.
"""

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from tracker.alerts.states.events import Event
from tracker.core.errors import ConfigError

DATABASE_FILE = ".alerts.db"  # in the state folder; of ``database``, which this must not load
_WAIT = 1.0  # seconds for a writer
_LAST = (
    "SELECT id, event FROM alert_events WHERE begins AND at >= ? ORDER BY at DESC, id DESC LIMIT ?"  # the newest first
)
_END = (
    "SELECT event FROM alert_events WHERE NOT begins AND rule = ? AND market = ? AND fired_at = ? ORDER BY id LIMIT 1"
)
_SENT = "SELECT channel, sent_at FROM alert_deliveries WHERE event_id = ? ORDER BY place"


@dataclass(frozen=True, slots=True)
class PastFiring:
    """
    A firing that is kept.

    Attributes:
        begin: the event that it began with.
        end: that it ended with; None while it lasts.
        sent: when each channel took its beginning, epoch ms, by name; None where it has not, as far as is known.
    """

    begin: Event
    end: Event | None
    sent: Mapping[str, int | None]


def past_firings(file: Path, since: int, most: int) -> tuple[PastFiring, ...]:
    """
    Return the last *most* firings that began at *since* (epoch ms) or later, the newest first. Blocking.

    There are none where *file*, a database of alerts, does not exist, cannot be read now or is of another form:
    the process that watches says so. Raises nothing.
    """
    if not file.exists():
        return ()
    try:
        uri = f"{file.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, timeout=_WAIT)) as connection:
            return tuple(
                _firing(connection, event_id, text)
                for event_id, text in connection.execute(_LAST, (since, most)).fetchall()
            )
    except (sqlite3.Error, ValueError, TypeError, LookupError, ConfigError):
        return ()


def _firing(connection: sqlite3.Connection, event_id: int, text: str) -> PastFiring:
    begin = Event.from_plain(json.loads(text))
    rule, market, fired_at = begin.firing
    end = connection.execute(_END, (rule, str(market), fired_at)).fetchone()
    sent = dict(connection.execute(_SENT, (event_id,)).fetchall())
    return PastFiring(begin, None if end is None else Event.from_plain(json.loads(end[0])), sent)
