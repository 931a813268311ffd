"""Channels in tracker.toml: what is read, what is refused, and that addresses are never shown."""

import pytest
from pydantic import ValidationError

from tests.support.config import write_config
from tracker.core.errors import ConfigError
from tracker.runtime.settings import Settings, read_settings

RULE = '[[rules]]\nname = "EUR drops"\nmarket = "kraken:BTC/EUR"\nwhen = "change(10m) < -2%"\n'


@pytest.mark.parametrize(
    "address",
    [
        *(
            "env:OPS_URL",
            "file:secrets/ops",
            r"file:C:\secrets\ops",
            "file:/run/secrets/ops",
            "mailtos://u:p@host/?to=a b",
        ),
        *("tgram://TOKEN/CHAT", "dbus://", "json://127.0.0.1:8080/", " https://hooks.slack.com/services/T/B/X "),
    ],
)
def test_an_address_is_one_of_apprise_or_where_it_stands(tmp_path, address):
    write_config(tmp_path, f"[channels]\nops = '{address}'")
    assert read_settings(tmp_path).channels["ops"].address.get_secret_value() == address.strip()


def test_a_table_also_has_the_base_address_of_the_service(tmp_path, monkeypatch):
    table = '[channels.sms]\naddress = "env:SMS_URL"\nbase = "http://127.0.0.1:8080/gateway/"'
    write_config(tmp_path, f'[channels]\nops = "env:OPS_URL"\n{table}')
    settings = read_settings(tmp_path)
    assert settings.channels["sms"].address.get_secret_value() == "env:SMS_URL"
    assert [settings.channels[name].base for name in ("sms", "ops")] == ["http://127.0.0.1:8080/gateway", None]
    monkeypatch.setenv("TRACKER_CHANNELS__SMS__BASE", "https://gateway.example.org")
    assert read_settings(tmp_path).channels["sms"].base == "https://gateway.example.org"


SECRET = "SECRET"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f'[channels]\nops = "{SECRET}"', "channels.ops: not an address; expected one of apprise, such as"),
        (f'[channels]\nops = "mailto:{SECRET}@host"', "channels.ops: not an address"),
        (f'[channels]\nops = "env:MY {SECRET}"', "channels.ops: expected the name of a variable after env:"),
        ('[channels]\nops = "file:"', "channels.ops: expected the path of a file after file:"),
        (f'[channels]\nops = "json://a\\n{SECRET}"', "channels.ops: the address contains a character that cannot be"),
        (f'[channels]\nops = ["json://{SECRET}"]', "channels.ops: not an address"),
        (f'[channels.ops]\nurl = "json://{SECRET}"', "channels.ops: expected a table with the key address, and base"),
        (f'[channels.ops]\naddress = "env:A"\n"json://{SECRET}" = 1', "channels.ops: expected a table with the key"),
        (f'[channels.ops]\naddress = "{SECRET}"', "channels.ops.address: not an address; expected one of apprise"),
        (f'[channels.ops]\naddress = "env:A"\nbase = "json://{SECRET}"', "channels.ops.base: not a base address"),
        (f'[channels.ops]\naddress = "env:A"\nbase = "http://{SECRET}:b@c"', "channels.ops.base: not a base address"),
        (f'[channels.ops]\naddress = "env:A"\nbase = "http://a?{SECRET}"', "channels.ops.base: not a base address"),
        (f'[channels.ops]\naddress = "env:A"\nbase = "http://a:{SECRET}"', "channels.ops.base: not a base address"),
        ('[channels.ops]\naddress = "env:A"\nbase = 8080', "channels.ops.base: not a base address; expected where"),
        (f'[channels]\n"json://{SECRET}" = "ops"', "channels: expected names of letters, digits, - and _ before"),
        (f'channels = "json://{SECRET}"', "channels: expected a table; type [channels]"),
        (f'[[channels]]\nops = "json://{SECRET}"', "channels: expected a table; type [channels]"),
        (
            f'{RULE}notify = ["json://{SECRET}"]',
            "rule 'EUR drops': notify: expected names of channels, whose addresses stand below",
        ),
    ],
)
def test_no_error_shows_an_address_wherever_it_was_typed(tmp_path, text, message):
    write_config(tmp_path, text)
    with pytest.raises(ConfigError) as error:
        read_settings(tmp_path)
    assert message in str(error.value)
    assert SECRET not in str(error.value)


def test_an_address_is_in_no_text_of_settings(tmp_path, monkeypatch):
    monkeypatch.setenv("TRACKER_CHANNELS__FAMILY", f"json://{SECRET}")
    write_config(tmp_path, f'[channels]\nops = "json://{SECRET}"')
    settings = read_settings(tmp_path)
    assert sorted(settings.channels) == ["family", "ops"]
    assert SECRET not in f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"
    with pytest.raises(ValidationError) as error:
        Settings(channels={"ops": SECRET})
    assert SECRET not in f"{error.value!r} {error.value}"


def test_a_variable_for_channels_needs_a_name(tmp_path, monkeypatch):
    monkeypatch.setenv("TRACKER_CHANNELS__", f"json://{SECRET}")
    with pytest.raises(ConfigError, match="environment: ") as error:
        read_settings(tmp_path)
    assert SECRET not in str(error.value)


def test_an_address_in_a_variable_is_checked_like_one_in_the_file(tmp_path, monkeypatch):
    monkeypatch.setenv("TRACKER_CHANNELS__OPS", SECRET)
    with pytest.raises(ConfigError, match=r"channels\.ops: not an address") as error:
        read_settings(tmp_path)
    assert SECRET not in str(error.value)
