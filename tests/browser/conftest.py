"""The browser of these tests; no other folder's tests need Playwright or a Chromium."""

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.support import chromium as chromium_finder

QUIET = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-gpu",
    "--no-first-run",
)


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
    # Chromium's sandbox refuses to run as root.
    as_root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=[*QUIET, *as_root])
        yield started
        started.close()
