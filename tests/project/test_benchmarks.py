"""The benchmarks at a tiny size: they run and return every figure of the results. No time is asserted."""

import math
import sys
import threading
from contextlib import suppress
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import serve

from benchmarks import appending, collecting, reading
from benchmarks.__main__ import PARTS, main
from benchmarks.collecting import GrowthLog, figures
from benchmarks.generated import MARKETS, files, prices, store_of
from benchmarks.readers import RAW, readers
from benchmarks.results import machine, table, write_section
from benchmarks.servers import reading as connected


def test_the_parts_that_the_command_line_names_are_checked(monkeypatch, capsys):
    names = "collecting reading parsing appending refreshing opening years zooming panel alerts watching rehearsal"
    assert list(PARTS) == names.split()
    monkeypatch.setattr(sys, "argv", ["benchmarks", "reading", "writing"])
    with pytest.raises(SystemExit):
        main()
    assert "no part writing; expected collecting, reading, " in capsys.readouterr().err


def test_a_table_has_a_line_for_each_row_and_plain_figures():
    rows = [{"way": "this", "n": 1_234_567, "s": 0.123456}, {"way": "that", "n": 12345.6, "s": math.nan}, {"way": "x"}]
    assert table(rows).splitlines() == [
        "| way | n | s |",
        "| --- | ---: | ---: |",
        "| this | 1,234,567 | 0.123 |",
        "| that | 12,346 | – |",
        "| x |  |  |",
    ]


def test_a_table_needs_a_row():
    with pytest.raises(ValueError, match="needs a row"):
        table([])


def test_a_section_replaces_the_one_of_its_name_and_keeps_others(tmp_path):
    file = tmp_path / "RESULTS.md"
    write_section("Reading", "first", file)
    write_section("Appending", "other", file)
    write_section("Reading", "### Part\n\nsecond \\1", file)
    text = file.read_text()
    assert text.startswith("# Results\n")
    assert [line for line in text.splitlines() if line.startswith("##")] == ["## Reading", "### Part", "## Appending"]
    assert "first" not in text
    assert "second \\1" in text
    assert text.endswith("other\n")
    assert text.count(machine()) == 2


def test_the_machine_is_described():
    assert "cores" in machine()
    assert f"Python {sys.version_info[0]}.{sys.version_info[1]}" in machine()
    assert "numpy" in machine()


def test_a_delay_ends_with_the_check_that_saw_the_whole_row(tmp_path):
    path = tmp_path / "binance/btcq000/2026-11-24-10.csv"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"timestamp,price\n100,1.0\n101,1.0\n103,1.0\n")
    sizes = [(16, 99.0), (20, 100.1), (32, 101.25), (40, 103.5)]
    log = GrowthLog(lambda: [path], {path: sizes})
    assert [(when, seen) for _, when, seen in log.rows()] == [(100.0, 101.25), (101.0, 101.25), (103.0, 103.5)]
    result = figures(list(log.rows()), 1, 101, 4)
    assert result["slots due"] == 4
    assert result["kept (%)"] == 50.0
    assert result["delay p50 (s)"] == pytest.approx(0.375)
    assert result["pause p50 (s)"] == 2.0


def test_without_rows_the_delay_is_not_a_number():
    assert figures([], 2, 0, 3)["kept (%)"] == 0.0
    assert math.isnan(figures([], 2, 0, 3)["delay p99 (s)"])


@pytest.mark.service
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
@pytest.mark.parametrize("way", ["tracker", "in turn"])
def test_collecting_keeps_slots_and_has_its_figures(way):
    result = collecting.measure(way, 2, 3)
    assert result["slots due"] == 6
    assert 0 < result["kept (%)"] <= 100
    assert {name for name, figure in result.items() if isinstance(figure, int | float)} == {
        *figures([], 2, 0, 3),
        "CPU",
        "CPU per slot (ms)",
        "memory (MB)",
    }
    assert result["CPU"] >= 0
    assert result["memory (MB)"] > 1


