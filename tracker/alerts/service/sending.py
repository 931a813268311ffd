"""
Sends what is due: one message at a time in each channel, in a thread of its own.

A delivery is begun in the database, sent, and noted. Only the note of the thread that sent it says what came of it; a
process that ends before leaves it to the next one, which sends it once more, as repeated.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from itertools import groupby

from tracker.alerts.channels.channel_contract import Channels, Compose
from tracker.alerts.channels.outcome import Outcome
from tracker.alerts.database.database import AlertDatabase
from tracker.alerts.database.delivery import LONGEST_WAIT, Delivery, rest_until, retry_at
from tracker.alerts.service.channel_states import ChannelStates
from tracker.alerts.service.watched import Watched
from tracker.alerts.states.alert_status import ChannelState
from tracker.alerts.states.delivery_holds import HeldUntil
from tracker.core.errors import LeaseError, StoreError
from tracker.core.parsing import printable
from tracker.runtime.clock import Clock

log = logging.getLogger(__name__)

MOST_IN_MESSAGE = 500  # deliveries
_NOTE_AGAIN = 1.0  # real seconds after which a result that could not be noted is noted again


class Sender:
    """
    Sends what *database* has to send, for one term. Safe from several threads.

    Args:
        database: has what is due.
        watched: names the channels, and those of each rule; see ``change``.
        channels: those of *watched*.
        compose: makes messages.
        held_until: until when events are held back, of which an attempt has failed before.
        clock: of the machine.
        on_end: called in its thread after an attempt has ended; returns at once.
    """

    def __init__(
        self,
        database: AlertDatabase,
        watched: Watched,
        channels: Channels,
        compose: Compose,
        held_until: HeldUntil,
        clock: Clock,
        on_end: Callable[[], None] = lambda: None,
    ) -> None:
        self._database, self._watched = database, watched
        self._channels, self._compose, self._held_until, self._clock = channels, compose, held_until, clock
        self._on_end = on_end
        self._states = ChannelStates(watched.settings.channels, database.failing(clock.now()), database.rests())
        self._lock = threading.Lock()  # guards what a message is made and sent with, and what follows
        self._threads: dict[str, threading.Thread] = {}  # by the channel to which it sends
        self._unusable: dict[str, str] = {}  # why nothing can be sent, by channel, as it was logged
        self._is_stopping = threading.Event()
        # Channels that are others now: what failed there has not to wait any more.
        self._changed = database.waiting().keys() - watched.settings.channels.keys()

    def change(self, watched: Watched, channels: Channels, compose: Compose) -> None:
        """
        Send to the *channels* of *watched* from now on; what is under way to one ends before it is free.

        What failed in a channel that has another address now, or is gone, is due at once.
        """
        before = self._watched.settings.channels.items()
        same = [name for name, address in watched.settings.channels.items() if (name, address) in before]
        with self._lock:
            self._watched, self._channels, self._compose = watched, channels, compose
        self._states.change(watched.settings.channels, same)
        self._changed |= {name for name, _ in before} - set(same)

    def move_to(self, database: AlertDatabase) -> None:
        """Send what *database* has from now on, in place of the one whose file is gone."""
        self._database = database

    def send_due(self) -> None:
        """Begin what is due in channels that are free; returns at once. Raises StoreError or LeaseError."""
        now = self._clock.now()
        if self._changed:
            self._database.retry(self._changed)
            self._changed = set()
        by_channel = self._due(now)
        if self._leave_gone(by_channel):
            by_channel = self._due(now)
        for channel, deliveries in by_channel.items():
            if channel in self._watched.settings.channels and self._is_free(channel, now):
                single = self._channels.takes_single_firings(channel)
                begun = self._database.begin(deliveries[: 1 if single else MOST_IN_MESSAGE], now)
                if begun:
                    self._start(channel, begun, now)

    def states(self) -> tuple[ChannelState, ...]:
        """Return how sending to each channel goes, and to those that are no longer there. Raises StoreError."""
        named = {channel for rule in self._watched.rules for channel in rule.channels}
        states = self._states.all(self._database.waiting(), named, self._channels.problem)
        unusable = {state.channel: state.words for state in states if state.words and state.failing_since is None}
        for name, words in unusable.items():
            if self._unusable.get(name) != words:  # before a rule fires is the time to mend it
                log.warning("channel %s: nothing can be sent to it: %s", name, words)
        self._unusable = unusable
        return states

    def unusable(self) -> str:
        """Return why this process could not send something at all, once that is noted; empty if it could."""
        return self._states.unusable()

    def stop(self, patience: float) -> bool:
        """Begin nothing more; wait at most *patience* real seconds for what is under way, return whether it ended."""
        self._is_stopping.set()
        end = time.monotonic() + patience
        with self._lock:
            threads = list(self._threads.values())
        for thread in threads:
            thread.join(max(0.0, end - time.monotonic()))
        return not any(thread.is_alive() for thread in threads)

    def _is_free(self, channel: str, now: int) -> bool:
        with self._lock:
            is_busy = channel in self._threads
        return not (is_busy or self._is_stopping.is_set() or self._states.is_resting(channel, now))

    def _due(self, now: int) -> dict[str, list[Delivery]]:
        by_channel: dict[str, list[Delivery]] = {}
        for delivery in self._database.due(now):
            if self._held_until(delivery.event.rule, delivery.event.market, now) is None:
                by_channel.setdefault(delivery.channel, []).append(delivery)
        return by_channel

    def _leave_gone(self, by_channel: Mapping[str, Iterable[Delivery]]) -> bool:
        """Leave channels that are not in the settings for others of the event or of its rule; False without any."""
        names = self._watched.settings.channels
        gone = (each for channel, due in by_channel.items() if channel not in names for each in due)
        moves = [(each, channel) for each in gone if (channel := self._watched.next_channel(each)) in names]
        if moves:
            self._database.redirect(moves)
        return bool(moves)

    def _start(self, channel: str, deliveries: tuple[Delivery, ...], now: int) -> None:
        work = (self._database, channel, deliveries)
        thread = threading.Thread(target=self._deliver, args=work, name="tracker-alert-message", daemon=True)
        with self._lock:
            self._threads[channel] = thread
        self._states.begin(channel, now)
        try:
            thread.start()
        except RuntimeError:  # the machine has no more threads; the next term sends it
            self._end(channel)
            raise

    def _deliver(self, database: AlertDatabase, channel: str, deliveries: tuple[Delivery, ...]) -> None:
        """Send one message about *deliveries* of *database*, and note there what came of it."""
        try:
            outcome = self._attempt(channel, deliveries)
            self._note(database, channel, deliveries, outcome)
        finally:
            self._end(channel)
            self._on_end()

    def _end(self, channel: str) -> None:
        self._states.end(channel)
        with self._lock:
            self._threads.pop(channel, None)

    def _attempt(self, channel: str, deliveries: tuple[Delivery, ...]) -> Outcome:
        may_have_arrived = False
        with self._lock:
            channels, compose = self._channels, self._compose
        try:
            if problem := channels.problem(channel):
                self._states.cannot_use(channel, problem)
                return Outcome(False, problem)
            if len(deliveries) > 1 and channels.takes_single_firings(channel):
                return Outcome(False, "its address could not be read at first")
            message = compose(deliveries, channels.takes_pictures(channel))
            may_have_arrived = True
            return channels.send(channel, message)
        except BaseException as error:  # a delivery that was begun has to be noted, whatever happens
            log.exception("channel %s: a message was not sent", channel)
            return Outcome(False, printable(f"{type(error).__name__}: {error}"), may_have_arrived)

    def _note(self, database: AlertDatabase, channel: str, deliveries: tuple[Delivery, ...], outcome: Outcome) -> None:
        """Note *outcome*; until that succeeds, or *database* is of no use any more, the channel is not free."""
        next_try, said = self._note_in_memory(channel, deliveries, outcome), ""
        while True:
            try:
                self._note_in_database(database, deliveries, outcome)
            except LeaseError:  # the next process sends it, as repeated
                return
            except StoreError as error:
                if str(error) != said:
                    log.warning("channel %s: what came of a message is not noted: %s", channel, error)
                said = str(error)
                if self._is_stopping.wait(_NOTE_AGAIN) or database is not self._database:
                    return
            else:
                break
        if outcome.arrived:
            rules = ", ".join(dict.fromkeys(delivery.event.rule for delivery in deliveries))
            log.info("channel %s: a message about %s was sent: %s", channel, rules, outcome.words)
        else:
            left = None if next_try is None else -(-max(0, next_try - self._clock.now()) // 1_000)
            then = "the next channel is used" if left is None else f"it is tried again in {left} s"
            log.warning("channel %s: a message was not sent: %s; %s", channel, outcome.words, then)

    def _note_in_database(self, database: AlertDatabase, deliveries: tuple[Delivery, ...], outcome: Outcome) -> None:
        now = self._clock.now()
        if outcome.arrived:
            database.sent(deliveries, now)
            return
        for attempt, same in groupby(sorted(deliveries, key=_attempt_of), key=_attempt_of):
            database.failed(
                list(same),
                now,
                retry_at(attempt, now, outcome.wait),
                may_have_arrived=outcome.may_have_arrived,
                rest_until=rest_until(now, outcome.wait),
                next_channel=self._watched.next_channel,
            )

    def _note_in_memory(self, channel: str, deliveries: tuple[Delivery, ...], outcome: Outcome) -> int | None:
        """Note *outcome* for people; return when one of *deliveries* is tried in the channel again, if it is."""
        if outcome.arrived:
            self._states.arrived(channel)
            return None
        now = self._clock.now()
        times = [self._next_try(delivery, now, outcome.wait) for delivery in deliveries]
        next_try = min((again_at for again_at in times if again_at is not None), default=None)
        self._states.failed(channel, now, outcome.words, next_try, outcome.wait)
        return next_try

    def _next_try(self, delivery: Delivery, now: int, wait: int | None) -> int | None:
        """Return when *delivery*, which failed, is tried in its channel again; None if the next one is used."""
        again_at = retry_at(delivery.attempt, now, wait)
        is_alone = self._watched.next_channel(delivery) == delivery.channel
        return now + LONGEST_WAIT if again_at is None and is_alone else again_at


def _attempt_of(delivery: Delivery) -> int:
    return delivery.attempt
