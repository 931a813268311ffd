"""The stores that the contract's tests run over."""

import pytest

from tests.support.opened_stores import OPEN


@pytest.fixture(params=list(OPEN))
def reopen(request, tmp_path):
    """Open the same store again, as another process would; ``known`` are the configured markets."""
    return lambda **known: OPEN[request.param](tmp_path, **known)


@pytest.fixture
def store(reopen):
    return reopen()
