"""
Deliveries to channels that the settings changed or no longer have; works within a transaction.

What waits for one that is gone goes to another channel of its event, or of the rule as it is now, so that the end of a
firing also reaches who renamed the channel that was told of it. Where there is none it waits, and is given up after
some days.
"""

from collections.abc import Collection

from tracker.alerts.database import outbox
from tracker.alerts.database.delivery import Delivery
from tracker.alerts.database.schema import deliveries, events
from tracker.alerts.database.sqlalchemy_library import sqlalchemy as sa


def redirect(connection: sa.Connection, delivery: Delivery, channel: str | None, at: int) -> None:
    """
    Leave the channel of *delivery* at *at* (epoch ms), unless it was begun or noted since it was read.

    Its event goes to *channel* then, if it does not go there already and did not; for None, to its own next channel.
    """
    row = deliveries.c
    still_due = (*outbox.is_of(delivery), row.attempts == delivery.attempt - 1, row.due_at.is_not(None))
    goes = row.sent_at.is_not(None) | row.due_at.is_not(None)
    same = sa.select(row.place).where(row.event_id == delivery.event_id, row.channel == channel, goes)
    is_over = channel is None or connection.scalar(same.limit(1)) is not None
    change = {"due_at": None} if is_over else {"channel": channel, "attempts": 0, "due_at": 0}
    has_left = connection.execute(sa.update(deliveries).where(*still_due).values(change)).rowcount
    if has_left and channel is None:
        outbox.use_next(connection, delivery, at)


def retry(connection: sa.Connection, channels: Collection[str]) -> None:
    """Let what failed in *channels*, which lead elsewhere now, be due at once; what is held back stays so."""
    row = deliveries.c
    has_failed = (row.tried_at.is_not(None), row.due_at > row.tried_at, ~row.begun)
    connection.execute(sa.update(deliveries).where(row.channel.in_(channels), *has_failed).values(due_at=0))


def give_up(connection: sa.Connection, channels: Collection[str], before: int) -> int:
    """Send no more of what has waited since *before* (epoch ms) for other channels than *channels*; return how much."""
    row = deliveries.c
    is_old = row.event_id.in_(sa.select(events.c.id).where(events.c.at <= before))
    of_gone = (row.channel.not_in(channels), row.due_at <= before, ~row.begun, is_old)
    return connection.execute(sa.update(deliveries).where(*of_gone).values(due_at=None)).rowcount
