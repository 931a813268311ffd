"""Ends a process when the one that started it is gone, however that one ended."""

import os
import signal
import threading

_STDIN = 0


def end_with_parent() -> None:
    """
    End this process as SIGTERM does once its standard input has ended.

    It has to be a pipe whose other end only the parent has: the system closes that end even if the parent is killed.
    """
    threading.Thread(target=_wait, name="tracker-parent-watch", daemon=True).start()


def _wait() -> None:
    # Not sys.stdin, whose lock would be held when Python exits.
    while os.read(_STDIN, 1_024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
