"""``tracker replay``: what it prints before the page is served."""

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
