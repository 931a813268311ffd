"""The outage log: which outages are logged, in which words, and which are read."""

import errno
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.csv_files import raise_os_error
from tests.support.other_store import add_store
from tests.support.page_states import EUR, GBP, NOW, status, unreachable
from tracker.collector.outage_log import OutageLog, OutageRecorder, log_path, read
from tracker.collector.status import StatusBoard
from tracker.core.cause_text import cause_text
from tracker.core.market_status import Failure, Outage, WrongClock
from tracker.runtime.settings import read_settings

HOUR, MINUTE = 3_600_000, 60_000
CAUSE = "api.kraken.com answers 503 (Service Unavailable)"


def board():
    return StatusBoard({EUR: 10_000, GBP: 10_000})


def test_an_outage_is_logged_when_it_has_ended(tmp_path):
    path = tmp_path / "outages"
    status_board = board()
    recorder = OutageRecorder(path, None)
    status_board.mark_live([EUR, GBP], NOW)
    recorder.record(status_board.status(), NOW)
    status_board.mark_failed([EUR], NOW + 60_000, Failure("unreachable", "kraken", CAUSE), None)
    recorder.record(status_board.status(), NOW)
    assert not path.exists()
    status_board.mark_live([EUR], NOW + 360_000)
    recorder.record(status_board.status(), NOW)
    recorder.record(status_board.status(), NOW)
    assert read(path) == (Outage(NOW + 60_000, NOW + 360_000, EUR, CAUSE),)


@pytest.mark.parametrize("returns", [False, True])
def test_an_outage_ends_when_its_market_is_removed_from_the_settings(tmp_path, returns):
    path, status_board = tmp_path / "outages", board()
    recorder = OutageRecorder(path, None)
    status_board.mark_failed([EUR, GBP], NOW, Failure("unreachable", "kraken", CAUSE), None)
    recorder.record(status_board.status(), NOW)
    status_board.change_markets({GBP: 10_000})
    if returns:  # before the next look
        status_board.change_markets({EUR: 10_000, GBP: 10_000})
    for seconds in (60, 61):
        recorder.record(status_board.status(), NOW + 1_000 * seconds)
    assert read(path) == (Outage(NOW, NOW + 60_000, EUR, CAUSE),), "that of the other market goes on"


def test_an_outage_that_has_another_cause_from_then_on_is_logged_with_its_own(tmp_path):
    path, status_board = tmp_path / "outages", board()
    recorder = OutageRecorder(path, None)
    status_board.mark_failed([EUR], NOW, Failure("unreachable", "kraken", CAUSE), None)
    recorder.record(status_board.status(), NOW)
    status_board.mark_refused(EUR, NOW + 60_000, Failure("not_listed", "kraken"))
    recorder.record(status_board.status(), NOW + 61_000)
    assert read(path) == (Outage(NOW, NOW + 60_000, EUR, CAUSE),)


@pytest.mark.parametrize(
    ("failure", "text"),
    [
        (Failure("not_listed", "kraken"), "kraken does not offer BTC/EUR"),
        (Failure("rejected", "kraken", "Unknown pair"), "kraken refuses BTC/EUR: Unknown pair"),
        (Failure("rejected", "kraken"), "kraken refuses BTC/EUR: no reason given"),
        (Failure("no_price", "kraken"), "the answer has no price for it"),
        (Failure("held_back", "kraken"), "its price is held back"),
        (Failure("rate_limited", "kraken", CAUSE), CAUSE),
        (Failure("unreachable", "kraken"), "no answer"),
    ],
)
def test_the_log_keeps_its_text_for_every_kind_of_failure(tmp_path, failure, text):
    status_board, path = board(), tmp_path / "outages"
    recorder = OutageRecorder(path, None)
    status_board.mark_refused(EUR, NOW, failure)
    recorder.record(status_board.status(), NOW)
    status_board.mark_live([EUR], NOW + 60_000)
    recorder.record(status_board.status(), NOW)
    assert cause_text(failure, EUR) == text
    assert path.read_text() == f"{NOW / 1000},{NOW / 1000 + 60},{EUR},{text}\n"


