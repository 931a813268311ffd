"""The choices in the page's address: written choices are read back, and invalid values are reported."""

from datetime import UTC
from urllib.parse import parse_qs, urlencode
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.page_states import EUR, GBP, JPY, NOW
from tracker.core.errors import StoreError
from tracker.core.market import Market
from tracker.core.measures import MEASURES
from tracker.dashboard.view_state import Actions, ViewState
from tracker.history.playback import Playback
from tracker.render.format.time_text import hour_minute
from tracker.render.page import url_query
from tracker.render.page.state import MAX_VIEW, MODES, THEMES, PageData, View
from tracker.render.page.url_query import COLUMNS

CASES = settings(deadline=None, max_examples=60)  # a busy machine is not a fault
MARKETS = (EUR, GBP, JPY, Market("coinbase", "BTC", "EUR"))
BERLIN = ZoneInfo("Europe/Berlin")
DEFAULT = 86_400
TRAITS = ("chosen", "span", "view", "mode", "candles", "rank_by", "sort", "theme", "zone")

LENGTHS = st.integers(url_query.MIN_VIEW, MAX_VIEW)
ENDED = st.builds(lambda ago, span: View(min(span, MAX_VIEW - ago), NOW - ago), st.integers(0, 500_000_000), LENGTHS)
ANY = st.fixed_dictionaries(
    {
        "chosen": st.sets(st.sampled_from(MARKETS)).map(lambda some: tuple(each for each in MARKETS if each in some)),
        "span": st.integers(30, 604_800),
        "view": st.none() | LENGTHS.map(lambda span: View(span, None)) | ENDED,
        "mode": st.sampled_from(MODES),
        "candles": st.booleans(),
        "rank_by": st.sampled_from([name for name, measure in MEASURES.items() if measure.ranked]),
        "sort": st.sampled_from(["", *COLUMNS, *(f"-{column}" for column in COLUMNS)]),
        "theme": st.sampled_from(THEMES),
        "zone": st.sampled_from([UTC, BERLIN]),
    }
)


def fresh(markets=MARKETS, **traits: object) -> ViewState:
    """A page that was just opened, in Berlin."""
    defaults = {"chosen": MARKETS, "span": DEFAULT, "zone": BERLIN, "viewer_zone": BERLIN}
    return ViewState(PageData(markets=markets, now=NOW), **{**defaults, **traits})


def read(state: ViewState, query: str) -> str:
    """What of *query* could not be followed."""
    state.follow(query)
    return state.address_problem


def all_of(state: ViewState) -> dict[str, object]:
    return {name: getattr(state, name) for name in TRAITS}


def in_seconds(view: View | None) -> View | None:
    """As an address has it: both ends of a past part in whole seconds."""
    if view is None or view.end is None:
        return view
    start, end = (view.end - view.span) // 1000 * 1000, view.end // 1000 * 1000
    return View(end - start, end)


@CASES
@given(ANY)
def test_written_choices_are_read_back(chosen):
    query = url_query.write(fresh(**chosen).page, DEFAULT)
    again = fresh()
    assert read(again, query) == ""
    assert all_of(again) == {**chosen, "view": in_seconds(chosen["view"])}


@CASES
@given(ANY)
def test_reading_a_pages_own_address_changes_nothing(chosen):
    query = url_query.write(fresh(**chosen).page, DEFAULT)
    again = fresh()
    read(again, query)
    assert url_query.write(again.page, DEFAULT) == query


@CASES
@given(ANY)
def test_an_address_has_no_escapes_except_in_exchange_names(chosen):
    assert "%" not in url_query.write(fresh(**chosen).page, DEFAULT)


def test_a_page_without_choices_has_no_query():
    assert url_query.write(fresh().page, DEFAULT) == ""


def test_an_address_is_readable():
    state = fresh(markets=(EUR, GBP, JPY), chosen=(EUR, GBP), span=21_600, mode="compare", candles=True, zone=UTC)
    assert url_query.write(state.page, DEFAULT) == "show=EUR,GBP&span=21600s&mode=compare&candles=yes&zone=UTC"
    state = fresh(view=View(3_600_000, NOW - 5_000))
    assert url_query.write(state.page, DEFAULT) == "view=2022-11-09T14:09:55Z/2022-11-09T15:09:55Z"


def test_the_exchange_is_named_only_if_the_currency_is_ambiguous():
    assert url_query.write(fresh(chosen=(EUR, GBP)).page, DEFAULT) == "show=kraken:BTC/EUR,GBP"


