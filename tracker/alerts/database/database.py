"""
The database of alerts: states of rules, what happened, and what is still to be sent.

It is a file in the state folder and holds names of channels, no addresses. Whatever is to be sent is written before,
together with the states it follows from. A process that dies between sending and noting it leaves a delivery that was
begun; the next process sends it once more, as repeated.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tracker.alerts.database import (
    changed_channels,
    channel_rests,
    mute_table,
    outbox,
    outbox_report,
    schema,
    state_table,
)
from tracker.alerts.database.delivery import Delivery, PastEvent, next_of_event
from tracker.alerts.database.sqlalchemy_library import sqlalchemy as sa
from tracker.alerts.database.sqlite_file import as_store_error, file_identity, sqlite_engine, use_log
from tracker.alerts.database.unfinished_work import FILE as FILE
from tracker.alerts.states.alert_status import ChannelState
from tracker.alerts.states.delivery_holds import HeldUntil
from tracker.alerts.states.events import Event
from tracker.alerts.states.mutes import Mute
from tracker.alerts.states.rule_state import RuleState
from tracker.core.errors import LeaseError, StoreError
from tracker.core.market import Market


def open_database(folder: Path, token: int | None = None) -> "AlertDatabase":
    """
    Open the database in *folder*.

    Args:
        folder: the state folder; a writer creates it.
        token: of the lease ``alerts``; nobody with an older one can change anything from now on. None to read only.

    Raises:
        StoreError: it cannot be opened, or a newer release has written it; it is as it was.
        LeaseError: the lease has moved to a later term.
    """
    place = str(folder / FILE)
    with as_store_error(place):
        if token is not None:
            folder.mkdir(parents=True, exist_ok=True)
        elif not (folder / FILE).exists():
            raise StoreError(f"{place} does not exist, as no rule has been watched yet")
    engine = sqlite_engine(folder / FILE, is_writer=token is not None)
    try:
        with as_store_error(place), engine.begin() as connection:
            version = schema.check_version(connection, place)
        if token is not None:
            use_log(engine, place)
            with as_store_error(place), engine.begin() as connection:
                schema.prepare(connection, place, token)
        elif version < schema.VERSION:
            raise StoreError(f"{place}: format {version}; it can be read once this version has begun to watch rules")
    except BaseException:
        engine.dispose()
        raise
    return AlertDatabase(engine, folder / FILE, token or 0)


class AlertDatabase:
    """
    The database *file* for a term of the lease ``alerts``. Blocks; safe from several threads, not for forked children.

    Unless documented otherwise, a method raises StoreError if the database cannot be used, and those that change
    something LeaseError once the lease has moved to a later term; then nothing was changed.

    Args:
        engine: with the tables of the present version.
        token: of the term; 0 to read only.
    """

    def __init__(self, engine: sa.Engine, file: Path, token: int) -> None:
        self._engine, self._token = engine, token
        self._file, self._place = file, str(file)
        self._identity = file_identity(file)

    def load_states(self) -> tuple[RuleState, ...]:
        """Return all states, in the order of rules and markets."""
        with self._connected() as connection:
            return state_table.read(connection, self._place)

    def commit(
        self,
        states: Collection[RuleState],
        events: Iterable[Event],
        at: int,
        *,
        held: Mapping[tuple[str, Market], int] | None = None,
        replace: bool = False,
    ) -> None:
        """
        Keep *states* and *events*, and what is to be sent, all or nothing; after an error it may be called again.

        Args:
            states: those that have changed.
            events: in their order.
            at: epoch ms, now.
            held: epoch ms until which events are held back, by rule and market.
            replace: whether *states* are all there are; others are removed.
        """
        with self._changing() as connection:
            state_table.keep(connection, states, replace=replace)
            for event in events:
                outbox.enqueue(connection, event, at, (held or {}).get((event.rule, event.market)))

    def mutes(self) -> tuple[Mute, ...]:
        """Return all mutes, also those that have ended, in the order of rules and markets."""
        with self._connected() as connection:
            return mute_table.read(connection)

    def replace_mutes(self, mutes: Iterable[Mute], held_until: HeldUntil, at: int) -> None:
        """Keep *mutes* in place of all others, and hold back until *held_until* at *at* what was not sent yet."""
        with self._changing() as connection:
            mute_table.replace(connection, mutes)
            outbox.hold(connection, held_until, at)

    def waiting(self) -> Mapping[str, int]:
        """Return how many deliveries are still to be made, by channel."""
        with self._connected() as connection:
            return outbox_report.waiting(connection)

    def failing(self, at: int) -> tuple[ChannelState, ...]:
        """Return the state of each channel of which the last attempt failed, if that was in the last day at *at*."""
        with self._connected() as connection:
            return outbox_report.failing(connection, at)

    def rests(self) -> Mapping[str, int]:
        """Return the epoch ms until which a service asked to be left alone, by channel; also of rests that are over."""
        with self._connected() as connection:
            return channel_rests.read(connection)

    def due(self, at: int) -> tuple[Delivery, ...]:
        """Return what has to be sent at *at* (epoch ms), the oldest first, without what was begun since."""
        with self._connected() as connection:
            return tuple(outbox.due(connection, at))

    def begin(self, deliveries: Iterable[Delivery], at: int) -> tuple[Delivery, ...]:
        """
        Note that *deliveries* are about to be sent, and return those that may be.

        Each of these is noted as sent() or failed() afterwards, whatever happens: else it is due again, as repeated,
        only when the next writer has opened the database.
        """
        with self._changing() as connection:
            return tuple(each for each in deliveries if outbox.begin(connection, each, at))

    def sent(self, deliveries: Iterable[Delivery], at: int) -> None:
        """Note that *deliveries* were taken at *at* (epoch ms); also after the lease has moved, as it is true."""
        with self._changing(is_fenced=False) as connection:
            for each in deliveries:
                outbox.sent(connection, each, at)

    def failed(
        self,
        deliveries: Collection[Delivery],
        at: int,
        retry_at: int | None,
        *,
        may_have_arrived: bool = False,
        rest_until: int | None = None,
        next_channel: Callable[[Delivery], str] = next_of_event,
    ) -> None:
        """
        Note that *deliveries* were not taken.

        Args:
            deliveries: what one message was about.
            at: epoch ms, now.
            retry_at: when the channel is tried again; None to use the next one. See ``delivery.retry_at``.
            may_have_arrived: whether no answer came, so that the next attempt is a repeated one.
            rest_until: when the channel may be asked again for anything, epoch ms; None if at any time.
            next_channel: returns where an event goes next.
        """
        with self._changing() as connection:
            for each in deliveries:
                outbox.failed(connection, each, at, retry_at, may_have_arrived, next_channel(each))
            if rest_until is not None:
                for channel in {each.channel for each in deliveries}:
                    channel_rests.keep(connection, channel, rest_until, at)

    def history(self, since: int) -> tuple[PastEvent, ...]:
        """Return what happened from *since* (epoch ms) on, in that order."""
        with self._connected() as connection:
            return outbox_report.history(connection, since)

    def purge(self, before: int) -> int:
        """Remove firings that ended before *before* (epoch ms) and have nothing left to send; count the events."""
        with self._changing() as connection:
            return outbox.purge(connection, before)

    def redirect(self, deliveries: Iterable[tuple[Delivery, str]]) -> None:
        """Send *deliveries*, whose channels are gone, each to another channel, which gets no event twice."""
        with self._changing() as connection:
            for delivery, channel in deliveries:
                changed_channels.redirect(connection, delivery, channel)

    def retry(self, channels: Collection[str]) -> None:
        """Let what failed in *channels*, which lead elsewhere now, be due at once."""
        with self._changing() as connection:
            changed_channels.retry(connection, channels)

    def hasten(self, until: int) -> None:
        """Let what is tried once an hour be due at *until* (epoch ms) at the latest."""
        with self._changing() as connection:
            changed_channels.hasten(connection, until)

    def give_up(self, channels: Collection[str], before: int) -> int:
        """Send no more of what waits since *before* (epoch ms) for channels but *channels*; count the messages."""
        with self._changing() as connection:
            return changed_channels.give_up(connection, channels, before)

    def is_gone(self) -> bool:
        """Return whether the file was removed or replaced while it was in use."""
        with as_store_error(self._place):
            return file_identity(self._file) != self._identity

    def close(self) -> None:
        """Close the file; a closed database opens it again when it is used."""
        self._engine.dispose()

    @contextmanager
    def _connected(self) -> Iterator[sa.Connection]:
        """Provide a transaction."""
        if self.is_gone():
            raise StoreError(f"{self._place} was removed or replaced while it was in use")
        with as_store_error(self._place), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def _changing(self, *, is_fenced: bool = True) -> Iterator[sa.Connection]:
        """Provide a transaction of a writer; if *is_fenced*, only the newest term can have it."""
        if not self._token:
            raise LeaseError(f"{self._place} was opened for reading")
        with self._connected() as connection:
            if is_fenced:
                schema.fence(connection, self._place, self._token)
            else:
                schema.lock(connection)
            yield connection
