"""The server's log: nothing alarming that nobody can mend."""

import logging

import pytest

from tracker.dashboard.server.server_log import HarmlessFilter


@pytest.fixture
def lines():
    log, messages = logging.Logger("Voila"), []
    log.addFilter(HarmlessFilter())
    handler = logging.Handler()
    handler.emit = lambda record: messages.append(record.getMessage())
    log.addHandler(handler)
    return log, messages


def test_that_the_notebook_is_not_trusted_is_left_out_and_nothing_else(lines):
    log, messages = lines
    log.warning("Notebook %s is not trusted", "dashboard.ipynb")
    log.warning("Notebook %s is gone", "dashboard.ipynb")
    log.error("it failed")
    log.error(ValueError("it failed"))
    assert messages == ["Notebook dashboard.ipynb is gone", "it failed", "it failed"]


def test_the_pages_address_is_on_the_line_that_announces_it(lines):
    log, messages = lines
    log.info("Voilà is running at:\nhttp://localhost:8866/")
    assert messages == ["Voilà is running at http://localhost:8866/"]
