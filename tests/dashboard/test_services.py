"""The parts behind one page: who may edit its alerts."""

import pytest

from tracker.dashboard.services import PageServices
from tracker.runtime.settings import read_settings
from tracker.runtime.viewer_edits import EDIT


@pytest.mark.parametrize(
    ("demo", "playback", "may_edit"), [(None, False, True), (object(), False, False), (None, True, False)]
)
def test_simulated_and_replayed_prices_do_not_lead_into_the_settings(tmp_path, monkeypatch, demo, playback, may_edit):
    monkeypatch.setenv(EDIT, "yes")
    services = PageServices(read_settings(tmp_path, store=f"csv:{tmp_path / 'data'}", playback=playback), demo)
    assert services.may_edit is may_edit
