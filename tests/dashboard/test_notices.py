"""Cards, notes and the footer: their exact words."""

from dataclasses import replace

import pytest

import tracker
from tests.support.page_states import EUR, GBP, JPY, NOW, Page, prices, status, unreachable
from tracker.core.market_status import NOTE_LASTS, Failure, Note, Status, WrongClock
from tracker.core.stored_size import StoredSize
from tracker.dashboard import Footer, Problems
from tracker.render.page.state import FailedAction

ALL = (EUR, GBP, JPY)


def test_all_well_shows_no_card():
    assert Problems(Page().state).cards.value == ""


def test_the_unreachable_card_has_cause_start_tries_and_next_try():
    rows = {market: prices(100.0, until=NOW - 420_000) for market in ALL}
    text = Problems(Page(rows, status=unreachable()).state).cards.value
    assert text.count("<section") == 1
    assert "No prices from kraken since 15:04" in text
    assert "api.kraken.com answers 503 (Service Unavailable); 6 tries so far. Prices below are those of 15:03." in text
    assert "What is missed will be backfilled once it answers.</p>" in text


def test_the_next_try_counts_down():
    page = Page(status=unreachable())
    problems = Problems(page.state)
    page.state.update(now=page.state.data.now + 5_000)
    assert '<p class="bt-card-foot">Next try in 3 s.</p>' in problems.cards.value, "on a line of its own"


def test_a_card_names_the_currencies_if_only_some_are_missing():
    mixed = Status("x", markets={**status().markets, JPY: unreachable().markets[JPY]})
    assert "No prices from kraken for JPY since 15:04" in Problems(Page(status=mixed).state).cards.value


@pytest.mark.parametrize(
    ("traits", "text"),
    [
        (
            {"address_problem": "show=<x>: <x> is not among EUR, GBP"},
            "Part of the page&#39;s address cannot be used</h3><p>show=&lt;x&gt;: &lt;x&gt; is not among EUR, GBP. "
            "All other choices in the address are applied.",
        ),
        ({"failure": "ValueError: <b>"}, "<code>ValueError: &lt;b&gt;</code>"),
        ({"problem": "data/: format <9>"}, "data/: format &lt;9&gt;. It is tried again every second"),
        (
            {"failed_action": FailedAction("start_replay", "nothing <stored>")},
            "The replay could not be started</h3><p>nothing &lt;stored&gt;.</p>",
        ),
        (
            {"failed_action": FailedAction("end_replay", "data/ is gone")},
            "The page cannot return to live prices</h3><p>data/ is gone.</p>",
        ),
        ({"failed_action": FailedAction("simulate", "no port")}, "The simulation could not be started</h3>"),
        (
            {"status": replace(status(), store_problem="data/: No space <left>")},
            "data/: No space &lt;left&gt;. Only stored prices are shown",
        ),
        (
            {"status": replace(status(), notes=(Note("collector_failed", NOW, words="KeyError: <x>"),))},
            "Note, 15:10</h3><p>the collector failed: KeyError: &lt;x&gt;; see the log",
        ),
        (
            {"status": status(state="refused", failure=Failure("not_listed", "kraken"))},
            "kraken does not offer BTC/JPY. It is tried now and then",
        ),
        (
            {"status": status(state="refused", failure=Failure("rejected", "kraken", "EQuery:Unknown <pair>"))},
            "kraken refuses BTC/EUR: EQuery:Unknown &lt;pair&gt;. It is tried now and then",
        ),
    ],
)
def test_every_problem_has_its_card_with_its_words_escaped(traits, text):
    assert text in Problems(Page(**traits).state).cards.value


@pytest.mark.parametrize(
    ("problem", "text"),
    [
        ("/home/she/tracker.toml: rules.0.when: at <x>", "tracker.toml: rules.0.when: at &lt;x&gt;. The settings"),
        ("a: did you mean b?", "a: did you mean b? The settings before it stay in force."),
    ],
)
def test_wrong_settings_have_a_card_and_no_note_beside_it(problem, text):
    wrong = replace(status(), notes=(Note("settings_wrong", 0, words=problem),))
    cards = Problems(Page(status=wrong).state).cards.value
    assert f'bt-card is-stale"><h3>A change of the settings cannot be used</h3><p>{text}' in cards
    assert "Note" not in cards


def test_a_failure_of_the_page_shows_before_any_status():
    assert "This page's own work has stopped" not in Problems(Page(status=None).state).cards.value
    assert "own work has stopped" in Problems(Page(status=None, failure="ValueError: 1").state).cards.value


