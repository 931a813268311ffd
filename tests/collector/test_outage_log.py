"""Why there are gaps: what is written down, and what is found for a gap."""

import pytest

from tests.support.page_states import EUR, GBP, NOW, status, unreachable
from tracker.collector.outage_log import Outage, OutageLog, OutageRecorder, cause_text, read, reasons_for
from tracker.collector.status import StatusBoard
from tracker.core.market_status import Failure

CAUSE = "api.kraken.com answers 503 (Service Unavailable)"


def board():
    return StatusBoard({EUR: 10_000, GBP: 10_000})


def test_an_outage_is_written_down_when_it_has_ended(tmp_path):
    path = tmp_path / "outages"
    status_board = board()
    recorder = OutageRecorder(path, None)
    status_board.mark_live([EUR, GBP], NOW)
    recorder.record(status_board.status())
    status_board.mark_failed([EUR], NOW + 60_000, Failure("unreachable", "kraken", CAUSE), None)
    recorder.record(status_board.status())
    assert not path.exists()
    status_board.mark_live([EUR], NOW + 360_000)
    recorder.record(status_board.status())
    recorder.record(status_board.status())
    assert read(path) == (Outage(NOW + 60_000, NOW + 360_000, EUR, CAUSE),)


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
def test_the_file_states_a_cause_of_every_kind_in_the_words_it_always_had(tmp_path, failure, text):
    status_board, path = board(), tmp_path / "outages"
    recorder = OutageRecorder(path, None)
    status_board.mark_refused(EUR, NOW, failure)
    recorder.record(status_board.status())
    status_board.mark_live([EUR], NOW + 60_000)
    recorder.record(status_board.status())
    assert cause_text(failure, EUR) == text
    assert path.read_text() == f"{NOW / 1000},{NOW / 1000 + 60},{EUR},{text}\n"


def test_a_time_without_a_collector_is_everybodys(tmp_path):
    path = tmp_path / "outages"
    status_board = board()
    status_board.mark_live([EUR, GBP], NOW)
    OutageRecorder(path, NOW - 3_600_000).record(status_board.status())
    assert read(path) == (Outage(NOW - 3_600_000, NOW, None, "nobody collected"),)


def test_a_quick_take_over_is_not_worth_a_line(tmp_path):
    status_board = board()
    status_board.mark_live([EUR, GBP], NOW)
    OutageRecorder(tmp_path / "outages", NOW - 3_000).record(status_board.status())
    assert not (tmp_path / "outages").exists()


@pytest.mark.parametrize("time", ["1e999", "inf", "1e300", "1e11", "-1", "nan", " 5", "1_0", "soon", ""])
def test_a_line_with_a_broken_time_costs_only_itself(tmp_path, time):
    path = tmp_path / "outages"
    path.write_text(f"1,{time},,a\n{time},2,,b\n1,2,,c\n")
    assert read(path) == (Outage(1000, 2000, None, "c"),)


def test_a_torn_line_is_skipped_and_stays_alone(tmp_path):
    path = tmp_path / "outages"
    path.write_text("1668000000.0,16680")
    status_board = board()
    status_board.mark_live([EUR], NOW)
    OutageRecorder(path, NOW - 3_600_000).record(status_board.status())
    assert [each.cause for each in read(path)] == ["nobody collected"]


def test_a_cause_in_several_lines_becomes_one(tmp_path):
    path = tmp_path / "outages"
    status_board = board()
    recorder = OutageRecorder(path, None)
    status_board.mark_failed([EUR], NOW, Failure("refused", "kraken", 'it says "no,\nnever"'), None)
    recorder.record(status_board.status())
    status_board.mark_live([EUR], NOW + 60_000)
    recorder.record(status_board.status())
    assert [each.cause for each in read(path)] == ['it says "no, never"']
    assert path.read_text().count("\n") == 1


def test_a_file_that_grew_too_long_loses_its_older_half(tmp_path, monkeypatch):
    monkeypatch.setattr("tracker.collector.outage_log.MAX_SIZE", 2_000)
    path = tmp_path / "outages"
    for number in range(100):
        status_board = board()
        status_board.mark_live([EUR, GBP], NOW + number)
        OutageRecorder(path, NOW - 3_600_000).record(status_board.status())
    assert path.stat().st_size < 2_200
    assert read(path)[-1].end == NOW + 99


def test_no_disk_is_no_reason_to_stop(tmp_path, caplog):
    status_board = board()
    status_board.mark_live([EUR, GBP], NOW)
    OutageRecorder(tmp_path / "away" / "outages", NOW - 3_600_000).record(status_board.status())
    assert "outages are not logged" in caplog.text


def test_a_gap_has_the_cause_of_most_of_its_time_and_not_another_markets():
    outages = (
        Outage(NOW, NOW + 100_000, EUR, "a"),
        Outage(NOW + 90_000, NOW + 100_000, None, "b"),
        Outage(NOW, NOW + 100_000, GBP, "c"),
    )
    assert reasons_for(outages, EUR, NOW, NOW + 100_000) == "a"
    assert reasons_for(outages, EUR, NOW + 90_000, NOW + 100_000) == "a; b"
    assert reasons_for(outages, EUR, NOW + 200_000, NOW + 300_000) == ""


def test_what_goes_on_is_told_beside_what_is_written_down(tmp_path):
    outage_log = OutageLog(tmp_path / "outages")
    assert outage_log.read(status(), NOW) == ()
    status_board = board()
    status_board.mark_live([EUR, GBP], NOW)
    OutageRecorder(tmp_path / "outages", NOW - 3_600_000).record(status_board.status())
    assert [each.cause for each in outage_log.read(unreachable((EUR,)), NOW)] == ["nobody collected", CAUSE]
