"""Settings: defaults, file, environment, arguments, in this order; mistakes are named."""

from pathlib import Path

import pytest

from tests.support.page_server import mark_as_checkout
from tracker.core.durations import parse_duration
from tracker.core.errors import ConfigError
from tracker.core.market import Market
from tracker.runtime.clock import WallClock
from tracker.runtime.settings import find_base, is_checkout, read_settings
from tracker.runtime.store_url import open_configured_store


def write(folder: Path, text: str) -> Path:
    path = folder / "tracker.toml"
    path.write_text(text)
    return path


def test_everything_has_a_default(tmp_path):
    settings = read_settings(tmp_path)
    assert [str(market) for market in settings.market_list()] == [
        f"kraken:BTC/{quote}" for quote in ("USD", "EUR", "GBP", "JPY", "CAD", "CHF", "AUD")
    ]
    assert {each.every for each in settings.markets} == {10_000}
    assert (settings.store, settings.span, settings.coverage_floor) == ("csv:data", 86_400_000, 0.8)
    assert settings.make_clock() == WallClock()


def test_the_file_goes_above_the_defaults_the_environment_above_the_file_arguments_above_all(tmp_path, monkeypatch):
    write(tmp_path, 'store = "csv:file"\nspan = "6h"\ncoverage_floor = 0.5\n')
    monkeypatch.setenv("TRACKER_SPAN", "1h")
    monkeypatch.setenv("TRACKER_STORE", "csv:environment")
    settings = read_settings(tmp_path, store="csv:argument", clock=None)
    assert (settings.store, settings.span, settings.coverage_floor) == ("csv:argument", 3_600_000, 0.5)


def test_markets_and_exchanges_are_read(tmp_path, monkeypatch):
    write(
        tmp_path,
        'markets = ["kraken:btc/eur", {name = "kraken:BTC/USD", every = "1min"}]\n'
        '[exchanges.kraken]\nurl = "http://127.0.0.1:8081/kraken"\n',
    )
    settings = read_settings(tmp_path)
    assert [(each.name, each.every) for each in settings.markets] == [
        (Market("kraken", "BTC", "EUR"), 10_000),
        (Market("kraken", "BTC", "USD"), 60_000),
    ]
    assert settings.exchanges["kraken"].url == "http://127.0.0.1:8081/kraken"
    monkeypatch.setenv("TRACKER_EXCHANGES__KRAKEN__URL", "http://127.0.0.1:9/kraken")
    assert read_settings(tmp_path).exchanges["kraken"].url == "http://127.0.0.1:9/kraken"


def test_tables_of_markets_are_read_as_documented(tmp_path):
    write(tmp_path, '[[markets]]\nname = "kraken:BTC/USD"\nevery = "5s"\n')
    assert [(str(each.name), each.every) for each in read_settings(tmp_path).markets] == [("kraken:BTC/USD", 5000)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('stor = "csv:data"', "unknown key 'stor'; did you mean 'store'?"),
        ("[exchanges.kraken]\nurls = 1", r"exchanges\.kraken\.urls: unknown key 'urls'; did you mean 'url'"),
        ('[[markets]]\nname = "kraken:BTC/USD"\nevry = "5s"', r"markets\.0\.evry: unknown key .* 'every'"),
        ("zzz = 1", "unknown key 'zzz'; there are clock, coordination, coverage_floor"),
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
        ('span = "0.0001ms"', "is not a duration"),
        ('span = "99999999999999d"', "is not a duration"),
        ('[exchanges.krakn]\nurl = "http://x"', r"exchanges: no exchange 'krakn'; did you mean 'kraken'"),
        ('[exchanges.kraken]\nurl = "http://[::1"', "not an address; expected e.g. http"),
        ('markets = ["kraken:BTC/USD", "kraken:btc/usd"]', "markets: kraken:BTC/USD is there twice"),
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
        ('markets = ["kraken:AB/CDE", "kraken:ABC/DE"]', "is there twice"),
    ],
)
def test_a_mistake_is_named_with_file_key_and_what_was_expected(tmp_path, text, words):
    path = write(tmp_path, text)
    with pytest.raises(ConfigError, match=words) as error:
        read_settings(tmp_path)
    assert str(error.value).startswith(str(path))


def test_no_error_repeats_a_value_that_may_be_secret(tmp_path):
    write(tmp_path, '[exchanges.kraken]\nurl = "ftp://user:SECRET@x"')
    with pytest.raises(ConfigError) as error:
        read_settings(tmp_path)
    assert "SECRET" not in str(error.value)


def test_relative_paths_belong_to_the_file_then_to_the_project_then_to_the_folder(tmp_path):
    inner = tmp_path / "project" / "notebooks"
    inner.mkdir(parents=True)
    assert find_base(inner) == (inner, None)
    mark_as_checkout(tmp_path / "project")
    assert find_base(inner) == (tmp_path / "project", None)
    path = write(tmp_path, "")
    assert find_base(inner) == (tmp_path, path)


