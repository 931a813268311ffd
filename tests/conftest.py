"""What every test shares: a clean environment, a browser, recorded days, and no skipping in CI."""

import os
import random
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support import chromium as chromium_finder

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytest_plugins = ["pytester"]
pytest.register_assert_rewrite("tests.support.exchange_contract", "tests.support.chart_driver")

QUIET = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-gpu",
    "--no-first-run",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--recordings",
        action="append",
        default=[],
        type=Path,
        metavar="DIR",
        help="a folder of timestamp,price files to test with, beside the days the tests write; repeatable",
    )
    parser.addoption("--opens", default=10, type=int, metavar="N", help="how often the page is opened and left at once")


MARKERS = (
    "browser: opens a page in a browser (every test with one of the browser's fixtures)",
    "service: starts a page's server, a kernel or the tracker command, each of which takes seconds",
    "checkout: reads files of the project that an installed package does not bring",
)


def pytest_configure(config: pytest.Config) -> None:
    for marker in MARKERS:
        config.addinivalue_line("markers", marker)


# Before pytest itself selects by -m.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if {"browser", "chromium"} & set(getattr(item, "fixturenames", ())):
            item.add_marker("browser")


def _in_ci() -> bool:
    return os.environ.get("CI") == "true"


def _refuse_to_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    if not (_in_ci() and report.skipped):
        return
    longrepr = report.longrepr
    # pytest does not count a failure that still has its mark of being expected.
    expected = report.__dict__.pop("wasxfail", None)
    reason = expected or (longrepr[2] if isinstance(longrepr, tuple) else longrepr)
    report.outcome = "failed"
    report.longrepr = f"CI skips nothing, yet {report.nodeid} did not run to its end: {reason}"


# First in line, so that its second half runs last, when the plugin for skip and xfail has had its say.
@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _refuse_to_skip(report)
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _refuse_to_skip(report)
    return report


@pytest.fixture(scope="session", autouse=True)
def _no_settings_from_outside() -> Iterator[None]:
    """A TRACKER_… variable of the person at the keyboard must not change what a test finds."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("TRACKER_") and name != "TRACKER_CHROMIUM"]:
            patch.delenv(name)
        yield


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Relative paths, such as the default store's, must not lead to the prices of the person at the keyboard."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture(autouse=True)
def _the_same_chance_each_time() -> None:
    """What draws from the shared generator, as the waits between tries do, draws alike in every run."""
    random.seed(0)


@pytest.fixture(scope="session")
def recordings(request: pytest.FixtureRequest) -> list[Path]:
    """The folders named with ``--recordings``; none by default."""
    return [folder.resolve() for folder in request.config.getoption("--recordings")]


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of a Chromium; skips without one."""
    path = chromium_finder.find()
    if path is None:
        pytest.skip(f"no Chromium; type: {chromium_finder.how_to_install()}")
    return path


# Not for the whole session: while it runs, Playwright's own event loop does, and no test could run another.
@pytest.fixture(scope="module")
def browser(chromium: str) -> "Iterator[Browser]":
    """A headless Chromium that asks for nothing by itself."""
    # Here, so that tests without a browser need no Playwright.
    from playwright.sync_api import sync_playwright

    # Chromium's sandbox refuses to run as root.
    as_root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=[*QUIET, *as_root])
        yield started
        started.close()
