"""A choice whose prices cannot be read is read again until it is shown or another one is made; the page says why."""

import pytest

from tests.support.page_server import now
from tests.support.page_states import EUR, NOW
from tests.support.reading_page import Reading
from tests.support.running_app import app_settings, run_app, until
from tracker.core.durations import DAY, HOUR, MINUTE
from tracker.core.errors import StoreError
from tracker.core.ticks import Ticks
from tracker.dashboard.widgets.pickers import SpanPicker
from tracker.history.reader import PriceReader
from tracker.render.page.state import ALL, View
from tracker.stores.csv import open_store


def test_what_cannot_be_read_leaves_what_is_shown_and_is_read_again():
    page = Reading()
    page.state.read_again()
    assert page.answers == []
    page.zoom(10, seq=1)
    page.state.read_again()
    assert len(page.answers) == 1  # it is being read
    page.answers[0](False)
    assert (page.state.view, page.seq, page.state.is_reading) == (None, 1, True)
    for answer in (False, True):
        page.state.read_again()
        page.answers[-1](answer)
    assert (page.state.view, page.seq, page.state.is_reading) == (View(10 * MINUTE, NOW - 10 * MINUTE), 1, False)
    page.state.read_again()
    assert len(page.answers) == 3


def test_another_choice_replaces_one_that_cannot_be_read():
    page = Reading()
    picker, shown = SpanPicker(page.state), page.state.span
    picker.buttons.value = ALL
    page.answers[0](False)
    assert picker.buttons.value == ALL
    page.zoom(10, seq=1)
    page.answers[1](True)
    assert (page.state.span, page.state.view, page.state.is_reading) == (
        shown,
        View(10 * MINUTE, NOW - 10 * MINUTE),
        False,
    )
    picker.buttons.value = ALL
    page.answers[2](False)
    page.charts.bridge._handle_custom_msg({"kind": "back", "seq": 2}, [])
    page.answers[3](True)
    page.state.read_again()
    assert (page.state.span, page.state.view, picker.buttons.value, len(page.answers)) == (shown, None, shown, 4)


def test_a_choice_that_cannot_be_read_does_not_replace_a_later_one():
    page = Reading()
    page.state.look(span=7 * 86_400)
    page.state.look(span=30 * 86_400)
    page.answers[0](False)
    page.state.read_again()
    assert len(page.answers) == 2
    page.answers[1](True)
    assert (page.state.span, page.state.is_reading) == (30 * 86_400, False)


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (StoreError("the disk is gone"), "the disk is gone"),
        (ValueError("bars: some overlap"), "ValueError: bars: some overlap"),
    ],
)
def test_what_cannot_be_read_is_a_problem_until_it_can_or_another_span_is_chosen(
    tmp_path, unused_url, monkeypatch, error, text
):
    async def check(app):
        failures = []

        def fail(reader, periods):
            if any(period.span > 100 * DAY for period in periods):
                failures.append(periods)
                raise error
            return load(reader, periods)

        load, before = PriceReader.load_periods, app.state.span
        app.state.watched = True
        monkeypatch.setattr(PriceReader, "load_periods", fail)
        app.state.look(span=365 * 86_400)
        await until(lambda: len(failures) > 2, "it is tried again")
        now = app.state.data.now
        await until(lambda: app.state.data.now > now, "the page goes on")
        assert (app.state.span, app.state.is_reading, app.state.data.problem) == (before, True, text)
        app.state.look(span=before)
        await until(lambda: not app.state.data.problem, "nothing is wanted that cannot be read")
        assert (app.state.span, app.state.is_reading) == (before, False)
        app.state.look(span=365 * 86_400)
        await until(lambda: app.state.data.problem, "it is a problem again")
        monkeypatch.undo()
        await until(lambda: app.state.span == 365 * 86_400, "the year is shown")
        await until(lambda: not app.state.data.problem, "the problem has passed")
        assert (app.state.is_reading, app.state.data.failure) == (False, "")

    app_settings(tmp_path, unused_url)
    run_app(check, tmp_path, unused_url)


def test_what_was_read_for_a_reader_that_was_replaced_is_read_from_the_new_one(tmp_path, unused_url, monkeypatch):
    store = open_store("data", base=tmp_path, known=())
    store.append({EUR: Ticks.of([now() - 40 * DAY, now() - HOUR], [1.0, 2.0], MINUTE)})
    store.close()

    async def check(app):
        read, load = [], PriceReader.load_periods

        def record(reader, periods):
            result = load(reader, periods)
            if any(period.span > 20 * DAY for period in periods):
                read.append(reader)
            return result

        monkeypatch.setattr(PriceReader, "load_periods", record)
        first, app.state.watched = app._services.reader, True
        shown = []
        app.state.observe(lambda change: shown.append(app._services.reader in read), "span")
        app.state.look(span=30 * 86_400)
        app._services.reader = app._services.live_reader()()
        app._services.reader.load(DAY)
        await until(lambda: app.state.span == 30 * 86_400, "the month is shown")
        assert shown == [True]
        assert first in read

    run_app(check, tmp_path, unused_url)
