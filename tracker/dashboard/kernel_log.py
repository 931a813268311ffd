"""The log of a page's kernel, which joins that of the page's server."""

import logging
import sys
from typing import Any

from traitlets.log import get_logger

from tracker.runtime.log_filter import LOG_FORMAT, LOG_TIME, install_log_filter


def join_server_log() -> None:
    """
    Log what the tracker reports, and warnings of libraries, to the standard error of the server. Idempotent.

    In a kernel, ``sys.stderr`` sends to the viewer's browser. Only ipykernel's own log still has the original stream.
    """
    kernel_log: Any = get_logger()
    streams = [handler.stream for handler in kernel_log.handlers if isinstance(handler, logging.StreamHandler)]
    stream = streams[0] if streams else sys.__stderr__
    logging.basicConfig(format=LOG_FORMAT, datefmt=LOG_TIME, stream=stream)
    logging.getLogger("tracker").setLevel(logging.INFO)
    logging.getLogger("Comm").setLevel(logging.ERROR)  # warns of each message that was on its way when a viewer left
    install_log_filter()