def test_the_footer_names_the_store_and_the_collecting_process():
    page = Page(store_label="data/<x>", store_kind="csv")
    line = Footer(page.state).line
    assert "Kept in <code>data/&lt;x&gt;</code> as CSV" in line.value
    assert "Collected by dashboard (pid 4711)" in line.value
    page.state.update(status=replace(status(), collector="", mode="simulated"))
    assert "No collector running; type: tracker collect" in line.value
    assert "Invented prices: nothing here is a market" in line.value
    page.state.update(status=replace(status(), collector="", mode="replay", is_replay=True))
    assert "Replayed from stored prices" in line.value


def test_the_footer_says_how_far_the_bars_of_older_prices_are_made():
    page = Page(status=replace(status(), bars_made=0.349))
    assert "Making bars of older prices: 34 %" in Footer(page.state).line.value
    page.state.update(status=replace(status(), bars_made=None))
    assert "bars" not in Footer(page.state).line.value


def test_the_footer_says_for_how_long_prices_are_stored_how_much_they_take_and_how_much_more_a_day():
    stored = StoredSize(4_100_000, 5_900_000, NOW - 59_880_000)
    page = Page(store_label="data/", store_kind="csv", status=replace(status(), stored=stored))
    line = Footer(page.state).line
    assert "<code>data/</code> as CSV: 16 h 38 min, 4.1 MB, 5.9 MB more a day<" in line.value
    page.state.update(status=replace(status(), stored=replace(stored, a_day=None)))
    assert "as CSV: 16 h 38 min, 4.1 MB<" in line.value
    page.state.update(status=replace(status(), stored=StoredSize(0)))
    assert "as CSV<" in line.value


def test_the_footer_names_the_version():
    assert f"Version {tracker.__version__}" in Footer(Page().state).line.value


def test_the_footer_names_the_kind_of_store():
    line = Footer(Page(store_label="//db/prices", store_kind="far").state).line
    assert "Kept in <code>//db/prices</code> as FAR" in line.value


def test_skipped_lines_and_a_failure_of_the_page_have_their_cards():
    skipped = Note("lines_skipped", NOW - 60_000, 2, "data/a.csv")
    cards = Problems(Page(malformed_lines=skipped, failure="KeyError: 'x'").state).cards.value
    assert "Note, 15:09</h3><p>2 malformed lines were skipped" in cards
    assert "own work has stopped" in cards


def test_a_note_names_its_time_and_ends_after_a_day():
    clock, lines = Note("clock_jumped", NOW - 3_600_000, 12), Note("lines_skipped", NOW, 1, "data/a.csv")
    page = Page(status=replace(status(), notes=(clock,)), malformed_lines=lines)
    problems = Problems(page.state)
    assert "Note, 14:10</h3><p>the clock was set ahead by 12 s" in problems.cards.value
    page.state.update(now=clock.time + NOTE_LASTS - 1000)
    assert "Note, 9 Nov 14:10" in problems.cards.value
    page.state.update(now=clock.time + NOTE_LASTS)
    assert "the clock was set ahead" not in problems.cards.value
    assert "1 malformed line was skipped" in problems.cards.value
    page.state.update(now=lines.time + NOTE_LASTS)
    assert "Note" not in problems.cards.value


def test_a_wrong_clock_has_a_card_with_the_number_of_prices_and_what_to_type():
    wrong = WrongClock(7200, NOW, 1234, ("kraken",))
    text = Problems(Page(status=replace(status(), clock=wrong)).state).cards.value
    assert "The clock is wrong, so prices are not stored" in text
    assert "clock is 2 h behind that of kraken; set it, e.g.: sudo timedatectl set-ntp true" in text
    assert "1,234 prices not stored so far" in text


@pytest.mark.parametrize(("age", "count", "is_shown"), [(60_000, 1, True), (60_000, 0, False), (NOTE_LASTS, 1, False)])
def test_a_clock_that_is_right_again_is_a_note_for_a_day_if_it_cost_prices(age, count, is_shown):
    right = WrongClock(7200, NOW - 2 * age, count, ("kraken",), until=NOW - age)
    text = Problems(Page(status=replace(status(), clock=right)).state).cards.value
    assert ("clock was 2 h behind that of kraken; 1 price was not stored" in text) == is_shown


def test_processes_that_the_lock_does_not_exclude_are_named_with_what_to_do():
    rivals = ("collect (pid 7) on another computer", "dashboard (pid 8)")
    text = Problems(Page(status=replace(status(), rivals=rivals), store_label="data/").state).cards.value
    assert "Several processes could collect at once</h3><p>The lock in data/ excludes nobody" in text
    assert "collect (pid 7) on another computer and dashboard (pid 8) could take it too" in text
    assert "Keep the folder on a disk of the collecting computer" in text