def test_a_time_without_a_collector_is_an_outage_of_every_market(tmp_path):
    path = tmp_path / "outages"
    status_board = board()
    status_board.mark_live([EUR, GBP], NOW)
    OutageRecorder(path, NOW - 3_600_000).record(status_board.status(), NOW)
    assert read(path) == (Outage(NOW - 3_600_000, NOW, None, "nobody collected"),)


def test_a_time_without_a_collector_ends_when_one_begins_not_with_its_first_price(tmp_path):
    path, status_board = tmp_path / "outages", board()
    recorder = OutageRecorder(path, NOW - 3_600_000)
    recorder.record(status_board.status(), NOW)
    status_board.mark_live([EUR, GBP], NOW + 60_000)
    recorder.record(status_board.status(), NOW + 60_000)
    assert read(path) == (Outage(NOW - 3_600_000, NOW, None, "nobody collected"),)


def test_a_quick_takeover_is_not_logged(tmp_path):
    status_board = board()
    status_board.mark_live([EUR, GBP], NOW)
    OutageRecorder(tmp_path / "outages", NOW - 3_000).record(status_board.status(), NOW)
    assert not (tmp_path / "outages").exists()


@pytest.mark.parametrize("time", ["1e999", "inf", "1e300", "1e11", "-1", "nan", " 5", "1_0", "soon", ""])
def test_a_line_with_an_invalid_time_is_skipped_alone(tmp_path, time):
    path = tmp_path / "outages"
    path.write_text(f"1,{time},,a\n{time},2,,b\n1,2,,c\n")
    assert read(path) == (Outage(1000, 2000, None, "c"),)


def test_a_torn_line_is_skipped_and_does_not_merge_with_the_next(tmp_path):
    path = tmp_path / "outages"
    path.write_text("1668000000.0,16680")
    status_board = board()
    status_board.mark_live([EUR], NOW)
    OutageRecorder(path, NOW - 3_600_000).record(status_board.status(), NOW)
    assert [outage.cause for outage in read(path)] == ["nobody collected"]


@pytest.mark.parametrize("line", ["1,2,," + "x" * 200_000, '1,2,,"it says ""no', '1,2,,"a"b', "", '"'])
def test_a_damaged_line_is_skipped_alone(tmp_path, line):
    path = tmp_path / "outages"
    path.write_text(f'1,2,,a\n{line}\n3,4,,c\n5,6,,"d, e"\n')
    assert [outage.cause for outage in read(path)] == ["a", "c", "d, e"]


@pytest.mark.parametrize("line_break", ["\n", "\r", "\r\n", "\x0b", "\u2028"])
def test_a_cause_with_line_breaks_is_logged_in_one_line(tmp_path, line_break):
    path = tmp_path / "outages"
    status_board = board()
    recorder = OutageRecorder(path, None)
    status_board.mark_failed([EUR], NOW, Failure("refused", "kraken", f'it says "no,{line_break}never"'), None)
    recorder.record(status_board.status(), NOW)
    status_board.mark_live([EUR], NOW + 60_000)
    recorder.record(status_board.status(), NOW)
    assert [outage.cause for outage in read(path)] == ['it says "no, never"']
    assert len(path.read_bytes().decode().splitlines()) == 1


def test_a_log_that_is_too_large_loses_its_older_half(tmp_path, monkeypatch):
    monkeypatch.setattr("tracker.collector.outage_log.MAX_SIZE", 2_000)
    path = tmp_path / "outages"
    for number in range(100):
        status_board = board()
        status_board.mark_live([EUR, GBP], NOW + number)
        OutageRecorder(path, NOW - 3_600_000).record(status_board.status(), NOW + number)
    assert path.stat().st_size < 2_200
    assert read(path)[-1].end == NOW + 99


