"""What is logged in the kernel of a page is in the log of its server, not in the viewer's browser."""

import io
import logging
import re

import pytest

from tracker.dashboard import kernel_log

LINE = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d "


@pytest.fixture
def streams(monkeypatch):
    """The stream of ipykernel's log, and what is in place of standard error in a kernel."""
    server, viewer = io.StringIO(), io.StringIO()
    ipykernel = logging.Logger("IPKernelApp")
    ipykernel.addHandler(logging.StreamHandler(server))
    monkeypatch.setattr(kernel_log, "get_logger", lambda: ipykernel)
    monkeypatch.setattr("sys.stderr", viewer)
    levels = {log: log.level for log in (logging.getLogger("tracker"), logging.getLogger("Comm"))}
    yield server, viewer
    for log, level in levels.items():
        log.setLevel(level)


def test_what_the_collector_reports_and_warnings_of_libraries_are_there_once_with_their_times(streams, monkeypatch):
    server, viewer = streams
    monkeypatch.setattr(logging.getLogger(), "handlers", [])  # pytest's
    kernel_log.join_server_log()
    kernel_log.join_server_log()  # as App.start() does again in a cell that is run again
    logging.getLogger("tracker.collector.poll_status").info("kraken:BTC/EUR: prices are available again")
    logging.getLogger("of.a.library").warning("something\nelse")
    logging.getLogger("of.a.library").info("nothing of interest")
    logging.getLogger("Comm").warning("No such comm: 1")  # for a message that was on its way when a viewer left
    first, second = server.getvalue().splitlines()
    assert re.fullmatch(LINE + "INFO kraken:BTC/EUR: prices are available again", first)
    assert re.fullmatch(LINE + r"WARNING something\\nelse", second)
    assert viewer.getvalue() == ""
