"""The header: its pill, its clock and the list of markets."""

from dataclasses import replace

import ipywidgets as widgets
import pytest

from tests.support.page_states import EUR, GBP, JPY, NOW, STEP, Page, prices, status, unreachable
from tracker.core.market import Market
from tracker.core.market_status import BackfillResult, Failure, Status, WrongClock
from tracker.core.ticks import Ticks
from tracker.dashboard import Header
from tracker.render.page.condition import has_old_price, headline

ON_COINBASE = Market("coinbase", "BTC", "GBP")
ALL = (EUR, GBP, JPY)
REPLAYED = replace(status(), collector="", mode="replay", is_replay=True)
WRONG_CLOCK = WrongClock(7200, NOW, 3, ("kraken",))
CLOCK_TEXT = "the collecting computer's clock is 2 h behind that of kraken"
BAN = "api.kraken.com answers 418 (I'm a teapot): Way too many requests; IP(…) banned until 9 Nov 2022 17:10:08 UTC"
BAN_TEXT = "kraken reports too many requests; not asked before 17:10"
BANNED = {
    "state": "unreachable",
    "failure": Failure("rate_limited", "kraken", BAN),
    "next_try": NOW + 7_208_000,
}
NOTHING = dict.fromkeys(ALL, Ticks.none())


def pill_text(page: Page) -> str:
    line = headline(page.state.page)
    return f"{line.word}  {line.message}"


def later(seconds: int, **traits: object) -> Page:
    return Page(now=NOW + 1000 * seconds, **traits)


@pytest.mark.parametrize(
    ("page", "text"),
    [
        (later(2), "LIVE  kraken · last tick 2 s ago"),
        (later(30), "LIVE  kraken · last tick 30 s ago"),
        (
            later(192),
            "STALE  kraken · last tick 3 min 12 s ago · the exchange answers, but with no new price",
        ),
        (
            later(2, status=status(page=12, pages=24)),
            "BACKFILLING  kraken · EUR and 2 more · 12 of 24 pages · live prices continue",
        ),
        (
            Page(status=unreachable()),
            "UNREACHABLE  since 15:04 · api.kraken.com answers 503 (Service Unavailable) · next try in 8 s",
        ),
        (Page(status=unreachable(next_try=None, since=None, words="gone")), "UNREACHABLE  gone"),
        (Page(status=unreachable(next_try=None, since=None, words=20 * "gone ")), f"UNREACHABLE  {17 * 'gone '}gone…"),
        (Page(NOTHING, status=unreachable()), "NO DATA YET  kraken has not answered · next try in 8 s"),
        (Page(NOTHING, status=None), "NO DATA YET  kraken has not answered"),
        (
            Page({EUR: Ticks.none(), ON_COINBASE: Ticks.none()}, status=unreachable((EUR, ON_COINBASE))),
            "NO DATA YET  coinbase and kraken have not answered · next try in 8 s",
        ),
        (Page(status=status(**BANNED)), f"UNREACHABLE  since 15:10 · {BAN_TEXT} · next try in 2 h"),
        (Page(NOTHING, status=status(**BANNED)), f"NO DATA YET  {BAN_TEXT} · next try in 2 h"),
        (
            Page({EUR: Ticks.none(), ON_COINBASE: Ticks.none()}, status=status((EUR,), **BANNED)),
            f"NO DATA YET  {BAN_TEXT} · coinbase has not answered · next try in 2 h",
        ),
        (later(2, status=status(state="waiting")), "WAITING  kraken has not answered yet · last tick 2 s ago"),
        (later(2, status=replace(status(), store_problem="disk full")), "LIVE  kraken · last tick 2 s ago"),
        (later(60, status=replace(status(), store_problem="disk full")), "NOT STORED  disk full"),
        (later(2, status=replace(status(), clock=WRONG_CLOCK)), f"NOT STORED  {CLOCK_TEXT}"),
        (Page(NOTHING, status=replace(status(), clock=WRONG_CLOCK)), f"NO DATA YET  {CLOCK_TEXT}"),
        (
            later(2, status=replace(status(page=1, pages=2), mode="simulated")),
            "SIMULATED  invented prices · nothing here is a market · older prices are being fetched",
        ),
        (later(2, status=None), "STALE  no collector running · last tick 2 s ago"),
        (later(2, status=replace(status(), collector="")), "STALE  no collector running · last tick 2 s ago"),
        (later(2, status=replace(status(), mode="simulated")), "SIMULATED  invented prices · nothing here is a market"),
        (later(2, status=replace(status(), mode="replay")), "REPLAY  Wed 9 Nov 2022 · not live"),
        (later(2, status=REPLAYED), "REPLAY  Wed 9 Nov 2022 · not live"),
        (later(2, status=replace(REPLAYED, mode="simulated")), "SIMULATED  invented prices · nothing here is a market"),
        (
            Page(status=replace(unreachable(words="gone", next_try=NOW), mode="simulated")),
            "UNREACHABLE  since 15:04 · gone · simulated · trying now",
        ),
    ],
)
def test_the_pill_shows_the_worst_condition_in_a_word_and_a_sentence(page, text):
    assert pill_text(page) == text


