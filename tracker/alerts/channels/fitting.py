"""Cuts a message at a line, so that it fits what its service takes."""

from collections.abc import Callable
from itertools import accumulate, takewhile

from tracker.alerts.channels.apprise_library import to_markup
from tracker.alerts.channels.services import Plugin, has_plain_title
from tracker.alerts.channels.sms import is_sms, sms_length, with_plain_signs
from tracker.alerts.messages.message import Message

_MARKUP = 24  # bytes that apprise may put around a title that stands in the text
_AROUND_SPOKEN = 60  # characters that apprise puts around a sentence
_ESCAPED_BY = {"&": 4, "<": 3, ">": 3, '"': 5, "'": 5}  # characters that escaping adds
_LEAST = 12  # characters of a line that are worth showing
_CUT = "..."  # an ellipsis would make a short message one of 70 signs


def is_call(plugin: Plugin) -> bool:
    """Return whether *plugin* calls a phone and speaks."""
    return getattr(plugin, "method", None) == "call"


def fit_message(plugin: Plugin, message: Message) -> tuple[str, str]:
    """
    Return title and text for *plugin*: as many whole lines as it takes, in a summary with how many were left out.

    The title is empty where it became the text. A phone call gets its sentence alone.
    """
    if is_call(plugin):
        return "", _spoken(message.spoken, plugin.body_maxlen)
    has_sms = is_sms(plugin)
    clean = with_plain_signs if has_sms else _one_line
    lines = [clean(line) for line in message.lines]
    if plugin.body_max_line_count > 0:
        lines = _shortened(lines, max(0, plugin.body_max_line_count - 2), message.is_summary)
    fits = _sms_fits(plugin) if has_sms else _text_fits(plugin)
    title = clean(message.title)
    if not _takes_titles(plugin):
        title = _longest(title, lambda text: fits(text, ""))
    else:
        title = _longest(title, lambda text: _size(text) <= plugin.title_maxlen)
    body = _fit_lines(lines, plugin.body_maxlen, lambda text: fits(title, text), message.is_summary)
    return (title, body) if body else ("", title)


def _takes_titles(plugin: Plugin) -> bool:
    return bool(plugin.title_maxlen > 0)


def _fit_lines(lines: list[str], most: int, fits: Callable[[str], bool], is_counted: bool) -> str:
    """Return as many of *lines* as fit, see ``_shortened``; the beginning of the first if it is too long."""
    # What has more than *most* characters before it is escaped has so afterwards, and to escape it would take long.
    ends = accumulate(len(line) + 1 for line in lines)
    short = sum(1 for _ in takewhile(lambda end: end <= most + 1, ends))
    if short == len(lines) and fits(whole := "\n".join(lines)):
        return whole
    low, high = 0, min(len(lines), short + 1)  # low lines fit, or none; high lines do not
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits("\n".join(_shortened(lines, middle, is_counted))) else (low, middle)
    if low:
        return "\n".join(_shortened(lines, low, is_counted))
    rest = _shortened(lines, 1, is_counted)[1:]
    beginning = _longest(lines[0], lambda text: fits("\n".join([text, *rest])))
    if len(beginning) >= min(_LEAST, len(lines[0])):
        return "\n".join([beginning, *rest])
    left_out = "\n".join(_shortened(lines, 0, is_counted))
    return left_out if fits(left_out) else ""


def _shortened(lines: list[str], count: int, is_counted: bool) -> list[str]:
    """Return the first *count* lines, and how many were left out where that *is_counted*."""
    left_out = len(lines) - count
    return [*lines[:count], f"and {left_out} more"] if is_counted and left_out > 0 else lines[:count]


def _longest(text: str, fits: Callable[[str], bool]) -> str:
    """Return *text*, or as much of its beginning as fits, with ``...`` behind it; empty if not even that does."""
    if fits(text):
        return text
    low, high = 0, len(text)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(text[:middle].rstrip() + _CUT) else (low, middle)
    return text[:low].rstrip() + _CUT if low else ""


def _spoken(sentence: str, most: int) -> str:
    # apprise takes what begins with "<" for commands to the phone service.
    text = f"Alert: {sentence}" if sentence.lstrip().startswith("<") else sentence
    return _longest(_one_line(text), lambda part: _escaped_length(part) + _AROUND_SPOKEN <= most)


def _escaped_length(text: str) -> int:
    """Return the number of characters of *text* once apprise has escaped it for the phone service."""
    return len(text) + sum(more * text.count(sign) for sign, more in _ESCAPED_BY.items())


def _one_line(text: str) -> str:
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def _size(text: str) -> int:
    """Return the bytes of *text*: services count characters in several ways, of which none counts more."""
    return len(text.encode("utf-8", "replace"))


def _text_fits(plugin: Plugin) -> Callable[[str, str], bool]:
    """Return a function that says whether a title and a text fit, in the markup of the service."""

    def size(text: str) -> int:
        return _size(to_markup(plugin, text))

    most: int = plugin.body_maxlen

    def fits(title: str, text: str) -> bool:
        if not _takes_titles(plugin):
            return size(title) + _MARKUP + size(text) <= most
        stands_apart = has_plain_title(plugin) and not plugin.overflow_amalgamate_title
        return size(text) + (0 if stands_apart else size(title) + _MARKUP) <= most

    return fits


def _sms_fits(plugin: Plugin) -> Callable[[str, str], bool]:
    """Return a function that says whether a title and a text fit into one short message."""
    return lambda title, text: sms_length("\r\n".join(filter(None, (title, text)))) <= plugin.body_maxlen
