"""The viewer's choices as the query of the page's address, which can be shared and survives a reload."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC
from typing import Any, NamedTuple, TypeAlias
from urllib.parse import parse_qsl, urlencode

from tracker.core.durations import MINUTE, parse_duration, parse_moment
from tracker.core.errors import TrackerError
from tracker.core.market import Market
from tracker.core.measures import MEASURES
from tracker.core.window import MIN_SPAN
from tracker.history.playback import FASTEST
from tracker.render.format import currencies, time_text
from tracker.render.page.page_data import PageData
from tracker.render.page.state import ALL, MODES, THEMES, Choices, PageState, Replay, View

COLUMNS = ("rank", "currency", *MEASURES, "share", "rate", "coverage")  # of the table, to sort by
REPLAY_SPEED = 60.0  # default of a replay
_ALL = "all"  # the span of the whole record
SIMULATED = "simulated"  # the option of a replay that plays the simulated day
_MAX_PROBLEMS = 5  # problems that are listed; an address with more was not mistyped
_DEFAULT = Choices()
_RENAMED = {("mode", "together"): "compare"}  # values in addresses written before 0.1.0

Apply: TypeAlias = Callable[[Choices, PageData, str], Choices]


def market_key(data: PageData, market: Market) -> str:
    """Return *market* as written in an address: ``EUR``, ``SHIB/BTC``, or its full name if that is ambiguous."""
    if currencies.is_ambiguous(market, data.markets):
        return str(market)
    return market.quote if market.base == currencies.BASE else f"{market.base}/{market.quote}"


def market_names(data: PageData, market: Market) -> set[str]:
    """
    Return all names, in upper case, by which an address can mean *market*.

    These are its full name, its currency, and its pair unless that is ambiguous; each also with an old code, such
    as XBT.
    """
    has_currency = not currencies.is_ambiguous(market, data.markets)
    has_pair = sum((other.base, other.quote) == (market.base, market.quote) for other in data.markets) == 1
    names: set[str] = set()
    for base, quote in market.spellings:
        pair = f"{base}/{quote}"
        names |= {
            f"{market.exchange.upper()}:{pair}",
            *([pair] if has_pair else []),
            *([quote] if has_currency else []),
        }
    return names


def write(page: PageState, default_span: int) -> str:
    """
    Return the choices that differ from the defaults: ``show=EUR,GBP&span=24h``; empty if none does.

    *default_span* (seconds) is the span of a page without choices.
    """
    choices, query = page.choices, dict[str, str]()
    if choices.chosen != page.data.markets:
        query["show"] = ",".join(market_key(page.data, market) for market in choices.chosen)
    if choices.replay is not None:  # before the view, which is a part of its time
        query["replay"] = _format_replay(choices.replay)
    if choices.view is not None:
        start, end = page.visible_range
        following = choices.view.end is None
        query["view"] = (
            _format_duration(choices.view.span)
            if following
            else f"{time_text.iso_seconds(start)}/{time_text.iso_seconds(end)}"
        )
    if choices.span != default_span:
        query["span"] = _ALL if choices.span == ALL else f"{choices.span}s"
    plain = {key: getattr(choices, key) for key in ("mode", "rank_by", "sort", "theme")}
    query |= {key: value for key, value in plain.items() if value != getattr(_DEFAULT, key)}
    if choices.candles:
        query["candles"] = "yes"
    if choices.zone is UTC and choices.viewer_zone is not UTC:
        query["zone"] = "UTC"
    return urlencode(query, safe=",:/-")


class _PartlyApplied(ValueError):
    """A value that was applied in part, as *choices*; the message names what was not."""

    def __init__(self, choices: Choices, message: str) -> None:
        super().__init__(message)
        self.choices = choices


def read(page: PageState, query: str) -> tuple[Choices, str]:
    """
    Apply *query* to the choices of *page*; unknown keys are ignored.

    Returns:
        The choices; and what could not be applied, as text for people, empty if all could.
    """
    choices, problems = page.choices, []
    for key, value in parse_qsl(query.removeprefix("?"), keep_blank_values=True):
        if key not in _KEYS:
            continue
        try:
            choices = _KEYS[key].apply(choices, page.data, value)
        except (ValueError, TrackerError) as error:
            choices = error.choices if isinstance(error, _PartlyApplied) else choices
            problems.append(f"{key}={_shorten(value)}: {error}")
    more = [f"and {len(problems) - _MAX_PROBLEMS} more"] if len(problems) > _MAX_PROBLEMS else []
    return choices, "; ".join([*problems[:_MAX_PROBLEMS], *more])


def _shorten(text: str) -> str:
    """Return *text*, which may be endless, cut for a message."""
    return text if len(text) <= 40 else text[:39] + "…"


def _format_duration(ms: int) -> str:
    return f"{ms}ms" if ms % 1000 else f"{ms // 1000}s"


def _format_replay(replay: Replay) -> str:
    """Return ``2018-04-05T12:00:00Z,60x``, then ``,paused`` if it is, and ``,simulated`` for the simulated day."""
    minute = time_text.iso_seconds(replay.now // MINUTE * MINUTE)
    options = [*([] if replay.playing else ["paused"]), *([SIMULATED] if replay.is_simulated else [])]
    return ",".join([minute, f"{replay.speed:g}x", *options])


def _parse_speed(text: str) -> float:
    match = re.fullmatch(r"(\d{1,5}(?:\.\d{1,4})?)x", text)
    if match is None or not float(match[1]):
        raise ValueError(f"{_shorten(text)} is neither paused nor a speed, such as 60x")
    return min(float(match[1]), FASTEST)


def _apply_replay(choices: Choices, _data: PageData, text: str) -> Choices:
    moment, *options = text.split(",")
    time = parse_moment(_shorten(moment), "the time") or 0
    speeds = [_parse_speed(option) for option in options if option not in ("paused", SIMULATED)]
    current = choices.replay
    speed = speeds[-1] if speeds else current.speed if current else REPLAY_SPEED
    playing = "paused" not in options and (current is None or current.playing)
    # A view of the live page is outside of the replayed time.
    return replace(
        choices, replay=Replay(time, speed, playing, SIMULATED in options), view=choices.view if current else None
    )


def _apply_show(choices: Choices, data: PageData, text: str) -> Choices:
    wanted = [word for word in text.split(",") if word]
    known = {name: market for market in data.markets for name in market_names(data, market)}
    unknown = [word for word in wanted if word.upper() not in known]
    present = {known[word.upper()] for word in wanted if word.upper() in known}
    if present or not wanted:
        choices = replace(choices, chosen=tuple(market for market in data.markets if market in present))
    if unknown:
        names = ", ".join(market_key(data, market) for market in data.markets)
        raise _PartlyApplied(choices, f"{_shorten(', '.join(unknown))} is not among {names}")
    return choices


def _apply_span(choices: Choices, _data: PageData, text: str) -> Choices:
    if text == _ALL:
        return replace(choices, span=ALL)
    seconds = parse_duration(_shorten(text)) // 1000
    if seconds < MIN_SPAN // 1000:
        raise ValueError("expected a span of 30 s or more, such as 24h, 1y or all")
    return replace(choices, span=seconds)


def _apply_view(choices: Choices, data: PageData, text: str) -> Choices:
    first, slash, last = text.partition("/")
    if not slash:
        return replace(choices, view=View(min(_check_length(parse_duration(_shorten(text))), data.reach), None))
    now = choices.replay.now if choices.replay else data.now
    start, end = (parse_moment(_shorten(word), "the time") or 0 for word in (first, last))
    _check_length(end - start)
    earliest = now - data.reach
    if end <= earliest:
        raise ValueError(f"too old; the page reaches back to {time_text.date(earliest)}")
    if start >= now:
        raise ValueError("that is in the future")
    # An older link is applied as far as the page reaches back.
    start, end = max(start, earliest), min(end, now)
    return replace(choices, view=View(max(MIN_SPAN, end - start), end))


def _check_length(span: int) -> int:
    if span < MIN_SPAN:
        raise ValueError("expected a range of 30 s or more")
    return span


def _apply_one_of(key: str, options: tuple[str, ...]) -> Apply:
    def apply(choices: Choices, _data: PageData, text: str) -> Choices:
        option = _RENAMED.get((key, text), text)
        if option not in options:
            raise ValueError(f"expected one of {', '.join(options)}")
        changes: Any = {key: option}
        return replace(choices, **changes)

    return apply


def _apply_sort(choices: Choices, _data: PageData, text: str) -> Choices:
    if text and text.removeprefix("-") not in COLUMNS:
        raise ValueError(f"expected one of {', '.join(COLUMNS)}, with - before it for the largest first")
    return replace(choices, sort=text)


def _apply_zone(choices: Choices, _data: PageData, text: str) -> Choices:
    if text != "UTC":
        raise ValueError("expected UTC; without the key, the browser's zone is used")
    return replace(choices, zone=UTC)


def _apply_candles(choices: Choices, _data: PageData, text: str) -> Choices:
    if text not in ("yes", "no"):
        raise ValueError("expected yes or no")
    return replace(choices, candles=text == "yes")


class Key(NamedTuple):
    """A key of the address."""

    apply: Apply
    redraws: bool  # whether the snapshot, which is drawn already, cannot apply it


_KEYS = {
    "show": Key(_apply_show, False),
    "span": Key(_apply_span, True),
    "replay": Key(_apply_replay, True),
    "view": Key(_apply_view, True),
    "mode": Key(_apply_one_of("mode", MODES), True),
    "rank_by": Key(_apply_one_of("rank_by", tuple(name for name, measure in MEASURES.items() if measure.ranked)), True),
    "sort": Key(_apply_sort, True),
    "theme": Key(_apply_one_of("theme", THEMES), False),
    "zone": Key(_apply_zone, False),
    "candles": Key(_apply_candles, True),
}
KEYS = tuple(_KEYS)  # also used by the browser's scripts
REDRAWING = tuple(name for name, key in _KEYS.items() if key.redraws)
