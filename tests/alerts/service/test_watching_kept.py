"""What is kept of states, and what happens while it cannot be, or rows cannot be read."""

import os
from dataclasses import replace

import pytest

from tests.support.alert_world import EVERY, START, rule
from tracker.alerts.database.database import open_database
from tracker.alerts.readings import market_readings as readings
from tracker.alerts.readings.followed_span import FollowedSpan
from tracker.alerts.states.mutes import MuteRequests
from tracker.core.durations import DAY, HOUR
from tracker.core.errors import ConfigError, StoreError
from tracker.runtime.settings import Settings


def test_while_nothing_can_be_kept_nothing_is_sent_and_afterwards_nothing_is_missing(world, monkeypatch):
    watched = world()
    watched.row(99)

    def full(*_, **__):
        raise StoreError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr("tracker.alerts.database.database.AlertDatabase.commit", full)
        assert watched.row(101, 99, 101) == []
        assert watched.term.status().problem == "the disk is full"
    assert watched.row(102) == [f"{kind} high kraken:BTC/EUR" for kind in ("fired", "fired", "resolved")]
    assert watched.term.status().problem == ""


def test_a_store_that_cannot_be_read_for_a_while_loses_no_row(world, monkeypatch):
    watched = world()
    watched.row(99)

    def broken(*_):
        raise StoreError("the disk is broken")

    with monkeypatch.context() as patch:
        patch.setattr(watched.store, "poll", broken)
        watched.row(101)
    with monkeypatch.context() as patch:
        patch.setattr("tracker.alerts.service.watching.MarketReadings.readings", broken)
        watched.row(102)
        assert watched.term.status().problem == "the disk is broken"
    assert watched.lines() == []
    watched.step()
    assert watched.lines() == ["fired high kraken:BTC/EUR"]


def test_each_row_is_read_once(world, monkeypatch):
    watched = world()
    watched.row(99)
    cursors, poll = [], watched.store.poll
    monkeypatch.setattr(watched.store, "poll", lambda cursor: cursors.append(cursor) or poll(cursor))
    watched.row(98, 97)
    watched.step()
    assert cursors == [1, 2, 3]


@pytest.mark.parametrize(("joined", "before"), [("", []), (" or coverage(24h) > 99%", [5_000])])
def test_the_numbers_of_a_row_are_computed_once_for_all_rules(world, monkeypatch, joined, before):
    conditions = ("std(24h) > 5", "std(24h) > 6", "mean(24h) > 500", "mean(24h) < 5", "relative_std(24h) > 50%")
    watched = world(*(rule(each, each + joined) for each in conditions), rule("rows", "std(24h) > 7"))
    watched.row(99, 98)
    aggregates, values = [], []
    aggregate, value = FollowedSpan._aggregate, readings.value_of
    monkeypatch.setattr(FollowedSpan, "_aggregate", lambda *args: aggregates.append(args[1]) or aggregate(*args))
    monkeypatch.setattr(readings, "value_of", lambda *args: values.append(args[0]) or value(*args))
    watched.row(97)
    assert aggregates == [watched.clock.time - early for early in (*before, 0)]  # the clock looks between two rows
    assert sorted(values) == sorted(["mean", "relative_standard_deviation", "standard_deviation"] * len(aggregates))


def test_a_database_that_is_removed_is_made_anew_with_the_states(world):
    watched = world()
    watched.row(99, 101)
    for file in watched.folder.iterdir():
        file.unlink()
    assert watched.row(102) == []
    watched.begin()
    assert watched.row(99) == ["resolved high kraken:BTC/EUR"]
    assert [state.phase.value for state in open_database(watched.folder).load_states()] == ["armed"]


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps a folder in which a file is open")
def test_a_state_folder_that_is_no_folder_meanwhile_is_reported_and_nothing_is_lost(world):
    watched = world()
    watched.row(99)
    moved = watched.folder.rename(watched.folder.with_name("moved"))
    watched.folder.write_text("")
    assert watched.row(101) == []
    assert "Not a directory" in watched.term.status().problem
    watched.folder.unlink()
    moved.rename(watched.folder)
    assert watched.wait(EVERY) == ["fired high kraken:BTC/EUR"]
    assert watched.term.status().problem == ""


def test_a_term_that_cannot_begin_leaves_no_file_open(world):
    def fail(_):
        raise ConfigError("apprise is missing")

    watched = world()
    watched.dependencies = replace(watched.dependencies, open_channels=fail)
    with pytest.raises(ConfigError):
        watched.begin()
    assert [file.name for file in watched.folder.iterdir()] == [".alerts.db"], "no log beside it"


def test_how_far_rules_were_evaluated_is_kept_now_and_then_and_at_the_end(world):
    watched = world()
    watched.row(99)
    reader = open_database(watched.folder)

    def kept():
        [state] = reader.load_states()
        return (state.time - START) // EVERY

    assert kept() == 1  # it was never seen not to hold before
    watched.row(98)
    assert kept() == 2
    watched.row(97)
    assert kept() == 2
    watched.row(96, 95)
    assert kept() == 4
    watched.close()
    assert kept() == 5
    reader.close()


def test_old_firings_are_removed_once_a_day_if_the_clock_is_right(world):
    watched = world()
    watched.row(99, 101, 99)
    watched.clock.time += Settings().firings_kept + DAY
    watched.step()
    reader = open_database(watched.folder)
    assert len(reader.history(0)) == 2
    watched.row(99)
    assert reader.history(0) == ()
    reader.close()


def test_while_mutes_cannot_be_read_nothing_is_watched_or_sent(world, monkeypatch):
    watched = world(rule(), rule("higher", "price > 100.5"))
    watched.row(99)
    MuteRequests(watched.coordination).submit("high", None, START + HOUR, START)
    watched.wait(EVERY)
    watched.close()

    def locked(*_):
        raise StoreError("the database is locked")

    with monkeypatch.context() as patch:
        patch.setattr("tracker.alerts.database.database.AlertDatabase.mutes", locked)
        watched.begin()
        assert watched.row(101) == []
        assert watched.term.status().problem == "the database is locked"
    assert watched.wait(EVERY) == ["fired higher kraken:BTC/EUR"]


def test_a_database_that_is_removed_and_cannot_keep_mutes_at_first_is_used_all_the_same(world, monkeypatch):
    watched = world()
    watched.row(99)
    for file in list(watched.folder.iterdir()):
        file.rename(file.with_name(f"{file.name}.moved"))

    def full(*_, **__):
        raise StoreError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr("tracker.alerts.database.database.AlertDatabase.replace_mutes", full)
        watched.row(99)
        assert watched.term.status().problem == "the disk is full"
    assert watched.row(101) == ["fired high kraken:BTC/EUR"]
    assert watched.term.status().problem == ""
