"""How sending to each channel goes: for people, and whether a channel is to be left alone for now."""

import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace

from tracker.alerts.database.delivery import LONGEST_WAIT, rest_until
from tracker.alerts.states.alert_status import ChannelState


class ChannelStates:
    """
    The states of the channels *names*. Safe from several threads.

    Args:
        names: of those in the settings.
        failing: the states of those that failed in the term before; see ``AlertDatabase.failing``.
        rests: until when channels rest, epoch ms; see ``AlertDatabase.rests``.
    """

    def __init__(self, names: Collection[str], failing: Iterable[ChannelState], rests: Mapping[str, int]) -> None:
        self._lock = threading.Lock()  # guards what follows
        self._states = {name: ChannelState(name) for name in names}
        self._states |= {state.channel: state for state in failing if state.channel in names}
        self._rest_until = dict(rests)  # epoch ms, of channels that asked for a rest
        self._unusable: dict[str, str] = {}  # why nothing could be sent at all, by channel

    def change(self, names: Collection[str], same: Collection[str]) -> None:
        """Go on with the channels *names*; how sending goes to those of them that are the *same* is not forgotten."""
        with self._lock:
            before = self._states
            self._states = {name: ChannelState(name) for name in names}
            for name in self._states.keys() & before.keys():
                state, is_same = before[name], name in same
                self._states[name] = state if is_same else ChannelState(name, sending_since=state.sending_since)
            self._unusable.clear()
            self._rest_until = {name: until for name, until in self._rest_until.items() if name in same}

    def is_resting(self, name: str, now: int) -> bool:
        """Return whether the channel asked for a rest that is not over at *now* (epoch ms)."""
        with self._lock:
            # A clock that was set back does not lengthen a rest.
            return now < self._rest_until.get(name, 0) <= now + LONGEST_WAIT

    def begin(self, name: str, now: int) -> None:
        """Note that a message to *name* is under way since *now* (epoch ms)."""
        self._replace(name, sending_since=now)

    def end(self, name: str) -> None:
        """Note that none is any more."""
        self._replace(name, sending_since=None)

    def arrived(self, name: str) -> None:
        """Note that *name* has taken a message."""
        with self._lock:
            if name in self._states:
                self._states[name] = ChannelState(name, sending_since=self._states[name].sending_since)

    def failed(self, name: str, now: int, words: str, next_try: int | None, wait: int | None) -> None:
        """
        Note that *name* has not taken a message.

        Args:
            name: of the channel.
            now: epoch ms.
            words: why.
            next_try: epoch ms; None if the next channel is used.
            wait: ms for which the service asked to be left alone; None if it named no time.
        """
        with self._lock:
            state = self._states.get(name)
            if state is None:  # it is no longer in the settings
                return
            since, tries = state.failing_since or now, state.tries + 1
            self._states[name] = replace(state, words=words, failing_since=since, tries=tries, next_try=next_try)
            if (until := rest_until(now, wait)) is not None:
                self._rest_until[name] = until

    def cannot_use(self, name: str, words: str) -> None:
        """Note why nothing can be sent to *name* at all, by this process."""
        with self._lock:
            if name in self._states:
                self._unusable[name] = words

    def unusable(self) -> str:
        """Return why this process could not send something at all, once that is noted; empty if it could."""
        with self._lock:
            noted = {name: words for name, words in self._unusable.items() if self._states[name].sending_since is None}
        return "; ".join(f"this process cannot use the channel {name}: {words}" for name, words in noted.items())

    def all(
        self, waiting: Mapping[str, int], named: Collection[str], problem: Callable[[str], str]
    ) -> tuple[ChannelState, ...]:
        """
        Return the states of all channels, and of those that are no longer there and waited for.

        Args:
            waiting: how many deliveries wait, by channel.
            named: by rules.
            problem: returns why a channel cannot be used now, by its name.
        """
        left = dict(waiting)
        with self._lock:
            states = [replace(state, waiting=left.pop(name, 0)) for name, state in self._states.items()]
        states = [
            replace(each, words=problem(each.channel))
            if _is_untried(each) and (each.waiting or each.channel in named)
            else each
            for each in states
        ]
        return (*states, *(ChannelState(name, exists=False, waiting=count) for name, count in left.items()))

    def _replace(self, name: str, *, sending_since: int | None) -> None:
        with self._lock:
            if name in self._states:
                self._states[name] = replace(self._states[name], sending_since=sending_since)


def _is_untried(state: ChannelState) -> bool:
    """Return whether this term has sent nothing to a channel yet, or nothing that failed."""
    return not state.words and state.sending_since is None
