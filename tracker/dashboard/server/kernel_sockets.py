"""
Connects the server to its kernels by sockets that are files, in place of TCP ports.

A port that was free when the server chose it may be taken by another connection before the kernel uses it: then the
kernel could not start. Nor can another user of this machine connect to a file in the server's own folder.
"""

import sys
from typing import Any

from traitlets.config import Config

_LONGEST = 107  # bytes of a socket's path
_NAME = "/kernel-00000000-0000-0000-0000-000000000000-ipc-5"


def use_sockets(kernels: Any) -> None:
    """Have *kernels*, a kernel manager of Jupyter, use files where the system and the length of their folder allow."""
    longest = len((kernels.connection_dir + _NAME).encode())
    if sys.platform == "linux" and longest <= _LONGEST:
        kernels.update_config(Config({"KernelManager": {"transport": "ipc"}}))
