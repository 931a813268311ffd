"""Keeps the settings in tracker.toml, which people edit too; fulfils ``tracker.core.settings_contract``."""

import errno
import hashlib
import os
import stat
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from tracker.core.errors import ConfigError, StoreError
from tracker.core.settings_contract import ABSENT, SettingsConflict, SettingsText
from tracker.runtime.base_folder import FILE, find_base, working_directory
from tracker.runtime.file_lock import locked
from tracker.runtime.file_watch import watch_file
from tracker.runtime.files import replacing
from tracker.runtime.setting_errors import variable_of
from tracker.runtime.settings import Settings, make_settings
from tracker.runtime.toml_file import decode_toml, encode_toml, parse_toml

_WAIT = 5.0  # seconds for another process that writes


def settings_path(settings: Settings) -> Path:
    """Return the file that *settings* were read from, or that the first write creates."""
    return settings.file or settings.base / FILE


def find_settings_file() -> "SettingsFile":
    """Return the file of a process that runs in the working directory, whatever is in it. Raises ConfigError."""
    base, path = find_base(working_directory())
    return SettingsFile(path or base / FILE)


def settings_in(text: str, read: Settings) -> Settings:
    """
    Return what the call of read_settings() that returned *read* would return, were *text* in the file.

    Raises:
        ConfigError: *text* is wrong; the message names the file and the key, and no value that may be secret.
    """
    path = settings_path(read)
    return make_settings(parse_toml(text, path), read.base, path, **read.arguments)


def refuse_overridden_rules() -> None:
    """Raise ConfigError if a variable of the environment hides the rules of the file."""
    if variable := variable_of(["rules"]):
        raise ConfigError(f"{variable} is set and overrides the rules in tracker.toml; type: unset {variable}")


def have_vanished(text: str, used: Settings) -> bool:
    """
    Return whether the present *text* is empty, but the settings *used* are others than those without any.

    Their file was removed or emptied since, or is being replaced. May raise as settings_in does.
    """
    return not text.strip() and used.model_copy(update={"file": settings_path(used)}) != settings_in(text, used)


def refuse_vanished(text: str, used: Settings) -> None:
    """Raise ConfigError if the settings *used* are in *text* no longer: what is made of it would lack all the rest."""
    if have_vanished(text, used):
        raise vanished(settings_path(used))


def vanished(path: Path) -> ConfigError:
    """Return the error that settings are in use of which nothing is left in *path*."""
    return ConfigError(
        f"{path} was removed or is empty; expected the settings that are in use, which a change would not bring back; "
        "nothing was written: put the file back, or write a comment into it if you want the defaults"
    )


class SettingsFile:
    """
    The settings file *path*, which need not exist; the version is a hash of its content.

    It may be a link, which stays one: what it leads to is replaced. A new content has the mode, the encoding and, as
    far as this process may, the owner of the one before.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    @property
    def place(self) -> str:
        """The path."""
        return str(self._path)

    def read(self) -> SettingsText:
        """Return the present content."""
        data = self._data()
        return SettingsText(decode_toml(data or b"", self._path), _version(data))

    def write(self, text: str, expected: str) -> SettingsText:
        """Replace the content of the version *expected*."""
        target = self._path.resolve()
        lock_file = target.with_name(f".{target.name.removeprefix('.')}.lock")
        try:
            with locked(lock_file, self._lock, _WAIT):
                try:
                    return self._write(target, text, expected)
                finally:
                    # Whoever waits for the lock of a file that is gone makes a new one.
                    with suppress(OSError):
                        lock_file.unlink()
        except OSError as error:
            hint = "; a file that is mounted alone cannot be replaced: mount its folder"
            words = f"{error.strerror or error}{hint if error.errno == errno.EBUSY else ''}"
            raise StoreError(f"cannot write {self._path}: {words}") from error

    def watch(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call *callback* after changes of the file, also by other programs; see ``watch_file``."""
        return watch_file(self._path, callback)

    def _data(self) -> bytes | None:
        try:
            return self._path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise ConfigError(f"{self._path}: {error.strerror or error}") from None

    def _write(self, target: Path, text: str, expected: str) -> SettingsText:
        former = self._data()
        if _version(former) != expected:
            raise SettingsConflict(f"{self._path} has changed since it was read; nothing was written: look at it again")
        try:
            data = encode_toml(text, former or b"")
        except UnicodeEncodeError:
            raise ConfigError(f"{self._path}: cannot write a character that is none; nothing was written") from None
        if data != former:
            if former is not None and not os.access(target, os.W_OK):  # its owner does not want it to be changed
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
            with replacing(target, durable=True, private=former is not None) as file:
                if former is not None:
                    _take_over_owner(target.stat(), file.fileno())
                file.write(data)
        return SettingsText(text, _version(data))


def _version(data: bytes | None) -> str:
    return ABSENT if data is None else hashlib.sha256(data).hexdigest()


def _take_over_owner(former: os.stat_result, handle: int) -> None:
    """Give the open file *handle* the mode and the owner of a *former* one, or where that is not allowed its group."""
    if not hasattr(os, "fchown"):  # as on Windows
        return
    mode = stat.S_IMODE(former.st_mode)
    try:
        os.fchown(handle, former.st_uid, former.st_gid)
    except OSError:
        try:
            os.fchown(handle, -1, former.st_gid)
        except OSError:
            mode = mode & ~0o070 | (mode & 0o007) << 3  # another group may do no more than everybody could
    os.fchmod(handle, mode)
