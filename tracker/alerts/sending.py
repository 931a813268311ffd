"""
Sends what is due: one message at a time in each channel, in a thread of its own.

A delivery is begun in the database, sent, and noted. Only the note of the thread that sent it says what came of it; a
process that ends before leaves it to the next one, which sends it once more, as repeated.
"""

import logging
import threading
import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from itertools import groupby

from tracker.alerts.alert_status import ChannelState
from tracker.alerts.channel_contract import Channels, Compose
from tracker.alerts.database import AlertDatabase
from tracker.alerts.delivery import LONGEST_WAIT, Delivery, retry_at
from tracker.alerts.holding import HeldUntil
from tracker.alerts.outcome import Outcome
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
        channels: those of the settings; see ``change``.
        names: of *channels*.
        compose: makes messages.
        held_until: until when events are held back, of which an attempt has failed before.
        clock: of the machine.
        on_end: called in its thread after an attempt has ended; returns at once.
    """

    def __init__(
        self,
        database: AlertDatabase,
        channels: Channels,
        names: Collection[str],
        compose: Compose,
        held_until: HeldUntil,
        clock: Clock,
        on_end: Callable[[], None] = lambda: None,
    ) -> None:
        self._database, self._channels, self._names = database, channels, names
        self._compose, self._held_until, self._clock = compose, held_until, clock
        self._on_end = on_end
        self._lock = threading.Lock()  # guards what follows
        self._states = {name: ChannelState(name) for name in names}
        self._rest_until: dict[str, int] = {}  # epoch ms, of channels that asked for a rest
        self._threads: dict[str, threading.Thread] = {}  # by the channel to which it sends
        self._unusable: dict[str, str] = {}  # why nothing could be sent at all, by channel
        self._is_stopping = threading.Event()

    def change(self, channels: Channels, names: Collection[str], compose: Compose, same: Collection[str]) -> None:
        """
        Send to *channels* from now on; a channel is not free before what is under way to it has ended.

        Args:
            channels: those of the settings.
            names: of *channels*.
            compose: makes messages.
            same: names of channels whose settings are as before; how sending to these goes is not forgotten.
        """
        with self._lock:
            before = self._states
            self._channels, self._names, self._compose = channels, names, compose
            self._states = {name: ChannelState(name) for name in names}
            for name in self._states.keys() & before.keys():
                state, is_same = before[name], name in same
                self._states[name] = state if is_same else ChannelState(name, sending_since=state.sending_since)
            self._unusable.clear()
            self._rest_until = {name: until for name, until in self._rest_until.items() if name in same}

    def move_to(self, database: AlertDatabase) -> None:
        """Send what *database* has from now on, in place of the one whose file is gone."""
        self._database = database

    def send_due(self) -> None:
        """Begin what is due in channels that are free; returns at once. Raises StoreError or LeaseError."""
        now, by_channel = self._clock.now(), dict[str, list[Delivery]]()
        for delivery in self._database.due(now):
            if self._held_until(delivery.event.rule, delivery.event.market, now) is None:
                by_channel.setdefault(delivery.channel, []).append(delivery)
        for channel, deliveries in by_channel.items():
            if channel not in self._names:
                self._pass_on(deliveries, now)
            elif self._is_free(channel, now):
                single = self._channels.takes_single_firings(channel)
                begun = self._database.begin(deliveries[: 1 if single else MOST_IN_MESSAGE], now)
                if begun:
                    self._start(channel, begun, now)

    def states(self) -> tuple[ChannelState, ...]:
        """Return how sending to each channel goes, and to those that are no longer there. Raises StoreError."""
        waiting = dict(self._database.waiting())
        with self._lock:
            states = [replace(state, waiting=waiting.pop(name, 0)) for name, state in self._states.items()]
            channels = self._channels
        states = [
            replace(state, words=channels.problem(state.channel)) if _is_untried(state) else state for state in states
        ]
        return (*states, *(ChannelState(name, exists=False, waiting=count) for name, count in waiting.items()))

    def unusable(self) -> str:
        """Return why this process could not send something at all, once that is noted; empty if it could."""
        with self._lock:
            noted = [(name, words) for name, words in self._unusable.items() if name not in self._threads]
        return "; ".join(f"this process cannot use the channel {name}: {words}" for name, words in noted)

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
            rest_until = self._rest_until.get(channel, 0)
            # A clock that was set back does not lengthen a rest.
            is_resting = now < rest_until <= now + LONGEST_WAIT
            return not (is_resting or channel in self._threads or self._is_stopping.is_set())

    def _pass_on(self, deliveries: Iterable[Delivery], now: int) -> None:
        """Leave a channel that is not in the settings for another one of the event; without one, it waits."""
        others = [each for each in deliveries if any(channel in self._names for channel in each.event.channels)]
        if others:
            self._database.failed(self._database.begin(others, now), now, None)

    def _start(self, channel: str, deliveries: tuple[Delivery, ...], now: int) -> None:
        work = (self._database, channel, deliveries)
        thread = threading.Thread(target=self._deliver, args=work, name="tracker-alert-message", daemon=True)
        with self._lock:
            self._threads[channel] = thread
            self._states[channel] = replace(self._states[channel], sending_since=now)
        thread.start()

    def _deliver(self, database: AlertDatabase, channel: str, deliveries: tuple[Delivery, ...]) -> None:
        """Send one message about *deliveries* of *database*, and note there what came of it."""
        try:
            outcome = self._attempt(channel, deliveries)
            self._note(database, channel, deliveries, outcome)
        finally:
            with self._lock:
                self._threads.pop(channel, None)
                if channel in self._states:
                    self._states[channel] = replace(self._states[channel], sending_since=None)
            self._on_end()

    def _attempt(self, channel: str, deliveries: tuple[Delivery, ...]) -> Outcome:
        may_have_arrived = False
        with self._lock:
            channels, compose = self._channels, self._compose
        try:
            if problem := channels.problem(channel):
                with self._lock:
                    self._unusable[channel] = problem
                return Outcome(False, problem)
            message = compose(deliveries, channels.takes_pictures(channel))
            may_have_arrived = True
            return channels.send(channel, message)
        except Exception as error:  # a delivery that was begun has to be noted, whatever happens
            log.exception("channel %s: a message was not sent", channel)
            return Outcome(False, printable(f"{type(error).__name__}: {error}"), may_have_arrived)

    def _note(self, database: AlertDatabase, channel: str, deliveries: tuple[Delivery, ...], outcome: Outcome) -> None:
        """Note *outcome*; until that succeeds, or *database* is of no use any more, the channel is not free."""
        next_try = self._note_in_memory(channel, deliveries, outcome)
        while True:
            try:
                self._note_in_database(database, deliveries, outcome)
            except LeaseError:  # the next process sends it, as repeated
                return
            except StoreError as error:
                log.warning("channel %s: what came of a message is not noted: %s", channel, error)
                if self._is_stopping.wait(_NOTE_AGAIN) or database is not self._database:
                    return
            else:
                break
        if not outcome.arrived:
            left = None if next_try is None else max(0, next_try - self._clock.now()) // 1_000
            then = "the next channel is used" if left is None else f"it is tried again in {left} s"
            log.warning("channel %s: a message was not sent: %s; %s", channel, outcome.words, then)

    def _note_in_database(self, database: AlertDatabase, deliveries: tuple[Delivery, ...], outcome: Outcome) -> None:
        now = self._clock.now()
        if outcome.arrived:
            database.sent(deliveries, now)
            return
        for attempt, same in groupby(sorted(deliveries, key=_attempt_of), key=_attempt_of):
            again_at = retry_at(attempt, now, outcome.wait)
            database.failed(list(same), now, again_at, may_have_arrived=outcome.may_have_arrived)

    def _note_in_memory(self, channel: str, deliveries: tuple[Delivery, ...], outcome: Outcome) -> int | None:
        """Note *outcome* for people; return when one of *deliveries* is tried in the channel again, if it is."""
        now = self._clock.now()
        times = [_next_try(delivery, now, outcome.wait) for delivery in deliveries]
        next_try = min((again_at for again_at in times if again_at is not None), default=None)
        with self._lock:
            before = self._states.get(channel)
            if before is None:  # it is no longer in the settings
                return next_try
            if outcome.arrived:
                self._states[channel] = ChannelState(channel)
                return None
            self._states[channel] = replace(
                before,
                words=outcome.words,
                failing_since=before.failing_since or now,
                tries=before.tries + 1,
                next_try=next_try,
            )
            if outcome.wait is not None and outcome.wait <= LONGEST_WAIT:
                self._rest_until[channel] = now + outcome.wait
        return next_try


def _next_try(delivery: Delivery, now: int, wait: int | None) -> int | None:
    """Return when *delivery*, which failed, is tried in its channel again; None if the next one is used."""
    again_at = retry_at(delivery.attempt, now, wait)
    is_alone = len(delivery.event.channels) == 1
    return now + LONGEST_WAIT if again_at is None and is_alone else again_at


def _is_untried(state: ChannelState) -> bool:
    """Return whether something waits for a channel to which this term has sent nothing yet."""
    return state.waiting > 0 and not state.words and state.sending_since is None


def _attempt_of(delivery: Delivery) -> int:
    return delivery.attempt
