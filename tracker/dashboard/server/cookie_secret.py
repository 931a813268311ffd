"""
The secret that signs the cookies of viewers: kept, so that they stay signed in when the server restarts.

It is in Jupyter's runtime folder, which is the user's alone, and not beside the prices, which may be shared.
"""

import hmac
import logging
import os
import secrets
import threading
from pathlib import Path

from jupyter_core.paths import jupyter_runtime_dir, secure_write

from tracker.core.errors import StoreError
from tracker.runtime.file_lock import locked

FILE = "btc-price-tracker-cookie-secret"
_SIZE = 32  # bytes
_LOCK_WAIT = 5.0  # seconds for another server that makes the key

log = logging.getLogger(__name__)


def runtime_folder() -> Path:
    """Return Jupyter's runtime folder; it need not exist yet."""
    return Path(jupyter_runtime_dir())


def cookie_secret(folder: Path, *parts: str) -> bytes:
    """
    Return the secret of a server, derived from the key in *folder*, which is made at the first call.

    Where the key cannot be kept, the secret is a new one, and the log says why. Blocking.

    Args:
        folder: Jupyter's runtime folder.
        parts: the token and whatever else makes the server another one; where a part differs, so does the secret.
    """
    file = folder / FILE
    try:
        key = _read_key(file) or _make_key(file)
    except (OSError, RuntimeError, StoreError) as error:  # RuntimeError: the file cannot be made private
        log.warning("%s cannot be used, so viewers have to log in again after a restart: %s", file, error)
        return secrets.token_bytes(_SIZE)
    return hmac.digest(key, "\0".join(parts).encode(), "sha256")


def _read_key(file: Path) -> bytes:
    """Return the key in *file*; empty if there is none, or one that others could have read or written."""
    try:
        with file.open("rb") as opened:
            status, key = os.fstat(opened.fileno()), opened.read()
    except FileNotFoundError:
        return b""
    is_private = os.name == "nt" or (status.st_mode & 0o077 == 0 and status.st_uid == os.geteuid())
    if is_private and len(key) == _SIZE:
        return key
    log.warning("%s is replaced, so viewers have to log in again: expected %d bytes for its owner only", file, _SIZE)
    return b""


def _make_key(file: Path) -> bytes:
    """Return a new key and keep it in *file*; of servers that start at the same time, only one makes it."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with locked(file.with_name(f".{FILE}.lock"), threading.Lock(), _LOCK_WAIT):
        if key := _read_key(file):
            return key
        key, new = secrets.token_bytes(_SIZE), file.with_name(f".{FILE}.new")
        with secure_write(str(new), binary=True) as opened:
            opened.write(key)
        new.replace(file)  # as a whole, so that no server reads a part of it
    return key
