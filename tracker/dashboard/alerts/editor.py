"""Does what a viewer who may edit asks for: writes rules, mutes them, sends tests, rehearses."""

import logging
import os
import subprocess  # nosec B404 # starts this program itself, with a checked name
import sys
from collections.abc import Callable, Coroutine
from datetime import tzinfo
from functools import partial
from typing import Any, cast

from tracker.alerts.rules.rule import Rule, make_rules
from tracker.alerts.states.mutes import MuteRequests
from tracker.alerts.wording.meaning import limit_texts
from tracker.core.contracts import Store
from tracker.core.errors import ConfigError, TrackerError
from tracker.core.market import Market
from tracker.dashboard.alerts.actions import Done, DraftReading
from tracker.dashboard.alerts.draft import Draft
from tracker.dashboard.alerts.draft_rehearsal import DraftRehearsal, LastRows, rehearse_draft
from tracker.dashboard.alerts.drafted_rule import changes_of, drafted_rule, rearm_default
from tracker.dashboard.alerts.field_error import FieldError
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

_TEST_LASTS = 60.0  # seconds


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
        self._marked: Rule | None = None  # in the charts
        self._last_rows: LastRows = {}  # of the last rehearsal
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

    @property
    def version(self) -> object:
        return self._source.followed()

    @property
    def zone(self) -> tzinfo:
        return cast(tzinfo, self._state.zone)

    def read(self, draft: Draft) -> DraftReading:
        rule = self._rule(draft)
        text = meaning_of(rule, self._state.page, self.markets, self._last_rows)
        return DraftReading(rule.name, text, rearm_default(rule, draft.kind), limit_texts(rule))

    def rehearse(self, draft: Draft | None, done: Callable[[Rehearsal | None], None]) -> None:
        self._rehearsals += 1
        self._wanted = None if draft is None else (self._rule(draft), done)
        if self._wanted is None or self._wanted[0] != self._marked:  # else it is renewed
            self._source.rehearsed = {}
        self._source.drafted = None if draft is None or self._wanted is None else (self._wanted[0], draft.replaces)
        if self._wanted is None:
            self._last_rows = {}
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
        return drafted_rule(draft, self._settings, self.now())

    async def _rehearse_wanted(self) -> None:
        """Rehearse what is wanted, one after the other, so that fast typing does not fill the machine with threads."""
        self._is_rehearsing = True
        try:
            while self._wanted is not None:
                (rule, done), self._wanted = self._wanted, None
                number = self._rehearsals
                found = await in_thread(partial(self._rehearsed, rule, number))
                if number == self._rehearsals:
                    self._marked = rule
                    self._source.rehearsed = found.marks if found else {}
                    self._last_rows = found.last if found else {}
                    done(found.shown if found else None)
        finally:
            self._is_rehearsing = False

    def _rehearsed(self, rule: Rule, number: int) -> DraftRehearsal | None:
        """Return what *rule* would have done, unless that is wanted no longer. Blocking."""
        return rehearse_draft(rule, self._settings, self._store, self.now(), lambda: number != self._rehearsals)

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
