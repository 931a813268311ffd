"""Rules in tracker.toml: what is read, and what is refused."""

import pytest

from tests.support.config import write_config
from tracker.core.errors import ConfigError
from tracker.core.market import Market
from tracker.runtime.rule_settings import matches_market
from tracker.runtime.settings import read_settings

RULE = '[[rules]]\nname = "EUR drops"\nmarket = "kraken:BTC/EUR"\nwhen = "change(10m) < -2%"\n'
CHANNELS = '[channels]\nops = "env:OPS_URL"\n'


def rule_of(folder, text):
    write_config(folder, text)
    [rule] = read_settings(folder).rules
    return rule


def test_a_rule_needs_a_name_a_market_and_a_condition_and_the_rest_has_defaults(tmp_path):
    rule = rule_of(tmp_path, RULE)
    assert (rule.name, rule.market, rule.when) == ("EUR drops", ("kraken:BTC/EUR",), "change(10m) < -2%")
    assert (rule.hold, rule.cooldown, rule.once, rule.severity, rule.notify) == (0, 0, False, "warning", ())
    assert [rule.rearm, rule.expires, rule.quiet, rule.zone] == [None] * 4


def test_every_key_of_a_rule_is_read(tmp_path):
    text = (
        'for = "30s"\ncooldown = "1h"\nrearm = "-1%"\nexpires = "2026-12-01T01:00+01:00"\nonce = true\n'
        'quiet = "22:00-07:00"\nzone = "Europe/Berlin"\nseverity = "critical"\nnotify = ["ops", "family"]\n'
    )
    rule = rule_of(tmp_path, f'{CHANNELS}family = "mailto://a:b@example.org"\n{RULE}{text}')
    assert (rule.hold, rule.cooldown, rule.rearm, rule.expires) == (30_000, 3_600_000, "-1%", 1_796_083_200_000)
    assert (rule.once, rule.quiet, rule.zone, rule.severity) == (True, "22:00-07:00", "Europe/Berlin", "critical")
    assert rule.notify == ("ops", "family")


@pytest.mark.parametrize(
    "expires", ['"2026-12-01T00:00Z"', '"2026-12-01"', "2026-12-01T00:00:00Z", "2026-12-01T00:00:00", "2026-12-01"]
)
def test_a_rule_expires_at_a_time_that_is_utc_if_it_names_no_zone(tmp_path, expires):
    assert rule_of(tmp_path, f"{RULE}expires = {expires}").expires == 1_796_083_200_000


def test_one_channel_and_a_level_without_decimals_need_no_brackets_and_no_quotes(tmp_path):
    rule = rule_of(tmp_path, f'{CHANNELS}{RULE}notify = "ops"\nrearm = 69500')
    assert (rule.notify, rule.rearm) == (("ops",), "69500")


@pytest.mark.parametrize(
    ("pattern", "quotes"),
    [
        ('"kraken:BTC/EUR"', ["EUR"]),
        ('"Kraken:xbt/eur"', ["EUR"]),
        ('["kraken:BTC/EUR", "kraken:BTC/USD"]', ["USD", "EUR"]),
        ('"kraken:BTC/*"', ["USD", "EUR", "GBP", "JPY", "CAD", "CHF", "AUD"]),
        ('"*"', ["USD", "EUR", "GBP", "JPY", "CAD", "CHF", "AUD"]),
        ('"kraken:xbt/?[uh]*"', ["EUR", "CHF", "AUD"]),
        ('["kraken:*/GBP", "kraken:BTC/?B?"]', ["GBP"]),
    ],
)
def test_a_rule_is_about_the_configured_markets_that_it_names_each_once_in_their_order(tmp_path, pattern, quotes):
    write_config(tmp_path, RULE.replace('"kraken:BTC/EUR"', pattern))
    settings = read_settings(tmp_path)
    assert [market.quote for market in settings.rules[0].markets(settings.market_list())] == quotes


