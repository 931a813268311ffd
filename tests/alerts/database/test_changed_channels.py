"""Channels that were renamed, removed or given another address: what is still to be told is told, once."""

from tests.support.alert_database import MINUTE as LATER
from tests.support.alert_database import NOW, begun, deliver, fired, opened, resolved, waiting
from tests.support.alert_world import rule
from tests.support.rule_rows import MARKET
from tracker.alerts.channels.outcome import Outcome
from tracker.core.durations import DAY, HOUR, MINUTE, SECOND

REFUSED = Outcome(False, "no such user")
MAIL = {"mail": "json://127.0.0.1/ops"}


def state_of(world, channel="ops"):
    return {state.channel: state for state in world.term.status().channels}[channel]


def test_the_end_of_a_firing_that_a_renamed_channel_was_told_of_goes_to_its_new_name(world):
    watched = world()
    watched.row(99, 101)
    watched.change(rule(notify=["mail"]), channels=MAIL)
    watched.row(99)
    assert watched.channels.received[1:] == [("mail", ("changed high kraken:BTC/EUR",))]
    assert watched.wait(2 * HOUR, HOUR) == []


def test_the_end_goes_to_the_new_name_rather_than_to_the_second_channel_which_knows_nothing_of_it(world):
    watched = world(rule(notify=["ops", "family"]))
    watched.row(99, 101)
    channels = MAIL | {"family": "json://127.0.0.1/family"}
    watched.change(rule(notify=["mail", "family"]), channels=channels)
    watched.row(99)
    assert watched.channels.received[1:] == [("mail", ("changed high kraken:BTC/EUR",))]


def test_an_end_that_waited_when_its_channel_was_renamed_comes_once(world):
    watched = world()
    watched.row(99, 101)
    watched.channels.answer = lambda name: REFUSED
    watched.row(99)
    watched.channels.answer = lambda name: Outcome(True, "")
    watched.change(rule(notify=["mail"]), channels=MAIL)
    watched.wait(SECOND, SECOND)
    assert watched.channels.received[1:] == [("mail", ("resolved high kraken:BTC/EUR",))]
    assert watched.wait(2 * HOUR, HOUR) == []


def test_a_firing_that_no_channel_was_told_of_goes_to_the_rules_new_channel_and_so_does_its_end(world):
    watched = world()
    watched.channels.answer = lambda name: REFUSED
    watched.row(99, 101, 99)
    watched.channels.answer = lambda name: Outcome(True, "")
    watched.close()
    watched.change(rule(notify=["mail"]), channels=MAIL)
    watched.wait(2 * SECOND, SECOND)
    assert watched.lines() == ["fired high kraken:BTC/EUR", "resolved high kraken:BTC/EUR"]
    assert {channel for channel, _ in watched.channels.received} == {"mail"}


def test_a_channel_that_is_still_there_is_told_of_the_end_though_the_rule_has_another_one_now(world):
    watched = world()
    watched.row(99, 101)
    watched.change(rule(notify=["family"]))
    watched.row(99)
    assert watched.channels.received[1:] == [("ops", ("changed high kraken:BTC/EUR",))]


def test_quiet_hours_of_the_rule_hold_back_what_goes_to_its_new_channel(world):
    watched = world()
    watched.row(99, 101)
    watched.change(rule(notify=["mail"], quiet="15:00-16:00", zone="UTC"), channels=MAIL)
    assert watched.row(99) == []
    assert watched.wait(HOUR, HOUR) == ["changed high kraken:BTC/EUR"]


def test_a_new_channel_that_fails_is_tried_again(world):
    watched = world()
    watched.row(99, 101)
    watched.channels.answer = lambda name: REFUSED
    watched.change(rule(notify=["mail"]), channels=MAIL)
    watched.row(99)
    assert (state_of(watched, "mail").words, state_of(watched, "mail").tries) == ("no such user", 1)
    watched.channels.answer = lambda name: Outcome(True, "")
    assert watched.wait(MINUTE, MINUTE) == ["changed high kraken:BTC/EUR"]


def test_what_the_new_channel_does_not_take_goes_to_the_rules_next_one_as_ever_and_so_does_its_end(world):
    watched = world()
    watched.channels.answer = lambda name: Outcome(name == "sms", "no such user")
    watched.row(99, 101)
    channels = MAIL | {"sms": "json://127.0.0.1/sms"}
    watched.change(rule("high", "price > 50", notify=["mail", "sms"]), channels=channels)
    watched.wait(SECOND, SECOND)
    began = watched.clock.time
    assert watched.wait(7 * MINUTE - SECOND, 10 * SECOND) == []
    assert watched.wait(30 * SECOND, SECOND) == ["fired high kraken:BTC/EUR", "changed high kraken:BTC/EUR"]
    assert {channel for channel, _ in watched.channels.received} == {"sms"}
    assert (state_of(watched, "mail").tries, state_of(watched, "mail").next_try) == (4, None)
    assert watched.clock.time - began < 8 * MINUTE
    assert watched.wait(3 * HOUR, HOUR) == []


def test_new_channels_that_do_not_take_it_are_tried_in_turn_each_after_an_hour(tmp_path):
    database = opened(tmp_path, 1, fired(channels=("ops",)))
    database.redirect([(delivery, "mail") for delivery in database.due(NOW)])
    following = {"mail": "sms", "sms": "mail"}
    for at, channel in ((0, "mail"), (0, "sms"), (HOUR, "mail"), (2 * HOUR, "sms"), (3 * HOUR, "mail")):
        assert [(each[1], each[3]) for each in waiting(database, NOW + at)] == [(channel, False)]
        assert waiting(database, NOW + at - 1) == [] or not at
        deliveries = begun(database, NOW + at)
        database.failed(deliveries, NOW + at, None, next_channel=lambda delivery: following[delivery.channel])


