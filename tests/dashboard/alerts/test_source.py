"""What a page shows of alerts: what is published, what is configured, and what has fired."""

import subprocess
import sys
from datetime import UTC, datetime

import pytest

from tests.support.alert_database import close_all, fired, opened
from tests.support.memory_coordination import MemoryCoordination
from tests.support.memory_store import MemoryStore
from tests.support.rule_rows import MARKET, price_rule
from tracker.alerts.database.past_firings import DATABASE_FILE
from tracker.alerts.states.alert_status import AlertStatus, MarketRule
from tracker.alerts.states.phase import Phase
from tracker.alerts.states.status_document import publish
from tracker.core.durations import DAY, MINUTE
from tracker.core.ticks import Origin, Ticks
from tracker.dashboard.alerts.source import PLAYBACK, SIMULATED, AlertsSource
from tracker.render.page.alerts_view import MarketMarks, Sign
from tracker.runtime.settings import Settings
from tracker.runtime.settings_watch import FollowedSettings

NOW = 1_795_446_000_000  # of the database's events
LOW = {"name": "high", "market": "kraken:BTC/EUR", "when": "price < 15300 or crosses(price, 16000)"}


class World:
    """A source, what it reads, and the settings that count."""

    def __init__(self, folder, *rules, **options):
        self.coordination = MemoryCoordination()
        self.follow(self.settings(*rules))
        self.source = AlertsSource(
            lambda: self.followed, self.coordination, folder, lambda: NOW, **{"may_edit": False, **options}
        )

    def follow(self, settings, problem=""):
        """Have *settings* count from now on."""
        self.followed = FollowedSettings(settings, problem, settings)

    @staticmethod
    def settings(*rules):
        return Settings(markets=["kraken:BTC/EUR", "kraken:BTC/USD"], rules=rules)

    def read(self, **options):
        return self.source.read(UTC, **{"is_replay": False, **options})


@pytest.fixture(autouse=True)
def _close():
    yield
    close_all()


def test_without_rules_a_viewer_who_may_only_read_is_shown_nothing(tmp_path):
    assert World(tmp_path).read().view is None
    assert World(tmp_path, may_edit=True).read().view.may_edit


def test_it_shows_the_published_states(tmp_path):
    world = World(tmp_path, LOW)
    assert world.read().view.rules[0].sign is Sign.UNKNOWN
    assert world.coordination.try_acquire("alerts")
    publish(AlertStatus(states=(MarketRule("high", MARKET, Phase.FIRING, NOW, fired_at=NOW),)), world.coordination, NOW)
    assert world.read().view.rules[0].sign is Sign.FIRING


def test_charts_mark_thresholds_and_firings_of_their_market(tmp_path):
    opened(tmp_path, 1, fired())
    shown = World(tmp_path, LOW).read()
    assert shown.marks == {MARKET: MarketMarks(levels=(15_300.0, 16_000.0), firings=((NOW, None),))}
    assert [each.rule for each in shown.view.history] == ["high"]


def test_charts_mark_the_threshold_that_is_being_written_in_place_of_the_rule_that_it_replaces(tmp_path):
    world = World(tmp_path, LOW, monotonic=lambda: 0.0)  # so soon nothing else is read
    world.read()
    world.source.drafted = price_rule("price < 7"), ""
    assert world.read().marks == {MARKET: MarketMarks(levels=(15_300.0, 16_000.0, 7.0))}
    world.source.drafted = price_rule("price < 7"), "high"
    assert world.read().marks == {MARKET: MarketMarks(levels=(7.0,))}


def test_the_threshold_of_a_rule_that_can_never_fire_again_is_not_drawn(tmp_path):
    for when, levels in ((NOW + 60_000, (5.0,)), (NOW, ())):
        rule = {**LOW, "when": "price < 5", "expires": datetime.fromtimestamp(when / 1000, UTC).isoformat()}
        marks = World(tmp_path, rule).read().marks
        assert marks.get(MARKET, MarketMarks()).levels == levels


def test_a_firing_is_read_when_the_file_has_changed(tmp_path, monkeypatch):
    world = World(tmp_path, LOW)
    assert world.read().view.history == ()
    opened(tmp_path, 1, fired())
    assert len(world.read().view.history) == 1
    monkeypatch.setattr("tracker.alerts.database.past_firings.past_firings", None)
    assert len(world.read().view.history) == 1


def test_a_firing_is_read_that_the_database_has_in_its_write_ahead_log_alone(tmp_path):
    world, database = World(tmp_path, LOW), opened(tmp_path, 1)
    assert world.read().view.history == ()
    before = (tmp_path / DATABASE_FILE).stat()
    database.commit((), (fired(),), NOW)
    after = (tmp_path / DATABASE_FILE).stat()
    assert (after.st_mtime_ns, after.st_size) == (before.st_mtime_ns, before.st_size)
    assert len(world.read().view.history) == 1