def test_a_pattern_does_not_reach_beyond_its_market():
    assert not matches_market("kraken:BTC/EUR", Market("kraken", "BTC", "EURX"))
    assert not matches_market("kraken:BTC/*", Market("coinbase", "BTC", "EUR"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (RULE + 'fro = "30s"', "rule 'EUR drops': fro: unknown key 'fro'; did you mean 'for'?"),
        (RULE + 'hold = "30s"', "rule 'EUR drops': hold: unknown key 'hold'; there are cooldown, expires, for, market"),
        (RULE + "for = 30", "rule 'EUR drops': for: 30 is not a duration; expected a number and a unit, e.g. 10s"),
        (RULE + 'cooldown = "-1h"', "rule 'EUR drops': cooldown: '-1h' is not a duration"),
        (
            RULE + "rearm = 69.500",
            "rule 'EUR drops': rearm: a level with decimals has to be in quotes, as a rule has it, e.g. rear",
        ),
        (RULE + "rearm = true", "rule 'EUR drops': rearm: expected text; put it in quotes"),
        (
            RULE + 'expires = "soon"',
            "rule 'EUR drops': expires: time 'soon': expected a time such as 2018-04-05T09:00Z",
        ),
        (RULE + "expires = 1796083200000", "rule 'EUR drops': expires: time '1796083200000': expected a time such as"),
        (
            RULE + 'quiet = "22:00-07:00"',
            "rule 'EUR drops': quiet needs the time zone that is meant; type e.g. zone = \"Europe",
        ),
        (RULE + 'severity = "urgent"', "rule 'EUR drops': severity: expected 'info', 'warning' or 'critical'"),
        (RULE + 'once = "maybe"', "rule 'EUR drops': once: "),
        (
            RULE.replace('"EUR drops"', '" "'),
            "rule no. 1: name: expected a name of 1 to 100 characters on one line",
        ),
        (
            RULE.replace('"EUR drops"', r'"a\nb"'),
            "rule no. 1: name: expected a name of 1 to 100 characters on one line",
        ),
        (
            RULE.replace('"EUR drops"', f'"{"a" * 101}"'),
            "rule no. 1: name: expected a name of 1 to 100 characters",
        ),
        (RULE.replace('"EUR drops"', "5"), "rule no. 1: name: expected text; put it in quotes"),
        (
            RULE.replace('"change(10m) < -2%"', '""'),
            "rule 'EUR drops': when: expected a condition, e.g. when = \"change(10m)",
        ),
        ('[[rules]]\nname = "x"\nwhen = "price > 1"', "rule 'x': market is missing"),
        (RULE.replace("market =", "markt ="), "rule 'EUR drops': markt: unknown key 'markt'; did you mean 'market'?"),
        (
            RULE.replace("kraken:BTC/EUR", "binance:DOGE/BRL"),
            "'binance:DOGE/BRL' is not configured; add it to markets, where there are kraken:BTC/USD, kraken:BTC/EUR",
        ),
        (RULE.replace("BTC/EUR", "BTCEUR"), 'expected exchange:BASE/QUOTE, e.g. kraken:BTC/USD, or "kraken:BTC/*"'),
        (RULE.replace('"kraken:BTC/EUR"', "[]"), "rule 'EUR drops': market: expected one market or several"),
        (
            RULE.replace("BTC/EUR", "BTC/EUX"),
            "market: 'kraken:BTC/EUX' is not configured; add it to markets, or did you mean 'kraken:BTC/EUR'?",
        ),
        (
            RULE.replace("BTC/EUR", "ETH/*"),
            "market: 'kraken:ETH/*' matches none of the configured markets, which are kraken:BTC/USD, kraken:BTC/EUR, ",
        ),
        (
            RULE.replace('"kraken:BTC/EUR"', '["kraken:BTC/*", "kraken:ETH/*"]'),
            "market: 'kraken:ETH/*' matches none of the configured markets",
        ),
        (
            RULE + RULE.replace('"EUR drops"', '" EUR drops "'),
            "rule 'EUR drops': name: an earlier rule has this name too; each needs its own",
        ),
        (CHANNELS + RULE + 'notify = ["opps"]', "rule 'EUR drops': notify: no channel 'opps'; did you mean 'ops'?"),
        (RULE + 'notify = ["ops"]', "notify: no channel 'ops'; type [channels] and below it ops = \"env:…\""),
        (CHANNELS + RULE + 'notify = ["ops", "ops"]', "rule 'EUR drops': notify: expected each channel once"),
        (RULE.replace("[[rules]]", "[rules]"), "rules: expected a list of tables; type [[rules]] above the keys"),
        ('markets = ["BTCUSD"]\n' + RULE, "markets.0.name: market 'BTCUSD': expected exchange:BASE/QUOTE"),
        (f'{RULE}notify = "ops"\n[channels]\nops = "ops"', "channels.ops: not an address"),
        ("channels = 1", 'channels: expected a table; type [channels] and below it e.g. ops = "env:OPS_URL"'),
    ],
)
def test_what_is_wrong_in_a_rule_is_named_with_what_to_type(tmp_path, text, message):
    path = write_config(tmp_path, text)
    with pytest.raises(ConfigError) as error:
        read_settings(tmp_path)
    assert str(error.value).startswith(f"{path}: ")
    assert message in str(error.value)


