"""What the tests of the client share: requests to a real socket."""

import asyncio

import pytest

from tracker.collector.client.http import RequestsHttp
from tracker.core.errors import ExchangeError

PATH = "/kraken/0/public/Ticker?pair=XBTUSD"


@pytest.fixture
def http():
    client = RequestsHttp()
    yield client
    client.close()


@pytest.fixture
def get(http, sandbox):
    """Request prices, or *path*, from the sandbox."""

    def get(path=PATH):
        return asyncio.run(http(sandbox.url + path, {}))

    return get


@pytest.fixture
def error_of(get, sandbox):
    """Apply a fault to the sandbox, and return the error of a request."""

    def error_of(fault):
        sandbox.faults.apply(fault)
        with pytest.raises(ExchangeError) as error:
            get()
        return error.value

    return error_of
