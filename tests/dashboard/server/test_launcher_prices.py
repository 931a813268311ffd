"""What a page of simulated or recorded prices is started with, and what is refused where prices are collected."""

from functools import partial

import pytest

from tracker.core.errors import ConfigError
from tracker.dashboard.server import launcher
from tracker.dashboard.server.access import Access
from tracker.dashboard.server.launcher import replay_clock
from tracker.runtime.settings import MarketSettings, read_settings
from tracker.sandbox import Recording

RULE = '[channels]\nops = "json://localhost"\n[[rules]]\nname = "high"\nmarket = "{}"\nwhen = "{}"\nnotify = ["ops"]\n'


@pytest.fixture
def environments(monkeypatch):
    """The environments of the servers that were started; each ends at once."""
    started = []

    class Server:
        def __init__(self, command, env, **options):
            started.append(env)

        def wait(self):
            return 0

    monkeypatch.setattr(launcher.subprocess, "Popen", Server)
    return started


@pytest.fixture
def recording(tmp_path):
    """A day of BTC/USD."""
    (tmp_path / "btcusd.csv").write_text("1522800000,7000\n1522886400,7100\n")
    return Recording(tmp_path)


def test_a_demo_and_a_recorded_day_let_no_viewer_request_anything(tmp_path, environments, recording):
    launcher.demo(read_settings(tmp_path), 0, Access(), seed=7)
    launcher.replay(read_settings(tmp_path), recording, 0, Access(), 60.0, None)
    launcher.serve_page(read_settings(tmp_path), 0, Access())
    assert [environment.get("TRACKER_VIEWER_REQUESTS") for environment in environments] == ["no", "no", None]


def test_a_rule_about_a_market_that_was_not_recorded_is_no_obstacle_to_a_replay(
    tmp_path, environments, recording, monkeypatch
):
    (tmp_path / "tracker.toml").write_text(RULE.format("kraken:BTC/GBP", "price > 1"))
    launcher.replay(read_settings(tmp_path), recording, 0, Access(), 60.0, None)
    for name, value in environments[0].items():
        monkeypatch.setenv(name, value)
    settings = read_settings(tmp_path)
    assert [str(market) for market in settings.market_list()] == ["kraken:BTC/USD"]
    assert settings.rules == ()


def test_a_rule_that_cannot_be_read_is_an_error_of_the_command_and_not_of_the_page(tmp_path, environments):
    (tmp_path / "tracker.toml").write_text(RULE.format("kraken:BTC/GBP", "prce > 1"))
    for serve in (launcher.serve_page, partial(launcher.demo, seed=7)):
        with pytest.raises(ConfigError, match="rule 'high': when: at 'prce'"):
            serve(read_settings(tmp_path), 0, Access())
    assert environments == []


def test_a_replay_begins_after_a_day_or_half_way_or_at_the_given_time(tmp_path):
    def recording(name, hours):
        (tmp_path / name).mkdir()
        rows = [f"{1_522_800_000 + 3600 * hour},7000" for hour in range(hours + 1)]
        (tmp_path / name / "btcusd.csv").write_text("\n".join(rows))
        return Recording(tmp_path / name)

    hour = 3_600_000
    long, short = recording("long", 72), recording("short", 10)
    assert replay_clock(long, 60).origin == long.start + 24 * hour
    assert replay_clock(short, 60).origin == short.start + 5 * hour
    assert replay_clock(long, 60, long.end).origin == long.end
    with pytest.raises(ConfigError, match="2018-04-04T00:00:00Z to 2018-04-07T00:00:00Z"):
        replay_clock(long, 60, long.end + 1)


def test_a_cadence_that_is_refused_where_prices_are_collected_is_no_obstacle_to_a_replay(
    tmp_path, environments, recording
):
    too_fast = read_settings(tmp_path, markets=(MarketSettings(name="coinbase:BTC/USD", every="100ms"),))
    assert launcher.replay(too_fast, recording, 0, Access(), 60.0, None) == 0
    assert len(environments) == 1
    for serve in (launcher.serve_page, partial(launcher.demo, seed=7)):
        with pytest.raises(ConfigError, match=r"coinbase allows 8\.00"):
            serve(too_fast, 0, Access())
    assert len(environments) == 1
