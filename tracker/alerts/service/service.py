"""
Watches rules and sends what follows, in a daemon thread, while this process holds the lease ``alerts``.

Any process may do it, one at a time; the others try to acquire the lease once a second. Only the one that holds it
loads the database and what sends. If it lacks a variable, file or library that a channel needs, it releases the lease
for a moment, as another one may have it. What it does and why something cannot be told is published for all.
"""

import atexit
import logging
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from tracker.alerts.database.unfinished_work import has_database, has_unfinished
from tracker.alerts.service.dependencies import Dependencies
from tracker.alerts.states.alert_status import AlertStatus
from tracker.alerts.states.status_document import JOB, publish
from tracker.core.errors import ConfigError, LeaseError, TrackerError
from tracker.core.parsing import printable
from tracker.runtime.settings import Settings

if TYPE_CHECKING:
    from tracker.alerts.service.lease_term import LeaseTerm

log = logging.getLogger(__name__)

CHECK_EVERY = 1.0  # real seconds between two attempts to acquire the lease
POLL = 0.5  # real seconds between two looks for new rows
PUBLISH_EVERY = 1.0  # real seconds between two publications, if anything has changed
HEARTBEAT = 3.0  # real seconds after which an unchanged status is published again
PUBLISH_SHARE = 0.01  # of the time; thousands of states take longer to write
LONGEST_PUBLISH_PAUSE = 8.0  # real seconds, less than SILENCE
LONGEST_STEP = 1.0  # real seconds between two looks for what is to be sent, while many rows are caught up with
FAILURE_PAUSE = 5.0  # real seconds without the lease after an error, so that another process may try
PATIENCE = 5.0  # real seconds for messages that are being sent when the term ends
STOP_TIMEOUT = 12.0  # real seconds; PATIENCE, and what waits for the database


