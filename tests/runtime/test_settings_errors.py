"""Invalid settings: named by file or variable, with what was expected, and without secrets."""

import sys

import pytest

from tests.support.config import write_config
from tracker.core.errors import ConfigError
from tracker.runtime import settings
from tracker.runtime.settings import foreign_variables, read_settings
from tracker.runtime.store_url import open_configured_store


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('stor = "csv:data"', "unknown key 'stor'; did you mean 'store'?"),
        ("[exchanges.kraken]\nurls = 1", r"exchanges\.kraken\.urls: unknown key 'urls'; did you mean 'url'"),
        ('[[markets]]\nname = "kraken:BTC/USD"\nevry = "5s"', r"markets\.0\.evry: unknown key .* 'every'"),
        ("zzz = 1", "unknown key 'zzz'; there are channels, clock, coordination, coverage_floor"),
        ('base = "x"', "unknown key 'base'"),
        ('span = "24"', "'24' is not a duration; expected a number and a unit"),
        ("span = 24", "is not a duration"),
        ('span = "0h"', "is not a duration"),
        ('markets = ["BTCUSD"]', "expected exchange:BASE/QUOTE, e.g. kraken:BTC/USD"),
        ("markets = []", "markets: "),
        ('[[markets]]\nname = "kraken:BTC/USD"\nevery = "10ms"', "every: "),
        ("coverage_floor = 80", "coverage_floor: "),
        ('[exchanges.kraken]\nurl = "ftp://x"', r"exchanges\.kraken\.url: "),
        ("store = [", r"tracker\.toml: "),
        ('file = "x"', "unknown key 'file'"),
        ('span = "500ms"', "span: expected a span of 30 s or more, such as 24h"),
        ('span = "29s"', "span: expected a span of 30 s or more, such as 24h"),
        ('span = "0.0001ms"', "is not a duration"),
        ('span = "99999999999999d"', "is not a duration"),
        ('[exchanges.krakn]\nurl = "http://x"', r"exchanges: no exchange 'krakn'; did you mean 'kraken'"),
        ('[exchanges.kraken]\nurl = "http://[::1"', "not an address; expected e.g. http"),
        (
            'markets = ["kraken:BTC/USD", "kraken:btc/usd"]',
            "markets: kraken:BTC/USD is listed twice; expected each market once",
        ),
        (
            'markets = ["kraken:BTC/USD", "kraken:XBT/USD"]',
            "kraken:BTC/USD is listed twice: kraken:XBT/USD is read as kraken:BTC/USD; expected each market once",
        ),
        (
            'markets = [{name = "kraken:xdg/XBT"}, "kraken:DOGE/BTC"]',
            "kraken:DOGE/BTC is listed twice: kraken:xdg/XBT is read as kraken:DOGE/BTC; expected",
        ),
        (
            '[[markets]]\nname = "kraken:BTC/USD"\nsources = ["kraken", "coinbas"]',
            "no exchange 'coinbas'; .*'coinbase'",
        ),
        (
            '[[markets]]\nname = "kraken:BTC/USD"\nsources = ["coinbase"]',
            r'expected the market\'s own exchange first, each once: sources = \["kraken", "coinbase"\]',
        ),
        ('[[markets]]\nname = "kraken:BTC/USD"\nsources = ["kraken", "kraken"]', "each once"),
        ('retention = "90"', "retention: '90' is not a duration"),
        ('granularity = "day"', "granularity: "),
        ("plausible = 0", "plausible: "),
        (
            'markets = ["kraken:AB/CDE", "kraken:ABC/DE"]',
            "kraken:AB/CDE and kraken:ABC/DE would be one folder, kraken/abcde; expected one of them",
        ),
    ],
)
def test_an_invalid_setting_is_named_with_its_file_its_key_and_what_was_expected(tmp_path, text, message):
    path = write_config(tmp_path, text)
    with pytest.raises(ConfigError, match=message) as error:
        read_settings(tmp_path)
    assert str(error.value).startswith(str(path))


