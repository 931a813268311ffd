"""A page keeps the bars of older prices in the background, and says how far they are."""

import json

from tests.support.kept_bars import bar_files, fill
from tests.support.page_server import now
from tests.support.running_app import run_app, until
from tracker.collector.bar_keeper import DOCUMENT, JOB
from tracker.coordination.file import FileCoordination
from tracker.core.durations import DAY
from tracker.stores.csv import CsvStore


def test_a_page_keeps_the_bars_of_older_prices_and_frees_the_lease_when_it_ends(tmp_path, unused_url, monkeypatch):
    monkeypatch.setattr("tracker.stores.csv.stamps._SETTLED_AFTER", -(10**13))
    monkeypatch.setattr("tracker.collector.bar_keeper.START_AFTER", 0.0)
    store, other = CsvStore(tmp_path / "data"), FileCoordination(tmp_path / "data")
    fill(store, now() - 60 * DAY)

    async def check(app):
        await until(lambda: bar_files(store) and not store.kept_bars().work(now()), "the bars are kept")
        assert other.holder(JOB).startswith("dashboard (pid ")

    run_app(check, tmp_path, unused_url)
    assert other.holder(JOB) == ""


def test_a_page_says_how_far_another_process_is(tmp_path, unused_url):
    other = FileCoordination(tmp_path / "data")
    assert other.try_acquire(JOB)
    other.publish(DOCUMENT, json.dumps({"format": 1, "done": 34, "total": 100}).encode())

    async def check(app):
        await until(lambda: app.state.data.status.bars_made == 0.34, "the page shows it")
        other.close()
        await until(lambda: app.state.data.status.bars_made is None, "that process has ended")

    run_app(check, tmp_path, unused_url)
