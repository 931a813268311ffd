"""The browser of these tests; no other folder's tests need Playwright or a Chromium."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.support import chromium as chromium_finder


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of a Chromium; skips without one."""
    path = chromium_finder.find()
    if path is None:
        pytest.skip(f"no Chromium; type: {chromium_finder.how_to_install()}")
    return path


# Per module: while Playwright runs, so does its event loop, and no test could run another one.
@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """A headless Chromium that makes no requests by itself."""
    with chromium_finder.launched(chromium) as started:
        yield started
