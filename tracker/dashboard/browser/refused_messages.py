"""The log of messages that no page of this project sends; a browser can be made to send any number of them."""

import logging

from tracker.dashboard.server.log_rate import LogRate

RATE, BURST = 1.0, 20  # lines a second, and at once

log = logging.getLogger(__name__)
log.addFilter(LogRate(RATE, BURST))


def log_refused(content: object, recipient: str) -> None:
    """Log that *content* was sent to a *recipient* that takes no such message, and was ignored."""
    log.warning("the browser sent %.80r, which is no message of %s", content, recipient)