def test_no_error_repeats_a_value_that_may_be_secret(tmp_path):
    write_config(tmp_path, '[exchanges.kraken]\nurl = "ftp://user:SECRET@x"')
    with pytest.raises(ConfigError) as error:
        read_settings(tmp_path)
    assert "SECRET" not in str(error.value)


def test_an_unknown_store_is_named_without_a_secret_of_its_url(tmp_path):
    with pytest.raises(ConfigError, match="store 's3': expected scheme:place") as error:
        open_configured_store(read_settings(tmp_path, store="s3://KEY:SECRET@bucket"))
    assert "SECRET" not in str(error.value)


@pytest.mark.parametrize("key", ["SEC RET", "SEC\\nRET", "SEC\\u001bRET", "SECRETé", ""])
def test_an_invalid_key_is_rejected_without_repeating_it(tmp_path, key):
    write_config(tmp_path, f'[exchanges.coingecko]\nkey = "{key}"')
    with pytest.raises(ConfigError, match=r"exchanges\.coingecko\.key: not a key; expected letters") as error:
        read_settings(tmp_path)
    assert "SEC" not in str(error.value)


def test_a_retention_shorter_than_the_span_is_rejected(tmp_path):
    write_config(tmp_path, 'retention = "12h"')
    with pytest.raises(
        ConfigError, match=r'tracker\.toml: retention must not be shorter than span; type retention = "24h" or more'
    ):
        read_settings(tmp_path)
    write_config(tmp_path, 'retention = "12h"\nspan = "12h"')
    assert read_settings(tmp_path).retention == 12 * 3_600_000


@pytest.mark.parametrize(
    ("variable", "message"),
    [
        ("TRACKER_RETENTON", "unknown variable 'TRACKER_RETENTON'; did you mean 'TRACKER_RETENTION'?"),
        ("TRACKER_SPANS", "did you mean 'TRACKER_SPAN'?"),
        ("TRACKER__STORE", "did you mean 'TRACKER_STORE'?"),
        ("tracker_retenton", "unknown variable 'tracker_retenton'; did you mean 'TRACKER_RETENTION'?"),
        ("tracker_config", "did you mean 'TRACKER_CONFIG'?"),
        ("TRACKER_CONFG", "did you mean 'TRACKER_CONFIG'?"),
        ("TRACKER_CHECK_SECOND", "did you mean 'TRACKER_CHECK_SECONDS'?"),
        ("TRACKER_EXCHANGS__KRAKEN__URL", "did you mean 'TRACKER_EXCHANGES__KRAKEN__URL'?"),
        ("TRACKER_EXCHANGES_KRAKEN_URL", "did you mean 'TRACKER_EXCHANGES__KRAKEN__URL'?"),
        ("TRACKER_EXCHANGES__KRAKEN__ULR", "did you mean 'TRACKER_EXCHANGES__KRAKEN__URL'?"),
        ("TRACKER_EXCHANGES__KRAKN__URL", "no exchange 'KRAKN'; did you mean 'kraken'?"),
        ("TRACKER_EXCHANGES__MTGOX__URL", "no exchange 'MTGOX'; there are binance, "),
        ("TRACKER_SPAN__SECONDS", "did you mean 'TRACKER_SPAN'?"),
        ("TRACKER_MARKETS__0__EVERY_SO_MANY_SECONDS", "did you mean 'TRACKER_MARKETS'?"),
    ],
)
def test_a_misspelt_variable_is_an_error_that_names_the_right_one(tmp_path, monkeypatch, variable, message):
    monkeypatch.setenv(variable, "SECRET")
    with pytest.raises(ConfigError, match=r"^environment: ") as error:
        read_settings(tmp_path)
    assert message in str(error.value)
    assert "SECRET" not in str(error.value)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        *(("TRACKER_RETENTION", "90d"), ("tracker_retention", "90d"), ("TRACKER_EXCHANGES", "{}")),
        *(("TRACKER_EXCHANGES__KRAKEN", "{}"), ("TRACKER_EXCHANGES__KRAKEN__URL", "http://127.0.0.1:9")),
        *(("Tracker_Exchanges__CoinGecko__Key", "x"), ("TRACKER_PLAYBACK", "yes"), ("TRACKER_CHECK", "1")),
        *(("TRACKER_CHECK_SECONDS", "9"), ("TRACKER_CHROMIUM", "/usr/bin/chromium")),
    ],
)
def test_every_variable_that_has_a_meaning_is_taken_without_a_word(tmp_path, monkeypatch, caplog, variable, value):
    monkeypatch.setenv(variable, value)
    read_settings(tmp_path)
    assert caplog.text == ""


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        *(("RETENTON", "RETENTION"), ("RETENTOIN", "RETENTION"), ("STOR", "STORE"), ("STORES", "STORE")),
        *(("MARKET", "MARKETS"), ("SPANS", "SPAN"), ("SPN", "SPAN"), ("CLOK", "CLOCK"), ("PLAUSIBEL", "PLAUSIBLE")),
        *(("COVERAGEFLOOR", "COVERAGE_FLOOR"), ("GRANULARTY", "GRANULARITY"), ("COORDINATON", "COORDINATION")),
    ],
)
def test_a_variable_a_letter_or_two_from_a_setting_is_an_error(monkeypatch, word, meant):
    monkeypatch.setenv(f"TRACKER_{word}", "1")
    with pytest.raises(ConfigError, match=f"did you mean 'TRACKER_{meant}'"):
        foreign_variables()


