"""The benchmark of zooming at a tiny size: it runs and returns every figure of the results. No time is asserted."""

import itertools

import pytest

from benchmarks import zooming
from benchmarks.generated import MARKETS
from tests.support import chromium
from tracker.core.durations import HOUR


@pytest.mark.service
@pytest.mark.browser
def test_each_span_and_each_step_of_a_zoom_is_drawn_without_a_blank_frame(tmp_path, monkeypatch):
    if chromium.find() is None:
        pytest.skip(f"no Chromium; type: {chromium.how_to_install()}")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(zooming, "STEPS", 2)
    with zooming.stored(MARKETS[:1], 40, HOUR) as folder:
        zoomed = zooming.zoom(folder, MARKETS[:1], 40, HOUR, rounds=1, rest=0.1)
    assert list(tmp_path.iterdir()) == []
    times = {name: len(drawings) for name, drawings in zoomed.spans.items()}
    assert times == {"7 d": 1, "30 d": 1, "All": 1, "24 h": 3}
    assert len(zoomed.steps) == 3
    for drawing in itertools.chain(zoomed.steps, *zoomed.spans.values()):
        assert 0 < drawing.followed <= drawing.drawn
        assert drawing.frames > 0
        assert drawing.blank == 0
    shown = ["24 h", "after 7 d", "after 30 d", "after All", "after all and a zoom", "0.1 s later"]
    assert list(zoomed.memory) == shown
    assert all(10 < size < 1000 for size in zoomed.memory.values())


def test_the_worst_figures_stand_beside_their_goals():
    spans = [{"span": "1 y", "first (ms)": 600.0, "again (ms)": 400.0}, {"span": "7 d", "first (ms)": 900.0}]
    steps = [{"drawn p50 (ms)": 150.0}, {"drawn p50 (ms)": 190.0}]
    memory = [{"rows": "10 s", "24 h": 100.0, "after 1 y": 125.0, "180 s later": 131.0}]
    assert zooming.verdict(spans, steps, memory, [{"ratio": 1.05}, {"ratio": 0.9}]).splitlines()[2:] == [
        "- 1 y drawn the first time: 600 ms, **above** the goal of 500",
        "- 1 y drawn again: 400 ms, within the goal of 500",
        "- the median step of a zoom: 190 ms, within the goal of 200",
        "- memory above that at 24 h: 31 MB, **above** the goal of 30",
        "- opening, relative to a day: 1.05 times, within the goal of 1.1",
    ]
