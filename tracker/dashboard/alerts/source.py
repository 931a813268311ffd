"""
Reads what a page shows of alerts: what is published, what is configured, and what has fired.

The language of rules and their words are loaded once there is a rule, or for a viewer who may edit.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

from tracker.core.contracts import Store
from tracker.core.coordination_contract import Coordination
from tracker.core.durations import DAY
from tracker.core.market import Market
from tracker.render.format import plain_text
from tracker.render.page.alerts_view import AlertNotice, AlertsView, MarketMarks
from tracker.runtime.settings import Settings
from tracker.runtime.settings_watch import FollowedSettings

if TYPE_CHECKING:
    from tracker.alerts.database.past_firings import PastFiring
    from tracker.alerts.rules.rule import Rule
    from tracker.dashboard.alerts.simulated_alerts import SimulatedAlerts

log = logging.getLogger(__name__)

_KEPT = 7 * DAY  # ms of firings that are shown
_MOST = 200  # firings
_PAUSE = 0.9  # s between two readings; states are published once a second
_LONGEST_SHARE = 9  # of the time that a reading takes, its pause; thousands of states take long
_SHOWN = 50  # of these in the history; the charts mark all

REPLAY = AlertNotice("is-waiting", "Replay never sends anything", "The states below are those of now.")
PLAYBACK = AlertNotice("is-waiting", "Replay never sends anything")
SIMULATED = AlertNotice("is-waiting", "Simulated prices never send anything", "Below is what the rules would do.")

Marks = Mapping[Market, MarketMarks]


@dataclass(frozen=True, slots=True)
class ShownAlerts:
    """What the page shows; *view* is None where there is nothing."""

    view: AlertsView | None = None
    marks: Marks = field(default_factory=dict)


class AlertsSource:
    """
    Blocking; for one thread at a time.

    Args:
        followed: returns the present settings.
        coordination: where the process that watches publishes.
        folder: of the database of alerts, which may not exist.
        now: epoch ms of this machine's clock.
        may_edit: whether the viewer may change alerts.
        silence: why nothing is ever sent of what this page shows, in place of states; None: rules are watched.
        simulated: returns the store if all its prices are invented, whose rules are rehearsed; else None.
        monotonic: seconds, for pauses between two readings; None: there are none.

    Attributes:
        rehearsed: when the rule that is being written would have fired, by market.
        drafted: that rule, and the name of the one that it is to replace; None while none is written.
    """

    def __init__(
        self,
        followed: Callable[[], FollowedSettings],
        coordination: Coordination,
        folder: Path,
        now: Callable[[], int],
        *,
        may_edit: bool,
        silence: AlertNotice | None = None,
        simulated: Callable[[], Store | None] = lambda: None,
        monotonic: Callable[[], float] | None = None,
    ) -> None:
        self.followed = followed
        self._coordination = coordination
        self._folder = folder
        self.now = now
        self._may_edit = may_edit
        self._silence = silence
        self._simulated = simulated
        self._rehearsals: SimulatedAlerts | None = None
        self._monotonic = monotonic
        self._key: object = None  # what the last reading went by
        self._rests_until = 0.0
        self._shown = ShownAlerts()
        self._failure = ""
        self._rules_of: Settings | None = None  # of which _rules were made
        self._rules: tuple[Rule, ...] = ()
        self._read_at: object = None  # what the database was like when it was read
        self._past: tuple[PastFiring, ...] = ()
        self.rehearsed: Mapping[Market, tuple[int, ...]] = {}
        self.drafted: tuple[Rule, str] | None = None

    @property
    def rules(self) -> "tuple[Rule, ...]":
        """The rules that are configured now."""
        self._renew_rules()
        return self._rules

    def read(self, zone: tzinfo, *, is_replay: bool) -> ShownAlerts:
        """
        Return what to show, with times as in *zone*; *is_replay*: the page replays stored prices. Raises nothing.

        The charts go on if it fails.
        """
        if self._monotonic is None:
            return self._read_or_fail(zone, is_replay)
        key = (zone, is_replay, self.followed(), self.rehearsed, self.drafted)
        started = self._monotonic()
        if key != self._key or started >= self._rests_until:
            self._shown, self._key = self._read_or_fail(zone, is_replay), key
            finished = self._monotonic()
            self._rests_until = finished + max(_PAUSE, _LONGEST_SHARE * (finished - started))
        return self._shown

    def _read_or_fail(self, zone: tzinfo, is_replay: bool) -> ShownAlerts:
        try:
            return self._read(zone, is_replay)
        except Exception as error:
            failure = plain_text.hide_folders(f"{type(error).__name__}: {error}")
            if failure != self._failure:
                log.exception("alerts cannot be shown")
            self._failure = failure
            notice = AlertNotice("is-down", "Alerts cannot be shown", f"{failure}. The error is logged.")
            return ShownAlerts(AlertsView(notices=(notice,)))

    def _read(self, zone: tzinfo, is_replay: bool) -> ShownAlerts:
        followed = self.followed()
        if self._silence is not None:
            return ShownAlerts(AlertsView(notices=(self._silence,)) if followed.settings.rules else None)
        rules = self.rules
        if not (rules or self._may_edit):
            return ShownAlerts()
        from tracker.alerts.states.status_document import published
        from tracker.dashboard.alerts.notices import notices
        from tracker.dashboard.alerts.view import Words, marks_of

        words = Words(followed.settings.market_list(), self.now(), zone)
        status = published(self._coordination, self.now()) if rules else None
        store = self._simulated() if rules else None
        if store is None:
            past = self._past_firings() if rules else ()
            known = notices(status, words, has_rules=bool(rules))
        else:
            from tracker.dashboard.alerts.simulated_alerts import SimulatedAlerts

            if self._rehearsals is None:
                self._rehearsals = SimulatedAlerts()
            status, past = self._rehearsals.read(rules, followed.settings, store, self.now(), status)
            past = past[:_MOST]
            known = (SIMULATED,)
        view = AlertsView(
            rules=words.rules(rules, status, past),
            notices=(*known, *([REPLAY] if is_replay and rules else [])),
            history=words.firings(past[:_SHOWN]),
            may_edit=self._may_edit,
        )
        return ShownAlerts(view, marks_of(self._with_drafted(rules), status, past, self.rehearsed, words.now))

    def _with_drafted(self, rules: "tuple[Rule, ...]") -> "tuple[Rule, ...]":
        """Return *rules* as they will be once the one that is being written is saved."""
        if self.drafted is None:
            return rules
        drafted, replaced = self.drafted
        return (*(rule for rule in rules if rule.name != replaced), drafted)

    def _renew_rules(self) -> None:
        settings = self.followed().settings
        if settings is self._rules_of:
            return
        if settings.rules:
            from tracker.alerts.rules.rule import make_rules

            self._rules = make_rules(settings)
        else:
            self._rules = ()
        self._rules_of = settings

    def _past_firings(self) -> "tuple[PastFiring, ...]":
        from tracker.alerts.database.past_firings import DATABASE_FILE, past_firings

        file = self._folder / DATABASE_FILE
        state = [_state_of(each) for each in (file, file.with_name(f"{file.name}-wal"))]
        if state != self._read_at:
            self._read_at = state
            self._past = past_firings(file, self.now() - _KEPT, _MOST)
        return self._past


def _state_of(file: Path) -> tuple[int, int] | None:
    """Return what differs after *file* was written to; None if it is not there."""
    try:
        stat = file.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size
