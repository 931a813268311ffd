"""Does what a viewer who may edit asks for: writes rules, mutes them, sends tests, rehearses."""

import logging
import os
import subprocess  # nosec B404 # starts this program itself, with a checked name
import sys
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from tracker.alerts.rehearsal.rehearsal import Rehearsal as PastRehearsal
from tracker.alerts.rehearsal.rehearsal import rehearse
from tracker.alerts.rules.rule import Rule, make_rules
from tracker.alerts.states.mutes import MuteRequests
from tracker.core.contracts import Store
from tracker.core.durations import DAY
from tracker.core.errors import ConfigError, TrackerError
from tracker.core.market import Market
from tracker.dashboard.alerts.actions import Done, DraftReading
from tracker.dashboard.alerts.draft import Draft, FieldError
from tracker.dashboard.alerts.drafted_rule import changes_of, drafted_rule
from tracker.dashboard.alerts.meaning import meaning_of
from tracker.dashboard.alerts.source import AlertsSource
from tracker.dashboard.background import failure_text
from tracker.dashboard.view_state import ViewState
from tracker.render.format import plain_text
from tracker.render.page.alerts_view import Rehearsal
from tracker.runtime.rule_settings import RuleSettings
from tracker.runtime.settings import Settings
from tracker.runtime.settings_edits import add_rule, change_rule, edit_settings, remove_rule
from tracker.runtime.settings_file import (
    SettingsFile,
    refuse_overridden_rules,
    refuse_vanished,
    settings_in,
    settings_path,
)
from tracker.runtime.threads import in_thread

log = logging.getLogger(__name__)

_RECORD = 7 * DAY  # ms that are rehearsed
_TEST_LASTS = 60.0  # seconds
_MOST_MARKS = 300  # firings of a rehearsal that are marked; earlier ones are counted


