"""Reads what lies beside the lock file of a lease, and tests the lock."""

import uuid
from pathlib import Path

from filelock import FileLock, Timeout

from tracker.core.errors import LeaseError
from tracker.runtime.files import replace_file

_TIMEOUT = 5.0  # seconds for another process to create the folder's identity
_TOKEN_LIMIT = 2**63  # stores keep tokens in 64 bits


def can_lock(file: Path) -> bool:
    """Return whether the lock *file* could be taken now; False also without the permission to lock it."""
    probe = FileLock(file, thread_local=False, preserve_lock_file=True)
    try:
        probe.acquire(blocking=False)
    except (Timeout, OSError):
        return False
    probe.release()
    return True


def token_in(file: Path) -> int:
    """Return the token in *file*; 0 if it holds none. Raises OSError."""
    text = _text_in(file)
    token = int(text) if text.isascii() and text.isdigit() and len(text) < 20 else 0
    return token if token < _TOKEN_LIMIT else 0


def folder_identity(folder: Path, lock: Path) -> str:
    """
    Return the random text that distinguishes the leases in *folder* from those of others.

    It is made at the first call, under the lock file *lock*.

    Raises:
        LeaseError: it cannot be read or written.
    """
    file = folder / ".coordination-id"
    try:
        if not (text := _text_in(file)):
            folder.mkdir(parents=True, exist_ok=True)
            with FileLock(lock, timeout=_TIMEOUT, thread_local=False, preserve_lock_file=True):
                if not (text := _text_in(file)):
                    text = uuid.uuid4().hex
                    replace_file(file, f"{text}\n".encode(), durable=True)
    except (OSError, Timeout) as error:
        raise LeaseError(f"cannot read or write {file}: {getattr(error, 'strerror', None) or error}") from error
    return text


def _text_in(file: Path) -> str:
    """Return the text of *file*; empty if it does not exist. Raises OSError."""
    try:
        return file.read_text(errors="replace").strip()
    except FileNotFoundError:
        return ""
