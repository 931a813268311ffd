"""Reading tracker.toml: as editors save it, and with what to type where it is wrong."""

import codecs
import errno
from pathlib import Path

import pytest

from tests.support.config import write_config
from tests.support.csv_files import raise_os_error
from tracker.core.errors import ConfigError
from tracker.runtime.settings import read_settings

QUOTES = 'put it in quotes: {} = "…"'
ITEM = 'put it in quotes, as in markets = ["kraken:BTC/USD"]'
BACKSLASH = r"a backslash in double quotes begins an escape; type single quotes, as in store = 'csv:C:\temp\btc'"


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [(codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")],
)
def test_a_file_with_a_byte_order_mark_is_read(tmp_path, mark, encoding):
    (tmp_path / "tracker.toml").write_bytes(mark + 'span = "6h"\r\nstore = "csv:é"\r\n'.encode(encoding))
    settings = read_settings(tmp_path)
    assert (settings.span, settings.store) == (6 * 3_600_000, "csv:é")


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("store = csv:data", QUOTES.format("store")),
        ("\nspan = 24h  # a day", QUOTES.format("span")),
        ("granularity = hour", QUOTES.format("granularity")),
        ("[exchanges.coingecko]\nkey = CG-SECRET", QUOTES.format("key")),
        ("markets = [kraken:BTC/SECRET]", ITEM),
        ("[[markets]]\nname = 'kraken:BTC/USD'\nsources = [\n'kraken',\nSECRET]", ITEM),
        ('store = "csv:C:\\Users\\SECRET"', BACKSLASH),
        ('store = "csv:D:\\SECRET"', BACKSLASH),
        ("store = “csv:SECRET”", 'expected straight quotes, as in store = "csv:data"'),
    ],
)
def test_a_value_that_is_not_quoted_right_is_an_error_that_says_what_to_type(tmp_path, text, hint):
    path = write_config(tmp_path, text)
    with pytest.raises(ConfigError) as error:
        read_settings(tmp_path)
    message = str(error.value)
    assert message.startswith(f"{path}: ")
    assert message.endswith(f"); {hint}")
    assert "SECRET" not in message


@pytest.mark.parametrize(
    ("value", "message"),
    [("1" * 5000, "a number has too many digits"), ("[" * 5000, "values are nested too deeply"), ("{a=" * 5000, "")],
    ids=["digits", "lists", "tables"],
)
def test_what_the_parser_gives_up_on_is_an_error_too(tmp_path, value, message):
    path = write_config(tmp_path, f"span = {value}")
    with pytest.raises(ConfigError) as error:
        read_settings(tmp_path)
    assert str(error.value).startswith(f"{path}: {message}")
    assert len(str(error.value)) < len(str(path)) + 200


def test_a_number_where_text_belongs_is_to_be_put_in_quotes(tmp_path):
    path = write_config(tmp_path, "store = 5")
    with pytest.raises(ConfigError) as error:
        read_settings(tmp_path)
    assert str(error.value) == f"{path}: store: expected text; put it in quotes"


@pytest.mark.parametrize("text", ['store = "csv:data" # a\nspan = "6h" x', "store = [", 'store = "csv:data'])
def test_other_errors_have_no_hint_that_may_mislead(tmp_path, text):
    write_config(tmp_path, text)
    with pytest.raises(ConfigError) as error:
        read_settings(tmp_path)
    assert "; " not in str(error.value)


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (r"csv:C:\temp\btc", r"a tab (\t)"),
        (r"csv:C:\btc", r"a backspace (\b)"),
        (r"csv:C:\new", r"a line break (\n)"),
        (r"csv:C:\final", "the control character 0x0c"),
    ],
)
@pytest.mark.parametrize("key", ["store", "coordination", "state"])
def test_a_path_whose_backslashes_became_control_characters_is_refused_for_that_reason(tmp_path, key, value, name):
    path = write_config(tmp_path, f'{key} = "{value}"')
    with pytest.raises(ConfigError) as error:
        read_settings(tmp_path)
    assert str(error.value) == (
        f"{path}: {key}: contains {name}, because a backslash in double quotes begins an escape; "
        r"type single quotes: 'csv:C:\temp\btc'"
    )
    write_config(tmp_path, f"{key} = '{value}'")
    assert getattr(read_settings(tmp_path), key) == value


def test_a_file_that_cannot_be_read_is_named(tmp_path, monkeypatch):
    write_config(tmp_path, "")
    monkeypatch.setattr(Path, "read_bytes", lambda path: raise_os_error(errno.EACCES))
    with pytest.raises(ConfigError, match=r"tracker\.toml: .*Permission denied"):
        read_settings(tmp_path)


def test_text_of_another_encoding_is_named(tmp_path):
    (tmp_path / "tracker.toml").write_bytes('store = "csv:é"'.encode("latin-1"))
    with pytest.raises(ConfigError, match=r"; expected UTF-8: save it with that encoding$"):
        read_settings(tmp_path)
