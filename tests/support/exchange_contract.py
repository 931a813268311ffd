"""What every exchange's adapter must do: each check runs against one adapter and its sample answer."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from typing import Any

import pytest

from tests.support.exchange_history_contract import HISTORY_CHECKS
from tests.support.exchange_samples import (
    JUNK,
    UNREADABLE,
    entries,
    markets_of,
    places,
    prices_of,
    quotes_of,
    read,
    read_history,
    replaced,
    value_at,
    without,
)
from tracker.core.ban_words import ban_end
from tracker.core.errors import ExchangeError, RateLimited, Refused
from tracker.core.market import Market


def states_its_address_and_limits(name: str, exchange: Any, sample: dict[str, Any]) -> None:
    assert exchange.BASE_URL.startswith("https://")
    assert not exchange.BASE_URL.endswith("/")
    assert exchange.LIMITS
    assert all(count >= 1 and seconds > 0 for count, seconds in exchange.LIMITS)
    assert max(len(ticker["markets"]) for ticker in sample["tickers"]) <= exchange.MAX_BATCH
    assert exchange.ATTRIBUTION is None or exchange.ATTRIBUTION.strip()


def requests_last_prices_by_a_relative_path(name: str, exchange: Any, sample: dict[str, Any]) -> None:
    for ticker in sample["tickers"]:
        path = exchange.ticker_path(markets_of(ticker["markets"]))
        assert path == ticker["path"]
        assert path.startswith("/")


def reads_each_last_price_of_the_answer_and_no_other(name: str, exchange: Any, sample: dict[str, Any]) -> None:
    for ticker in sample["tickers"]:
        assert exchange.last_prices(ticker["body"], markets_of(ticker["markets"])) == quotes_of(ticker)


def reads_a_price_from_a_string_a_number_or_scientific_notation(
    name: str, exchange: Any, sample: dict[str, Any]
) -> None:
    for ticker in sample["tickers"]:
        for market, (place, *_) in entries(ticker):
            price = prices_of(ticker)[market]
            for value in (price, str(price), f"{price:.17e}", f"{price:.17E}"):
                body = replaced(ticker["body"], place, value)
                assert exchange.last_prices(body, markets_of(ticker["markets"])) == quotes_of(ticker), value


def a_broken_entry_affects_its_own_market_only(name: str, exchange: Any, sample: dict[str, Any]) -> None:
    for ticker in sample["tickers"]:
        for market, own_places in entries(ticker):
            others = {other: price for other, price in prices_of(ticker).items() if other != market}
            for place in own_places:
                for junk in JUNK:
                    body = replaced(ticker["body"], place, junk)
                    assert read(exchange, body, markets_of(ticker["markets"])) == others, (place, junk)
                body = without(ticker["body"], place)
                assert read(exchange, body, markets_of(ticker["markets"])) == others, f"without {place}"


def reads_no_price_for_a_market_that_is_not_in_the_answer(name: str, exchange: Any, sample: dict[str, Any]) -> None:
    if exchange.MAX_BATCH == 1:
        return  # the answer need not name its market
    for ticker in sample["tickers"]:
        for market in markets_of(ticker["markets"]):
            other_markets = [Market(name, market.quote, market.base), Market(name, market.base, "ZZZ")]
            assert read(exchange, ticker["body"], other_markets) == {}


def a_market_that_the_answer_leaves_out_is_absent_and_costs_no_other(
    name: str, exchange: Any, sample: dict[str, Any]
) -> None:
    for ticker in sample["tickers"]:
        for market, own_places in entries(ticker):
            others = {other: quote for other, quote in quotes_of(ticker).items() if other != market}
            if others:
                body = without(ticker["body"], own_places[-1])
                assert exchange.last_prices(body, markets_of(ticker["markets"])) == others, f"without {market}"
                if exchange.MAX_BATCH > 1:
                    assert exchange.last_prices(body, [market]) == {}, f"without {market}, read alone"


def a_time_of_the_trade_that_cannot_be_read_costs_no_price(name: str, exchange: Any, sample: dict[str, Any]) -> None:
    for ticker in sample["tickers"]:
        times = {time // 1000 for time in ticker.get("traded_at", {}).values()}
        stated = [place for place in places(ticker["body"]) if _is_time(value_at(ticker["body"], place), times)]
        assert bool(stated) == bool(times)
        for place in stated:
            for junk in (*JUNK, 1e18, "9999-99-99", "1969-12-31T23:59:59Z"):
                quotes = exchange.last_prices(replaced(ticker["body"], place, junk), markets_of(ticker["markets"]))
                assert {market: quote.price for market, quote in quotes.items()} == prices_of(ticker), junk
                assert {quote.traded_at for quote in quotes.values()} <= {None, *ticker["traded_at"].values()}, junk


def _is_time(value: Any, times: set[int]) -> bool:
    """Return whether *value* is one of *times* (epoch s), in seconds or as ISO 8601 text."""
    with suppress(ValueError, TypeError):
        text = value if isinstance(value, str) and "T" in value else ""
        return (int(datetime.fromisoformat(text).timestamp()) if text else int(value)) in times
    return False


def a_refusal_raises_with_the_exchange_s_own_words(name: str, exchange: Any, sample: dict[str, Any]) -> None:
    assert sample["refusals"]
    for refusal in sample["refusals"]:
        readers = [
            lambda body, ticker=ticker: exchange.last_prices(body, markets_of(ticker["markets"]))
            for ticker in sample["tickers"]
        ]
        if sample["history"]:
            readers.append(lambda body: read_history(exchange, body, sample["history"]))
        if sample["pairs"]:
            readers.append(exchange.pairs)
        for reader in readers:
            kind = RateLimited if refusal.get("too_many") else Refused
            with pytest.raises(kind) as raised:
                reader(refusal["body"])
            assert refusal["words"] in str(raised.value)
            if isinstance(raised.value, RateLimited):
                assert raised.value.retry_after >= 1, "the answer does not state when to try again"


def a_refusal_keeps_the_end_of_a_ban_and_hides_addresses(name: str, exchange: Any, sample: dict[str, Any]) -> None:
    markets = markets_of(sample["tickers"][0]["markets"])
    for refusal in sample["refusals"]:
        for place in places(refusal["body"]):
            text = value_at(refusal["body"], place)
            if isinstance(text, str) and refusal["words"] in text:
                banned = f"{text} IP(203.0.113.7) banned until 1763901900000."
                with pytest.raises(ExchangeError, match=r"IP\(…\) banned") as raised:
                    exchange.last_prices(replaced(refusal["body"], place, banned), markets)
                assert not refusal.get("too_many") or isinstance(raised.value, RateLimited)
                assert ban_end(str(raised.value)) == 1763901900000


def an_answer_of_another_shape_raises_an_expected_error(name: str, exchange: Any, sample: dict[str, Any]) -> None:
    market = markets_of(sample["tickers"][0]["markets"])[:1]
    for body in (None, [], "busy", {}, {"result": 1}, {"result": None}, 7, True):
        with pytest.raises((*UNREADABLE, ExchangeError)):
            assert exchange.last_prices(body, market) != {}, f"{body} was read as no price, without an error"
        if sample["history"]:
            try:
                assert read_history(exchange, body, sample["history"]) == []
            except (*UNREADABLE, ExchangeError):
                continue


def a_wrong_value_anywhere_leads_to_a_correct_number_or_an_expected_error(
    name: str, exchange: Any, sample: dict[str, Any]
) -> None:
    for _, body, check in bodies_with_checks(name, exchange, sample):
        for place in places(body):
            for junk in JUNK:
                check(replaced(body, place, junk))
            if place:
                check(without(body, place))


def bodies_with_checks(
    name: str, exchange: Any, sample: dict[str, Any]
) -> Iterator[tuple[str, Any, Callable[[Any], None]]]:
    """Yield (kind, body, check) of each body in the sample; check(copy) fails if a copy reads as a wrong number."""

    def check_with(read_body: Callable[[Any], Any], is_correct: Callable[[Any], bool]) -> Callable[[Any], None]:
        def check(body: Any) -> None:
            try:
                result = read_body(body)
            except (*UNREADABLE, ExchangeError):
                return
            assert is_correct(result), f"{name} reads {result} in {body}"

        return check

    for ticker in sample["tickers"]:
        markets, prices = markets_of(ticker["markets"]), prices_of(ticker)
        yield (
            "ticker",
            ticker["body"],
            check_with(
                lambda body, markets=markets: read(exchange, body, markets),
                lambda result, prices=prices: result.items() <= prices.items(),
            ),
        )
    readers: list[Callable[[Any], Any]] = [lambda body: read(exchange, body, markets)]
    if history := sample["history"]:
        readers.append(lambda body: read_history(exchange, body, history))
        yield (
            "history",
            history["body"],
            check_with(readers[1], lambda result: all(close in history["closes"] for close in result)),
        )
    if sample["pairs"]:
        yield (
            "pairs",
            sample["pairs"]["body"],
            check_with(exchange.pairs, lambda result: {market.exchange for market in result} <= {name}),
        )
    for refusal in sample["refusals"]:
        for reader in readers:
            yield "refusal", refusal["body"], check_with(reader, lambda result: not result)


def lists_the_markets_it_trades(name: str, exchange: Any, sample: dict[str, Any]) -> None:
    if sample["pairs"] is None:
        assert not hasattr(exchange, "pairs")
        return
    assert exchange.pairs_path().startswith("/")
    pairs = exchange.pairs(sample["pairs"]["body"])
    assert sorted(map(str, pairs)) == sorted(sample["pairs"]["markets"])
    assert {market.exchange for market in pairs} == {name}
    assert all(isinstance(reason, str) for reason in pairs.values())


CHECKS = (
    states_its_address_and_limits,
    requests_last_prices_by_a_relative_path,
    reads_each_last_price_of_the_answer_and_no_other,
    reads_a_price_from_a_string_a_number_or_scientific_notation,
    a_broken_entry_affects_its_own_market_only,
    reads_no_price_for_a_market_that_is_not_in_the_answer,
    a_market_that_the_answer_leaves_out_is_absent_and_costs_no_other,
    a_time_of_the_trade_that_cannot_be_read_costs_no_price,
    a_refusal_raises_with_the_exchange_s_own_words,
    a_refusal_keeps_the_end_of_a_ban_and_hides_addresses,
    an_answer_of_another_shape_raises_an_expected_error,
    a_wrong_value_anywhere_leads_to_a_correct_number_or_an_expected_error,
    *HISTORY_CHECKS,
    lists_the_markets_it_trades,
)