NOT_LISTED = {"state": "refused", "failure": Failure("not_listed", "kraken")}
REFUSED = {"state": "refused", "failure": Failure("rejected", "kraken", "EQuery:Unknown pair")}


@pytest.mark.parametrize(
    ("page", "text"),
    [
        (
            later(2, status=status(**NOT_LISTED)),
            "REFUSED  kraken does not offer BTC/EUR · 2 more markets refused · last tick 2 s ago",
        ),
        (
            Page({EUR: prices(1.0)}, status=status((EUR,), **REFUSED)),
            "REFUSED  kraken refuses BTC/EUR: EQuery:Unknown pair · last tick 0 s ago",
        ),
        (
            Page({EUR: Ticks.none()}, status=status((EUR,), **NOT_LISTED)),
            "NO DATA YET  kraken does not offer BTC/EUR",
        ),
        (
            Page({EUR: Ticks.none(), GBP: Ticks.none()}, status=status((EUR, GBP), **NOT_LISTED)),
            "NO DATA YET  kraken does not offer BTC/EUR · 1 more market refused",
        ),
        (
            Page({EUR: Ticks.none(), ON_COINBASE: Ticks.none()}, status=status((EUR,), **NOT_LISTED)),
            "NO DATA YET  coinbase has not answered",
        ),
        (
            later(2, status=replace(status(**NOT_LISTED), collector="")),
            "STALE  no collector running · last tick 2 s ago",
        ),
        (
            later(2, status=replace(status(), markets={})),
            "STALE  the collector does not collect these markets · last tick 2 s ago",
        ),
    ],
)
def test_refused_markets_are_not_blamed_on_a_silent_exchange_or_a_missing_collector(page, text):
    assert pill_text(page) == text


def test_prices_are_old_as_soon_as_the_exchange_is_unreachable():
    page = later(2, status=unreachable())
    assert has_old_price(page.state.page, EUR)
    assert not has_old_price(later(2).state.page, EUR)


def test_one_market_without_new_prices_does_not_make_the_page_stale():
    rows = {EUR: prices(17_768.5), GBP: prices(15_531.1, until=NOW - 600_000)}
    assert pill_text(Page(rows)) == "LIVE  kraken · last tick 0 s ago"


def test_each_second_updates_pill_and_clock_but_a_screen_reader_reads_only_a_changed_word():
    page = Page()
    strip = Header(page.state)
    spoken = strip.spoken.value
    page.state.update(now=page.state.data.now + 7_000)
    assert "last tick 7 s ago" in strip.pill.value
    assert "Wed 9 Nov 2022 </span><b>15:10:07</b> UTC" in strip.clock.value
    assert strip.spoken.value == spoken == '<span role="status">LIVE</span>'


def test_an_added_link_stays_when_the_header_is_rendered_again():
    strip = Header(Page().state)
    link = widgets.Button(description="Replay stored prices")
    strip.add_link(link)
    strip.state.update(now=strip.state.data.now + 7_000)
    names = [getattr(each, "description", "") for each in strip.box.children]
    assert names[names.index("Market status") + 1] == "Replay stored prices"


def test_each_market_is_listed_on_request_only():
    strip = Header(later(2, status=unreachable((EUR, GBP, JPY), words="<b>gone")).state)
    assert strip.list.value == ""
    strip.details.value = True
    line = "unreachable, since 15:04, &lt;b&gt;gone, next try in 6 s, last tick 2 s ago; backfill: nothing was missing"
    assert f"<li><b>kraken:BTC/EUR</b> <span>{line}</span></li>" in strip.list.value
    assert "Collected by dashboard (pid 4711)" in strip.list.value


def test_the_list_says_from_when_on_older_prices_were_looked_for():
    strip = Header(later(2, status=status(backfill=BackfillResult(since=NOW - 600_000))).state)
    strip.details.value = True
    line = "live, last tick 2 s ago; backfill from 15:00 on: nothing was missing"
    assert f"<b>kraken:BTC/EUR</b> <span>{line}</span>" in strip.list.value


def test_a_market_without_a_collector_is_listed_as_not_collected():
    strip = Header(later(2, status=Status()).state)
    strip.details.value = True
    assert "kraken:BTC/EUR</b> <span>not collected, last tick 2 s ago" in strip.list.value


def test_an_empty_state_has_no_data_yet():
    page = Page({})
    page.state.update(now=page.state.data.now + STEP)
    assert pill_text(page).startswith("NO DATA YET")