@pytest.mark.parametrize("text", ["EUR,GBP", "eur,gbp", ",EUR,,GBP,", "GBP,EUR,GBP", "kraken:btc/eur,GBP"])
def test_currencies_are_read_in_any_case_and_order(text):
    state = fresh(markets=(EUR, GBP, JPY), chosen=(EUR, GBP, JPY))
    assert read(state, f"?{urlencode({'show': text})}") == ""
    assert state.chosen == (EUR, GBP)


def test_an_empty_choice_of_markets_is_kept():
    state = fresh()
    assert read(state, "show=") == ""
    assert state.chosen == ()


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("show=FOO", "show=FOO: FOO is not among kraken:BTC/EUR, GBP, JPY, coinbase:BTC/EUR"),
        ("show=EUR", "EUR is not among"),  # of which exchange?
        ("span=soon", "span=soon: 'soon' is not a duration; expected a number and a unit, e.g. 10s, 5min, 24h, 90d"),
        ("span=0s", "is not a duration"),
        ("span=8d", "span=8d: expected a span of 30 s to 7 d, such as 24h"),
        ("span=29s", "expected a span of 30 s to 7 d"),
        ("span=9e9d", "is not a duration"),
        ("span=" + "9" * 400 + "d", "is not a duration"),
        ("view=5s", "expected a range of 30 s to 7 d"),
        ("view=8d", "expected a range of 30 s to 7 d"),
        ("view=2022-11-09T15:00:00Z/2022-11-09T14:00:00Z", "expected a range of"),
        ("view=yesterday/today", "the time 'yesterday': expected a time such as"),
        ("view=2022-11-09T15:00:00Z/", "the time '': expected a time"),
        ("view=0001-01-01T00:00:00%2B14:00/2022-11-09T15:00:00Z", "expected a time from 1970"),
        ("view=9999-12-31T23:59:59-14:00/9999-12-31T23:59:59-14:00", "expected a time from 1970"),
        ("view=2022-11-01T00:00:00Z/2022-11-02T00:00:00Z", "the page shows the last 7 d"),
        ("view=2022-11-10T00:00:00Z/2022-11-11T00:00:00Z", "is in the future"),
        ("mode=3d", "mode=3d: expected one of linear, log, compare"),
        ("rank_by=last_price", "expected one of relative_standard_deviation"),
        ("sort=FOO", "expected one of rank, currency"),
        ("sort=--rank", "expected one of rank"),
        ("theme=", "expected one of system, light, dark"),
        ("zone=Mars", "expected UTC; without the key"),
        ("candles=maybe", "candles=maybe: expected yes or no"),
    ],
)
def test_an_invalid_value_is_reported_and_changes_nothing(query, message):
    state = fresh()
    assert message in read(state, query)
    assert all_of(state) == all_of(fresh())


def test_an_invalid_value_leaves_the_other_keys_in_effect():
    state = fresh()
    message = read(state, "mode=3d&show=GBP,FOO,JPY&span=1h&theme=dark&span=x")
    assert (state.chosen, state.span, state.theme, state.mode) == ((GBP, JPY), 3_600, "dark", "linear")
    assert [each.split(":")[0] for each in message.split("; ")][:2] == ["mode=3d", "show=GBP,FOO,JPY"]


def test_keys_missing_from_an_address_keep_their_choices():
    state = fresh(chosen=(GBP,), span=600, mode="log")
    read(state, "theme=dark")
    assert (state.chosen, state.span, state.mode) == ((GBP,), 600, "log")


@pytest.mark.parametrize("query", ["token=x&voila-x=1&show=GBP", "show=GBP&a=%ff%00&;&=&&&x", "SHOW=EUR&show=GBP"])
def test_unknown_keys_are_ignored(query):
    state = fresh()
    assert read(state, query) == ""
    assert all_of(state) == all_of(fresh(chosen=(GBP,)))


def test_a_view_that_begins_too_early_begins_at_the_earliest_time():
    state = fresh()
    assert read(state, "view=2022-11-02T12:00:00Z/2022-11-03T12:00:00Z") == ""
    assert state.page.visible_range[0] == NOW - MAX_VIEW


def test_a_view_that_ends_in_the_future_ends_now():
    state = fresh()
    assert read(state, "view=2022-11-09T15:00:00Z/2022-11-09T16:00:00Z") == ""
    assert state.view == View(600_000, NOW)


