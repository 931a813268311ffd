"""The published pages: one for each span, when each is written, and the numbers on them."""

import contextlib
import re
from collections import Counter

import numpy as np
import pytest

from tests.support.stored_prices import EUR, USD, now
from tracker.commands import published_pages
from tracker.commands.published_pages import PublishedPages
from tracker.commands.stored_page import StoredPage
from tracker.core.durations import DAY, HOUR, MINUTE, SECOND
from tracker.core.errors import ConfigError, StoreError
from tracker.core.measures import MEASURES
from tracker.core.ticks import Origin, Ticks
from tracker.history.bar_reader import read_bar_window
from tracker.render.page.page_data import PageData
from tracker.render.page.static_state import default_state
from tracker.runtime.settings import read_settings
from tracker.stores.csv import open_store
from tracker.stores.csv.layout import bucket_name

FILES = ["index.html", "24h.html", "7d.html", "30d.html", "1y.html"]


@pytest.fixture
def site(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "site").mkdir()
    return tmp_path / "site"


class Writer:
    """Writes pages of no prices at ``time``, without a store; ``drawn`` counts the pages by span."""

    def __init__(self, site, monkeypatch, every=5 * SECOND, **settings):
        self.time, self.drawn, self.failing = 1_668_005_700_000, Counter(), set()  # five minutes before a full hour
        monkeypatch.setattr(published_pages, "StoredPage", lambda _: self)
        monkeypatch.setattr(published_pages, "_now", lambda: self.time)
        self.pages = PublishedPages(site, read_settings(site.parent, **settings), every)

    def now(self, span):
        if span in self.failing:
            raise StoreError("data/: it is on fire")
        self.drawn[span] += 1
        return default_state(PageData(markets=(EUR,), now=self.time), span)

    def write_for(self, length, every):
        for _ in range(length // every):
            self.time += every
            assert self.pages.write_due() == {}


def links_of(file):
    """Return name, file and whether it is marked of each link of the page *file*."""
    links = re.findall(r'<a class="[^"]*" id="[^"]*" href="([^"]*)"([^>]*)>([^<]*)</a>', file.read_text())
    return [(name, target, 'aria-current="page"' in more) for target, more, name in links]


def test_each_page_links_to_all_and_marks_itself(site, monkeypatch):
    assert Writer(site, monkeypatch).pages.write_due() == {}
    names = ["24 h", "7 d", "30 d", "1 y"]
    assert {path.name for path in site.iterdir()} == set(FILES)
    for shown, name in zip(["24 h", *names], FILES, strict=True):
        expected = [(name, file, name == shown) for name, file in zip(names, FILES[1:], strict=True)]
        assert links_of(site / name) == expected


def test_another_span_of_the_settings_has_the_index_alone_and_a_link_in_its_place(site, monkeypatch):
    writer = Writer(site, monkeypatch, span=2 * DAY)
    writer.pages.write_due()
    assert links_of(site / "7d.html")[:3] == [
        ("24 h", "24h.html", False),
        ("2 d", "index.html", False),
        ("7 d", "7d.html", True),
    ]
    assert links_of(site / "index.html")[1] == ("2 d", "index.html", True)
    assert writer.drawn == dict.fromkeys([DAY, 2 * DAY, 7 * DAY, 30 * DAY, 365 * DAY], 1)


def test_longer_spans_are_written_when_their_newest_bar_is_complete(site, monkeypatch):
    writer = Writer(site, monkeypatch, span=6 * HOUR)
    writer.pages.write_due()
    writer.drawn.clear()
    writer.write_for(10 * MINUTE, 20 * SECOND)
    assert writer.drawn == {6 * HOUR: 30, DAY: 10, 7 * DAY: 2, 30 * DAY: 2, 365 * DAY: 1}


def test_each_says_how_often_it_is_renewed_if_that_is_seldom(site, monkeypatch):
    Writer(site, monkeypatch).pages.write_due()
    said = [re.findall(r"Renewed every [^.]*", (site / name).read_text()) for name in FILES]
    assert said == [[], [], ["Renewed every 5 min"], ["Renewed every 5 min"], ["Renewed every hour"]]
    asks = [re.search(r'data-renew="(\d+)"', (site / name).read_text())[1] for name in FILES]
    assert asks == ["5000", "5000", "60000", "60000", "60000"]


def test_none_is_written_more_often_than_asked_for(site, monkeypatch):
    writer = Writer(site, monkeypatch, every=2 * HOUR)
    writer.pages.write_due()
    writer.drawn.clear()
    writer.write_for(DAY, 2 * HOUR)
    assert set(writer.drawn.values()) == {12}


def test_a_page_that_somebody_removed_is_written_again(site, monkeypatch):
    writer = Writer(site, monkeypatch)
    writer.pages.write_due()
    (site / "1y.html").unlink()
    writer.write_for(5 * SECOND, 5 * SECOND)
    assert writer.drawn[365 * DAY] == 2
    assert (site / "1y.html").exists()


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_someone_else_that_appears_is_left_alone_and_the_others_are_written(site, monkeypatch, name):
    writer = Writer(site, monkeypatch)
    (site / name).write_text("mine")
    for _ in range(2):
        (failed,) = writer.pages.write_due().items()
        assert failed[0] == site / name
        assert isinstance(failed[1], ConfigError)
        writer.time += HOUR
    assert (site / name).read_text() == "mine"
    assert {path.name for path in site.iterdir()} == set(FILES)
    (site / name).unlink()
    assert writer.pages.write_due() == {}


def test_a_file_that_appears_while_its_page_is_drawn_is_left_alone(site, monkeypatch):
    writer = Writer(site, monkeypatch)
    draw = writer.now
    monkeypatch.setattr(writer, "now", lambda span: (site / "7d.html").write_text("mine") and draw(span))
    assert list(writer.pages.write_due()) == [site / "7d.html"]
    assert (site / "7d.html").read_text() == "mine"


def test_a_page_that_fails_is_tried_again_and_keeps_no_other_from_being_written(site, monkeypatch):
    writer = Writer(site, monkeypatch)
    writer.failing = {7 * DAY}
    assert [str(error) for error in writer.pages.write_due().values()] == ["data/: it is on fire"]
    assert not (site / "7d.html").exists()
    assert (site / "1y.html").exists()
    writer.failing = set()
    writer.write_for(5 * SECOND, 5 * SECOND)
    assert (site / "7d.html").exists()


def test_late_prices_and_edits_by_hand_are_on_the_next_page_of_a_long_span(site, monkeypatch):
    for name in ("RENEW_AFTER", "RENEW_LATE_AFTER"):  # as a minute later
        monkeypatch.setattr(f"tracker.history.cached_range.{name}", -1.0)
    closes = now() // HOUR * HOUR - HOUR * np.arange(40 * 24)[::-1]
    with contextlib.closing(open_store("data", base=site.parent, known=(EUR,))) as store:
        store.append({EUR: Ticks.of(closes, np.full(closes.size, 50.0), HOUR, Origin.BACKFILL)})
        stored = StoredPage(read_settings())
        assert stored.now(30 * DAY).window(EUR).low == 50
        store.append({EUR: Ticks.of([closes[-1] - 10 * DAY - MINUTE], [3.0], MINUTE, Origin.IMPORT)})
        assert stored.now(30 * DAY).window(EUR).low == 3
        (bucket,) = site.parent.glob(f"data/kraken/btceur/{bucket_name(int(closes[-1]) - 5 * DAY)}")
        bucket.write_text(bucket.read_text().replace(",50.0,", ",2.0,"))
        assert stored.now(30 * DAY).window(EUR).low == 2


def test_its_numbers_are_those_of_the_command_stats(site):
    random = np.random.default_rng(3)
    closes = now() // HOUR * HOUR - 5 * MINUTE * np.arange(40 * 288)[::-1]
    with contextlib.closing(open_store("data", base=site.parent, known=(USD, EUR))) as store:
        for market in (USD, EUR):
            store.append({market: Ticks.of(closes, 100 + random.random(closes.size), 5 * MINUTE, Origin.BACKFILL)})
        stored = StoredPage(read_settings())
        for span in (6 * HOUR, DAY, 7 * DAY, 30 * DAY, 365 * DAY):
            page = stored.now(span)
            assert page.data.first_stored == closes[0]
            for market in (USD, EUR):
                shown, expected = page.window(market), read_bar_window(store, market, span, page.data.now)
                assert (shown.count, shown.coverage) == (expected.count, pytest.approx(expected.coverage, rel=1e-9))
                for measure in MEASURES.values():
                    assert measure.function(shown) == pytest.approx(measure.function(expected), rel=1e-9)
