"""Rules made of the settings: what becomes of each key, and what is refused."""

import pytest

from tests.support.config import write_config
from tracker.alerts.rules.parsing import parse
from tracker.alerts.rules.quiet_hours import QuietHours
from tracker.alerts.rules.rearming import read_rearm
from tracker.alerts.rules.rule import Rule, make_rules
from tracker.alerts.rules.rule_error import InvalidRule
from tracker.core.errors import ConfigError
from tracker.core.market import Market
from tracker.runtime.settings import read_settings

HEAD = '[channels]\nops = "env:OPS_URL"\n[[rules]]\nname = "high"\nmarket = "kraken:BTC/E*"\n'


def made_of(folder, text):
    write_config(folder, HEAD + text)
    return make_rules(read_settings(folder))


def test_a_rule_has_what_its_table_states(tmp_path):
    text = (
        'when = "PRICE > 70000"\nrearm = 69000\nfor = "30s"\ncooldown = "1h"\nexpires = "1970-01-01T00:01Z"\n'
        'once = true\nquiet = "22:00-07:00"\nzone = "Europe/Berlin"\nseverity = "info"\nnotify = ["ops"]\n'
    )
    expression = parse("price > 70000")
    expected = Rule(
        name="high",
        markets=(Market("kraken", "BTC", "EUR"),),
        expression=expression,
        rearm=read_rearm("69000", expression),
        hold=30_000,
        cooldown=3_600_000,
        expires=60_000,
        once=True,
        quiet=QuietHours.parse("22:00-07:00", "Europe/Berlin"),
        severity="info",
        channels=("ops",),
    )
    assert made_of(tmp_path, text) == (expected,)
    assert expected.condition == "price > 70000"
    assert [expected.has_expired(at) for at in (59_999, 60_000)] == [False, True]


def test_a_rule_without_options_gets_its_rearm_condition_from_its_own(tmp_path):
    [rule] = made_of(tmp_path, 'when = "price > 70000"')
    assert rule.rearm == read_rearm(None, rule.expression)
    assert (rule.quiet, rule.expires, rule.channels) == (None, None, ())
    assert not rule.has_expired(10**15)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('when = "price > 70.000"', "rule 'high': when: at '70.000' (column 9): 70.000 could mean "),
        ('when = "price > 70000"\nrearm = "69.000"', "rule 'high': rearm: at '69.000' (column 1): 69.000 could mean "),
        ('when = "price > 70000"\nrearm = 71000', "rule 'high': rearm: at 71000 the rule price > 70000 still holds"),
        (
            'when = "price > 7"\nquiet = "22-7"\nzone = "UTC"',
            "rule 'high': quiet: '22-7' is not a range of clock times",
        ),
        ('when = "price > 7"\nquiet = "22:00-07:00"\nzone = "UTX"', "rule 'high': zone: no time zone 'UTX'; "),
        ('when = "price > 7"\nzone = "Nowhere"', "rule 'high': zone: no time zone 'Nowhere'; "),
        (
            'when = "crosses(price, 70000)"\nfor = "30s"',
            "rule 'high': for: crosses(price, 70000) holds at single rows, for no time; leave for out",
        ),
    ],
)
def test_a_rule_that_cannot_be_read_is_refused_with_its_file_and_key(tmp_path, text, message):
    with pytest.raises(ConfigError) as error:
        made_of(tmp_path, text)
    assert str(error.value).startswith(f"{tmp_path / 'tracker.toml'}: {message}")


@pytest.mark.parametrize("place", ["rearm = '5 {}'", "quiet = '{}'", "zone = '{}'"])
def test_an_address_that_was_typed_at_a_wrong_place_is_not_repeated(tmp_path, place):
    others = "when = 'price > 7'\n" + ("" if place.startswith("zone") else "zone = 'UTC'\n")
    with pytest.raises(InvalidRule) as error:
        made_of(tmp_path, others + place.format("mailto://me:SECRET@example.org"))
    assert error.value.problem == "an address stands here; those of channels stand below [channels]"


MARKETS = "markets = ['kraken:BTC/USD', 'kraken:BTC/EUR', 'coinbase:BTC/USD']\n"
RULE = '[[rules]]\nname = "high"\nmarket = "{}"\nwhen = "{}"\n'


@pytest.mark.parametrize("when", ["price > 70000", "crosses(low(1h), 500)", "change(1h) > 2% and not std(1h) < 500"])
def test_a_number_in_the_quote_currency_is_asked_about_where_there_are_several(tmp_path, when):
    path = write_config(tmp_path, MARKETS + RULE.format("*", when))
    with pytest.raises(ConfigError) as error:
        make_rules(read_settings(tmp_path))
    assert str(error.value) == (
        f"{path}: rule 'high': market: {when} counts in the quote currency, which here is USD or EUR; which? type e.g. "
        'market = ["kraken:BTC/USD", "coinbase:BTC/USD"], and another rule for each of the others'
    )


@pytest.mark.parametrize(
    ("markets", "when"),
    [("*:BTC/USD", "price > 70000"), ("*", "change(1h) > 2%"), ("*", "rank(24h) == 1 or implied(EUR/USD) > 1.2")],
)
def test_a_rule_may_be_about_several_markets_whose_numbers_mean_the_same(tmp_path, markets, when):
    write_config(tmp_path, MARKETS + RULE.format(markets, when))
    [rule] = make_rules(read_settings(tmp_path))
    assert len(rule.markets) > 1
