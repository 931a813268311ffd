"""
Readers poll at every step of a writer, which may fail or be killed at any: every row reaches every reader once.

After a bucket was edited, or the journal lost with entries that were not read yet, rows may repeat.
"""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.support.csv_files import CASES, EUR, HOUR, NOW, USD, reopened, rows_on_disk
from tests.support.observed_writer import ObservedWriter
from tracker.core.ticks import Ticks
from tracker.runtime import files
from tracker.stores.csv import store as csv_store
from tracker.stores.csv.journal import compact

STEPS = st.lists(
    st.one_of(
        st.tuples(
            st.just("append"),
            st.dictionaries(
                st.sampled_from([USD, EUR]),
                st.lists(st.integers(-3, 3), min_size=1, max_size=4),
                min_size=1,
                max_size=2,
            ),
        ),
        st.tuples(
            st.sampled_from(["killed", "failed"]), st.tuples(st.integers(1, 6), st.integers(0, 130), st.integers(-3, 3))
        ),
        st.tuples(st.just("restart"), st.sampled_from(["hour", "minute"])),
        st.tuples(st.just("reader"), st.none()),
        st.tuples(st.just("purge"), st.integers(-2, 4)),
        st.tuples(st.just("paused"), st.booleans()),
        st.tuples(st.just("journal gone"), st.booleans()),
        st.tuples(st.just("edited"), st.integers(0, 9)),
    ),
    max_size=8,
)


@settings(CASES, max_examples=30)
@pytest.mark.parametrize("granularity", ["hour", "minute"])
@given(steps=STEPS)
@example(steps=[("append", {USD: [-1, 0]}), ("paused", True), ("append", {USD: [-1]}), ("journal gone", False)])
@example(steps=[("append", {USD: [-1, 0]}), ("paused", True), ("append", {USD: [-1]}), ("edited", 0)])
def test_every_row_reaches_every_reader_once_wherever_the_writer_fails_or_dies(tmp_path_factory, granularity, steps):
    folder = tmp_path_factory.mktemp("observed") / "data"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files.os, "fsync", lambda handle: None)  # slow, and not part of this claim
        patch.setattr(csv_store, "compact", lambda folder: compact(folder, share=0))  # as often as possible
        observed = ObservedWriter(folder, patch, granularity)
        for kind, value in [("reader", None), *steps]:
            observed.step(kind, value)
    # One more append by a new writer completes what a killed one left.
    reopened(observed.writer).append({market: Ticks.of([NOW - 9 * HOUR], [0.5], 10) for market in (USD, EUR)})
    observed.poll()
    assert set(rows_on_disk(folder).values()) == {1}
    assert observed.reading_store.problems() == ()  # no poll started in the middle of a line
    for before, seen, _ in observed.readers:
        new = {row for row in rows_on_disk(folder) if row not in before}
        assert new <= set(seen) <= new | observed.purged | (set(before) if observed.may_repeat else set())
        assert observed.may_repeat or set(seen.values()) <= {1}
