"""The page in JupyterLab: one collector, however often its cells run and its kernel restarts."""

import json
import os
import re
from collections import Counter
from contextlib import suppress

import pytest
from jupyter_client.manager import start_new_kernel

from tests.support.browser import choose, tab
from tests.support.page_server import PATIENCE, ROOT, TOKEN, exchange, jupyter, project_in, settings, wait_for
from tracker.collector.service import JOB
from tracker.coordination.file import FileCoordination

pytestmark = [pytest.mark.service, pytest.mark.checkout]

# Texts, choices, and how many charts are hidden.
_SHOWN = """() => [...document.querySelectorAll(".bt-page")].map((page) => [
  [...page.querySelectorAll(".widget-html")].map((each) => each.textContent),
  [...page.querySelectorAll("input")].map((each) => each.checked),
  [...page.querySelectorAll(".mod-active")].map((each) => each.textContent), page.querySelectorAll(".is-hidden").length,
])"""
TAKEOVER = 3.0  # s, as README.md promises
NOTEBOOK = "notebooks/dashboard.ipynb"
CELLS = [
    "".join(cell["source"])
    for cell in json.loads((ROOT / NOTEBOOK).read_text("utf-8"))["cells"]
    if cell["cell_type"] == "code"
]


@pytest.fixture
def project(tmp_path):
    return project_in(tmp_path, NOTEBOOK)


@pytest.fixture
def environment(project):
    """Variables for a kernel that collects from a market on loopback into the project's own data/."""
    with exchange() as address:
        variables = settings(project, address, every="1s")
        del variables["TRACKER_STORE"]
        yield variables


def holder(project):
    """The process that holds the collect lease, 0 if none does."""
    match = re.search(r"\(pid (\d+)\)", FileCoordination(project / "data", "test").holder(JOB))
    return int(match[1]) if match else 0


def ended(process):
    """Whether the process has ended."""
    with suppress(ProcessLookupError):
        os.kill(process, 0)
        return False
    return True


def polled(project):
    """How often each slot of a second was stored; minute candles are left out."""
    return Counter(
        (path.parent.name, line.split(",")[0])
        for path in project.glob("data/kraken/*/????-??-??-??.csv")
        for line in path.read_text().splitlines()[1:]
        if line.split(",")[2] == "1"
    )


def duplicates(project):
    """Slots with more than one row."""
    return [slot for slot, count in polled(project).items() if count > 1]


def wait_for_more(project):
    """Wait until another slot is stored."""
    before = len(polled(project))
    wait_for(lambda: len(polled(project)) > before, "another price is stored")


class Kernel:
    """A kernel that runs in the notebook's folder, as a front end starts it."""

    def __init__(self, project, environment):
        self.manager, self.client = start_new_kernel(
            cwd=str(project / "notebooks"), env={**os.environ, **environment}, startup_timeout=PATIENCE
        )

    def run(self, *cells):
        """Return what *cells* print."""
        printed = []

        def record(message):
            printed.append(message["content"].get("text", ""))

        for cell in cells:
            reply = self.client.execute_interactive(cell, timeout=PATIENCE, output_hook=record)
            assert reply["content"]["status"] == "ok", reply["content"]
        return "".join(printed)

    def process(self):
        return int(self.run("import os; print(os.getpid())"))

    def threads(self):
        """The names of all threads that last; a read, a request and the flush of rows do not."""
        names = self.run("import threading; print(*(thread.name for thread in threading.enumerate()), sep='\\n')")
        return sorted(name for name in names.split("\n") if name not in ("tracker-call", "tracker-flush"))

    def restart(self, *, killed):
        """Restart as the menu does, or as after a crash."""
        self.manager.restart_kernel(now=killed)
        self.client.wait_for_ready(timeout=PATIENCE)

    def end(self):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


@pytest.fixture
def kernel(project, environment):
    started = Kernel(project, environment)
    yield started
    started.end()


def test_cells_that_run_again_leave_one_collector_and_no_thread_behind(kernel, project):
    kernel.run(*CELLS)
    process = kernel.process()
    wait_for(lambda: holder(project) == process, "the kernel collects")
    wait_for_more(project)
    before = kernel.threads()
    assert before.count("tracker-collector") == 1
    kernel.run(*CELLS)
    kernel.run(CELLS[0], CELLS[0])
    wait_for(lambda: holder(project) == process, "it collects again")
    wait_for_more(project)
    assert kernel.threads() == before
    assert duplicates(project) == []


