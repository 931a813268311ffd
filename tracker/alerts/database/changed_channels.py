"""
Deliveries to channels that the settings changed or no longer have; works within a transaction.

What waits for one that is gone goes to another channel of its event, or of the rule as it is now, so that the end of a
firing also reaches who renamed the channel that was told of it. Where there is none it waits, and is given up after
some days.
"""

from collections.abc import Collection

from tracker.alerts.database import channel_rests, outbox
from tracker.alerts.database.delivery import ATTEMPTS, Delivery
from tracker.alerts.database.schema import deliveries, events
from tracker.alerts.database.sqlalchemy_library import sqlalchemy as sa


def redirect(connection: sa.Connection, delivery: Delivery, channel: str) -> None:
    """
    Leave the channel of *delivery*, unless it was begun or noted since it was read.

    Its event goes to *channel* at once then, if it does not go there already and did not.
    """
    row = deliveries.c
    still_due = (*outbox.is_of(delivery), row.attempts == delivery.attempt - 1, row.due_at.is_not(None))
    if connection.execute(sa.update(deliveries).where(*still_due).values(due_at=None)).rowcount:
        outbox.use(connection, channel, delivery.event_id, 0)


def retry(connection: sa.Connection, channels: Collection[str]) -> None:
    """Let what failed in *channels*, which lead elsewhere now, be due at once; what is held back stays so."""
    row = deliveries.c
    has_failed = (row.tried_at.is_not(None), row.due_at > row.tried_at, ~row.begun)
    connection.execute(sa.update(deliveries).where(row.channel.in_(channels), *has_failed).values(due_at=0))
    channel_rests.forget(connection, channels)


def hasten(connection: sa.Connection, until: int) -> None:
    """Let what has failed so often that it is tried once an hour be due at *until* (epoch ms) at the latest."""
    row = deliveries.c
    is_rare = (row.attempts >= ATTEMPTS, row.due_at > until)
    connection.execute(sa.update(deliveries).where(*is_rare).values(due_at=until))


def give_up(connection: sa.Connection, channels: Collection[str], before: int) -> int:
    """Send no more of what has waited since *before* (epoch ms) for other channels than *channels*; return how much."""
    row = deliveries.c
    is_old = row.event_id.in_(sa.select(events.c.id).where(events.c.at <= before))
    of_gone = (row.channel.not_in(channels), row.due_at <= before, ~row.begun, is_old)
    return connection.execute(sa.update(deliveries).where(*of_gone).values(due_at=None)).rowcount