@pytest.mark.parametrize(
    "text",
    [
        "",
        '[project]\nname = "another-project"\n',
        "[project]\nname = 5\n",
        '[tool.poetry]\nname = "btc-price-tracker"\n',
        'project = "btc-price-tracker"\n',
        "[project",
    ],
)
def test_no_data_are_written_into_another_project(tmp_path, text):
    inner = tmp_path / "package" / "notebooks"
    inner.mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text(text)
    assert find_base(inner) == (inner, None)
    (tmp_path / "package" / "pyproject.toml").write_bytes(b"\xff\xfe")
    assert find_base(inner) == (inner, None)


def test_a_package_inside_a_checkout_does_not_hide_it(tmp_path):
    mark_as_checkout(tmp_path)
    inner = tmp_path / "plugin"
    inner.mkdir()
    (inner / "pyproject.toml").write_text('[project]\nname = "plugin"\n')
    assert find_base(inner) == (tmp_path, None)


def test_this_project_s_own_pyproject_marks_a_checkout():
    assert is_checkout(Path(__file__).resolve().parents[2])


def test_a_named_file_wins_and_must_be_there(tmp_path, monkeypatch):
    (tmp_path / "elsewhere").mkdir()
    path = write(tmp_path / "elsewhere", "")
    monkeypatch.setenv("TRACKER_CONFIG", str(path))
    assert find_base(tmp_path) == (tmp_path / "elsewhere", path)
    monkeypatch.setenv("TRACKER_CONFIG", str(tmp_path / "none.toml"))
    with pytest.raises(ConfigError, match="no file"):
        find_base(tmp_path)


def test_the_store_is_the_same_absolute_folder_from_any_place_of_the_project(tmp_path):
    mark_as_checkout(tmp_path)
    (tmp_path / "notebooks").mkdir()
    stores = [open_configured_store(read_settings(place)) for place in (tmp_path, tmp_path / "notebooks")]
    assert {store.folder for store in stores} == {tmp_path / "data"}


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [("10s", 10_000), ("500ms", 500), ("1.5 h", 5_400_000), ("90d", 7_776_000_000), ("5m", 300_000)],
)
def test_durations_are_a_number_and_a_unit(text, milliseconds):
    assert parse_duration(text) == milliseconds


@pytest.mark.parametrize(
    ("variable", "words"),
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
def test_a_misspelt_variable_is_an_error_that_names_the_right_one(tmp_path, monkeypatch, variable, words):
    monkeypatch.setenv(variable, "SECRET")
    with pytest.raises(ConfigError, match=r"^environment: ") as error:
        read_settings(tmp_path)
    assert words in str(error.value)
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


def test_a_variable_of_another_program_is_warned_of_once(tmp_path, monkeypatch, caplog):
    others = ("DEBUG", "VERBOSITY", "STORE_SELECT_CACHE_SIZE", "BASE", "FILE", "API_TOKEN_OF_ANOTHER", "HOST", "")
    for name in others:
        monkeypatch.setenv(f"TRACKER_{name}", "SECRET")
    for _ in range(3):
        assert read_settings(tmp_path).base == tmp_path
    assert sorted(record.args[0] for record in caplog.records) == sorted(f"TRACKER_{name}" for name in others)
    assert "environment: TRACKER_DEBUG is not a setting of the price tracker; it has no effect" in caplog.text
    assert "SECRET" not in caplog.text


def test_a_variable_that_is_no_json_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("TRACKER_MARKETS", "kraken:BTC/USD")
    with pytest.raises(ConfigError, match=r"environment: .*markets.*expected JSON"):
        read_settings(tmp_path)


def test_a_store_that_is_none_is_named_without_what_may_be_a_key_in_it(tmp_path):
    with pytest.raises(ConfigError, match="store 's3': expected scheme:place") as error:
        open_configured_store(read_settings(tmp_path, store="s3://KEY:SECRET@bucket"))
    assert "SECRET" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "milliseconds"), [("", None), ('retention = "forever"', None), ('retention = "2d"', 172_800_000)]
)
def test_retention_is_a_duration_or_for_ever(tmp_path, text, milliseconds):
    write(tmp_path, text)
    assert read_settings(tmp_path).retention == milliseconds


def test_blanks_around_a_key_are_no_part_of_it(tmp_path, monkeypatch):
    monkeypatch.setenv("TRACKER_EXCHANGES__COINGECKO__KEY", " SECRET\n")
    key = read_settings(tmp_path).exchanges["coingecko"].key
    assert key is not None
    assert key.get_secret_value() == "SECRET"


@pytest.mark.parametrize("key", ["SEC RET", "SEC\\nRET", "SEC\\u001bRET", "SECRETé", ""])
def test_a_key_that_cannot_be_sent_is_refused_without_telling_it(tmp_path, key):
    write(tmp_path, f'[exchanges.coingecko]\nkey = "{key}"')
    with pytest.raises(ConfigError, match=r"exchanges\.coingecko\.key: not a key; expected letters") as error:
        read_settings(tmp_path)
    assert "SEC" not in str(error.value)


def test_a_retention_shorter_than_the_span_is_refused(tmp_path):
    write(tmp_path, 'retention = "12h"')
    with pytest.raises(
        ConfigError, match=r'tracker\.toml: retention must not be shorter than span; type retention = "24h" or more'
    ):
        read_settings(tmp_path)
    write(tmp_path, 'retention = "12h"\nspan = "12h"')
    assert read_settings(tmp_path).retention == 12 * 3_600_000
