"""Checks of every adapter's history: which pages it asks for, and how it reads candles."""

import math
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.support.exchange_samples import (
    DAY,
    HOUR,
    JUNK,
    NOW,
    UNREADABLE,
    history_page,
    places,
    read_history,
    replaced,
    sample_market,
    value_at,
)
from tracker.core.quotes import Candle

DELAY = 120_000  # ms that a request may wait in the queue


def page_of(path: str, seconds: float, pages: dict[str, Any]) -> tuple[float, float, bool]:
    """Return the opening of the first candle and the close of the last (ms), and whether a page ends now."""
    query = {key: values[0] for key, values in parse_qs(urlsplit(path).query).items()}
    scale = {"s": 1000.0, "ms": 1.0}.get(pages["unit"], 0.0)
    if pages["unit"] == "days":
        return NOW - float(query[pages["start"]]) * DAY, NOW, True

    def time(name: str) -> float:
        return float(query[name]) * scale if scale else datetime.fromisoformat(query[name]).timestamp() * 1000

    length = seconds * 1000
    end = time(pages["end"]) if pages["end"] else NOW
    return math.ceil(time(pages["start"]) / length) * length, math.ceil(end / length) * length, not pages["end"]


def history_is_closed_candles_only_oldest_first(name: str, exchange: Any, sample: dict[str, Any]) -> None:
    history = sample["history"]
    if history is None:
        return
    assert read_history(exchange, history["body"], history) == history["closes"]
    assert history["closes"] == sorted(history["closes"])
    assert len(value_at(history["body"], tuple(history["rows"]))) > len(history["closes"]), (
        "the sample has no open candle"
    )
    for time, _ in history["closes"]:
        earlier = read_history(exchange, history["body"], history, now=round(time * 1000) - 1)
        assert [close for close in earlier if close[0] >= time or close not in history["closes"]] == []


def the_order_and_repetition_of_candles_change_nothing(name: str, exchange: Any, sample: dict[str, Any]) -> None:
    history = sample["history"]
    if history is None:
        return
    place = tuple(history["rows"])
    rows = value_at(history["body"], place)
    for reordered in (rows[::-1], rows + rows, [*rows[2:], *rows[:2]]):
        assert read_history(exchange, replaced(history["body"], place, reordered), history) == history["closes"]
    assert read_history(exchange, replaced(history["body"], place, []), history) == []


def shifted(value: Any, ms: int) -> Any:
    """Return a copy of *value* in which every time, in epoch seconds or milliseconds, is *ms* later."""
    if isinstance(value, list):
        return [shifted(part, ms) for part in value]
    if isinstance(value, dict):
        return {key: shifted(part, ms) for key, part in value.items()}
    if isinstance(value, bool) or not isinstance(value, int | str) or not str(value).isdecimal() or int(value) < 1e9:
        return value
    later = int(value) + ms if int(value) > 1e11 else int(value) + ms / 1000
    return type(value)(later) if later == int(later) else later


def candles_that_begin_off_the_minute_are_kept_at_their_own_close(
    name: str, exchange: Any, sample: dict[str, Any]
) -> None:
    history = sample["history"]
    for ms in (14_000, 14_789) if history else ():
        closes = [[pytest.approx(time + ms / 1000, abs=1e-3), close] for time, close in history["closes"]]
        body, now = shifted(history["body"], ms), history["now"] + ms
        assert read_history(exchange, body, history, now) == closes
        place = tuple(history["rows"])
        mixed = [*value_at(body, place), *value_at(history["body"], place)]
        assert len(read_history(exchange, replaced(body, place, mixed), history, now)) >= 2 * len(closes)


def a_broken_candle_affects_no_other(name: str, exchange: Any, sample: dict[str, Any]) -> None:
    history = sample["history"]
    if history is None:
        return
    place = tuple(history["rows"])
    rows = value_at(history["body"], place)
    for number in range(len(rows)):
        remaining = read_history(
            exchange, replaced(history["body"], place, rows[:number] + rows[number + 1 :]), history
        )
        assert len(remaining) >= len(history["closes"]) - 1
        for junk in JUNK:
            body = replaced(history["body"], (*place, number), junk)
            assert read_history(exchange, body, history) == remaining, (number, junk)
            assert history_page(exchange, body, history).left_out == 1, (number, junk)
    assert history_page(exchange, history["body"], history).left_out == 0
    with pytest.raises(UNREADABLE):
        read_history(exchange, replaced(history["body"], place, ["soon", None]), history)