@CASES
@given(st.text(max_size=200), st.sampled_from(["", *TRAITS, "x"]))
def test_any_string_is_read_without_an_exception(text, key):
    state = fresh()
    message = read(state, urlencode({key: text}) if key else text)
    assert len(message) < 600
    assert set(state.chosen) <= set(MARKETS)
    assert parse_qs(url_query.write(state.page, DEFAULT)).keys() <= {*TRAITS}


@pytest.mark.parametrize("text", ["9" * 100_000, "x," * 50_000, "<script>" * 9_999, "\0\u202e\ud83d" * 99])
def test_an_endless_value_is_reported_in_one_line(text):
    for key in TRAITS:
        query = urlencode({key: text}, errors="replace")
        assert len(read(fresh(), query)) < 600


@pytest.mark.parametrize("count", [2_000])
def test_endless_keys_are_reported_in_one_line(count):
    assert len(read(fresh(), "&".join(f"mode={number}" for number in range(count)))) < 2_000


def test_all_keys_are_applied_at_once():
    state = fresh()
    seen = []
    state.observe(lambda change: seen.append((state.span, state.mode)), ["span", "mode"])
    read(state, "span=1h&mode=log")
    assert set(seen) == {(3_600, "log")}


class Stored:
    """A page on which a day can be played."""

    def __init__(self) -> None:
        self.state = fresh(actions=Actions(start_replay=self.play))

    def play(self, at: int, speed: float, playing: bool) -> None:
        self.state.replay = Playback(NOW - 86_400_000, NOW, at, speed, real=lambda: 0.0)
        if not playing:
            self.state.replay.pause()
        self.state.playing = playing
        self.state.update(now=at)


@pytest.mark.parametrize(
    ("how", "speed", "playing"),
    [(",60x", 60.0, True), (",600x", 600.0, True), (",60x,paused", 60.0, False), (",0.5x,paused", 0.5, False)],
)
def test_a_replay_continues_at_its_time_and_speed(how, speed, playing):
    page = Stored()
    assert read(page.state, f"?replay=2022-11-09T12:00:00Z{how}") == ""
    assert hour_minute(page.state.data.now) == "12:00"
    assert (page.state.replay.speed, page.state.replay.playing, page.state.playing) == (speed, playing, playing)
    assert f"replay=2022-11-09T12:00:00Z{how}" in url_query.write(page.state.page, DEFAULT)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("replay=yesterday", "replay=yesterday: "),
        ("replay=2022-11-09T12:00:00Z,fast", "fast is neither paused nor a speed, such as 60x"),
    ],
)
def test_an_invalid_replay_is_reported_and_does_not_start(query, message):
    page = Stored()
    assert message in read(page.state, query)
    assert page.state.replay is None


@pytest.mark.parametrize("speed", ["0x", "-1x", "1e9x", "nanx", "x", "999999x", "60"])
def test_an_invalid_speed_is_reported(speed):
    page = Stored()
    assert "is neither paused nor a speed" in read(page.state, f"replay=2022-11-09T12:00:00Z,{speed}")
    assert page.state.replay is None


def test_a_replay_without_a_speed_has_the_default_speed():
    page = Stored()
    assert read(page.state, "replay=2022-11-09T12:00:00Z") == ""
    assert page.state.replay.speed == 60.0


def test_an_unreadable_store_is_reported_and_other_keys_are_applied():
    def play(*how):
        raise StoreError("disk gone")

    state = fresh(actions=Actions(start_replay=play))
    assert "disk gone" in read(state, "replay=2022-11-09T12:00:00Z&mode=log")
    assert state.mode == "log"


def test_an_empty_store_has_no_replay():
    state = fresh()
    assert "nothing is stored that could be played" in read(state, "replay=2022-11-09T12:00:00Z")


def test_a_view_in_a_replay_ends_at_the_replays_time():
    page = Stored()
    query = "replay=2022-11-09T12:00:00Z&view=2022-11-09T10:00:00Z/2022-11-09T13:00:00Z"
    assert read(page.state, query) == ""
    assert page.state.view == View(2 * 3_600_000, page.state.data.now)


def test_a_view_in_a_replay_that_cannot_start_is_not_applied():
    state = fresh()
    query = "replay=2018-04-05T12:00:00Z&view=2018-04-05T10:00:00Z/2018-04-05T11:00:00Z"
    assert "nothing is stored that could be played" in read(state, query)
    assert state.view is None
