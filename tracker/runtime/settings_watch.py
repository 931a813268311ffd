"""Follows the settings while a process runs: what is valid is handed on, what is wrong changes nothing and is told."""

import asyncio
import logging
import threading
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from tracker.core.errors import ConfigError
from tracker.core.settings_contract import ABSENT, SettingsDocument
from tracker.runtime.settings import Settings
from tracker.runtime.settings_file import settings_in

log = logging.getLogger(__name__)

LIVE = ("markets", "rules", "channels")  # keys that change while a process runs; all others do at its next start
SETTLE = 0.3  # seconds for which the content has to stay the same
PATIENCE = 2.0  # seconds for which it has to stay wrong; somebody may be in the middle of writing


@dataclass(frozen=True, slots=True)
class FollowedSettings:
    """
    What a process goes by.

    Attributes:
        settings: those that it started with, with the present values of LIVE.
        problem: why the present content is not used, for people and without secrets; empty if it is.
        at_next_start: keys whose new values count from the next start on, in the order of Settings.
    """

    settings: Settings
    problem: str = ""
    at_next_start: tuple[str, ...] = ()


def needs_restart(old: Settings, new: Settings) -> tuple[str, ...]:
    """Return the keys in which *new* differs from *old* and which count from the next start on."""
    fixed = [key for key, field in Settings.model_fields.items() if key not in LIVE and not field.exclude]
    return tuple(key for key in fixed if getattr(old, key) != getattr(new, key))


class SettingsWatch:
    """
    Follows *document* in a daemon thread, for all parts of a process.

    A content counts once it has stayed the same for *settle*, a wrong one once it has stayed wrong for *patience*. One
    that was removed or emptied is wrong: it does not mean the defaults.

    Args:
        document: holds the settings.
        started: the settings that the process has read from it.
        check: raises ConfigError for valid settings that the process cannot use, e.g. a rule that cannot be read.
        arguments: those of read_settings(), which go on to override the document, as the environment does.
        settle: seconds.
        patience: seconds.
    """

    def __init__(
        self,
        document: SettingsDocument,
        started: Settings,
        check: Callable[[Settings], object] = lambda settings: None,
        *,
        arguments: Mapping[str, Any] | None = None,
        settle: float = SETTLE,
        patience: float = PATIENCE,
    ) -> None:
        self._document = document
        self._started = started
        self._check = check
        self._arguments = dict(arguments or {})
        self._settle = settle
        self._patience = patience
        self._state = FollowedSettings(started)
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
        self._await_settled()
        state = self._read()
        if state.problem and state.problem != self._state.problem:
            if self._changed.wait(self._patience):
                return
            state = self._read()
        if state != self._state and not self._stopped.is_set():
            self._log(state)
            self._state = state
            for callback in list(self._callbacks.values()):
                try:
                    callback(state)
                except Exception:  # the others are called
                    log.exception("a part cannot take over the settings")

    def _await_settled(self) -> None:
        before: object = None
        while (now := self._version()) != before and not self._stopped.wait(self._settle):
            before = now

    def _version(self) -> str:
        try:
            return self._document.read().version
        except ConfigError as error:
            return str(error)

    def _read(self) -> FollowedSettings:
        try:
            present = self._document.read()
            if not present.text and self._had_text:
                what = "was removed" if present.version == ABSENT else "is empty"
                raise ConfigError(f"{self._document.place} {what}; expected settings, or a comment for the defaults")
            new = settings_in(present.text, self._started, **self._arguments)
            self._check(new)
        except ConfigError as error:
            return replace(self._state, problem=str(error))
        self._had_text = bool(present.text)
        running = self._started.model_copy(update={key: getattr(new, key) for key in LIVE})
        return FollowedSettings(running, "", needs_restart(self._started, new))

    def _log(self, state: FollowedSettings) -> None:
        """Log what differs in *state*, for processes without a page."""
        before = self._state
        if state.problem != before.problem:
            if state.problem:
                log.error("the settings stay as they were: %s", state.problem)
            else:
                log.info("%s is right again", self._document.place)
        if changed := [key for key in LIVE if getattr(state.settings, key) != getattr(before.settings, key)]:
            log.info("settings changed: %s", ", ".join(changed))
        if state.at_next_start and state.at_next_start != before.at_next_start:
            log.warning("settings that change with the next start: %s", ", ".join(state.at_next_start))


def _set_soon(loop: asyncio.AbstractEventLoop, event: asyncio.Event) -> None:
    with suppress(RuntimeError):  # the loop has closed
        loop.call_soon_threadsafe(event.set)
