"""The outage log: a market that its exchange states not to be traded has one line, written while it lasts."""

from pathlib import Path

import pytest

from tests.support.page_states import EUR, GBP, NOW
from tracker.collector.outage_log import STOP_LOGGED_EVERY, OutageLog, OutageRecorder, read
from tracker.collector.status import StatusBoard
from tracker.core.market import Market
from tracker.core.market_status import Failure, Outage, Stop
from tracker.core.standstill import stops_of
from tracker.core.ticks import Ticks
from tracker.core.window import Window

HOUR = 3_600_000
SINCE = NOW - 10 * HOUR
STOP = Stop(SINCE, "cancel_only")
CAUSE = "not traded: cancel_only"


def until(time: int) -> dict[Market, Window]:
    """Return a window of EUR whose last price is of *time*."""
    return {EUR: Window.of(Ticks.of([time], [43_512.33], 10_000))}


class Log:
    """A recorder and its file; ``at`` records the board's status at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.board = StatusBoard({EUR: 10_000, GBP: 10_000})
        self.board.mark_live([EUR, GBP], NOW)
        self.recorder = OutageRecorder(path, None)

    def at(self, now: int, stop: Stop | None = STOP) -> tuple[Outage, ...]:
        self.board.mark_stops({EUR: stop})
        self.recorder.record(self.board.status(), now)
        return read(self.path)


@pytest.fixture
def log(tmp_path):
    return Log(tmp_path / "outages")


def test_a_stop_is_logged_from_the_last_trade_as_soon_as_it_is_stated(log):
    assert log.at(NOW) == (Outage(SINCE, NOW, EUR, CAUSE),)
    assert log.path.read_text() == f"{SINCE / 1000},{NOW / 1000},{EUR},{CAUSE}\n"


def test_its_line_grows_while_it_lasts_and_ends_with_it(log):
    for minutes in range(60):
        log.at(NOW + minutes * 60_000)
    last = NOW + 59 * 60_000
    assert read(log.path) == (Outage(SINCE, last, EUR, CAUSE),)
    assert log.at(last + 5_000, None) == (Outage(SINCE, last + 5_000, EUR, CAUSE),)
    assert log.at(last + HOUR, None) == (Outage(SINCE, last + 5_000, EUR, CAUSE),)


def test_its_line_ends_when_the_market_is_removed_from_the_settings(log):
    log.at(NOW)
    log.board.change_markets({GBP: 10_000})
    for seconds in (5, 6):
        assert log.at(NOW + 1_000 * seconds) == (Outage(SINCE, NOW + 5_000, EUR, CAUSE),)


def test_the_file_is_written_once_a_minute_at_most(log):
    log.at(NOW)
    before = log.path.stat().st_mtime_ns
    log.at(NOW + STOP_LOGGED_EVERY - 1)
    assert log.path.stat().st_mtime_ns == before


def test_a_collector_that_starts_again_continues_the_line(log):
    log.at(NOW)
    later = Log(log.path)
    assert later.at(NOW + HOUR) == (Outage(SINCE, NOW + HOUR, EUR, CAUSE),)


def test_a_trade_time_that_is_corrected_again_and_again_has_one_line(log):
    for minutes in range(100):
        log.at(NOW + minutes * 60_000, Stop(SINCE + minutes * 60_000))
    assert read(log.path) == (Outage(SINCE, NOW + 99 * 60_000, EUR, "not traded"),)


def test_a_last_trade_of_a_few_seconds_ahead_begins_no_line_after_its_end(log):
    assert log.at(NOW, Stop(NOW + 5_000, "cancel_only")) == (Outage(NOW, NOW, EUR, CAUSE),)


def test_other_lines_stay_as_they_are(log):
    other = f"1.0,2.0,{GBP},a cause\n{SINCE / 1000},2.0,{GBP},{CAUSE}\n1,2,,torn"
    log.path.write_text(other)
    log.at(NOW)
    log.at(NOW + HOUR)
    assert log.path.read_text() == f"{other}\n{SINCE / 1000},{(NOW + HOUR) / 1000},{EUR},{CAUSE}\n"


def test_words_with_line_breaks_and_commas_are_one_line_that_is_replaced(log):
    odd = Stop(SINCE, 'halted, "for good"')
    log.at(NOW, odd)
    assert log.at(NOW + HOUR, odd) == (Outage(SINCE, NOW + HOUR, EUR, f"not traded: {odd.words}"),)


def test_a_log_that_cannot_be_written_ends_nothing(tmp_path, caplog):
    (tmp_path / "file").write_text("")
    assert Log(tmp_path / "file" / "outages").at(NOW) == ()
    assert "outages are not logged" in caplog.text


def test_an_ongoing_stop_is_read_up_to_now_with_its_words(log):
    log.board.mark_stops({EUR: STOP})
    outages = OutageLog(log.path).read(log.board.status(), NOW)
    assert outages == (Outage(SINCE, NOW, EUR, Failure("not_traded", "kraken", "cancel_only")),)
    assert stops_of(outages, until(NOW)) == {EUR: STOP}


def test_a_past_day_sees_the_stop_and_the_days_before_and_after_do_not(log):
    log.at(NOW)
    log.at(NOW + 48 * HOUR)
    log.at(NOW + 48 * HOUR, None)
    logged = read(log.path)
    assert stops_of(logged, until(NOW + 24 * HOUR)) == {EUR: STOP}
    assert stops_of(logged, until(SINCE)) == stops_of(logged, until(NOW + 72 * HOUR)) == {}
