"""Candles under writers that fail or are killed: no row is harmed, and what is missing is added later."""

import errno
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.csv_files import CASES, EUR, HOUR, NOW, USD, candle, candle_path, lows, reopened
from tests.support.observed_writer import ObservedWriter
from tracker.core.errors import StoreError
from tracker.core.ticks import Ticks
from tracker.runtime import files, line_file
from tracker.stores.csv.candle_files import HEADER


def test_a_row_whose_candle_a_killed_writer_did_not_write_gets_it_from_the_next_one(store, monkeypatch):
    real_append = line_file.LineFile.append

    class Killed(BaseException):
        pass

    def append(file, lines):
        if lines.startswith(HEADER):
            os.write(file._file.fileno(), lines[:-3])  # torn within the last price
            raise Killed
        real_append(file, lines)

    monkeypatch.setattr(line_file.LineFile, "append", append)
    with pytest.raises(Killed):
        store.append({USD: candle()})
    monkeypatch.undo()
    assert candle_path(store).read_bytes() == HEADER + b"1795446000,60,99.5,98.25,101"
    writer = reopened(store)
    assert lows(writer) == {0: None}
    assert writer.problems() == ()
    assert writer.add_candles(USD, candle()) == 1
    assert lows(writer) == {0: 98.25}
    assert candle_path(store).read_bytes() == HEADER + b"1795446000,60,99.5,98.25,101.0\n"
    assert not list(store.folder.rglob("*.torn"))


def test_what_is_no_torn_line_of_a_writer_is_kept_beside_the_candle_file(store):
    store.append({USD: candle()})
    with candle_path(store).open("a") as file:
        file.write("my own note")
    store.append({USD: candle(NOW + 1)})
    assert candle_path(store).with_name(candle_path(store).name + ".torn").read_text() == "my own note"
    assert lows(store) == {0: 98.25, 1: 98.25}


def test_a_candle_that_cannot_be_written_is_reported_and_its_row_is_kept(store, monkeypatch):
    real_append = line_file.LineFile.append

    def append(file, lines):
        if lines.startswith(HEADER):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real_append(file, lines)

    monkeypatch.setattr(line_file.LineFile, "append", append)
    with pytest.raises(StoreError, match="No space left on device"):
        store.append({USD: candle()})
    with pytest.raises(StoreError, match="No space left on device"):
        store.add_candles(USD, candle())
    monkeypatch.undo()
    assert lows(store) == {0: None}
    assert store.add_candles(USD, candle()) == 1


class CandleWriter(ObservedWriter):
    """An observed writer whose rows are candles, but for every third; its readers keep what they were sent."""

    candles = ()

    def poll(self):
        for reader in self.readers:
            batch, reader[1] = self.reading_store.poll(reader[1])
            for market, ticks in batch.items():
                reader[0][market] = Ticks.concat([reader[0].get(market, Ticks.none()), ticks]).in_order()

    def step(self, kind, value):
        if kind == "reader":
            _, cursor = self.reading_store.poll(None)
            self.readers.append(
                [{market: self.reading_store.read(market, 0, NOW * 2) for market in (USD, EUR)}, cursor]
            )
        else:
            super().step(kind, value)

    def append(self, hours_of):
        batch = {}
        for market, hours in hours_of.items():
            numbers = range(self.number, self.number + len(hours))
            self.number += len(hours)
            close = [number + 1.0 for number in numbers]
            low = [number + 0.5 if number % 3 else float("nan") for number in numbers]
            times = [NOW + hour * HOUR + number for hour, number in zip(hours, numbers, strict=True)]
            batch[market] = Ticks.of(times, close, 10, first=low, low=low, high=[price + 1 for price in low])
            self.candles = (*self.candles, (market, batch[market]))
        self.writer.append(batch)


def candles_by_time(ticks):
    """First, low and high as text, where nan equals nan."""
    return dict(zip(ticks.time.tolist(), map(str, zip(*ticks.candle_columns(), strict=True)), strict=True))


HOURS = st.lists(st.integers(-3, 3), min_size=1, max_size=4)
STEPS = st.lists(
    st.tuples(st.just("append"), st.dictionaries(st.sampled_from([USD, EUR]), HOURS, min_size=1))
    | st.tuples(
        st.sampled_from(["killed", "failed"]), st.tuples(st.integers(1, 9), st.integers(0, 130), st.integers(-3, 3))
    )
    | st.tuples(st.just("restart"), st.sampled_from(["hour", "minute"]))
    | st.tuples(st.just("reader"), st.none())
    | st.tuples(st.just("purge"), st.integers(-2, 4))
    | st.tuples(st.just("paused"), st.booleans()),
    max_size=8,
)


@settings(CASES, max_examples=30)
@given(steps=STEPS, is_healed=st.booleans())
def test_readers_have_every_candle_that_is_stored_wherever_the_writer_fails_or_dies(tmp_path_factory, steps, is_healed):
    folder = tmp_path_factory.mktemp("observed") / "data"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files.os, "fsync", lambda handle: None)  # slow, and not part of this claim
        observed = CandleWriter(folder, patch, "hour")
        for kind, value in [("reader", None), *steps]:
            observed.step(kind, value)
        # One more append by a new writer completes what a killed one left.
        observed.writer = reopened(observed.writer)
        observed.append({market: [-9, -9] for market in (USD, EUR)})
        if is_healed:
            for market, ticks in observed.candles:
                observed.writer.add_candles(market, ticks)
                assert observed.writer.add_candles(market, ticks) == 0
    observed.poll()
    for market in (USD, EUR):
        stored = observed.reading_store.read(market, 0, NOW * 2)
        for held, _ in observed.readers:
            kept = candles_by_time(held[market])
            assert all(kept[time] == values for time, values in candles_by_time(stored).items())
        if is_healed:
            assert stored.has_candle().tolist() == [price % 3 != 1 for price in stored.price.tolist()]
    assert observed.reading_store.problems() == ()
    lines = [line for path in folder.rglob("*.candles.csv") for line in path.read_bytes().splitlines()[1:]]
    assert len({line.rsplit(b",", 3)[0] for line in lines}) == len(lines), "a second line for a row"
