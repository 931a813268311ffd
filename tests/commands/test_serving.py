"""``tracker replay``: what it prints before the page is served."""

import pytest

from tests.support.command import tracker
from tracker.dashboard.server import launcher


def test_a_replay_names_the_files_that_it_leaves_out_and_serves_the_others(tmp_path, monkeypatch):
    served = []
    monkeypatch.setattr(launcher, "replay", lambda settings, recording, *_, **__: served.append(recording) or 0)
    (tmp_path / "btcusd.csv").write_text("1522800000,7000\n1522886400,7100\n")
    for number in range(7):
        (tmp_path / f"notes{number}.csv").write_text("bought,some\n")
    status, out, err = tracker("replay", ".", folder=tmp_path)
    assert (status, err) == (0, "")
    assert out.splitlines() == [
        *(f"skipped: notes{n}.csv: its name contains no BTC pair, expected e.g. btcusd.csv" for n in range(5)),
        "skipped: 2 more",
    ]
    assert served[0].pairs == {("BTC", "USD")}


@pytest.mark.parametrize("folder", ["data", "data/kraken/btcusd"])
def test_stored_prices_in_place_of_a_recording_lead_to_the_replay_of_the_page(tmp_path, folder):
    bucket = tmp_path / "data/kraken/btcusd/2018-04-05-09.csv"
    bucket.parent.mkdir(parents=True)
    bucket.write_text("timestamp,price,interval,origin\n1522918800,7000,10,live\n")
    status, _, err = tracker("replay", folder, folder=tmp_path, TRACKER_STORE="csv:data")
    assert (status, err) == (
        2,
        f"error: {folder}: holds stored prices, no recording; to replay them, type: tracker dashboard, "
        "and click Replay stored prices\n",
    )
    (tmp_path / "empty").mkdir()
    assert "expected a folder with files like btcusd.csv" in tracker("replay", "empty", folder=tmp_path)[2]
