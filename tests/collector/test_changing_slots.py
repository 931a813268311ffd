"""Collector: whatever changes while it runs, each slot of a configured market has one row."""

from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.changing_world import MARKETS, ChangingWorld
from tests.support.collector_world import START
from tracker.collector.schedule import Feed

S = 1_000  # ms


class Stretch(NamedTuple):
    """A time in which one market has one cadence, in s since the start."""

    begin: float
    end: float
    cadence: int  # s

    def slot(self, at):
        """The slot at *at*."""
        return (START + at) // self.cadence * self.cadence - START


def grid(stretch, until):
    """The slots of *stretch* that begin before *until*."""
    first = stretch.slot(stretch.begin)
    slots = []
    while first < min(stretch.end, until):
        if first >= stretch.begin:
            slots.append(first)
        first += stretch.cadence
    return slots


def expected_stretches(changes):
    """The stretches of each market if *changes* are [(time, {market: cadence})]: a plain model of what is promised."""
    stretches = {market: [] for market in MARKETS}
    for at, cadences in changes:
        for market, open_ones in stretches.items():
            cadence = cadences.get(market)
            while open_ones and open_ones[-1].begin > at:  # it had not begun
                open_ones.pop()
            last = open_ones[-1] if open_ones else None
            is_collected = last is not None and last.end > at
            if is_collected:
                last = open_ones[-1] = last._replace(end=float("inf"))
            if cadence is None:
                if is_collected:
                    open_ones[-1] = last._replace(end=at)
            elif not is_collected:
                open_ones.append(Stretch(at, float("inf"), cadence))
            elif last.cadence != cadence:
                switch = ((START + at) // cadence + 1) * cadence - START
                open_ones[-1] = last._replace(end=switch)
                open_ones.append(Stretch(switch, float("inf"), cadence))
    return stretches


cadences = st.dictionaries(st.sampled_from(MARKETS), st.sampled_from([1, 2, 3, 5]), min_size=1)
waits = st.integers(1, 60).map(lambda tenths: tenths / 10)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(waits, cadences, st.booleans()), min_size=1, max_size=8),
    st.sampled_from([1, 2, 50]),
    st.sampled_from([0.0, 0.3]),
)
def test_every_slot_of_a_configured_market_has_one_row_whatever_changes(changes, batch, takes):
    start = dict.fromkeys(MARKETS[:2], 2)
    feeds = [Feed(market, cadence * S) for market, cadence in start.items()]
    world = ChangingWorld(feeds, takes=takes)
    world.exchange.MAX_BATCH = batch
    steps, now, history = [1.05], 1.05, [(-60.0, start)]

    def change(cadences, is_elsewhere):
        def act():
            world.urls["fake"] = "http://mirror" if is_elsewhere else "http://fake"
            world.change(*[Feed(market, cadence * S) for market, cadence in cadences.items()])

        return act

    for wait, cadences, is_elsewhere in changes:
        now += wait
        steps += [wait, change(cadences, is_elsewhere)]
        history.append((now, cadences))
    end = now + 6.03
    world.play(*steps, 6.03)
    for market, stretches in expected_stretches(history).items():
        rows = {
            int(ticks.time[0]) / S - START: int(ticks.interval[0]) // S
            for owner, ticks in world.store.rows
            if owner == market
        }
        slots = world.slots(market)
        assert len(slots) == len(set(slots)), "a slot has a second row"
        promised = {slot: stretch.cadence for stretch in stretches for slot in grid(stretch, end)}
        # The answer to a request from before a market was taken out may come when it is collected again.
        possible = {stretch.slot(stretch.begin): stretch.cadence for stretch in stretches} | promised
        answered_by = {slot: min(stretch.end, end) for stretch in stretches for slot in grid(stretch, end)}
        # At a new address the list of pairs comes first.
        due = {slot for slot in promised if slot >= 0 and slot + 2 * takes <= answered_by[slot]}
        assert due <= set(slots), "a slot has no row"
        assert {slot: cadence for slot, cadence in rows.items() if slot >= 0}.items() <= possible.items()