def test_a_log_that_cannot_be_shortened_stays_as_it_is(tmp_path, monkeypatch, caplog):
    """As after a crash of the process at that moment."""
    monkeypatch.setattr("tracker.collector.outage_log.MAX_SIZE", 100)
    path = tmp_path / "outages"
    path.write_text("1,2,,a\n" * 20)
    before = path.read_text()
    monkeypatch.setattr(Path, "replace", lambda *paths: raise_os_error(errno.EIO))
    status_board = board()
    status_board.mark_live([EUR, GBP], NOW)
    OutageRecorder(path, NOW - 3_600_000).record(status_board.status(), NOW)
    assert "outages are not logged" in caplog.text
    assert path.read_text() == before


def test_a_log_that_cannot_be_written_raises_nothing(tmp_path, caplog):
    status_board = board()
    status_board.mark_live([EUR, GBP], NOW)
    (tmp_path / "file").touch()
    OutageRecorder(tmp_path / "file" / "outages", NOW - 3_600_000).record(status_board.status(), NOW)
    assert "outages are not logged" in caplog.text


def test_the_folder_of_the_log_is_created(tmp_path):
    status_board = board()
    status_board.mark_live([EUR, GBP], NOW)
    path = tmp_path / "notes" / "outages"
    OutageRecorder(path, NOW - 3_600_000).record(status_board.status(), NOW)
    assert [outage.cause for outage in read(path)] == ["nobody collected"]


@pytest.mark.parametrize(
    ("store", "state", "folder"),
    [
        ("csv:prices", None, "prices"),
        ("csv:prices", "notes", "prices"),
        ("sq:prices/all.db", "notes", "prices"),
        ("far://db/prices", None, "data"),
        ("far://db/prices", "notes", "notes"),
    ],
)
def test_the_log_is_beside_prices_in_a_folder_else_among_this_machines_notes(
    tmp_path, monkeypatch, store, state, folder
):
    add_store(monkeypatch, "sq", lambda path: path.parent)
    add_store(monkeypatch, "far")
    assert log_path(read_settings(tmp_path, store=store, state=state)) == tmp_path / folder / ".outages.csv"


def test_ongoing_outages_are_listed_after_logged_ones(tmp_path):
    outage_log = OutageLog(tmp_path / "outages")
    assert outage_log.read(status(), NOW) == ()
    status_board = board()
    status_board.mark_live([EUR, GBP], NOW)
    OutageRecorder(tmp_path / "outages", NOW - 3_600_000).record(status_board.status(), NOW)
    logged, ongoing = outage_log.read(unreachable((EUR,)), NOW)
    assert logged.cause == "nobody collected"
    assert ongoing.cause == Failure("unreachable", "kraken", CAUSE), "as data, which render makes words of"


def test_an_address_that_an_earlier_release_logged_is_not_shown(tmp_path):
    path = tmp_path / "outages"
    causes = ["10.0.0.5 answers 418: IP(203.0.113.7) banned", "Way too many requests; IP(203.0.113.7) banned"]
    path.write_text("".join(f"1763900000,1763900060,kraken:BTC/EUR,{cause}\n" for cause in causes))
    assert [outage.cause for outage in read(path)] == [
        "10.0.0.5 answers 418: IP(…) banned",
        "Way too many requests; IP(…) banned",
    ]


def test_the_time_of_a_wrong_clock_is_an_outage_of_all_markets_and_logged_once_it_is_right(tmp_path):
    status_board, path = board(), tmp_path / "outages"
    recorder, log = OutageRecorder(path, None), OutageLog(path)
    wrong = WrongClock(7500, NOW, 12, ("coinbase", "kraken"))
    status_board.update(clock=wrong)
    recorder.record(status_board.status(), NOW)
    [ongoing] = log.read(status_board.status(), NOW + 5_000)
    assert (ongoing.start, ongoing.end, ongoing.market) == (NOW, NOW + 5_000, None)
    assert ongoing.cause == "the collecting computer's clock is 2 h 5 min behind that of coinbase and kraken"
    status_board.update(clock=replace(wrong, until=NOW + 9_000_000))
    for _ in range(2):
        recorder.record(status_board.status(), NOW)
    [ended] = log.read(status_board.status(), NOW + 9_010_000)
    cause = "the collecting computer's clock was 2 h 5 min behind that of coinbase and kraken"
    assert ended == Outage(NOW, NOW + 9_000_000, None, cause)
