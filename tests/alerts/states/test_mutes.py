"""Mutes: rules are watched as ever, and send nothing for a while."""

from tests.support.alert_database import opened, raw
from tests.support.alert_world import EUR, START, TWIN, rule
from tracker.alerts.channels.outcome import Outcome
from tracker.alerts.database.database import open_database
from tracker.alerts.states.mutes import Mute, MuteRequests
from tracker.core.durations import HOUR, MINUTE


def mute(world, until, name="high", market=None):
    """Request a mute, as a page does, and let it count."""
    world.clock.time += 1_000
    MuteRequests(world.coordination).submit(name, market, until, world.clock.now())
    world.step()


def test_a_muted_rule_sends_what_still_holds_when_the_mute_ends(world):
    watched = world()
    watched.row(99)
    mute(watched, START + HOUR)
    assert watched.row(101) == []
    assert watched.states() == {"high": "firing"}
    assert watched.wait(HOUR - MINUTE) == []
    assert watched.wait(MINUTE) == ["fired high kraken:BTC/EUR"]


def test_what_began_and_ended_while_muted_is_not_sent(world):
    watched = world()
    watched.row(99)
    mute(watched, START + HOUR)
    watched.row(101, 99)
    assert watched.wait(2 * HOUR) == []


def test_the_end_of_a_firing_that_was_told_is_told_when_the_mute_ends(world):
    watched = world()
    watched.row(99, 101)
    mute(watched, START + HOUR)
    assert watched.row(99) == []
    assert watched.wait(HOUR) == ["resolved high kraken:BTC/EUR"]


def test_a_mute_that_is_ended_early_sends_at_once(world):
    watched = world()
    watched.row(99)
    mute(watched, START + HOUR)
    watched.row(101)
    mute(watched, None)
    assert watched.lines() == ["fired high kraken:BTC/EUR"]
    assert watched.term.status().mutes == ()


def test_a_mute_that_is_made_longer_holds_back_what_it_had(world):
    watched = world()
    watched.row(99)
    mute(watched, START + HOUR)
    watched.row(101)
    mute(watched, START + 2 * HOUR)
    assert watched.wait(2 * HOUR - 2 * MINUTE) == []
    assert watched.wait(2 * MINUTE) == ["fired high kraken:BTC/EUR"]


def test_what_ends_while_a_mute_that_was_made_longer_lasts_is_not_sent(world):
    watched = world()
    watched.row(99)
    mute(watched, START + HOUR)
    watched.row(101)
    mute(watched, START + 2 * HOUR)
    watched.row(99)
    assert watched.wait(3 * HOUR, MINUTE) == []


def test_a_mute_that_ends_within_quiet_hours_lasts_until_their_end(world):
    watched = world(rule(quiet="16:00-17:00", zone="UTC"))
    watched.row(99)
    mute(watched, START + HOUR + MINUTE)
    watched.row(101)
    assert watched.term.status().states[0].held_until == START + 2 * HOUR
    mute(watched, None)
    assert watched.lines() == ["fired high kraken:BTC/EUR"]


def test_quiet_hours_that_a_running_rule_is_given_count_from_then_on(world):
    watched = world()
    watched.row(99)
    watched.change(rule(quiet="15:00-16:00", zone="UTC"))
    assert watched.row(101) == []
    assert watched.wait(HOUR, MINUTE) == ["fired high kraken:BTC/EUR"]


QUIET = rule(quiet="14:00-16:00", zone="UTC")  # START is 15:00


def test_quiet_hours_that_are_removed_release_what_they_hold_back(world):
    watched = world(QUIET)
    assert watched.row(99, 101) == []
    watched.change(rule())
    assert watched.row(101) == ["fired high kraken:BTC/EUR"]
    assert watched.row(99) == ["resolved high kraken:BTC/EUR"]


def test_quiet_hours_that_nobody_watched_the_removal_of_release_what_they_hold_back(world):
    watched = world(QUIET)
    assert watched.row(99, 101) == []
    watched.close()
    watched.change(rule())
    assert watched.row(101) == ["fired high kraken:BTC/EUR"]


def test_what_ends_within_quiet_hours_that_were_made_longer_is_not_sent(world):
    watched = world(QUIET)
    watched.row(99, 101)
    watched.change(QUIET | {"quiet": "14:00-18:00"})
    assert watched.wait(2 * HOUR) == []
    assert watched.row(99) == []
    assert watched.wait(2 * HOUR) == []


OTHER = rule("other", "price > 1000")


def test_what_is_held_back_of_a_rule_that_is_deleted_is_not_sent(world):
    watched = world(QUIET, OTHER)
    assert watched.row(99, 101) == []
    watched.change(OTHER)
    assert watched.row(101) == []
    assert watched.wait(2 * HOUR) == []


def test_what_a_mute_holds_back_of_a_rule_that_is_deleted_is_not_sent(world):
    watched = world(rule(), OTHER)
    watched.row(99)
    mute(watched, START + HOUR)
    watched.row(101)
    watched.change(OTHER)
    assert watched.wait(2 * HOUR) == []