def candles_have_the_first_low_and_high_that_the_answer_states(
    name: str, exchange: Any, sample: dict[str, Any]
) -> None:
    history = sample["history"]
    if history is not None:
        page = history_page(exchange, history["body"], history)
        assert [[candle.first, candle.low, candle.high] for candle in page] == history["candles"]


def an_impossible_first_low_or_high_costs_these_values_and_no_close(
    name: str, exchange: Any, sample: dict[str, Any]
) -> None:
    history = sample["history"]
    if history is None:
        return
    rows = value_at(history["body"], tuple(history["rows"]))
    complete = history_page(exchange, history["body"], history)
    for number, row in enumerate(rows):
        costly = set()
        for place in places(row):
            for junk in ("soon", -1, "0", 1e-9, 1e14) if place else ():
                body = replaced(history["body"], (*history["rows"], number, *place), junk)
                page = history_page(exchange, body, history)
                closes = [candle[:2] for candle in page]
                if closes == [candle[:2] for candle in complete]:
                    differing = [candle for candle in page if candle not in complete]
                    costly |= {place} if differing else set()
                    assert all(is_possible(candle) for candle in page), (number, place, junk)
        is_read = any(candle.low is not None for candle in complete) and row in rows_of_candles(history, exchange)
        assert len(costly) == (3 if is_read else 0), (number, costly)


def rows_of_candles(history: dict[str, Any], exchange: Any) -> list[Any]:
    """Return the rows of the sample that closed candles are read from."""
    place = tuple(history["rows"])
    rows = value_at(history["body"], place)
    return [row for row in rows if read_history(exchange, replaced(history["body"], place, [row, row]), history)]


def is_possible(candle: Candle) -> bool:
    """Return whether first, low and high are prices between which the close lies, or unknown."""
    ends = [value for value in (candle.first, candle.close) if value is not None]
    return all(value is None or 0 < value < math.inf for value in candle[2:]) and not (
        (candle.low is not None and candle.low > min(ends)) or (candle.high is not None and candle.high < max(ends))
    )


def requests_history_by_relative_paths_finest_candles_first(name: str, exchange: Any, sample: dict[str, Any]) -> None:
    requests = exchange.history_requests(sample_market(sample), NOW - DAY, NOW, NOW)
    lengths = [seconds for _, seconds in requests]
    assert bool(requests) == bool(sample["history"])
    assert lengths == sorted(lengths)
    assert all(path.startswith("/") and seconds > 0 for path, seconds in requests)


def pages_cover_a_span_without_a_hole_and_fit_into_one_answer(name: str, exchange: Any, sample: dict[str, Any]) -> None:
    market = sample_market(sample)
    spans = [(HOUR, 0), (DAY, 0), (30 * DAY, 0), (3 * HOUR, 2 * HOUR), (90_001, 29_999)] if sample["history"] else []
    for back, until in spans:
        start, end = NOW - back, NOW - until
        requests = exchange.history_requests(market, start, end, NOW)
        assert requests
        reached = end
        for path, seconds in requests:
            first, last, ends_now = page_of(path, seconds, sample["pages"])
            assert first < last
            assert last >= reached, f"a hole of {(reached - last) / 1000} s after {path}"
            if sample["pages"]["holds"]:
                count = (last + (DELAY if ends_now else 0) - first) / (seconds * 1000)
                assert count <= sample["pages"]["holds"], f"{count} candles requested by {path}"
            reached = first
        assert reached <= start, f"{(reached - start) / 1000} s at the start are not requested"
        assert reached > start - 2 * requests[-1][1] * 1000 - DAY, "far more than the span is requested"


def requests_no_history_of_an_empty_or_future_span(name: str, exchange: Any, sample: dict[str, Any]) -> None:
    market = sample_market(sample)
    assert exchange.history_requests(market, NOW - HOUR, NOW - HOUR, NOW) == []
    assert exchange.history_requests(market, NOW + HOUR, NOW + 2 * HOUR, NOW) == []


HISTORY_CHECKS = (
    history_is_closed_candles_only_oldest_first,
    the_order_and_repetition_of_candles_change_nothing,
    candles_that_begin_off_the_minute_are_kept_at_their_own_close,
    a_broken_candle_affects_no_other,
    candles_have_the_first_low_and_high_that_the_answer_states,
    an_impossible_first_low_or_high_costs_these_values_and_no_close,
    requests_history_by_relative_paths_finest_candles_first,
    pages_cover_a_span_without_a_hole_and_fit_into_one_answer,
    requests_no_history_of_an_empty_or_future_span,
)
