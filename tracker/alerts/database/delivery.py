"""Deliveries: what happened to a rule, on its way to a channel; and when one that failed is tried again."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tracker.alerts.states.events import Event

FIRST_WAIT = 60_000  # ms before the second attempt; doubles with each one after it
ATTEMPTS = 4  # in one channel, until the next one is used
LONGEST_WAIT = 3_600_000  # ms; a service that asks for more is left for the next channel


@dataclass(frozen=True, slots=True)
class Delivery:
    """
    An event that is due in a channel.

    Attributes:
        event_id: of *event* in the database.
        place: among the deliveries of the event.
        attempt: number of the attempt that is due, from 1 on.
        repeated: whether an earlier attempt may have arrived, which the message has to state.
        held_until: epoch ms until which quiet hours held it back; None if none did.
    """

    event_id: int
    place: int
    channel: str
    event: Event
    attempt: int
    repeated: bool
    held_until: int | None


@dataclass(frozen=True, slots=True)
class Dispatch:
    """
    How far an event has come in a channel. Times are epoch ms.

    Attributes:
        attempts: that were begun.
        sent_at: None if it has not arrived, as far as is known.
        due_at: of the next attempt, 0 for at once; None if none will be made.
    """

    channel: str
    attempts: int
    sent_at: int | None
    due_at: int | None


@dataclass(frozen=True, slots=True)
class PastEvent:
    """An event that is kept, and its way to each channel; none if it was held back until its firing had ended."""

    event: Event
    dispatches: tuple[Dispatch, ...]

    def to_plain(self) -> dict[str, Any]:
        """Return it as text, numbers, lists and dictionaries, such as JSON takes."""
        sent = {each.channel: each.sent_at for each in self.dispatches}
        return self.event.to_plain() | {"sent": sent}


def channels_after(channel: str, channels: Sequence[str]) -> Sequence[str]:
    """Return *channels* in the order in which they are tried once *channel* is given up; it comes last itself."""
    start = channels.index(channel) + 1 if channel in channels else 0
    return (*channels[start:], *channels[:start])


def next_of_event(delivery: Delivery) -> str:
    """Return the channel that the event of *delivery* goes to next, by its own channels alone."""
    return channels_after(delivery.channel, delivery.event.channels)[0]


def rest_until(failed_at: int, wait: int | None) -> int | None:
    """Return until when a service is left alone that asked for *wait* ms at *failed_at* (epoch ms); None if not."""
    return None if wait is None or wait > LONGEST_WAIT else failed_at + wait


def retry_at(attempt: int, failed_at: int, wait: int | None = None) -> int | None:
    """
    Return when to try a channel again; None if the next channel is used.

    Args:
        attempt: the number of the one that failed.
        failed_at: epoch ms.
        wait: ms that the service asked for, of which few count at the first attempt only; None if it named none.
    """
    own = FIRST_WAIT * 2 ** (attempt - 1)
    if wait is None:
        wait = own
    elif attempt > 1:  # one that asks for a second each time is not given up within seconds
        wait = max(wait, own // 2)
    return failed_at + wait if attempt < ATTEMPTS and wait <= LONGEST_WAIT else None
