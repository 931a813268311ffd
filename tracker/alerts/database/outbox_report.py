"""What the outbox holds and what has become of it, for people; works within a transaction that may only read."""

from tracker.alerts.database.delivery import Dispatch, PastEvent
from tracker.alerts.database.outbox import read_event
from tracker.alerts.database.schema import deliveries, events
from tracker.alerts.database.sqlalchemy_library import sqlalchemy as sa
from tracker.alerts.states.alert_status import ChannelState
from tracker.core.durations import DAY

FAILING_FOR = DAY  # ms after which an attempt that failed says nothing of its channel any more


def waiting(connection: sa.Connection) -> dict[str, int]:
    """Return how many deliveries are still to be made, by channel."""
    row = deliveries.c
    query = sa.select(row.channel, sa.func.count().label("number")).where(row.due_at.is_not(None))
    return {each.channel: each.number for each in connection.execute(query.group_by(row.channel))}


def failing(connection: sa.Connection, at: int) -> tuple[ChannelState, ...]:
    """
    Return the state of each channel whose last attempt failed, if that was lately at *at* (epoch ms); not the reason.

    An attempt that came to no end, as its process was killed, has not failed. A channel fails since the oldest event
    that it did not take, if that is after the last one that it took.
    """
    row = deliveries.c
    taken = sa.select(row.channel, sa.func.max(row.sent_at).label("at")).where(row.sent_at.is_not(None))
    last = taken.group_by(row.channel).subquery()
    last_at = sa.func.coalesce(last.c.at, 0)
    has_failed = row.due_at.is_(None) | (row.due_at > row.tried_at)
    query = (
        sa.select(deliveries, events.c.at, events.c.held_until, last_at.label("last_at"))
        .join(events, events.c.id == row.event_id)
        .outerjoin(last, last.c.channel == row.channel)
        .where(row.sent_at.is_(None), ~row.begun, row.attempts > 0, has_failed)
        .where(row.tried_at > last_at, row.tried_at >= at - FAILING_FOR)
    )
    states: dict[str, ChannelState] = {}
    for each in connection.execute(query):
        begin = max(each.at, each.held_until or 0, each.last_at)
        before = states.get(each.channel, ChannelState(each.channel, failing_since=begin))
        times = [time for time in (before.next_try, each.due_at) if time is not None]
        states[each.channel] = ChannelState(
            each.channel,
            failing_since=min(begin, before.failing_since or begin),
            tries=max(before.tries, each.attempts),
            next_try=min(times, default=None),
        )
    return tuple(states.values())


def history(connection: sa.Connection, since: int) -> tuple[PastEvent, ...]:
    """Return what happened from *since* (epoch ms) on, in that order."""
    own = sa.select(deliveries).join(events, events.c.id == deliveries.c.event_id).where(events.c.at >= since)
    rows = connection.execute(sa.select(events).where(events.c.at >= since).order_by(events.c.at, events.c.id)).all()
    ways: dict[int, list[Dispatch]] = {row.id: [] for row in rows}
    for way in connection.execute(own.order_by(deliveries.c.event_id, deliveries.c.place)):
        if way.event_id in ways:  # else it was committed between the two queries, where these see that
            ways[way.event_id].append(Dispatch(way.channel, way.attempts, way.sent_at, way.due_at))
    return tuple(PastEvent(read_event(row.event), tuple(ways[row.id])) for row in rows)
