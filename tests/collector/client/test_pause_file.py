"""PauseFile: the end of an exchange's pause, kept for the next start."""

import errno
from contextlib import suppress

import pytest

from tests.support.csv_files import raise_os_error
from tests.support.fakes import EUR, FakeClock, FakeExchange, FakeNetwork, run
from tracker.collector.client.client import ExchangeClient
from tracker.collector.client.pause_file import PauseFile
from tracker.collector.client.rate_limit import LONGEST_PAUSE
from tracker.core.errors import RateLimited

URL = "https://api.binance.com"
END = 1_763_901_900_000
START = 1_763_900_000
NOW = START * 1000


def test_a_pause_is_read_by_the_next_process_of_the_same_host_only(tmp_path):
    folder = tmp_path / "state"
    assert PauseFile(folder, "binance", URL).read(NOW) == 0
    PauseFile(folder, "binance", URL).write(NOW, END)
    assert PauseFile(folder, "binance", f"{URL}/api?key=SECRET").read(NOW + 1000) == END - NOW - 1000
    assert PauseFile(folder, "binance", "https://api.binance.us").read(NOW) == 0
    assert PauseFile(folder, "binance", "https://api.binance.com:8443").read(NOW) == 0
    assert PauseFile(folder, "kraken", URL).read(NOW) == 0


def test_a_pause_lasts_no_longer_than_it_was_although_the_clock_was_set_back(tmp_path):
    file = PauseFile(tmp_path, "binance", URL)
    file.write(NOW, END)
    assert [file.read(now) for now in (NOW - 18_000_000, END - 1, END + 1)] == [END - NOW, 1, 0]


def test_the_file_holds_no_key(tmp_path):
    PauseFile(tmp_path, "binance", "https://user:SECRET@api.binance.com/x?key=SECRET").write(NOW, END)
    assert "SECRET" not in (tmp_path / ".pause-binance").read_text()


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "[]", "null", "5", '{"format": 2}', '{"format": 1, "host": "api.binance.com:https"}', "[" * 100_000),
        '{"format": 1, "host": "api.binance.com:https", "start": 1763900000000, "end": "1763901900000"}',
        '{"format": 1, "host": "api.binance.com:https", "start": null, "end": 1763901900000}',
    ],
)
def test_a_file_that_is_no_pause_is_none(tmp_path, text):
    (tmp_path / ".pause-binance").write_text(text)
    assert PauseFile(tmp_path, "binance", URL).read(NOW) == 0


def test_a_pause_that_cannot_be_written_is_logged_only(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr("tracker.collector.client.pause_file.replace_file", lambda *_: raise_os_error(errno.ENOSPC))
    PauseFile(tmp_path, "binance", URL).write(NOW, END)
    assert "the pause of an exchange is not kept for the next start" in caplog.text


def restarted(tmp_path, at, network=None):
    """Return the time of the first request of a client that starts at the epoch second *at*, and restores the pause."""

    async def scenario():
        clock = FakeClock(at)
        answered = network or FakeNetwork(clock, lambda path, now: {"btceur": 5.0})
        pause_file = PauseFile(tmp_path, "fake", "http://fake")
        client = ExchangeClient("fake", FakeExchange(), "http://fake", answered, clock, pause_file=pause_file)
        await client.restore_pause()
        with suppress(RateLimited):
            await client.last_prices([EUR])
        await client.settle()
        if not answered.asked:  # as a pause of more than a minute is not waited for
            await clock.sleep(client.rate_limiter.paused_for)
            await client.last_prices([EUR])
        return answered.asked[0][0]

    return run(scenario())


def banned(path, now):
    return RateLimited("banned", 1900.0)


def test_a_client_keeps_its_pause_and_the_next_one_sends_nothing_before_its_end(tmp_path):
    assert restarted(tmp_path, START, FakeNetwork(FakeClock(START), banned)) == START
    assert PauseFile(tmp_path, "fake", "http://fake").read(NOW) == END - NOW
    assert restarted(tmp_path, START + 60) == START + 1900
    assert restarted(tmp_path, START + 2000) == START + 2000


def test_a_restored_pause_is_bounded_by_a_day(tmp_path):
    PauseFile(tmp_path, "fake", "http://fake").write(NOW, END + 10**12)
    assert restarted(tmp_path, START) == START + LONGEST_PAUSE


def test_a_pause_that_is_over_before_a_restart_is_not_kept(tmp_path):
    network = FakeNetwork(FakeClock(START), lambda path, now: RateLimited("slow down", 5.0))
    restarted(tmp_path, START, network)
    assert list(tmp_path.iterdir()) == []