class AlertEditor:
    """
    Fulfils ``AlertActions``.

    Args:
        state: the page's, of which is said what is so now.
        source: reads the settings, and shows what is rehearsed.
        requests: of mutes.
        store: holds the prices.
        start: runs a coroutine beside the caller.
    """

    def __init__(
        self,
        state: ViewState,
        source: AlertsSource,
        requests: MuteRequests,
        store: Store,
        start: Callable[[Coroutine[Any, Any, None]], object],
    ) -> None:
        self._state = state
        self._source = source
        self._requests = requests
        self._store = store
        self._start = start
        self._rehearsals = 0  # that were asked for; an earlier one ends
        self._wanted: tuple[Rule, Callable[[Rehearsal | None], None]] | None = None
        self._is_rehearsing = False
        self._is_testing = False

    @property
    def markets(self) -> tuple[Market, ...]:
        return self._settings.market_list()

    @property
    def channels(self) -> tuple[str, ...]:
        return tuple(self._settings.channels)

    def now(self) -> int:
        return self._source.now()

    def rule(self, name: str) -> RuleSettings | None:
        return next((rule for rule in self._settings.rules if rule.name == name), None)

    def read(self, draft: Draft) -> DraftReading:
        rule = self._rule(draft)
        return DraftReading(rule.name, meaning_of(rule, self._state.page, self.markets))

    def rehearse(self, draft: Draft | None, done: Callable[[Rehearsal | None], None]) -> None:
        self._rehearsals += 1
        self._source.rehearsed = {}
        self._wanted = None if draft is None else (self._rule(draft), done)
        if self._wanted is not None and not self._is_rehearsing:
            self._start(self._rehearse_wanted())

    def save(self, draft: Draft, done: Done) -> None:
        self._run(lambda: self._write(draft), done)

    def delete(self, rule: RuleSettings, done: Done) -> None:
        def changed(text: str) -> str:
            self._check_unchanged(rule, text)
            return remove_rule(text, rule.name)

        self._run(lambda: self._edit(changed), done)

    def mute(self, name: str, market: Market | None, until: int | None, done: Done) -> None:
        self._run(lambda: self._requests.submit(name, market, until, self.now()), done)

    def test(self, channel: str, done: Done) -> None:
        if channel not in self.channels:
            done(f"{channel} is in the settings no longer.")
        elif self._is_testing:  # one at a time, however often it is pressed
            done("Another test is under way; wait for its answer.")
        else:
            self._is_testing = True
            self._run(lambda: self._send_test(channel), done)

    @property
    def _settings(self) -> Settings:
        return self._source.followed().settings

    def _rule(self, draft: Draft) -> Rule:
        return drafted_rule(draft, self._settings)

    async def _rehearse_wanted(self) -> None:
        """Rehearse what is wanted, one after the other, so that fast typing does not fill the machine with threads."""
        self._is_rehearsing = True
        try:
            while self._wanted is not None:
                (rule, done), self._wanted = self._wanted, None
                number = self._rehearsals
                found = await in_thread(partial(self._rehearsed, rule, number))
                if number == self._rehearsals:
                    self._show_rehearsal(found, done)
        finally:
            self._is_rehearsing = False

    def _rehearsed(self, rule: Rule, number: int) -> PastRehearsal | None:
        """Return what *rule* would have done; None if that cannot be read, or is wanted no longer. Blocking."""
        settings, end = self._settings, self.now()
        try:
            return rehearse(
                *(rule, self.markets, self._store, end - _RECORD, end),
                floor=settings.coverage_floor,
                unmoved_after=settings.unmoved_after,
                cancelled=lambda: number != self._rehearsals,
            )
        except Exception:  # the form goes on without it
            log.exception("a rule cannot be rehearsed")
            return None

    def _show_rehearsal(self, found: PastRehearsal | None, done: Callable[[Rehearsal | None], None]) -> None:
        if found is None or found.begin is None or found.end is None:
            done(None)
            return
        self._source.rehearsed = {
            market: tuple(firing.begin.at for firing in of_market.firings[-_MOST_MARKS:])
            for market, of_market in found.markets.items()
        }
        times = tuple(firing.begin.at for firing in found.firings)
        done(Rehearsal(found.begin, found.end, times[-_MOST_MARKS:], max(0, len(times) - _MOST_MARKS)))

    def _run(self, work: Callable[[], str | None], done: Done) -> None:
        self._start(self._do(work, done))

    async def _do(self, work: Callable[[], str | None], done: Done) -> None:
        try:
            text = await in_thread(work) or ""
        except (TrackerError, FieldError) as error:
            text = plain_text.hide_folders(str(error))
        except Exception as error:
            log.exception("alerts cannot be changed")
            text = failure_text(error)
        done(text)

    def _write(self, draft: Draft) -> None:
        """Write the rule of *draft*. Blocking."""
        changes, opened = changes_of(draft, self._rule(draft)), draft.opened

        def changed(text: str) -> str:
            if opened is None:
                return add_rule(text, changes)
            self._check_unchanged(opened, text)
            return change_rule(text, opened.name, changes)

        self._edit(changed)

    def _check_unchanged(self, opened: RuleSettings, text: str) -> None:
        """Raise ConfigError if the rule *opened* is not in the settings *text* as it was."""
        present = {rule.name: rule for rule in settings_in(text, self._settings).rules}
        if opened.name not in present:
            raise ConfigError(f"{opened.name} was deleted meanwhile")
        if present[opened.name] != opened:
            raise ConfigError(f"{opened.name} was changed meanwhile; cancel, and open it again")

    def _edit(self, change: Callable[[str], str]) -> None:
        refuse_overridden_rules()
        settings = self._settings
        file = SettingsFile(settings_path(settings))

        def changed(text: str) -> str:
            refuse_vanished(text, settings)
            return change(text)

        edit_settings(file, changed, lambda text: make_rules(settings_in(text, settings)))

    def _send_test(self, channel: str) -> str:
        """Return what the command says, in a process of its own: this one need not load what sends."""
        command = [sys.executable, "-m", "tracker", "channels", "test", channel]
        environment = os.environ | ({"TRACKER_CONFIG": str(file.absolute())} if (file := self._settings.file) else {})
        try:
            result = subprocess.run(  # nosec B603 # no shell
                command, env=environment, capture_output=True, text=True, timeout=_TEST_LASTS, check=False
            )
        except subprocess.TimeoutExpired:
            return f"{channel} has not answered for {_TEST_LASTS:.0f} s."
        finally:
            self._is_testing = False
        lines = (result.stdout or result.stderr).strip().splitlines()
        return plain_text.hide_folders(
            lines[-1].removeprefix("error: ") if lines else f"Nothing is known of {channel}."
        )
