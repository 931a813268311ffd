"""Fixtures and hooks of every test: a clean environment, the order of files, recordings, no skipping in CI."""

import gc
import os
import random
import signal
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import hypothesis
import pytest

# A grammar that jsonschema compiles for seconds, for two formats that no schema of Jupyter uses; it is optional.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

# How long an example takes depends on what else the machine does.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")

pytest_plugins = ["pytester"]
pytest.register_assert_rewrite(
    "tests.support.exchange_contract",
    "tests.support.exchange_history_contract",
    "tests.support.exchange_samples",
    "tests.support.chart_driver",
)

# The slowest files, in the order in which they start, each with its share of the others; see _turns().
SLOW = (
    "project/test_soak.py",
    "browser/test_kernels.py",
    "browser/test_memory.py",
    "browser/test_live_page.py",
    "browser/test_access.py",
    "browser/test_connection.py",
    "browser/test_opens.py",
    "browser/test_gestures.py",
    "server/test_viewers.py",
    "browser/test_notebooks.py",
    "browser/test_jupyterlab.py",
    "browser/test_snapshot.py",
    "browser/test_commands.py",
    "browser/test_state.py",
    "browser/test_viewer_requests.py",
    "browser/test_hostile.py",
    "browser/test_long_spans.py",
    "browser/test_replay.py",
    "commands/test_collecting.py",
    "render/test_report.py",
    "project/test_explore.py",
    "project/test_notebook.py",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--recordings",
        action="append",
        default=[],
        type=Path,
        metavar="DIR",
        help="a folder of timestamp,price files to test with, besides those that the tests write; repeatable",
    )
    parser.addoption("--opens", default=10, type=int, metavar="N", help="how often to open and close the page")
    rounds_help = "how often to operate each control of the page"
    parser.addoption("--rounds", default=3, type=int, metavar="N", help=rounds_help)
    limit_help = "how many seconds a test may take until it fails; 0 for no limit"
    parser.addoption("--limit", default=600.0, type=float, metavar="S", help=limit_help)


WAITING_END = 0.8  # turn from which on no file starts whose tests mostly wait
AGAIN = 60.0  # s after which the limit is enforced again: an event loop logs the exception of a callback and goes on

MARKERS = (
    "browser: opens a page in a browser (every test with one of the browser's fixtures)",
    "service: starts a page's server, a kernel or the tracker command, each of which takes seconds",
    "checkout: reads files of the project that the installed package does not contain",
    "root: mounts a file system, which only root may do",
)


def pytest_configure(config: pytest.Config) -> None:
    for marker in MARKERS:
        config.addinivalue_line("markers", marker)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Pause garbage collection while modules are imported, and exempt their objects from it: they are never freed."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


# First, since pytest itself selects by -m.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the browser tests, and order the files so that neither a core nor a worker is idle; see _turns()."""
    for item in items:
        if {"browser", "chromium"} & set(getattr(item, "fixturenames", ())):
            item.add_marker("browser")
    turns = _turns(items)
    items.sort(key=lambda item: turns[item.path])


def _turns(items: list[pytest.Item]) -> dict[Path, float]:
    """
    Return when each file starts: 0 is the first, below 1 the last.

    Tests of pages and services mostly wait, so those that compute are spread among them; the last are short ones alone.
    """
    waits = {item.path: False for item in items}
    for item in items:
        waits[item.path] |= any(mark.name in ("browser", "service") for mark in item.iter_markers())
    computing, waiting = ([path for path in waits if waits[path] == kind] for kind in (False, True))
    order = {name: place for place, name in enumerate(SLOW)}
    waiting.sort(key=lambda path: order.get("/".join(path.parts[-2:]), len(order)))
    turns = {path: i / len(computing) for i, path in enumerate(computing)}
    return turns | {path: WAITING_END * i / len(waiting) for i, path in enumerate(waiting)}


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Return one more than there are cores, since a page's test mostly waits."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return cores + 1


@contextmanager
def _time_limit(item: pytest.Item) -> Iterator[None]:
    """
    Fail when *item* takes too long, e.g. because it waits for a line of a process that prints none.

    By a signal, as the exception of its handler ends such a wait, and fixtures end what they started. To end the
    process (faulthandler_exit_on_timeout) leaves that running, and xdist starts the test again with --dist=loadfile.
    """
    limit = item.config.getoption("--limit")
    if not limit or not hasattr(signal, "SIGALRM"):  # as on Windows
        yield
        return

    def fail(*_: object) -> None:
        pytest.fail(f"the test took longer than {limit:g} s")

    before = signal.signal(signal.SIGALRM, fail)
    signal.setitimer(signal.ITIMER_REAL, limit, AGAIN)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, object, object]:
    with _time_limit(item):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    with _time_limit(item):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, object, object]:
    with _time_limit(item):
        return (yield)


def _in_ci() -> bool:
    return os.environ.get("CI") == "true"


def _refuse_to_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    if not (_in_ci() and report.skipped):
        return
    longrepr = report.longrepr
    # pytest does not count a failure that is still marked as expected.
    expected = report.__dict__.pop("wasxfail", None)
    reason = expected or (longrepr[2] if isinstance(longrepr, tuple) else longrepr)
    report.outcome = "failed"
    report.longrepr = f"CI skips nothing, yet {report.nodeid} did not run to its end: {reason}"


# The outermost wrapper: its second half runs after pytest has marked skips and expected failures.
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
def _no_settings_of_the_environment() -> Iterator[None]:
    """Remove TRACKER_… variables of the environment, which would change results."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("TRACKER_") and name != "TRACKER_CHROMIUM"]:
            patch.delenv(name)
        yield


@pytest.fixture(scope="session", autouse=True)
def _runtime_folder_of_the_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the files of servers and kernels, such as the secret of cookies, out of the user's own folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path_factory.mktemp("jupyter-runtime")))
        yield


@pytest.fixture(autouse=True)
def _empty_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run in an empty folder: relative paths, such as the default store's, must not lead to real prices."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture(autouse=True)
def _same_random_numbers() -> None:
    """Seed the shared generator, from which e.g. the pauses between attempts are drawn."""
    random.seed(0)


@pytest.fixture(scope="session")
def recordings(request: pytest.FixtureRequest) -> list[Path]:
    """Return the folders passed as ``--recordings``; none by default."""
    return [folder.resolve() for folder in request.config.getoption("--recordings")]
