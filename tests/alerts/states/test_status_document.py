"""The document in which the process that watches publishes where rules and channels stand."""

import json
import math
import subprocess
import sys
import time

import pytest

from tests.support.memory_coordination import MemoryCoordination
from tracker.alerts.readings.verdict import CannotTell, Reason
from tracker.alerts.rules.expression import Measure
from tracker.alerts.states.alert_status import AlertStatus, ChannelState, MarketRule, RuleCounts
from tracker.alerts.states.events import Number
from tracker.alerts.states.mutes import Mute
from tracker.alerts.states.phase import Phase
from tracker.alerts.states.status_document import DOCUMENT, JOB, decode, encode, publish, published
from tracker.core.coordination_contract import LARGEST_DOCUMENT
from tracker.core.market import Market

EUR = Market("kraken", "BTC", "EUR")
NOW = 1_795_446_000_000
PRICE, AGE, RATE = Measure("last_price"), Measure("age"), Measure("implied", None, ("EUR", "USD"))
MEAN = Measure("mean", 3_600_000)


def state(rule="high", market=EUR, **more):
    numbers = (Number(PRICE, 101.5, None), Number(MEAN, 99.0, 0.75), Number(AGE, math.inf, None))
    return MarketRule(rule, market, Phase.FIRING, NOW, since=NOW - 1, fired_at=NOW, numbers=numbers, **more)


FULL = AlertStatus(
    watcher="collect (pid 7)",
    problem="the disk is full",
    rules=(RuleCounts("high", "price > 100", {Phase.FIRING: 1, Phase.ARMED: 3}, 1), RuleCounts("Ü „“", "x", {})),
    states=(
        state(problem=CannotTell(Reason.THIN_COVERAGE, MEAN, 0.75, NOW - 5), held_until=NOW + 5, is_ahead=True),
        state("Ü „“", problem=CannotTell(Reason.NO_PAIR, RATE)),
    ),
    left_out=4,
    channels=(ChannelState("ops", True, 3, "no such user", NOW, 2, NOW + 1, NOW), ChannelState("old", False, 1)),
    mutes=(Mute("high", None, NOW), Mute("high", EUR, NOW + 1)),
)


def test_what_is_published_is_read_as_it_was():
    assert decode(encode(FULL, NOW)) == (FULL, NOW)
    assert decode(encode(AlertStatus(), NOW)) == (AlertStatus(), NOW)


def test_a_number_that_does_not_exist_is_read_as_that():
    [[read], _] = decode(encode(AlertStatus(states=(state(),)), NOW))[0].states, None
    assert read.numbers[2].value == math.inf
    missing = MarketRule("high", EUR, Phase.ARMED, NOW, numbers=(Number(PRICE, math.nan, None),))
    assert math.isnan(decode(encode(AlertStatus(states=(missing,)), NOW))[0].states[0].numbers[0].value)


@pytest.mark.parametrize(
    "data",
    [
        *(b"", b"[]", b"{}", b'{"format": 2}', b"\xff", encode(FULL, NOW)[:-9], b'{"format":1,"rules":[[]]}'),
        encode(AlertStatus(), 5).replace(b'"at":5', b'"at":1e999'),
    ],
)
def test_what_is_torn_or_of_another_format_reads_as_absent(data):
    assert decode(data) is None


def test_a_thousand_rules_in_fifty_markets_fit_and_what_is_left_out_is_counted():
    markets = [Market("kraken", "BTC", f"Q{number:02}") for number in range(50)]
    names = [f"a rule with a rather long name, number {number}" for number in range(1000)]
    rules = tuple(RuleCounts(name, "price > 100 " * 30, dict.fromkeys(Phase, 12), 12) for name in names)
    states = tuple(state(name, market) for name in names for market in markets[:4])
    channels = tuple(ChannelState(f"c{number}", words="é" * 9000) for number in range(20))
    data = encode(AlertStatus(rules=rules, states=states, left_out=46_000, channels=channels), NOW)
    assert len(data) <= LARGEST_DOCUMENT
    read, _ = decode(data)
    assert [counts.rule for counts in read.rules] == names
    assert len(read.states) > 500
    assert read.states == states[: len(read.states)]
    assert read.left_out + len(read.states) == 50_000


def test_rules_that_have_no_room_are_left_out():
    rules = tuple(RuleCounts("é" * 100 + str(number), "", {}) for number in range(6000))
    data = encode(AlertStatus(rules=rules, states=(state("high"),)), NOW)
    assert len(data) <= LARGEST_DOCUMENT
    read, _ = decode(data)
    assert 1000 < len(read.rules) < 6000
    assert read.states[0].rule == "high"


def test_who_watches_is_who_holds_the_lease():
    shared = {}
    one, other = (MemoryCoordination(label, shared) for label in ("one", "other"))
    assert published(other, NOW) is None
    one.try_acquire(JOB)
    publish(FULL, one, NOW)
    assert (published(other, NOW).watcher, published(other, NOW).silent_for) == ("one", None)
    one.release(JOB)
    assert published(other, NOW + 60_000).watcher == ""
    assert published(other, NOW + 60_000).silent_for == 60


def test_the_document_begins_with_its_format_and_is_of_now():
    coordination = MemoryCoordination()
    publish(AlertStatus(), coordination, time.time_ns() // 1_000_000)
    assert next(iter(json.loads(coordination.read(DOCUMENT)))) == "format"
    assert published(coordination).silent_for is None


def test_reading_it_loads_neither_a_database_nor_the_language_of_rules():
    code = "import sys, tracker.alerts.states.status_document, tracker.alerts.states.mutes\n"
    code += "sys.exit(bool({'sqlalchemy', 'sqlite3', 'lark', 'apprise', 'resvg_py'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
