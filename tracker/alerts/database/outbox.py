"""
The outbox: what is still to be sent, in the tables of a database. All functions work within a transaction.

An event goes to the first of its channels, and to the next one when that is given up; after the last one, they are
tried in turn for as long as it takes. The end of a firing goes where its beginning arrived or may have arrived, and
not before that. A firing that began and ended while it was held back is not sent at all.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from tracker.alerts.database.delivery import LONGEST_WAIT, Delivery
from tracker.alerts.database.schema import deliveries, events
from tracker.alerts.database.sqlalchemy_library import sqlalchemy as sa
from tracker.alerts.states.delivery_holds import HeldUntil
from tracker.alerts.states.events import Event
from tracker.core.errors import ConfigError, StoreError
from tracker.core.market import Market


def enqueue(connection: sa.Connection, event: Event, at: int, held_until: int | None) -> None:
    """
    Keep *event*, and what is to be sent of it; does nothing if it is kept already, as after a commit of unknown end.

    Args:
        connection: of a writer.
        event: what happened.
        at: epoch ms, now.
        held_until: epoch ms; until then nothing is sent.
    """
    text = json.dumps(event.to_plain(), ensure_ascii=False)
    firing = _of_firing(event)
    if connection.scalar(sa.select(events.c.id).where(*firing, events.c.event == text)) is not None:
        return
    held_until = held_until if held_until is not None and held_until > at else None
    rule, market, fired_at = event.firing
    row = sa.insert(events).values(
        at=event.at,
        rule=rule,
        market=str(market),
        fired_at=fired_at,
        begins=event.kind.begins_firing,
        event=text,
        held_until=held_until,
    )
    event_id = _inserted_id(connection.execute(row))
    channels = event.channels[:1] if event.kind.begins_firing else _channels_of_end(connection, event, at)
    _add(connection, event_id, channels, held_until)


def _inserted_id(result: "sa.CursorResult[Any]") -> int:
    [event_id] = result.inserted_primary_key or [0]
    return int(event_id)


def _channels_of_end(connection: sa.Connection, event: Event, at: int) -> Sequence[str]:
    """Return where the end of a firing is sent now; if its beginning has to be sent before, sent() does it later."""
    beginnings = sa.select(events.c.id, events.c.held_until).where(*_of_firing(event), events.c.begins)
    beginning = connection.execute(beginnings.order_by(events.c.id.desc()).limit(1)).one_or_none()
    if beginning is None:
        return event.channels[:1]
    if beginning.held_until is not None and beginning.held_until > at:
        untried = (deliveries.c.event_id == beginning.id, deliveries.c.tried_at.is_(None))
        connection.execute(sa.delete(deliveries).where(*untried))
    return _reached(connection, beginning.id)


def _reached(connection: sa.Connection, event_id: int) -> list[str]:
    """Return the channels that an event reached or may have; none as long as it is still to reach one."""
    query = sa.select(deliveries).where(deliveries.c.event_id == event_id).order_by(deliveries.c.place)
    rows = connection.execute(query).all()
    if all(row.sent_at is None for row in rows) and any(row.due_at is not None for row in rows):
        return []
    return [row.channel for row in rows if row.sent_at is not None or row.begun or row.repeats]


def _add(
    connection: sa.Connection, event_id: int, channels: Sequence[str], held_until: int | None, first_place: int = 0
) -> None:
    rows = [
        {"event_id": event_id, "place": place, "channel": channel, "due_at": held_until or 0}
        for place, channel in enumerate(channels, first_place)
    ]
    if rows:
        connection.execute(sa.insert(deliveries), rows)


def due(connection: sa.Connection, at: int) -> list[Delivery]:
    """Return what has to be sent at *at* (epoch ms), the oldest first, without what is being sent."""
    row = deliveries.c
    # A clock that was set back does not put off what has failed.
    is_due = (row.due_at <= at) | (row.tried_at > at)
    query = (
        sa.select(deliveries, events.c.event, events.c.held_until)
        .join(events, events.c.id == row.event_id)
        .where(row.due_at.is_not(None), is_due, ~row.begun)
        .order_by(row.event_id, row.place)
    )
    return [
        Delivery(
            each.event_id,
            each.place,
            each.channel,
            read_event(each.event),
            each.attempts + 1,
            each.repeats,
            each.held_until,
        )
        for each in connection.execute(query)
    ]


def hold(connection: sa.Connection, held_until: HeldUntil, at: int) -> None:
    """
    Hold back what was not tried yet, or no longer, where that differs from what is held back.

    Args:
        connection: of a writer.
        held_until: until when.
        at: epoch ms, now.
    """
    row = deliveries.c
    untried = (row.tried_at.is_(None), row.due_at.is_not(None))
    is_untried = sa.exists().where(row.event_id == events.c.id, *untried)
    query = sa.select(events.c.rule, events.c.market, events.c.held_until).where(is_untried).distinct()
    changed = {}
    for each in connection.execute(query):
        until = held_until(each.rule, Market.parse(each.market), at)
        # Hours that are over stay, as the message tells of them.
        if until != (each.held_until if each.held_until is not None and each.held_until > at else None):
            changed[each.rule, each.market] = until
    for (rule, market), until in changed.items():
        own = sa.select(events.c.id).where(events.c.rule == rule, events.c.market == market, is_untried)
        ids = list(connection.scalars(own))
        connection.execute(sa.update(deliveries).where(row.event_id.in_(ids), *untried).values(due_at=until or 0))
        connection.execute(sa.update(events).where(events.c.id.in_(ids)).values(held_until=until))


def begin(connection: sa.Connection, delivery: Delivery, at: int) -> bool:
    """Note that *delivery* is about to be sent; False if it must not be, as another thread or process was first."""
    row = deliveries.c
    still_due = (row.due_at.is_not(None), row.attempts == delivery.attempt - 1)
    change = {"attempts": delivery.attempt, "tried_at": at, "begun": True}
    return bool(connection.execute(sa.update(deliveries).where(*is_of(delivery), *still_due).values(change)).rowcount)


def sent(connection: sa.Connection, delivery: Delivery, at: int) -> None:
    """Note that *delivery* has arrived; the end of its firing, which may have waited for that, follows."""
    change = {"sent_at": at, "due_at": None, "begun": False}
    update = sa.update(deliveries).where(*is_of(delivery), deliveries.c.sent_at.is_(None)).values(change)
    if not connection.execute(update).rowcount or not delivery.event.kind.begins_firing:
        return
    # The process before may note this only after another channel was chosen.
    others = (deliveries.c.event_id == delivery.event_id, ~deliveries.c.begun)
    connection.execute(sa.update(deliveries).where(*others).values(due_at=None))
    has_no_delivery = ~sa.exists().where(deliveries.c.event_id == events.c.id)
    ends = sa.select(events).where(*_of_firing(delivery.event), has_no_delivery)
    for end in connection.execute(ends).all():
        _add(connection, end.id, _reached(connection, delivery.event_id), end.held_until)


def failed(
    connection: sa.Connection,
    delivery: Delivery,
    at: int,
    retry_at: int | None,
    may_have_arrived: bool,
    next_channel: str,
) -> None:
    """Note that *delivery* failed: it is tried again at *retry_at*, or in *next_channel*."""
    row = deliveries.c
    own = (*is_of(delivery), row.attempts == delivery.attempt, row.begun)
    change = {"begun": False, "due_at": retry_at, "repeats": True if may_have_arrived else row.repeats}
    if connection.execute(sa.update(deliveries).where(*own).values(change)).rowcount and retry_at is None:
        use(connection, next_channel, delivery.event_id, at + LONGEST_WAIT)


def use(connection: sa.Connection, channel: str, event_id: int, again_at: int) -> None:
    """
    Send an event to *channel*, as another one was given up for it.

    That is due at once, or at *again_at* (epoch ms) if the channel was given up itself before. Where the event arrived
    there or is still due, nothing changes.
    """
    row = deliveries.c
    of_event = row.event_id == event_id
    ways = connection.execute(sa.select(deliveries).where(of_event, row.channel == channel)).all()
    if not ways:
        last = connection.scalar(sa.select(sa.func.max(row.place)).where(of_event)) or 0
        _add(connection, event_id, [channel], None, last + 1)
    elif all(way.sent_at is None and way.due_at is None for way in ways):
        again = sa.update(deliveries).where(of_event, row.place == ways[0].place)
        connection.execute(again.values(due_at=again_at))


def purge(connection: sa.Connection, before: int) -> int:
    """Remove firings that ended before *before* (epoch ms) and have nothing left to send; return how many events."""
    other = events.alias()
    same = [other.c[name] == events.c[name] for name in ("rule", "market", "fired_at")]
    is_over = sa.exists().where(*same, ~other.c.begins, other.c.at < before)
    waits = sa.exists().where(*same, deliveries.c.event_id == other.c.id, deliveries.c.due_at.is_not(None))
    ids = sa.select(events.c.id).where(is_over, ~waits)
    return connection.execute(sa.delete(events).where(events.c.id.in_(ids))).rowcount


def read_event(text: str) -> Event:
    """Return the event that the database has as *text*. Raises StoreError if it is none."""
    try:
        return Event.from_plain(json.loads(text))
    except (ValueError, TypeError, KeyError, ConfigError) as error:
        raise StoreError(
            f"cannot read an event in the database of alerts: {error}; move its file elsewhere to begin anew"
        ) from error


def _of_firing(event: Event) -> Iterable[sa.ColumnElement[bool]]:
    """Return the conditions that a row of ``events`` is about the firing of *event*."""
    rule, market, fired_at = event.firing
    return events.c.rule == rule, events.c.market == str(market), events.c.fired_at == fired_at


def is_of(delivery: Delivery) -> Iterable[sa.ColumnElement[bool]]:
    """Return the conditions that a row of ``deliveries`` is *delivery*."""
    return deliveries.c.event_id == delivery.event_id, deliveries.c.place == delivery.place