def test_the_end_of_a_muted_rule_that_is_deleted_is_told_at_once(world):
    watched = world(rule(), OTHER)
    watched.row(99, 101)
    mute(watched, START + 100 * HOUR)
    watched.change(OTHER)
    assert watched.row(101) == ["deleted high kraken:BTC/EUR"]


def test_a_mute_that_has_ended_is_not_shown(world):
    watched = world()
    mute(watched, START + MINUTE)
    assert watched.term.status().mutes
    watched.wait(MINUTE)
    assert watched.term.status().mutes == ()


def test_a_mute_of_one_market_leaves_the_others(world):
    watched = world(markets=(EUR, TWIN))
    mute(watched, START + HOUR, market=TWIN)
    for price in (99, 101):
        watched.clock.time += 10_000
        watched.store_row(price)
        watched.store_row(price, TWIN)
        watched.step()
    assert watched.lines() == ["fired high kraken:BTC/EUR"]
    assert watched.term.status().mutes == (Mute("high", TWIN, START + HOUR),)


def test_what_failed_before_the_mute_is_not_tried_again_before_its_end(world):
    watched = world()
    watched.channels.answer = lambda name: Outcome(False, "refused")
    watched.row(101)
    watched.channels.answer = lambda name: Outcome(True, "")
    mute(watched, START + HOUR)
    assert watched.wait(HOUR - MINUTE) == []
    assert len(watched.wait(MINUTE)) == 1


def test_mutes_outlive_the_process_and_ended_ones_are_forgotten(world):
    watched = world()
    mute(watched, START + HOUR)
    mute(watched, START + MINUTE, "other")
    watched.close()
    watched.begin()
    assert watched.row(101) == []
    assert {each.rule for each in watched.term.status().mutes} == {"high", "other"}
    watched.wait(2 * MINUTE)
    mute(watched, START + 2 * HOUR)
    reader = open_database(watched.folder)
    assert reader.mutes() == (Mute("high", None, START + 2 * HOUR),)
    reader.close()


def test_a_database_that_is_removed_gets_the_mutes_again(world):
    watched = world()
    mute(watched, START + HOUR)
    for file in watched.folder.iterdir():
        file.unlink()
    assert watched.row(101) == []
    watched.begin()
    assert watched.row(102) == []
    assert [each.rule for each in watched.term.status().mutes] == ["high"]


# As release 0.x wrote it before there were mutes; see schema.VERSION.
FORMAT_1 = (
    "CREATE TABLE alert_meta (key TEXT NOT NULL, value BIGINT NOT NULL, PRIMARY KEY (key))",
    "CREATE TABLE alert_states (rule TEXT NOT NULL, market TEXT NOT NULL, state TEXT NOT NULL, "
    "PRIMARY KEY (rule, market))",
    "CREATE TABLE alert_events (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, at BIGINT NOT NULL, rule TEXT NOT NULL, "
    "market TEXT NOT NULL, fired_at BIGINT NOT NULL, begins BOOLEAN NOT NULL, event TEXT NOT NULL, "
    "held_until BIGINT)",
    "CREATE TABLE alert_deliveries (event_id INTEGER NOT NULL, place INTEGER NOT NULL, channel TEXT NOT NULL, "
    "due_at BIGINT, attempts INTEGER NOT NULL, tried_at BIGINT, begun BOOLEAN NOT NULL, repeats BOOLEAN NOT NULL, "
    "sent_at BIGINT, PRIMARY KEY (event_id, place), "
    "FOREIGN KEY(event_id) REFERENCES alert_events (id) ON DELETE CASCADE)",
    "INSERT INTO alert_meta VALUES ('version', 1), ('token', 1)",
    """INSERT INTO alert_states VALUES ('high', 'kraken:BTC/EUR', '{"rule": "high", "market": "kraken:BTC/EUR",
    "condition": "price > 100", "channels": ["ops"], "time": 1795446000000, "phase": "firing",
    "since": 1795446000000, "fired_at": 1795446000000, "notified_at": 1795446000000, "was_false": true,
    "problem": null}')""",
)


def test_a_database_of_before_there_were_mutes_gets_them(world):
    watched = world()
    watched.folder.mkdir()
    raw(watched.folder, *FORMAT_1)
    assert opened(watched.folder, 2).mutes() == ()
    assert raw(watched.folder, "SELECT value FROM alert_meta WHERE key = 'version'") == [(2,)]
    watched.token = 2
    mute(watched, START + HOUR)
    assert watched.row(99) == []
    assert watched.wait(HOUR) == ["resolved high kraken:BTC/EUR"]


def test_the_tables_of_a_migrated_database_are_those_of_a_new_one(world, tmp_path):
    for name in ("new", "old"):
        (tmp_path / name).mkdir()
    raw(tmp_path / "old", *FORMAT_1)
    columns = []
    for name in ("new", "old"):
        opened(tmp_path / name, 2)
        tables = "SELECT m.name, c.name, c.type, c.[notnull], c.pk FROM sqlite_master m, pragma_table_info(m.name) c "
        columns.append(raw(tmp_path / name, f"{tables} WHERE m.type = 'table' ORDER BY m.name, c.cid"))
    assert columns[0] == columns[1]
