"""
Keeps each record of the log on lines of its own, and secrets out of it.

What strangers send reaches the log: addresses, headers, names of widgets. A line break in it would begin a line that
looks like one of the log's own, and an escape sequence would act on the terminal that shows it.
"""

import logging
import re

LOG_FORMAT = "%(asctime)s %(levelname)s %(message)s"  # of every program; voila.json has it for the page's server
LOG_TIME = "%Y-%m-%d %H:%M:%S"  # local time

_INDENT = "    "
# A value ends at a blank or "&" only: what follows it without one may be a part of the secret.
_SECRET = re.compile(r"((?:token|password|_xsrf)(?:=|%(?:25)*3d))[^\s&]+", re.IGNORECASE)
_CREDENTIALS = re.compile(r"(authorization[\"']?\s*[:=]\s*)\S.*", re.IGNORECASE)
_MASKED = r"\1[secret]"  # as Jupyter writes it
_LONGEST = 1_000  # characters of a message; an address that a stranger sends may be 30 times as long
_FORMATTER = logging.Formatter()


def escaped(text: str) -> str:
    """Return *text* with each character that is not printable, such as ESC and bidi overrides, as its escape."""
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)


def masked(text: str) -> str:
    """Return the one line *text* with the values of tokens, passwords and Authorization headers masked."""
    return _CREDENTIALS.sub(_MASKED, _SECRET.sub(_MASKED, text))


class LogFilter(logging.Filter):
    """
    Makes a record safe to write, for every handler; lets all records pass, and never raises.

    The message becomes one line. Tracebacks and stacks keep their lines, each indented. To filter a record again
    changes nothing, so that several handlers can have the filter.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Format *record*, and replace its text; its exception stays, for handlers that read it."""
        try:
            record.msg, record.args = _shortened(masked(escaped(_message(record)))), ()
            if record.exc_info and not record.exc_text:
                record.exc_text = _FORMATTER.formatException(record.exc_info)
            if record.exc_text:
                record.exc_text = _indented(record.exc_text)
            if record.stack_info:
                record.stack_info = _indented(record.stack_info)
        except Exception as error:  # noqa: BLE001 - text of objects that may fail in any way
            record.msg, record.args = f"a message that cannot be written: {type(error).__name__}", ()
            record.exc_info = record.exc_text = record.stack_info = None
        return True


def _message(record: logging.LogRecord) -> str:
    """Return the message; with its arguments as they are if these do not fit, where logging would print a traceback."""
    try:
        return record.getMessage()
    except (TypeError, ValueError, LookupError):
        return f"{record.msg} {record.args!r}"


def _shortened(text: str) -> str:
    """Return *text*, without its middle if it is long: the end of a request's line says whose it was."""
    half = _LONGEST // 2
    return text if len(text) <= _LONGEST else f"{text[: half - 2]} … {text[1 - half :]}"


def _indented(text: str) -> str:
    """Return the lines of *text*, safe and none of them at the margin, where lines of the log begin."""
    lines = [masked(escaped(line)) for line in text.split("\n")]
    indent = "" if all(line.startswith(_INDENT) for line in lines) else _INDENT  # else it was filtered before
    return "\n".join(indent + line for line in lines)


_FILTER = LogFilter()


def install_log_filter() -> None:
    """Add the filter to every handler there is now: those of all loggers, and the one used where there is none."""
    loggers = [logging.getLogger(), *logging.root.manager.loggerDict.values()]
    handlers = [handler for logger in loggers if isinstance(logger, logging.Logger) for handler in logger.handlers]
    for handler in [*handlers, logging.lastResort]:
        if handler is not None:
            handler.addFilter(_FILTER)  # once, however often it is added
