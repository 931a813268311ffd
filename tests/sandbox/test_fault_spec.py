"""Invalid faults: rejected, with what was expected."""

import pytest
import requests

from tests.support.sandbox import TIMEOUT, post_faults
from tracker.core.errors import ConfigError
from tracker.sandbox import Faults


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"mode": "sleep"}, "expected a mode, one of none, status"),
        ({"status": 500}, "expected a mode"),
        ([], "expected a mode"),
        ({"mode": ["hang"]}, "expected a mode"),
        ({"mode": "status"}, "expected also 'status', a whole number from 400 to 599"),
        ({"mode": "status", "status": 200}, "status = 200: expected a whole number from 400 to 599"),
        ({"mode": "html", "count": True}, "count = True: expected"),
        ({"mode": "latency"}, "expected also 'seconds'"),
        ({"mode": "latency", "seconds": 0}, "seconds = 0: expected seconds above 0"),
        ({"mode": "hang", "seconds": 1}, "no 'seconds'; there are count, every, exchange, path"),
        ({"mode": "html", "count": 0}, "count = 0: expected a whole number from 1"),
        ({"mode": "reset", "mid_body": "yes"}, "expected true or false"),
        ({"mode": "refused", "words": ""}, "expected the exchange's words"),
        ({"mode": "status", "status": 429, "retry_after": "soon"}, "expected whole seconds from 0, or a date like Sun"),
        ({"mode": "status", "status": 429, "retry_after": "23 Nov 2025 12:20"}, "expected whole seconds from 0, or"),
        ({"mode": "status", "status": 429, "retry_after": 1.5}, "expected whole seconds from 0, or a date"),
        ({"mode": "redirect"}, "expected also 'location', the address to go to"),
        ({"mode": "redirect", "location": "/", "status": 500}, "expected 301, 302, 307 or 308"),
        ({"mode": "redirect", "location": "/\r\nX: y"}, "expected the address to go to"),
        ({"mode": "body"}, "expected also 'text', the whole body as a string"),
        ({"mode": "body", "text": {}}, "expected the whole body as a string"),
        ({"mode": "body", "text": "{}", "status": 302}, "expected 200, or a whole number from 400 to 599"),
        ({"mode": "html", "every": 1}, "expected a whole number from 2"),
        ({"mode": "shift"}, "expected also 'seconds'"),
        ({"mode": "clock"}, "expected also 'seconds', seconds from -1e9 to 1e9"),
        ({"mode": "clock", "seconds": 1e10}, "expected seconds from -1e9 to 1e9 that the clock is ahead"),
        ({"mode": "missing"}, "expected also 'market', base and quote of a market, e.g. BTC/EUR"),
        ({"mode": "missing", "market": "btceur"}, "expected base and quote of a market, e.g. BTC/EUR"),
        ({"mode": "jump", "factor": -1}, "expected a number above 0"),
        ({"mode": "jump", "factor": 2, "market": "BTCEUR"}, "expected base and quote"),
        ({"mode": "jump", "factor": 2, "history": 1}, "expected true or false"),
        ({"mode": "halt"}, "expected also 'since', an ISO time, e.g. 2026-11-20T08:15:00Z"),
        ({"mode": "halt", "since": "yesterday"}, "expected an ISO time"),
        ({"mode": "halt", "since": 1763900000}, "expected an ISO time"),
        ({"mode": "halt", "since": "2026-11-20T08:15:00Z", "stated": 1}, "expected true or false"),
        ([[{"mode": "html"}]], "expected a mode"),
    ],
    ids=str,
)
def test_an_invalid_fault_is_rejected_with_what_was_expected_and_changes_nothing(sandbox, spec, expected):
    sandbox.faults.set("html")
    response = post_faults(sandbox, spec)
    assert response.status_code == 400
    assert expected in response.json()["error"]
    assert sandbox.faults.show() == {"mode": "html"}


@pytest.mark.parametrize("body", ["mode=hang", "", "[" * 60_000, b"\xff"], ids=["form", "empty", "nested", "no text"])
def test_a_fault_that_is_not_json_is_rejected(sandbox, body):
    response = requests.post(f"{sandbox.url}/faults", data=body, timeout=TIMEOUT)
    assert (response.status_code, "expected a JSON object" in response.json()["error"]) == (400, True)


def test_an_invalid_fault_raises_in_process():
    with pytest.raises(ConfigError, match="expected a mode"):
        Faults().set("sleep")
