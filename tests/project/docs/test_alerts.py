"""The documentation of alerts, compared with the code: words, re-arming, states, addresses, messages."""

import re
from datetime import UTC, datetime

import pytest

from tests.support.channels import channels, message, sent
from tests.support.checkout import read
from tests.support.markdown import CODE, fenced, rows, section
from tests.support.receivers.http import receiving
from tests.support.receivers.services import SMS
from tracker.alerts.channels import apprise_library
from tracker.alerts.database.delivery import ATTEMPTS, FIRST_WAIT, Delivery
from tracker.alerts.messages.messages import make_message
from tracker.alerts.rules.expression import Measure, measures_of
from tracker.alerts.rules.grammar import GRAMMAR
from tracker.alerts.rules.parsing import parse
from tracker.alerts.rules.rearming import rearm_condition
from tracker.alerts.rules.rule import make_rules
from tracker.alerts.rules.vocabulary import BY_NAME, JOINERS, OPERATORS, WORDS
from tracker.alerts.states.events import Event, EventKind, Number
from tracker.alerts.states.phase import Phase
from tracker.core.market import Market
from tracker.runtime.settings import Settings

pytestmark = pytest.mark.checkout

PAGE = "docs/alerts.md"
LANGUAGE = rows(section(PAGE, "## The language of rules"))
ADDRESSES = {row[0]: (*CODE.findall(row[1]), row[2]) for row in rows(section(PAGE, "## Channels"))}
NOW = round(datetime(2026, 11, 29, 22, 21, 21, tzinfo=UTC).timestamp() * 1000)


def test_the_table_of_the_language_has_every_word_with_its_other_names():
    expected = [
        [f"`{word.pattern}`", {word.name, *word.short_forms} - {word.written}, word.example, word.sentence]
        for word in WORDS.values()
    ] + [[f"`{joiner.name}`", set(), joiner.example, joiner.sentence] for joiner in JOINERS.values()]
    described = [[word, {*CODE.findall(also)}, *CODE.findall(example), text] for word, also, example, text in LANGUAGE]
    assert described == expected


def test_every_word_of_the_grammar_is_in_the_table_and_every_example_uses_it():
    names = {re.sub(r"(?<=.)\(.*", "", name) for row in LANGUAGE for cell in row[:2] for name in CODE.findall(cell)}
    assert names == {*BY_NAME, *JOINERS}
    assert {*re.findall(r": /(\w+)\\b/i", GRAMMAR), *OPERATORS} <= names
    for word, _, example, _ in LANGUAGE:
        name = re.sub(r"(?<=.)\(.*", "", CODE.findall(word)[0])
        expression = parse(CODE.findall(example)[0])
        used = {measure.name for measure in measures_of(expression)}
        assert BY_NAME[name].name in used if name in BY_NAME else all(sign in example for sign in name.strip())


def test_rules_re_arm_as_the_table_says():
    examples = [[*CODE.findall(row[2]), *CODE.findall(row[3])] for row in rows(section(PAGE, "## States"))[-6:]]
    assert [rearm_condition(parse(rule)) for rule, _ in examples] == [parse(ends) for _, ends in examples]
    assert {rule.partition("(")[0].split()[0] for rule, _ in examples} >= {"price", "change", "coverage", "crosses"}


def test_every_state_is_described_here_and_with_the_page():
    words = {phase.value for phase in Phase} | {"cannot tell", "muted", "expired"}
    described = {row[0] for row in rows(section(PAGE, "## States"))[:-6]}
    assert described == words
    assert {row[0] for row in rows(section("docs/using-the-page.md", "## Alerts"))} == words


@pytest.mark.parametrize("channel", [name for name in ADDRESSES if name != "desktop"])  # which not every machine has
def test_apprise_reads_the_example_of_each_address(channel):
    address, takes_pictures = ADDRESSES[channel]
    assert apprise_library.make_plugin(address, message(), 1, 1) is not None
    assert channels(ops=address).takes_pictures("ops") is (takes_pictures == "yes")


def test_the_addresses_of_the_first_steps_are_read():
    exported = re.findall(r"export \w+='(.*)'", read(PAGE))
    assert [apprise_library.find_scheme(address) for address in exported] == ["mailtos", "twilio"]
    assert all(apprise_library.make_plugin(address, message(), 1, 1) for address in exported)


def test_retries_and_the_time_that_firings_are_kept_are_those_of_the_code():
    minutes = FIRST_WAIT * (2 ** (ATTEMPTS - 1) - 1) // 60_000
    text = read(PAGE)
    assert f"after {['', 'one', 'two', 'three', 'four'][ATTEMPTS]} attempts within {minutes} minutes" in text
    assert f"kept for {Settings().firings_kept // 86_400_000} days" in text


def first_message(rule: str, quote: str, price: float):
    """Return what a channel is told when *rule*, one of the first steps, holds already when it is made."""
    settings = Settings(rules=[{"name": rule, "market": f"kraken:BTC/{quote}", "when": "price > 100000"}])
    market, number = Market("kraken", "BTC", quote), Number(Measure("last_price"), price, None)
    event = Event(EventKind.ALREADY_TRUE, rule, market, NOW, NOW, NOW, ("ops",), (number,))
    rules = {each.name: each for each in make_rules(settings)}
    return make_message([Delivery(1, 0, "ops", event, 1, False, None)], rules, NOW, UTC, hour_coverage=0.98)


def test_the_first_mail_and_the_first_sms_are_what_is_sent():
    blocks = fenced(section(PAGE, "## The first mail and SMS"), "")
    mail = first_message("high", "USD", 126_078)
    lines = [line.replace("\N{NARROW NO-BREAK SPACE}", " ") for line in mail.lines]
    assert "\n".join([f"Subject: {mail.title}", "", *lines, ""]) in blocks
    sms = first_message("eur", "EUR", 120_359)
    with receiving(SMS.good) as receiver:
        assert sent(SMS, receiver, title=sms.title, lines=sms.lines).arrived
    assert receiver.received[0].form["Body"].replace("\r", "") + "\n" in blocks
