"""Clients cannot flood the log: warnings are dropped beyond a rate, and counted."""

import logging

import pytest

from tracker.dashboard.server.log_rate import LogRate


@pytest.fixture
def clock():
    return [0.0]


@pytest.fixture
def lines(clock):
    """Log to a logger that lets two warnings pass at once and one more each second: its messages."""
    log = logging.Logger("of this test")
    log.addFilter(LogRate(1, 2, lambda: clock[0]))
    messages = []
    handler = logging.Handler()
    handler.emit = lambda record: messages.append(record.getMessage())
    log.addHandler(handler)
    return log, messages


def test_warnings_beyond_the_rate_are_dropped_and_the_next_one_counts_them(lines, clock):
    log, messages = lines
    for number in range(1_500):
        log.warning("404 GET /%d", number)
    assert messages == ["404 GET /0", "404 GET /1"]
    clock[0] = 1.0
    log.warning("404 GET /%d", 9)
    clock[0] = 2.0
    log.warning("404 GET /%s", "100%")
    assert messages[2:] == ["404 GET /9 (1,498 records before it are left out)", "404 GET /100%"]


def test_errors_and_what_the_server_reports_of_itself_are_never_dropped(lines):
    log, messages = lines
    for _ in range(10):
        log.warning("refused")
    log.error("a fault")
    log.info("Kernel started")
    assert messages == ["refused", "refused", "a fault", "Kernel started"]