def test_what_a_new_channel_did_not_take_goes_back_to_the_old_one_that_is_there_again(world):
    watched = world()
    watched.row(99, 101)
    watched.channels.answer = lambda name: REFUSED
    watched.change(rule(notify=["mail"]), channels=MAIL)
    watched.row(99)
    watched.channels.answer = lambda name: Outcome(True, "")
    watched.change(rule(), channels={"ops": "json://127.0.0.1/ops"})
    assert watched.row(99) == ["changed high kraken:BTC/EUR"]
    assert [channel for channel, _ in watched.channels.received] == ["ops", "ops"]


def test_a_channel_that_is_given_another_address_is_tried_at_once(world):
    watched = world()
    watched.channels.answer = lambda name: REFUSED
    watched.row(99, 101)
    watched.wait(7 * MINUTE, MINUTE)
    watched.channels.answer = lambda name: Outcome(True, "")
    watched.change(rule(), rule("other"))
    assert watched.wait(SECOND, SECOND) == []
    watched.change(rule(), channels={"ops": "json://127.0.0.2/ops"})
    assert watched.wait(SECOND, SECOND) == ["fired high kraken:BTC/EUR"]


def test_a_channel_that_is_given_another_address_gets_nothing_before_the_quiet_hours_end(tmp_path):
    database = opened(tmp_path)
    database.commit((), [fired()], NOW, held={("high", MARKET): NOW + LATER})
    database.retry(["ops"])
    assert (waiting(database), len(waiting(database, NOW + LATER))) == ([], 1)


def told_in_two(folder):
    """Return a database with the end of a firing that one channel was told of, and perhaps another one."""
    database = opened(folder, 1, fired())
    database.failed(begun(database), NOW, None, may_have_arrived=True)
    deliver(database)
    database.commit((), [resolved(fired(), NOW + 1)], NOW + 1)
    return database


def test_an_end_for_two_channels_that_are_gone_goes_to_the_new_one_once(tmp_path):
    database = told_in_two(tmp_path)
    database.redirect([(delivery, "mail") for delivery in database.due(NOW + 1)])
    assert deliver(database) == [("resolved", "mail")]
    assert waiting(database, NOW + DAY) == []


def test_an_end_that_the_new_channel_has_got_already_does_not_come_again(tmp_path):
    database = told_in_two(tmp_path)
    first, second = database.due(NOW + 1)
    database.redirect([(first, "mail")])
    database.sent(database.begin([each for each in database.due(NOW) if each.channel == "mail"], NOW), NOW)
    database.redirect([(second, "mail")])
    assert waiting(database, NOW + DAY) == []


def test_what_failed_in_the_new_channel_under_one_old_name_is_tried_under_the_other(tmp_path):
    database = opened(tmp_path, 1, fired(channels=("ops", "family")))
    [delivery] = database.due(NOW)
    database.redirect([(delivery, "mail")])
    database.failed(begun(database), NOW, None, next_channel=lambda _: "family")
    [delivery] = database.due(NOW)
    assert delivery.channel == "family"
    database.redirect([(delivery, "mail")])
    assert waiting(database) == [("fired", "mail", 2, False)]


def test_what_is_being_sent_or_was_noted_meanwhile_stays_where_it_is(tmp_path):
    database = opened(tmp_path, 1, fired())
    [delivery] = database.due(NOW)
    deliveries = begun(database)
    database.redirect([(delivery, "mail")])
    database.failed(deliveries, NOW, NOW + LATER)
    database.redirect([(delivery, "mail")])
    assert waiting(database, NOW + LATER) == [("fired", "ops", 2, False)]


def test_leaving_a_channel_that_is_gone_is_no_attempt(tmp_path):
    database = opened(tmp_path, 1, fired())
    database.redirect([(delivery, "family") for delivery in database.due(NOW)])
    assert waiting(database) == [("fired", "family", 1, False)]
    assert [way.attempts for way in database.history(0)[0].dispatches] == [0, 0]


def test_what_waits_for_a_channel_that_is_gone_goes_to_another_of_the_rule(world):
    watched = world(rule(notify=["ops", "family"]))
    watched.channels.answer = lambda name: REFUSED
    watched.row(99, 101)
    watched.channels.answer = lambda name: Outcome(True, "")
    watched.settings = watched.settings.model_copy(update={"channels": {"family": "json://127.0.0.2"}})
    watched.begin()
    assert watched.wait(2 * MINUTE, MINUTE) == ["fired high kraken:BTC/EUR"]
    assert watched.channels.received[0][0] == "family"


def test_what_waits_for_a_channel_that_is_gone_stays_and_is_shown(world):
    watched = world()
    watched.channels.answer = lambda name: REFUSED
    watched.row(99, 101)
    watched.settings = watched.settings.model_copy(update={"channels": {"family": "json://127.0.0.2"}})
    watched.begin()
    watched.wait(10 * MINUTE, MINUTE)
    state = state_of(watched)
    assert (state.exists, state.waiting) == (False, 1)


def test_what_waits_for_a_channel_that_is_gone_is_given_up_after_a_week(world, caplog):
    watched = world(rule(notify=["family"]))
    watched.row(99, 101)
    watched.change(rule("other"), channels={"ops": "json://127.0.0.1/ops"})
    watched.row(101)
    watched.clock.time += 6 * DAY
    watched.row(101)
    assert state_of(watched, "family").waiting == 1
    watched.clock.time += DAY
    watched.row(101)
    assert "family" not in {state.channel for state in watched.term.status().channels}
    assert "1 message to channels that are gone was given up" in caplog.text
