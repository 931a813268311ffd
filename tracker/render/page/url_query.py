"""What the viewer chose, as the query of the page's address: it can be shared, and survives a reload."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode

from tracker.clock import Playback
from tracker.errors import TrackerError
from tracker.market import Market
from tracker.measures import MEASURES
from tracker.options import parse_duration, parse_moment
from tracker.render.page.state import LONGEST_VIEW, MODES, THEMES, State, View

LEAST_VIEW = 30_000  # ms; a shorter part of time shows no more
COLUMNS = ("rank", "currency", *MEASURES, "share", "rate", "coverage")  # what the table can be sorted by
_TOLD = 5  # wrong keys; who writes more of them knows


def name(state: State, market: Market) -> str:
    """*market* in an address: ``EUR``, and its whole name only where the currency alone is ambiguous."""
    twice = sum(market.quote == other.quote for other in state.markets) > 1
    return str(market) if twice else market.quote


def write(state: State, default_span: int) -> str:
    """
    The choices that are not the defaults: ``show=EUR,GBP&span=24h``; empty if all are.

    *default_span*, seconds, is the span of a page without choices.
    """
    found: dict[str, str] = {}
    if state.chosen != state.markets:
        found["show"] = ",".join(name(state, market) for market in state.chosen)
    if state.replay is not None:  # before a part of time, which lies in it
        found["replay"] = _played(state.replay)
    if state.view is not None:
        start, end = state.shown
        following = state.view.end is None
        found["view"] = _length(state.view.span) if following else f"{_moment(start)}/{_moment(end)}"
    if state.span != default_span:
        found["span"] = f"{state.span}s"
    found |= {key: getattr(state, key) for key in ("mode", "rank_by", "sort", "theme") if _changed(state, key)}
    if state.candles:
        found["candles"] = "yes"
    if state.zone is UTC and state.viewer_zone is not UTC:
        found["zone"] = "UTC"
    return urlencode(found, safe=",:/-")


def read(state: State, query: str) -> str:
    """
    Choose what *query* says; what it leaves out stays as it is.

    Returns:
        What could not be followed, for people; empty if all could. Keys of others are left alone.
    """
    wrong = []
    with state.hold_trait_notifications():
        for key, value in parse_qsl(query.removeprefix("?"), keep_blank_values=True):
            known = _KEYS.get(key)
            try:
                if known is not None:
                    known.follow(state, value)
            except (ValueError, TrackerError) as error:
                wrong.append(f"{key}={_cut(value)}: {error}")
    more = [f"and {len(wrong) - _TOLD} more"] if len(wrong) > _TOLD else []
    return "; ".join([*wrong[:_TOLD], *more])


def _changed(state: State, key: str) -> bool:
    return bool(getattr(state, key) != state.traits()[key].default_value)


def _cut(text: str) -> str:
    """*text* as it is repeated to people, who may have been sent an endless one."""
    return text if len(text) <= 40 else text[:39] + "…"


def _length(ms: int) -> str:
    return f"{ms}ms" if ms % 1000 else f"{ms // 1000}s"


def _moment(ms: int) -> str:
    return f"{datetime.fromtimestamp(ms // 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _played(clock: Playback) -> str:
    """Where a replay is, and how it plays: ``2018-04-05T12:00:00Z,60x``, and ``,paused`` if it stands still."""
    minute = _moment(clock.now() // 60_000 * 60_000)
    return ",".join([minute, f"{clock.speed:g}x", *([] if clock.playing else ["paused"])])


def _speed(text: str) -> float:
    found = re.fullmatch(r"(\d{1,5}(?:\.\d{1,4})?)x", text)
    if found is None or not float(found[1]):
        raise ValueError(f"{_cut(text)} is neither paused nor a speed, such as 60x")
    return float(found[1])


def _replay(state: State, text: str) -> None:
    moment, *how = text.split(",")
    time = parse_moment(_cut(moment), "the time") or 0
    speeds = [_speed(each) for each in how if each != "paused"]
    if state.replay is None:
        if state.start_replay is None:
            raise ValueError("nothing is stored that could be played")
        state.start_replay()
    state.replay.seek(time)
    for speed in speeds:
        state.replay.speed = speed
    if "paused" in how:
        state.replay.pause()
    state.playing = state.replay.playing
    state.now = state.replay.now()


def _show(state: State, text: str) -> None:
    wanted = [each for each in text.split(",") if each]
    known = {name(state, market).upper(): market for market in state.markets}
    known |= {str(market).upper(): market for market in state.markets}
    missing = [each for each in wanted if each.upper() not in known]
    found = {known[each.upper()] for each in wanted if each.upper() in known}
    if found or not wanted:
        state.chosen = tuple(market for market in state.markets if market in found)
    if missing:
        known_ones = ", ".join(name(state, each) for each in state.markets)
        raise ValueError(f"{_cut(', '.join(missing))} is not among {known_ones}")


def _span(state: State, text: str) -> None:
    seconds = parse_duration(_cut(text)) // 1000
    if not LEAST_VIEW // 1000 <= seconds <= LONGEST_VIEW // 1000:
        raise ValueError("expected a span from 30 s to 7 d, such as 24h")
    state.span = seconds


def _view(state: State, text: str) -> None:
    first, slash, last = text.partition("/")
    if not slash:
        state.view = View(_long(parse_duration(_cut(text))), None)
        return
    start, end = (parse_moment(_cut(each), "the time") or 0 for each in (first, last))
    _long(end - start)
    if end <= state.now - LONGEST_VIEW:
        raise ValueError("that is over; the page reaches 7 d back")
    if start >= state.now:
        raise ValueError("that has not come yet")
    # An older link is followed as far as the page still reaches.
    start, end = max(start, state.now - LONGEST_VIEW), min(end, state.now)
    state.view = View(max(LEAST_VIEW, end - start), end)


def _long(span: int) -> int:
    if not LEAST_VIEW <= span <= LONGEST_VIEW:
        raise ValueError("expected a part of time from 30 s to 7 d")
    return span


def _one_of(key: str, options: tuple[str, ...]) -> Callable[[State, str], None]:
    def follow(state: State, text: str) -> None:
        if text not in options:
            raise ValueError(f"expected one of {', '.join(options)}")
        setattr(state, key, text)

    return follow


def _sort(state: State, text: str) -> None:
    if text and text.removeprefix("-") not in COLUMNS:
        raise ValueError(f"expected one of {', '.join(COLUMNS)}, with - before it for the largest first")
    state.sort = text


def _zone(state: State, text: str) -> None:
    if text != "UTC":
        raise ValueError("expected UTC, or nothing for the browser's own")
    state.zone = UTC


def _candles(state: State, text: str) -> None:
    if text not in ("yes", "no"):
        raise ValueError("expected yes or no")
    state.candles = text == "yes"


class Key(NamedTuple):
    """A key of the address: how a page follows it, and whether a picture that is drawn already cannot."""

    follow: Callable[[State, str], None]
    redraws: bool


_KEYS = {
    "show": Key(_show, False),
    "span": Key(_span, True),
    "replay": Key(_replay, True),
    "view": Key(_view, True),
    "mode": Key(_one_of("mode", MODES), True),
    "rank_by": Key(_one_of("rank_by", tuple(name for name, measure in MEASURES.items() if measure.ranked)), True),
    "sort": Key(_sort, True),
    "theme": Key(_one_of("theme", THEMES), False),
    "zone": Key(_zone, False),
    "candles": Key(_candles, True),
}
KEYS = tuple(_KEYS)  # the browser's scripts have them from here
REDRAWING = tuple(key for key, each in _KEYS.items() if each.redraws)
