"""The log of the page's server: the time of each line, no harmless warnings, and a limit on what clients cause."""

import logging
from typing import Any

from tornado.ioloop import IOLoop
from tornado.log import access_log, gen_log

from tracker.dashboard.server.http_limits import HttpLimits
from tracker.dashboard.server.log_rate import LogRate
from tracker.dashboard.server.page_handler import AbandonedPageFilter
from tracker.runtime.log_filter import LOG_FORMAT, LOG_TIME, install_log_filter

# Of Jupyter's messages, as they are before their arguments are filled in.
_HARMLESS = ("Notebook %s is not trusted",)  # it has no outputs, which trust is about


class HarmlessFilter(logging.Filter):
    """Drops warnings that no operator can act upon, and keeps the page's address on the line that announces it."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether *record* is logged."""
        record.msg = str(record.msg).replace(" is running at:\n", " is running at ")
        return record.msg not in _HARMLESS


def set_up_log(voila: Any, limits: HttpLimits) -> None:
    """Set up the logs of *voila*, the application, whose own format is in voila.json, and of all else that it runs."""
    logging.basicConfig(format=LOG_FORMAT, datefmt=LOG_TIME)
    logging.getLogger("tracker").setLevel(logging.INFO)
    voila.log.addFilter(HarmlessFilter())
    voila.log.addFilter(AbandonedPageFilter())
    log_rate = LogRate(limits.log_rate, limits.log_burst)
    for log in (voila.log, access_log, gen_log):
        log.addFilter(log_rate)
    # Not at once: Voila first logs the page's address, once with a token that it has made.
    IOLoop.current().add_callback(install_log_filter)
