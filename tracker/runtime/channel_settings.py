"""Types of ``[channels]`` in tracker.toml: where notifications are sent."""

import re
from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import BeforeValidator, SecretStr, model_validator

from tracker.runtime.setting_types import Section

CHANNEL_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://(\S.*)?")  # "dbus://" is this computer's desktop
_KEYS = ("address", "base")
_EXPECTED = 'expected a table with the key address, and base if need be, e.g. address = "env:OPS_URL"'


def is_channel_variable(keys: Sequence[str]) -> bool:
    """Return whether *keys*, what follows ``TRACKER_CHANNELS`` in a variable, are a name, and perhaps a key."""
    return bool(keys and keys[0]) and [key.lower() for key in keys[1:]] in ([], *([key] for key in _KEYS))


def is_address(text: str) -> bool:
    """Return whether *text* has the form of an address of apprise, such as ``mailto://…``."""
    return text.isprintable() and _ADDRESS.fullmatch(text) is not None


def _address(value: object) -> object:
    """Check the form of a channel's address. The messages must not contain it, as it may be secret."""
    if isinstance(value, SecretStr):
        return value
    address = value.strip() if isinstance(value, str) else ""
    kind, colon, rest = address.partition(":")
    if not address.isprintable():
        raise ValueError("the address contains a character that cannot be printed; expected one line")
    if kind == "env" and colon:
        if not _VARIABLE.fullmatch(rest):
            raise ValueError('expected the name of a variable after env:, e.g. "env:OPS_URL"')
    elif kind == "file" and colon:
        if not rest:
            raise ValueError('expected the path of a file after file:, e.g. "file:secrets/ops_url"')
    elif not is_address(address):
        raise ValueError(
            'not an address; expected one of apprise, such as "mailto://…", or where it stands, '
            'such as "env:OPS_URL" or "file:secrets/ops_url"'
        )
    return address


def _base(value: object) -> object:
    """Check the form of a service's base address. The messages must not contain it: it may be the channel's address."""
    if value is None:
        return None
    try:
        parts = urlsplit(value.strip() if isinstance(value, str) else "")
        is_valid = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1)
    except ValueError:
        is_valid = False
    if not is_valid or ".." in parts.netloc or "@" in parts.netloc or parts.query or parts.fragment:
        raise ValueError(
            "not a base address; expected where the service is reached, without user, password and ?, "
            'e.g. base = "http://127.0.0.1:8080"'
        )
    return parts.geturl().rstrip("/")


class ChannelSettings(Section):
    """
    One channel; ``"env:OPS_URL"`` alone is short for ``{address = "env:OPS_URL"}``.

    Only the form is checked here: what stands in a variable or a file is read when something is sent.
    """

    address: Annotated[SecretStr, BeforeValidator(_address)]  # of apprise; or env:NAME, file:PATH, where it stands
    base: Annotated[str | None, BeforeValidator(_base)] = None  # in place of the service's own address, e.g. a gateway

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        if isinstance(value, dict):
            # A key must not be quoted either, as somebody may have typed an address there.
            if "address" not in value or not set(value) <= set(_KEYS):
                raise ValueError(_EXPECTED)
            return value
        return value if isinstance(value, ChannelSettings) else {"address": _address(value)}


def _table_of_channels(channels: object) -> object:
    """Check the names before pydantic quotes one, as somebody may have typed an address there."""
    if not isinstance(channels, dict):
        raise ValueError('expected a table; type [channels] and below it e.g. ops = "env:OPS_URL"')
    if not all(map(CHANNEL_NAME.fullmatch, channels)):
        raise ValueError('expected names of letters, digits, - and _ before the sign =, e.g. ops = "env:OPS_URL"')
    return channels


Channels = Annotated[dict[str, ChannelSettings], BeforeValidator(_table_of_channels)]