class AlertService:
    """
    Watches whenever this process holds the lease.

    Args:
        settings: have rules and channels; see ``change``.
        dependencies: what it works with.

    Raises:
        ConfigError: a rule cannot be read.

    Attributes:
        is_leader: whether this process watches now.
    """

    def __init__(self, settings: Settings, dependencies: Dependencies) -> None:
        _check_rules(settings)
        self._settings, self._dependencies = settings, dependencies
        self._lock = threading.Lock()  # guards the settings, and the start of the thread
        self._has_changed = False
        self._may_be_unfinished = True  # whether rules that are gone may have left something to do
        self._is_started = False
        self._thread: threading.Thread | None = None
        self._stopping, self._wake = threading.Event(), threading.Event()
        self._has_led = False  # whether it has had a term
        self._failure = ""
        self._published: AlertStatus | None = None
        self._published_at = self._publish_from = float("-inf")  # monotonic seconds
        self.is_leader = False

    def start(self) -> None:
        """Campaign for the lease from now on, as soon as there is a rule. Call once."""
        with self._lock:
            self._is_started = True
            self._perhaps_start_thread()
        atexit.register(self.stop)

    def change(self, settings: Settings) -> None:
        """Watch what *settings* name from now on. Raises ConfigError, and changes nothing, if a rule is not valid."""
        _check_rules(settings)
        with self._lock:
            is_other = _watched_by(settings) != _watched_by(self._settings)
            self._settings = settings
            if is_other:
                self._has_changed = self._may_be_unfinished = True
            self._perhaps_start_thread()
        self._wake.set()

    def stop(self) -> None:
        """End within STOP_TIMEOUT and release the lease, also if a channel does not answer. Blocking. Idempotent."""
        atexit.unregister(self.stop)
        self._stopping.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(STOP_TIMEOUT)
            if self._thread.is_alive():
                # What it does still needs the lease, which is released when it or the process ends.
                log.error("watching rules has not ended after %g s", STOP_TIMEOUT)
                return
        self._dependencies.coordination.release(JOB)

    def _perhaps_start_thread(self) -> None:
        is_needed = self._settings.rules or has_database(self._dependencies.folder)
        if self._is_started and self._thread is None and is_needed and not self._stopping.is_set():
            self._thread = threading.Thread(target=self._run, name="tracker-alerts", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                if self._has_work() and self._try_acquire() and not self._lead():
                    self._stopping.wait(FAILURE_PAUSE)  # a message that ends meanwhile does not shorten it
            except LeaseError as error:
                self._log_failure(f"cannot watch rules: {error}")
            except Exception as bug:  # noqa: BLE001 - else nobody would watch any more
                self._log_failure(printable(f"cannot watch rules: {type(bug).__name__}: {bug}"))
            self._rest(CHECK_EVERY)

    def _has_work(self) -> bool:
        if self._settings.rules:
            return True
        if self._may_be_unfinished:
            self._may_be_unfinished = has_unfinished(self._dependencies.folder)
        return self._may_be_unfinished

    def _try_acquire(self) -> bool:
        acquired = self._dependencies.coordination.try_acquire(JOB)
        if acquired and self._stopping.is_set():  # stop() may not have waited for this thread
            self._dependencies.coordination.release(JOB)
        return acquired and not self._stopping.is_set()

    def _holds_lease(self) -> bool:
        return not self._stopping.is_set() and self._dependencies.coordination.held(JOB)

    def _lead(self) -> bool:
        """Watch for one term. Return False if an error ended it."""
        self.is_leader = True
        try:
            self._watch()
        except LeaseError as lost:
            log.warning("this process no longer watches rules: %s", lost)
        except TrackerError as error:
            self._fail(str(error))
            return False
        except Exception as bug:  # top level of watching: the error is logged and shown
            log.exception("watching rules failed")
            self._fail(printable(f"{type(bug).__name__}: {bug}"))
            return False
        finally:
            self.is_leader = False
            self._dependencies.coordination.release(JOB)
        return True

    def _watch(self) -> None:
        # Here, and not above: only the process that watches loads the database.
        from tracker.alerts.service.lease_term import LeaseTerm
        from tracker.alerts.service.watched import Watched

        log.info("this process watches rules")
        settings, _ = self._take_settings()
        watched, token = Watched.of(settings), self._dependencies.coordination.token(JOB)
        term = LeaseTerm(watched, self._dependencies, token, self._wake.set, is_first=not self._has_led)
        self._has_led = True
        try:
            while self._holds_lease():
                settings, has_changed = self._take_settings()
                if has_changed:
                    term.change(Watched.of(settings))
                self._step(term)
                self._failure = ""
                self._publish(term)
                if words := term.unusable():
                    raise ConfigError(f"{words}; another process may")
                if term.is_finished():
                    self._may_be_unfinished = False
                    break
                self._rest(POLL)
        finally:
            term.close(PATIENCE)

    def _take_settings(self) -> tuple[Settings, bool]:
        """Return the settings, and whether they are others than were returned before."""
        with self._lock:
            has_changed, self._has_changed = self._has_changed, False
            return self._settings, has_changed

    def _step(self, term: "LeaseTerm") -> None:
        end = time.monotonic() + LONGEST_STEP
        term.step(lambda: time.monotonic() < end and self._holds_lease())

    def _publish(self, term: "LeaseTerm") -> None:
        """Publish where everything stands, if it has changed or was last published a while ago."""
        began = time.monotonic()
        if began < self._publish_from:
            return
        status = replace(term.status(), watcher=self._dependencies.coordination.holder(JOB))
        if status != self._published or began - self._published_at > HEARTBEAT:
            self._send_out(status)
            self._published, self._published_at = status, began
        now = time.monotonic()
        pause = min(LONGEST_PUBLISH_PAUSE, (now - began) / PUBLISH_SHARE)
        self._publish_from = now + max(PUBLISH_EVERY, pause)

    def _send_out(self, status: AlertStatus) -> None:
        try:
            publish(status, self._dependencies.coordination, time.time_ns() // 1_000_000)
        except LeaseError as error:
            log.debug("status of alerts not published: %s", error)  # a full disk is reported by what needs it

    def _fail(self, words: str) -> None:
        """Log and publish why this process, which holds the lease, cannot watch."""
        self._log_failure(f"rules are not watched: {words}")
        self._published = None
        self._send_out(AlertStatus(self._dependencies.coordination.holder(JOB), words))

    def _log_failure(self, words: str) -> None:
        if words != self._failure:
            log.error("%s", words)
        self._failure = words

    def _rest(self, seconds: float) -> None:
        """Rest, unless there is something to do."""
        self._wake.wait(seconds)
        self._wake.clear()


def _watched_by(settings: Settings) -> tuple[object, ...]:
    """Return what of *settings* watching and sending go by."""
    return settings.rules, settings.channels, settings.markets, settings.coverage_floor, settings.unmoved_after


def _check_rules(settings: Settings) -> None:
    """Raise ConfigError if a rule of *settings* cannot be read."""
    if settings.rules:  # without any, the language is not loaded
        from tracker.alerts.rules.rule import make_rules

        make_rules(settings)
