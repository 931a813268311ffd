"""A page without its kernel reloads, but not in a loop if the next kernel fails, too."""

import pytest

from tests.support.browser import tab
from tracker.dashboard.browser import bundle

WITHIN_A_MINUTE, AFTER_IT = 50_000, 20_000  # ms


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "page.html"
    path.write_text(f"<!DOCTYPE html><title>page</title><script>\n{bundle('kernel_gone')}</script>", encoding="utf-8")
    return path.as_uri()


def test_a_page_that_stays_without_a_kernel_reloads_once_a_minute(browser, file):
    with tab(browser, "about:blank") as seen:
        seen.page.clock.install()
        loads = []
        seen.page.on("framenavigated", lambda frame: loads.append(frame.url))
        seen.page.goto(file)
        seen.wait(lambda: len(loads) == 2, "it reloads at once", 10)
        seen.page.clock.run_for(WITHIN_A_MINUTE)
        assert loads == [file, file]
        seen.page.clock.run_for(AFTER_IT)
        seen.wait(lambda: len(loads) == 3, "it tries again", 10)
        assert seen.errors == []