def test_a_kernel_that_was_restarted_or_killed_collects_within_three_seconds_and_the_old_one_ended(kernel, project):
    kernel.run(*CELLS)
    process = kernel.process()
    wait_for(lambda: holder(project) == process, "the kernel collects")
    for killed in (False, True):
        wait_for_more(project)
        kernel.restart(killed=killed)
        assert ended(process)
        assert holder(project) == 0
        kernel.run(CELLS[0])
        process = kernel.process()
        wait_for(lambda new=process: holder(project) == new, "the new kernel collects", TAKEOVER)
        wait_for_more(project)
        assert kernel.threads().count("tracker-collector") == 1
    assert duplicates(project) == []


def test_a_second_kernel_takes_over_within_three_seconds_when_the_first_is_killed(kernel, project, environment):
    kernel.run(*CELLS)
    first = kernel.process()
    wait_for(lambda: holder(project) == first, "the first collects")
    other = Kernel(project, environment)
    try:
        other.run(*CELLS)
        second = other.process()
        assert holder(project) == first
        kernel.manager.shutdown_kernel(now=True)
        wait_for(lambda: holder(project) == second, "the second collects", TAKEOVER)
        wait_for_more(project)
    finally:
        other.end()
    assert all(ended(process) for process in (first, second))
    assert duplicates(project) == []


def check_a_second_browser(browser, seen):
    """Open the notebook in another browser; it shows the same from then on, whichever of them is used."""
    seen.page.keyboard.press("Control+S")  # else the second would open it without outputs
    seen.page.locator(".jp-mod-dirty").wait_for(state="detached")

    def press(name, where):
        where.page.get_by_role("button", name=name, exact=True).first.click()

    with tab(browser, f"{seen.page.url}?token={TOKEN}", height=1400) as second:
        press("1 h", seen)  # while it opens
        second.page.locator(".bt-chart .bt-price").first.wait_for(timeout=PATIENCE * 1000)

        def wait_until_equal(*pressed):
            def is_equal():
                shown, also = (each.page.evaluate(_SHOWN) for each in (seen, second))
                return shown == also and {*pressed} <= {name for _, _, names, _ in shown for name in names}

            seen.wait(is_equal, "both browsers show the same", 10)

        wait_until_equal("1 h", "Prices")
        for where, span in ((second, "10 min"), (seen, "24 h")):
            press(span, where)
            where.page.locator(".bt-currency input").first.click()
            for mode in ("Compare", "Prices"):
                press(mode, where)
                wait_until_equal(span, mode)
        assert second.errors == []


def test_run_all_shows_the_page_again_and_again_and_after_a_restart(browser, project, environment):
    collectors = set()
    with (
        jupyter(project / "lab.log", "lab", cwd=project, **environment) as address,
        tab(browser, f"{address}lab/tree/{NOTEBOOK}?token={TOKEN}", height=1400) as seen,
    ):
        page = seen.page

        def wait_for_a_new_price():
            price = page.locator(".bt-chart .bt-price").first
            price.wait_for(timeout=PATIENCE * 1000)
            before = price.text_content()  # not innerText, which is empty until the chart is known to be in sight

            def has_changed():
                price.evaluate("price => price.scrollIntoView({block: 'center'})")  # it is drawn only while visible
                return price.text_content() != before

            seen.wait(has_changed, "the price changes")
            seen.wait(lambda: holder(project), "it collects")  # a page shows stored prices a moment before
            collectors.add(holder(project))

        # Before the kernel has started, cells seem to run and have no effect.
        page.get_by_text("Python 3 (ipykernel) | Idle").wait_for(timeout=PATIENCE * 1000)
        choose(page, "Run", "Run All Cells")
        wait_for_a_new_price()
        page.locator(".bt-page").first.scroll_into_view_if_needed()
        seen.shoot("jupyterlab")
        choose(page, "Run", "Run All Cells")
        wait_for_a_new_price()
        assert len(collectors) == 1, "running again starts no second collector"
        check_a_second_browser(browser, seen)
        [old] = collectors
        choose(page, "Kernel", "Restart Kernel and Run All Cells…")
        page.get_by_role("button", name="Confirm Kernel Restart").click()
        seen.wait(lambda: holder(project) not in (0, old), "the new kernel collects")
        wait_for_a_new_price()
        assert ended(old)
        assert seen.elsewhere == []
        assert seen.errors == []
    assert all(ended(process) for process in collectors)
    assert duplicates(project) == []
    assert {path.relative_to(project).parts[0] for path in project.rglob("kraken/btcusd/*.csv")} == {"data"}
