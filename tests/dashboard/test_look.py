"""Another range of time is drawn once its prices are read; the last choice counts, and each request is answered."""

from tests.support.page_server import now
from tests.support.page_states import EUR, NOW, Page
from tests.support.reading_page import Reading
from tests.support.running_app import run_app, until
from tracker.core.ticks import Ticks
from tracker.dashboard import PriceCharts
from tracker.dashboard.view_state import Actions
from tracker.dashboard.widgets.downloads import PART, FileSender
from tracker.dashboard.widgets.pickers import SpanPicker
from tracker.render.page.state import ALL, View
from tracker.stores.csv import open_store

DAY, HOUR, MINUTE = 86_400_000, 3_600_000, 60_000


def test_what_is_shown_stays_until_the_prices_are_read():
    page = Reading()
    page.zoom(10, seq=1)
    assert (page.state.view, page.seq, page.state.is_reading) == (None, 0, True)
    page.state.update(revision=page.state.data.revision + 1)  # live prices are drawn meanwhile
    assert page.seq == 0
    [answer] = page.answers
    answer(True)
    assert (page.state.view, page.seq, page.state.is_reading) == (View(10 * MINUTE, NOW - 10 * MINUTE), 1, False)


def test_of_two_choices_the_later_one_counts_whichever_is_read_first():
    for order in ((0, 1), (1, 0)):
        page = Reading()
        page.zoom(10, seq=1)
        page.zoom(20, seq=2)
        for place in order:
            page.answers[place](True)
        assert (page.state.view, page.seq) == (View(20 * MINUTE, NOW - 20 * MINUTE), 2)
        assert not page.state.is_reading


def test_a_gesture_before_a_button_is_answered_so_that_the_browser_does_not_repeat_it():
    page = Reading()
    page.zoom(10, seq=1)
    SpanPicker(page.state).buttons.value = ALL
    page.answers[1](True)
    assert (page.state.view, page.state.span, page.seq) == (None, ALL, 1)


def test_what_a_browser_asks_for_again_is_read_once_and_shown_as_soon_as_it_is():
    page = Reading()
    for _ in range(3):
        page.zoom(10, seq=1)
    [answer] = page.answers
    answer(True)
    assert (page.state.view, page.seq, page.state.is_reading) == (View(10 * MINUTE, NOW - 10 * MINUTE), 1, False)


def test_the_pressed_button_is_the_last_choice_however_it_was_made():
    page = Reading()
    picker = SpanPicker(page.state)
    page.state.look(span=7 * 86_400)
    assert picker.buttons.value == 7 * 86_400
    page.zoom(10, seq=1)
    assert picker.buttons.value is None
    assert len(page.answers) == 2
    page.answers[1](True)
    assert picker.buttons.value is None


def test_what_the_address_of_a_replay_names_replaces_what_is_being_read():
    page = Reading()
    page.state.actions = Actions(start_replay=lambda *arguments: None)
    page.zoom(10, seq=1)
    page.state.follow("?replay=2022-11-09T12:00:00Z&span=10m")
    page.answers[0](True)
    assert (page.state.span, page.state.view, page.seq, page.state.is_reading) == (600, None, 1, False)


def test_the_whole_record_begins_with_its_first_price():
    page = Page(first_stored=NOW - 40 * DAY)
    page.state.look(span=ALL)
    assert page.state.page.visible_range == (NOW - 40 * DAY - 1, NOW)
    assert page.state.page.span_text == "40 d"
    assert Page().state.page.data.reach == 7 * DAY


def test_a_page_reads_a_year_before_it_shows_it(tmp_path, unused_url):
    store = open_store("data", base=tmp_path, known=())
    end = now() // MINUTE * MINUTE
    for ago in (364 * DAY, 30 * DAY, HOUR):
        store.append({EUR: Ticks.of(range(end - ago, end - ago + HOUR, MINUTE), [100.0] * 60, MINUTE)})
    store.close()

    async def check(app):
        counts = []
        app.state.observe(lambda change: counts.append(app.state.page.window(EUR).count), "span")
        app.state.look(span=365 * 86_400)
        await until(lambda: app.state.span == 365 * 86_400, "the year is shown")
        assert counts == [180]
        app.state.look(view=View(2 * HOUR, end - 29 * DAY - 23 * HOUR))
        await until(lambda: app.state.view is not None, "an hour of last month is shown")
        assert app.state.page.window(EUR).count == 60

    run_app(check, tmp_path, unused_url)


def test_a_large_file_is_sent_in_parts_each_once_the_browser_has_the_one_before():
    sender, sent = FileSender(), []
    sender.send = lambda content, buffers: sent.append((content["left"], len(buffers[0])))
    sender.send_file("prices.csv", "text/csv", bytes(2 * PART + 1))
    for _ in range(5):
        sender._handle_custom_msg({"kind": "got"}, [])
    assert sent == [(2, PART), (1, PART), (0, 1)]
    sender.send_file("empty.csv", "text/csv", b"")
    assert sent[3:] == [(0, 0)]


def test_of_two_spans_the_later_one_counts_whichever_is_read_first():
    for order in ((0, 1), (1, 0)):
        page = Reading()
        page.state.look(span=7 * 86_400)
        page.state.look(span=30 * 86_400)
        for place in order:
            page.answers[place](True)
        assert (page.state.span, page.state.is_reading) == (30 * 86_400, False)


def test_a_gesture_after_a_button_is_one_within_the_span_that_was_chosen():
    page = Reading()
    SpanPicker(page.state).buttons.value = ALL
    page.zoom(10, seq=1)
    page.answers[0](True)
    page.answers[1](True)
    assert (page.state.span, page.state.view) == (ALL, View(10 * MINUTE, NOW - 10 * MINUTE))


def test_buttons_that_are_drawn_anew_replace_no_choice_whose_prices_are_being_read():
    page = Reading()
    picker = SpanPicker(page.state)
    page.state.view = View(10 * MINUTE, NOW)
    picker.buttons.value = ALL
    page.state.view = None  # drawn: the button of the present span is pressed
    assert len(page.answers) == 1
    page.answers[0](True)
    assert page.state.span == ALL


def drag(charts: PriceCharts, start: int, end: int) -> None:
    content = {"kind": "view", "start": start, "end": end, "live": end == NOW, "seq": charts.bridge.seq + 1}
    charts.bridge._handle_custom_msg(content, [])


def test_a_chosen_year_of_which_days_are_stored_is_dragged_in_its_whole_width():
    charts = PriceCharts(Page(span=365 * 86_400, first_stored=NOW - 10 * DAY).state)
    assert charts.bridge.domain["last"] - charts.bridge.domain["first"] == 365 * 86_400
    drag(charts, NOW - 300 * DAY, NOW - 100 * DAY)
    assert charts.state.page.visible_range == (NOW - 300 * DAY, NOW - 100 * DAY)


def test_a_drag_that_moves_nothing_as_all_is_shown_leaves_the_chosen_span():
    charts = PriceCharts(Page(span=ALL, first_stored=NOW - 100 * DAY).state)
    drag(charts, NOW - 100 * DAY + HOUR, NOW)
    assert charts.state.view is None
    drag(charts, NOW - 100 * DAY + 5 * HOUR, NOW)
    assert charts.state.view == View(100 * DAY - 5 * HOUR, None)