def test_the_verdict_on_collecting_has_the_ratios():
    figure = {"kept (%)": 100.0, "CPU per slot (ms)": 1.0, "CPU": 0.2, "memory (MB)": 140.0}
    former = {"kept (%)": 10.0, "CPU per slot (ms)": 2.0, "CPU": 0.1, "memory (MB)": 70.0}
    rows = [
        {"way": collecting.THIS_PROJECT, "markets": 5, **figure},
        {"way": collecting.FORMER_APP, "markets": 5, **former},
    ]
    verdict = collecting.verdict(rows, 5)
    assert "10 times as many slots" in verdict
    assert "0.5 times the CPU per slot kept, 2 times the CPU in all and 2 times the memory" in verdict


def test_every_way_to_read_returns_the_same_rows(tmp_path):
    ticks = prices(MARKETS[:2], 4000)
    store_of(tmp_path, ticks).close()
    paths = {str(market): files(tmp_path, market) for market in ticks}
    assert [len(of_market) for of_market in paths.values()] == [2, 2]
    for name, read in readers().items():
        if name != RAW:
            assert read(paths) == (8000, pytest.approx(sum(float(rows.price.sum()) for rows in ticks.values()))), name


@pytest.mark.parametrize("granularity", ["hour", "minute"])
def test_reading_has_a_ratio_for_each_way(granularity):
    rows = reading.measure(granularity, 0.1, 1)
    assert [row["way"] for row in rows] == [reading.THIS_PROJECT, *readers()]
    assert all(row["ms"] > 0 and row["rows/s"] > 0 for row in rows)
    ratios = {row["way"]: row["time / raw bytes"] for row in rows}
    assert ratios[RAW] == 1.0


def test_the_verdict_on_reading_names_the_faster_ways():
    times = {reading.THIS_PROJECT: 100.0, RAW: 1.0, "quick": 50.0, "like": 105.0, "slow": 300.0}
    verdict = reading._verdict([{"way": way, "ms": time} for way, time in times.items()])
    assert "slower than quick (2 times); as fast, within 10%, as like; and faster than slow (3 times)." in verdict


def test_following_has_its_figures():
    result = reading.follow("hour", 0.1, 3)
    assert 0 < result["p50"] <= result["p99"]
    assert result["again"] > 0


def test_a_way_that_reads_other_rows_is_an_error():
    with pytest.raises(RuntimeError, match="read 3 rows of 4"):
        reading._check("some way", (3, 1.0), (4, 1.0))


def test_appending_compares_each_variant_with_the_shipped_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = appending.compare(2, 0.05, rounds=1)
    assert [row["way"] for row in rows] == [appending.SHIPPED, appending.NEVER, appending.ALWAYS]
    assert rows[0]["rate / as shipped"] == 1.0
    assert all(row["rows/s"] > 0 and row["appends"] > 0 for row in rows)
    assert all(row["p50 (ms)"] <= row["p99 (ms)"] for row in rows)
    assert list(tmp_path.iterdir()) == []


def test_a_client_of_the_benchmarks_reads_every_message_and_closes_without_errors(caplog):
    """Otherwise messages pile up, pings are not answered, and the client's threads end with tracebacks."""
    sent, left = threading.Event(), threading.Event()

    def send_much(connection):
        for _ in range(2_000):
            connection.send("x" * 20_000)
        sent.set()
        with suppress(ConnectionClosed):
            connection.recv()
        left.set()

    with serve(send_much, "127.0.0.1", 0, subprotocols=["one"], compression=None) as server:
        listening = threading.Thread(target=server.serve_forever)
        listening.start()
        with connected(f"ws://127.0.0.1:{server.socket.getsockname()[1]}", "one"):
            assert sent.wait(10)
        assert left.wait(30)
        server.shutdown()
        listening.join()
    assert [record for record in caplog.records if record.exc_info] == []
