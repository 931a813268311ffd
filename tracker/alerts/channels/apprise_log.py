"""
What apprise logs while a thread sends: kept for that thread, and nowhere else.

apprise logs whole addresses, and only there the reason of a failure; the libraries below it log the paths that they
ask, of which some contain a key.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import NamedTuple

_MOST = 500  # lines of one message
# They log to their own names, whose records do not pass the filters of the names above.
_TALKATIVE = (
    "urllib3.connectionpool",
    "urllib3.connection",
    "urllib3.util.retry",
    "requests_oauthlib.oauth1_auth",
    "requests_oauthlib.oauth2_session",
    "markdown",
    "charset_normalizer",
)


class Line(NamedTuple):
    """One record of apprise's log, which may contain secrets."""

    level: int
    text: str


_lines: ContextVar[list[Line] | None] = ContextVar("tracker_apprise_lines", default=None)


def _keep(record: logging.LogRecord) -> bool:
    """Keep a record of apprise for the thread that sends; return whether handlers may have it, which none may then."""
    lines = _lines.get()
    if lines is None:  # some services are left when their plugin is freed, at any time, and what they answer is logged
        return record.levelno >= logging.WARNING
    if len(lines) < _MOST:
        with suppress(TypeError, ValueError, LookupError):  # arguments that do not fit the text
            lines.append(Line(record.levelno, record.getMessage()))
    return False


def _is_not_sending(_record: logging.LogRecord) -> bool:
    return _lines.get() is None


@contextmanager
def kept_lines() -> Iterator[list[Line]]:
    """Provide the list of what apprise logs in this thread; no handler of this process sees it."""
    apprise = logging.getLogger("apprise")
    apprise.setLevel(logging.DEBUG)  # the answer of a mail server is logged at that level
    apprise.addFilter(_keep)  # once, however often it is added
    for name in _TALKATIVE:
        logging.getLogger(name).addFilter(_is_not_sending)
    lines: list[Line] = []
    token = _lines.set(lines)
    try:
        yield lines
    finally:
        _lines.reset(token)
