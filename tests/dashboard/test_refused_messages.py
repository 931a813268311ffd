"""Messages that no page sends: each panel ignores them, and together they cost the log a few lines a second."""

import logging

import pytest

from tracker.dashboard.browser import refused_messages
from tracker.dashboard.browser.live_html import LiveHtml
from tracker.dashboard.server.log_rate import LogRate


@pytest.fixture
def rate(monkeypatch):
    """The limit of the log as new, whatever was logged before."""
    clock = [0.0]
    rate = LogRate(refused_messages.RATE, refused_messages.BURST, lambda: clock[0])
    [former] = refused_messages.log.filters
    assert isinstance(former, LogRate)
    monkeypatch.setattr(refused_messages.log, "filters", [rate])
    return clock


def test_any_number_of_forged_messages_fills_no_log(rate, caplog):
    panel = LiveHtml(lambda *_: pytest.fail("did something"))
    with caplog.at_level(logging.WARNING):
        for _ in range(1_000):
            panel._on_message(panel, {"kind": "view"}, None)
        assert len(caplog.records) == refused_messages.BURST
        rate[0] += 1 / refused_messages.RATE
        panel._on_message(panel, {"kind": "x" * 1_000}, None)
    last = caplog.messages[-1]
    assert "no message of this panel (980 records before it are left out)" in last
    assert len(last) < 200