SECRET = "json://me:SECRET@example.org/x"


@pytest.mark.parametrize(
    "text",
    [
        RULE.replace("kraken:BTC/EUR", SECRET),
        RULE.replace("kraken:BTC/EUR", f"{SECRET}*"),
        f'{RULE}"{SECRET}" = 1',
        f'"{SECRET}" = 1\n{RULE}',
        f'markets = ["{SECRET}"]\n{RULE}',
        f"[{SECRET}]\n{RULE}",
        f'["{SECRET}"]\n["{SECRET}"]\n{RULE}',
        f'{RULE}"{SECRET}" = 1\n"{SECRET}" = 1',
        f'{RULE}for = "{SECRET}"',
        f'{RULE}expires = "{SECRET}"',
        f'span = "{SECRET}"',
        f'[[markets]]\nname = "kraken:BTC/EUR"\nsources = ["{SECRET}"]',
    ],
)
@pytest.mark.parametrize("password", ["", "'", "it's", "a b"])
def test_an_address_that_was_typed_at_a_wrong_place_is_not_repeated(tmp_path, text, password):
    path = write_config(tmp_path, text.replace("SECRET", f"{password}SECRET"))
    with pytest.raises(ConfigError) as error:
        read_settings(tmp_path)
    assert str(error.value).startswith(f"{path}: ")
    assert "SECRET" not in str(error.value)


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("TRACKER_CHANNELS__OPS", "SECRET", "environment: TRACKER_CHANNELS__OPS: channels.OPS: not an address"),
        ("tracker_channels", '{"ops": "SECRET"}', "environment: tracker_channels: channels.ops: not an address"),
        ("TRACKER_RULES", '[{"name": "x"}]', "environment: TRACKER_RULES: rule no. 1: market is missing"),
    ],
)
def test_a_variable_that_is_wrong_is_named_in_place_of_the_file(tmp_path, monkeypatch, variable, value, message):
    write_config(tmp_path, RULE)
    monkeypatch.setenv(variable, value)
    with pytest.raises(ConfigError) as error:
        read_settings(tmp_path)
    assert str(error.value).lower().startswith(message.lower())
    assert "SECRET" not in str(error.value)


def test_a_name_is_the_same_however_its_accents_are_written(tmp_path):
    texts = [RULE.replace("EUR drops", name) for name in ("Bitcoin f\u00e4llt", "Bitcoin fa\u0308llt")]
    write_config(tmp_path, "".join(texts))
    with pytest.raises(ConfigError, match="rule 'Bitcoin f\u00e4llt': name: an earlier rule has"):
        read_settings(tmp_path)
