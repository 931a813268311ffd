"""Follows the settings while a process runs: what is valid is handed on, what is wrong changes nothing and is told."""

import asyncio
import logging
import threading
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from tracker.core.errors import ConfigError
from tracker.core.settings_contract import ABSENT, SettingsDocument
from tracker.runtime.settings import Settings
from tracker.runtime.settings_file import have_vanished, settings_in

log = logging.getLogger(__name__)

# Keys that hold until a process ends; all others may change while it runs.
AT_START = ("store", "coordination", "state", "granularity", "clock", "playback", "recording")
SETTLE = 0.3  # seconds for which the content has to stay the same
PATIENCE = 2.0  # seconds for which it has to stay wrong; somebody may be in the middle of writing


@dataclass(frozen=True, slots=True)
class FollowedSettings:
    """
    What a process goes by.

    Attributes:
        settings: the newest that were valid, with the values of AT_START that it started with.
        problem: why the present content is not used, for people and without secrets; empty if it is.
        written: as *settings*, with the new values of AT_START too.
    """

    settings: Settings
    problem: str
    written: Settings

    @property
    def at_next_start(self) -> tuple[str, ...]:
        """Keys that have changed and count from the next start on."""
        return needs_restart(self.settings, self.written)


def needs_restart(old: Settings, new: Settings) -> tuple[str, ...]:
    """Return the keys in which *new* differs from *old* and which count from the next start on."""
    return tuple(key for key in AT_START if getattr(old, key) != getattr(new, key))


class SettingsWatch:
    """
    Follows *document* in a daemon thread, for all parts of a process.

    A content counts once it has stayed the same for *settle*, a wrong one once it has stayed wrong for *patience*. One
    that was removed or emptied is wrong: it does not mean the defaults.

    Args:
        document: holds the settings.
        started: the settings that the process has read from it; what overrode it goes on to do so.
        check: raises ConfigError for valid settings that the process cannot use, e.g. a rule that cannot be read.
        settle: seconds.
        patience: seconds.
    """

    def __init__(
        self,
        document: SettingsDocument,
        started: Settings,
        check: Callable[[Settings], object] = lambda settings: None,
        *,
        settle: float = SETTLE,
        patience: float = PATIENCE,
    ) -> None:
        self._document = document
        self._started = started
        self._check = check
        self._settle = settle
        self._patience = patience
        self._state = FollowedSettings(started, "", started)
        self._had_text = False
        self._callbacks: dict[uuid.UUID, Callable[[FollowedSettings], None]] = {}
        self._changed = threading.Event()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tracker-settings", daemon=True)

    @property
    def state(self) -> FollowedSettings:
        """What counts now; does not block."""
        return self._state

    def start(self) -> None:
        """Begin to follow, with what has changed since the settings were read. Call once."""
        self._changed.set()
        self._thread.start()

    def stop(self) -> None:
        """End. Idempotent."""
        self._stopped.set()
        self._changed.set()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(5.0)

    def subscribe(self, callback: Callable[[FollowedSettings], None]) -> Callable[[], None]:
        """
        Call *callback* with each new state, in the thread of this watch, one after the other.

        Look at ``state`` afterwards, as it may have changed before. The returned function ends the subscription.
        """
        key = uuid.uuid4()
        self._callbacks[key] = callback

        def end() -> None:
            self._callbacks.pop(key, None)

        return end

    async def changes(self, since: FollowedSettings | None = None) -> AsyncIterator[FollowedSettings]:
        """
        Yield new states, the newest one if several came meanwhile.

        Args:
            since: the state that the caller goes by, so that another one is yielded at once; None for that of now.
        """
        loop, changed = asyncio.get_running_loop(), asyncio.Event()
        end = self.subscribe(lambda _: _set_soon(loop, changed))
        seen = self.state if since is None else since
        try:
            while True:
                changed.clear()
                if (state := self.state) != seen:
                    seen = state
                    yield state
                else:
                    await changed.wait()
        finally:
            end()

    def _run(self) -> None:
        end = self._document.watch(self._changed.set)
        try:
            while self._changed.wait() and not self._stopped.is_set():
                self._changed.clear()
                try:
                    self._follow()
                except Exception:  # the thread goes on; the settings stay as they were
                    log.exception("cannot follow the settings")
        finally:
            end()

    def _follow(self) -> None:
        """Take over the present content, unless it is still being written: then ``_changed`` is set again."""
        if not self._is_settled():
            return
        state = self._read()
        if state.problem and state.problem != self._state.problem:
            if self._changed.wait(self._patience):
                return
            state = self._read()
        if state != self._state and not self._stopped.is_set():
            self._state = state
            for callback in list(self._callbacks.values()):
                try:
                    callback(state)
                except Exception:  # the others are called
                    log.exception("a part cannot take over the settings")

    def _is_settled(self) -> bool:
        """Wait until the content has stayed the same; return False if the watch has been stopped meanwhile."""
        before: object = None
        while (now := self._version()) != before:
            before = now
            if self._stopped.wait(self._settle):
                return False
        return True

    def _version(self) -> str:
        try:
            return self._document.read().version
        except ConfigError as error:
            return str(error)

    def _read(self) -> FollowedSettings:
        try:
            present = self._document.read()
            if (not present.text.strip() and self._had_text) or self._vanished_at_start(present.text):
                what = "was removed" if present.version == ABSENT else "is empty"
                raise ConfigError(f"{self._document.place} {what}; expected settings, or a comment for the defaults")
            new = settings_in(present.text, self._started)
            self._check(new)
        except ConfigError as error:
            return replace(self._state, problem=str(error))
        self._had_text = bool(present.text.strip())
        new = new.model_copy(update={"file": self._started.file})  # the same, though there was none at the start
        kept = {key: getattr(self._started, key) for key in AT_START}
        return FollowedSettings(new.model_copy(update=kept), "", new)

    def _vanished_at_start(self, text: str) -> bool:
        """Return whether what the process began with is gone, though this watch may never have seen it."""
        return self._started.file is not None and have_vanished(text, self._started)


def _set_soon(loop: asyncio.AbstractEventLoop, event: asyncio.Event) -> None:
    with suppress(RuntimeError):  # the loop has closed
        loop.call_soon_threadsafe(event.set)
