"""Reads a TOML file that people edit: with any editor's byte order mark, and with errors that say what to type."""

import codecs
import re
import tomllib
from pathlib import Path
from typing import Any

from tracker.core.errors import ConfigError, without_addresses

_MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_PLACE = re.compile(r"\(at line (\d+), column (\d+)\)")
_UNQUOTED = re.compile(r"\s*([\w.-]+)\s*=\s*[^\s\"'\[{#]")
_CURLY = "“”„‟‘’‚"
_NAMES = {"\t": r"a tab (\t)", "\b": r"a backspace (\b)", "\n": r"a line break (\n)", "\r": r"a line break (\r)"}


def read_toml(path: Path) -> dict[str, Any]:
    """
    Return the content of the file *path*, which is UTF-8, or UTF-16 with a byte order mark.

    Raises:
        ConfigError: it cannot be read; the message quotes no value, which may be secret.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: {error}") from None
    return parse_toml(decode_toml(data, path), path)


def decode_toml(data: bytes, place: object) -> str:
    """Return the text of *data*, without a byte order mark. ConfigError, beginning with *place*: it is no text."""
    mark, encoding = _encoding(data)
    try:
        return data[len(mark) :].decode(encoding)
    except UnicodeDecodeError as error:
        raise ConfigError(f"{place}: {error}; expected UTF-8: save it with that encoding") from None


def encode_toml(text: str, former: bytes) -> bytes:
    """Return *text* in the encoding of *former*, with its byte order mark. Raises UnicodeEncodeError."""
    mark, encoding = _encoding(former)
    return mark + text.encode(encoding)


def parse_toml(text: str, place: object) -> dict[str, Any]:
    """Return the content of *text*. ConfigError, beginning with *place*: it is no TOML; no value is quoted."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        hint = _hint(text, str(error))
        raise ConfigError(f"{place}: {without_addresses(str(error))}{hint and '; '}{hint}") from None
    except ValueError:  # Python reads no integer of more than 4,300 digits
        raise ConfigError(f"{place}: a number has too many digits; expected at most 19") from None
    except RecursionError:
        raise ConfigError(f"{place}: values are nested too deeply; expected lists and tables as in the docs") from None


def _encoding(data: bytes) -> tuple[bytes, str]:
    """Return the byte order mark that *data* begins with, and the encoding."""
    return next(((mark, name) for mark, name in _MARKS.items() if data.startswith(mark)), (b"", "utf-8"))


def control_character(text: str) -> str:
    r"""Name the first control character of *text*, e.g. ``a tab (\t)``; empty if there is none but NUL."""
    # Opening the store reports a NUL, which no escape of a Windows path can mean.
    control = next((sign for sign in text if sign != "\0" and (sign < " " or sign == "\x7f")), "")
    return _NAMES.get(control, f"the control character {ord(control):#04x}") if control else ""


def _hint(text: str, error: str) -> str:
    """Return what to type in place of the line that *error* of tomllib is about; empty if that is unclear."""
    place = _PLACE.search(error)
    if place is None:
        return ""
    line = text.split("\n")[int(place[1]) - 1]
    sign = line[int(place[2]) - 1 : int(place[2])]
    if any(quote in line for quote in _CURLY):
        return 'expected straight quotes, as in store = "csv:data"'
    if unquoted := _UNQUOTED.match(line):
        return f'put it in quotes: {unquoted[1]} = "…"'
    if sign.isalnum() and error.startswith(("Invalid value", "Unclosed array")):
        return 'put it in quotes, as in markets = ["kraken:BTC/USD"]'
    if "\\" in line:
        return r"a backslash in double quotes begins an escape; type single quotes, as in store = 'csv:C:\temp\btc'"
    return ""
