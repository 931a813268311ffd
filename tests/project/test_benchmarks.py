"""The benchmarks in a tiny form: they run, and yield the figures that the results promise. Nothing here is timed."""

import math
import sys
import threading
from contextlib import suppress
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import serve

from benchmarks import appending, collecting, reading
from benchmarks.collecting import Watch, figures
from benchmarks.generated import MARKETS, files, prices, store_of
from benchmarks.readers import RAW, readers
from benchmarks.results import machine, table, write_section
from benchmarks.ways import reading as connected


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


def test_a_section_is_put_in_place_of_the_one_before_and_leaves_others(tmp_path):
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


def test_the_machine_is_told():
    assert "cores" in machine()
    assert f"Python {sys.version_info[0]}.{sys.version_info[1]}" in machine()
    assert "numpy" in machine()


def test_delays_are_those_of_the_look_that_saw_the_whole_row(tmp_path):
    path = tmp_path / "binance/btcq000/2026-11-24-10.csv"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"timestamp,price\n100,1.0\n101,1.0\n103,1.0\n")
    sizes = [(16, 99.0), (20, 100.1), (32, 101.25), (40, 103.5)]
    watch = Watch(lambda: [path], {path: sizes})
    assert [(when, seen) for _, when, seen in watch.rows()] == [(100.0, 101.25), (101.0, 101.25), (103.0, 103.5)]
    found = figures(list(watch.rows()), 1, 101, 4)
    assert found["slots due"] == 4
    assert found["kept (%)"] == 50.0
    assert found["delay p50 (s)"] == pytest.approx(0.375)
    assert found["pause p50 (s)"] == 2.0


def test_figures_of_nothing_are_no_figures():
    assert figures([], 2, 0, 3)["kept (%)"] == 0.0
    assert math.isnan(figures([], 2, 0, 3)["delay p99 (s)"])


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
@pytest.mark.parametrize("way", ["tracker", "in turn"])
def test_collecting_keeps_slots_of_every_market(way):
    found = collecting.measure(way, 2, 1)
    assert found["slots due"] == 2
    assert 0 < found["kept (%)"] <= 100
    assert 0 < found["delay p50 (s)"] <= found["delay p99 (s)"]
    assert found["CPU"] >= 0
    assert found["memory (MB)"] > 1


def test_the_verdict_on_collecting_says_ratios():
    figure = {"kept (%)": 100.0, "CPU per slot (ms)": 1.0, "CPU": 0.2, "memory (MB)": 140.0}
    old = {"kept (%)": 10.0, "CPU per slot (ms)": 2.0, "CPU": 0.1, "memory (MB)": 70.0}
    rows = [{"way": collecting.OURS, "markets": 5, **figure}, {"way": collecting.OLD, "markets": 5, **old}]
    said = collecting.verdict(rows, 5)
    assert "10 times as many slots" in said
    assert "0.5 times the CPU per slot kept, 2 times the CPU in all and 2 times the memory" in said


def test_every_way_to_read_finds_the_same_rows(tmp_path):
    ticks = prices(MARKETS[:2], 4000)
    store_of(tmp_path, ticks).close()
    there = {str(market): files(tmp_path, market) for market in ticks}
    assert [len(paths) for paths in there.values()] == [2, 2]
    for name, read in readers().items():
        if name != RAW:
            assert read(there) == (8000, pytest.approx(sum(float(each.price.sum()) for each in ticks.values()))), name


@pytest.mark.parametrize("granularity", ["hour", "minute"])
def test_reading_has_a_ratio_for_each_way(granularity):
    rows = reading.measure(granularity, 0.1, 1)
    assert [row["way"] for row in rows] == [reading.OURS, *readers()]
    assert all(row["ms"] > 0 and row["rows/s"] > 0 for row in rows)
    ratios = {row["way"]: row["time / raw bytes"] for row in rows}
    assert ratios[RAW] == 1.0


def test_the_verdict_on_reading_says_who_is_faster():
    times = {reading.OURS: 100.0, RAW: 1.0, "quick": 50.0, "like": 105.0, "slow": 300.0}
    said = reading._verdict([{"way": way, "ms": time} for way, time in times.items()])
    assert "slower than quick (2 times); as fast, within 10%, as like; and faster than slow (3 times)." in said


def test_following_has_its_figures():
    found = reading.follow("hour", 0.1, 3)
    assert 0 < found["p50"] <= found["p99"]
    assert found["again"] > 0


def test_a_way_that_finds_other_rows_is_no_result():
    with pytest.raises(RuntimeError, match="found 3 rows of 4"):
        reading._check("some way", (3, 1.0), (4, 1.0))


def test_appending_has_each_way_beside_the_shipped_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = appending.compare(2, 0.05, rounds=1)
    assert [row["way"] for row in rows] == [appending.SHIPPED, appending.NEVER, appending.ALWAYS]
    assert rows[0]["rate / as shipped"] == 1.0
    assert all(row["rows/s"] > 0 and row["appends"] > 0 for row in rows)
    assert all(row["p50 (ms)"] <= row["p99 (ms)"] for row in rows)
    assert list(tmp_path.iterdir()) == []


def test_a_client_of_the_benchmarks_reads_what_it_is_sent_and_leaves_quietly(caplog):
    """Else the server's words pile up, its pings are not answered, and the client's threads end with tracebacks."""
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