def test_the_history_is_short_and_the_charts_mark_all_firings_of_seven_days(tmp_path):
    times = [NOW - minutes * MINUTE for minutes in range(60)]
    opened(tmp_path, 1, fired(NOW - 8 * DAY), *map(fired, times))
    shown = World(tmp_path, LOW).read()
    assert len(shown.view.history) == 50
    assert [start for start, _ in shown.marks[MARKET].firings] == times[::-1]


def test_a_rehearsal_is_marked(tmp_path):
    world = World(tmp_path, LOW)
    world.source.rehearsed = {MARKET: (NOW,)}
    assert world.read().marks[MARKET].rehearsed == (NOW,)


def test_settings_that_change_count_at_once_and_wrong_ones_change_nothing(tmp_path):
    world = World(tmp_path, LOW)
    world.follow(world.settings({**LOW, "name": "other"}))
    assert world.read().view.rules[0].name == "other"
    world.follow(world.followed.settings, "tracker.toml: rules.0.when: at 'x'")
    view = world.read().view
    assert view.rules[0].name == "other"
    assert "tracker.toml" not in str(view), "the page has a card of it"


def test_what_takes_long_to_read_is_read_more_rarely_but_for_a_change_at_once(tmp_path, monkeypatch):
    clock, reads = [0.0], []
    world = World(tmp_path, LOW, monotonic=lambda: clock[0])

    def read_for_half_a_second(*_args):
        reads.append(clock[0])
        clock[0] += 0.5

    monkeypatch.setattr("tracker.alerts.states.status_document.published", read_for_half_a_second)
    world.read()
    for clock[0] in (1.0, 4.9, 5.0):
        world.read()
    assert reads == [0.0, 5.0]
    world.source.rehearsed = {MARKET: (NOW,)}
    assert world.read().marks[MARKET].rehearsed == (NOW,)
    world.follow(world.settings({**LOW, "name": "other"}))
    assert world.read().view.rules[0].name == "other"


def test_a_replay_of_a_folder_never_sends(tmp_path):
    assert World(tmp_path, LOW, silence=PLAYBACK).read().view.notices == (PLAYBACK,)
    assert World(tmp_path, silence=PLAYBACK).read().view is None


def test_of_simulated_prices_it_shows_what_the_rules_would_have_done_and_that_nothing_is_sent(tmp_path):
    opened(tmp_path, 1, fired())
    store = MemoryStore()
    store.append({MARKET: Ticks.of([NOW - MINUTE, NOW], [15_400.0, 15_200.0], MINUTE, Origin.SIMULATED)})
    shown = World(tmp_path, LOW, simulated=lambda: store).read()
    assert shown.view.notices == (SIMULATED,)
    [rule] = shown.view.rules
    assert rule.sign is Sign.FIRING
    assert "15,200" in rule.markets[0].text
    assert shown.marks[MARKET].firings == ((NOW, None),)
    assert [each.text.split(" · ")[-1] for each in shown.view.history] == ["nobody told"]
    assert World(tmp_path, simulated=lambda: store).read().view is None


def test_charts_mark_no_more_firings_of_simulated_prices_than_of_others(tmp_path):
    store, times = MemoryStore(), [NOW - minutes * MINUTE for minutes in range(501)][::-1]
    prices = [15_200.0 if minute % 2 else 15_400.0 for minute in range(len(times))]
    store.append({MARKET: Ticks.of(times, prices, MINUTE, Origin.SIMULATED)})
    shown = World(tmp_path, {**LOW, "when": "price < 15300"}, simulated=lambda: store).read()
    assert len(shown.marks[MARKET].firings) == 200


def test_a_replay_shows_the_states_of_now_and_that_it_never_sends(tmp_path):
    view = World(tmp_path, LOW).read(is_replay=True).view
    assert "Replay never sends anything" in [notice.title for notice in view.notices]
    assert len(view.rules) == 1


def test_a_failure_is_shown_and_the_charts_go_on(tmp_path, monkeypatch, caplog):
    def fail(*_args):
        raise RuntimeError(f"in {tmp_path}/file")

    monkeypatch.setattr("tracker.alerts.states.status_document.published", fail)
    world = World(tmp_path, LOW)
    for _ in range(2):
        [notice] = world.read().view.notices
        assert (notice.title, notice.text) == ("Alerts cannot be shown", "RuntimeError: in file. The error is logged.")
    assert len(caplog.records) == 1


def test_a_page_without_rules_loads_neither_their_language_nor_what_sends():
    code = (
        "import sys, tracker.dashboard.app, tracker.dashboard.layout; "
        "print([name for name in ('lark', 'sqlalchemy', 'apprise', 'resvg_py') if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