@pytest.mark.parametrize(
    "word",
    [
        *("TOKEN", "DEBUG", "HOME", "HOST", "PORT", "URL", "STATUS", "STATS", "START", "RATE", "BASE", "FILE"),
        *("LOG_LEVEL", "STORE_URL", "STORE_DIR", "STATE_DIR", "STORAGE", "CONFIG_FILE", "MARKETING", "SPEED", "BLOCK"),
    ],
)
def test_a_variable_that_only_resembles_a_setting_belongs_to_another_program(monkeypatch, word):
    monkeypatch.setenv(f"TRACKER_{word}", "1")
    assert foreign_variables() == [f"TRACKER_{word}"]


def test_a_variable_of_another_program_is_warned_of_once(tmp_path, monkeypatch, caplog):
    settings._warn_once.cache_clear()  # tests that ran before in this process may have been warned
    others = ("DEBUG", "VERBOSITY", "STORE_SELECT_CACHE_SIZE", "BASE", "FILE", "API_TOKEN_OF_ANOTHER", "HOST", "")
    for name in others:
        monkeypatch.setenv(f"TRACKER_{name}", "SECRET")
    for _ in range(3):
        assert read_settings(tmp_path).base == tmp_path
    assert sorted(record.getMessage() for record in caplog.records) == sorted(
        f"environment: TRACKER_{name} is not a setting of the price tracker; it has no effect" for name in others
    )
    assert "SECRET" not in caplog.text


@pytest.mark.parametrize("key", ["markets", "exchanges", "channels", "rules"])
def test_a_variable_that_is_not_json_is_named_with_an_example_of_its_own(tmp_path, monkeypatch, key):
    variable = f"TRACKER_{key.upper()}"
    monkeypatch.setenv(variable, "{SECRET")
    with pytest.raises(ConfigError, match=f"^environment: {variable}: expected JSON, e.g. {variable}='") as raised:
        read_settings(tmp_path)
    assert "SECRET" not in str(raised.value)
    example = str(raised.value).partition("='")[2].removesuffix("'")
    monkeypatch.setenv(variable, example)
    monkeypatch.setenv("TRACKER_CHANNELS__OPS", "env:OPS_URL")
    assert getattr(read_settings(tmp_path), key)


@pytest.mark.skipif(sys.platform == "win32", reason="the folder that a process is in cannot be deleted there")
def test_a_working_directory_that_was_deleted_is_named(tmp_path, monkeypatch):
    folder = tmp_path / "gone"
    folder.mkdir()
    monkeypatch.chdir(folder)
    folder.rmdir()
    with pytest.raises(ConfigError, match=r"^the current folder was deleted; change to another one$"):
        read_settings()
