"""Finds the address of a channel, when something is sent and not before."""

import os
import threading
import time
from concurrent.futures import Future
from pathlib import Path
from typing import NamedTuple

from tracker.core.errors import ConfigError
from tracker.runtime.channel_settings import ChannelSettings, is_address
from tracker.runtime.files import typed_path

_LONGEST = 10_000  # bytes of a file, of which more is no address
_PATIENCE = 2.0  # seconds for a file, as who watches rules may be the one that waits
_EXPECTED = "expected one of apprise on one line, such as mailto://…"


def find_address(channel: ChannelSettings, folder: Path) -> str:
    """
    Return the address of *channel*, which is a secret.

    Args:
        channel: what the settings say.
        folder: where relative paths start.

    Raises:
        ConfigError: there is none where it should stand; the message contains nothing of what stands there.
    """
    text = channel.address.get_secret_value()
    kind, _, place = text.partition(":")
    if kind == "env":
        if place not in os.environ:
            raise ConfigError(f"the variable {place} is not set")
        return _checked(os.environ[place], f"the variable {place}")
    if kind == "file":
        path = folder / typed_path(place, f"the file {place}", "file:/home/me/ops_url")
        return _checked(_read_in_time(path, place), f"the file {place}")
    return text


def find_scheme(address: str) -> str:
    """Return what stands before ``://``, by which apprise knows the service."""
    return address.partition("://")[0].lower()


class _Reading(NamedTuple):
    content: Future[str]
    deadline: float  # monotonic seconds


_under_way: dict[Path, _Reading] = {}
_lock = threading.Lock()  # guards it


def _read_in_time(path: Path, place: str) -> str:
    """
    Return the text of the file *path*. A folder on a network that does not answer is waited for once, not each time.

    Raises ConfigError.
    """
    with _lock:
        before = _under_way.get(path)
        reading = before or _Reading(Future(), time.monotonic() + _PATIENCE)
        _under_way[path] = reading
    if before is None:
        work = (reading.content, path, place)
        try:
            threading.Thread(target=_read_into, args=work, name="tracker-address", daemon=True).start()
        except RuntimeError:  # the machine has no more threads
            _read_into(*work)
    try:
        return reading.content.result(max(0.0, reading.deadline - time.monotonic()))
    except TimeoutError:
        raise ConfigError(f"the file {place} cannot be read, as its folder does not answer") from None


def _read_into(content: Future[str], path: Path, place: str) -> None:
    try:
        content.set_result(_read(path, place))
    except BaseException as error:  # noqa: BLE001 - raised in the thread that waits
        content.set_exception(error)
    finally:
        with _lock:
            del _under_way[path]


def _read(path: Path, place: str) -> str:
    try:
        if path.exists() and not path.is_file():  # a pipe would be waited for, and with it all channels
            raise ConfigError(f"{place} is no file; expected one whose content is an address")
        with path.open("rb") as file:
            content = file.read(_LONGEST + 1)
        if len(content) > _LONGEST:
            raise ValueError
        return content.decode("utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(f"there is no file {place}") from None
    except OSError as error:
        raise ConfigError(f"the file {place} cannot be read: {error.strerror}") from None
    except ValueError:  # no text; or a path that no file can have
        raise ConfigError(f"the file {place} contains no address; {_EXPECTED}") from None


def _checked(text: str, place: str) -> str:
    address = text.strip()
    if not address:
        raise ConfigError(f"{place} is empty; {_EXPECTED}")
    if not is_address(address):
        raise ConfigError(f"{place} contains no address; {_EXPECTED}")
    return address
