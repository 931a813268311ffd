"""The scripts around a snapshot that cannot be renewed, on pages without a server, with a clock that the test moves."""

import json
from contextlib import contextmanager

from tests.support.browser import tab
from tests.support.page_server import ROOT
from tests.support.page_states import NOW, Page
from tracker.render.html.snapshot import snapshot

BUNDLES = ROOT / "tracker/dashboard/browser/bundles"
ADDRESS = "http://127.0.0.1:9/"  # nothing listens there
BUSY = '<span id="bt-busy-note"></span><div id="bt-snapshot"></div><script data-base-url="/">{}</script>'
OPENING = '<head><script data-base-url="/">{}</script></head><body><div id="rendered_cells"></div></body>'

# window.snapshot is the newest one; null: there is none. No live page is free.
ANSWERS = """window.fetch = async (url) => {
  if (url.endsWith("/snapshot") && window.snapshot) return new Response(window.snapshot);
  return new Response(null, { status: url.endsWith("/snapshot") ? 204 : 503 });
};"""
IN_SNAPSHOT = "selector => document.getElementById('bt-snapshot')?.shadow?.querySelectorAll(selector).length ?? 0"
NOTE = "document.getElementById('bt-busy-note').textContent"


@contextmanager
def script_page(browser, html, script, newest):
    """Open a page of *html* with *script* in it; *newest* is its snapshot, None for none."""
    text = (BUNDLES / f"{script}.js").read_text(encoding="utf-8")
    with tab(browser, "about:blank") as seen:
        page = seen.page
        page.clock.install()
        page.add_init_script(f"window.snapshot = {json.dumps(newest)}; {ANSWERS}")
        page.route(ADDRESS, lambda route: route.fulfill(content_type="text/html", body=html.replace("{}", text)))
        page.goto(ADDRESS)
        yield seen


def count(seen, selector):
    """How many elements of the snapshot match *selector*."""
    return seen.page.evaluate(IN_SNAPSHOT, selector)


def newest_snapshot():
    return str(snapshot(Page().state.page, NOW))


def test_a_busy_page_keeps_an_older_snapshot_and_does_not_deny_it(browser):
    with script_page(browser, BUSY, "busy_page", newest_snapshot()) as seen:
        seen.wait(lambda: count(seen, ".bt-chart") == 3, "the snapshot is shown")
        seen.page.evaluate("window.snapshot = null")
        seen.page.clock.run_for(6_000)
        assert count(seen, ".bt-chart") == 3
        assert seen.page.evaluate(NOTE) == ""
        assert seen.errors == []


def test_a_busy_page_reports_that_there_is_no_snapshot_until_there_is_one(browser):
    with script_page(browser, BUSY, "busy_page", None) as seen:
        seen.wait(lambda: seen.page.evaluate(NOTE) == "There is no snapshot of it yet.", "it is reported")
        seen.page.evaluate("html => { window.snapshot = html }", newest_snapshot())
        seen.page.clock.run_for(6_000)
        seen.wait(lambda: count(seen, ".bt-chart") == 3 and seen.page.evaluate(NOTE) == "", "the snapshot is shown")


def test_a_late_live_page_is_reported_once_however_long_it_takes(browser):
    with script_page(browser, OPENING, "opening_page", newest_snapshot()) as seen:
        seen.wait(lambda: count(seen, ".bt-chart") == 3, "the snapshot is shown")
        assert count(seen, "p[role=status]") == 0
        seen.page.evaluate("window.snapshot = null")
        seen.page.clock.run_for(60_000)
        assert count(seen, "p[role=status]") == 1
        seen.page.evaluate("html => { window.snapshot = html }", newest_snapshot() + "<p id='newer'></p>")
        seen.page.clock.run_for(10_000)
        seen.wait(lambda: count(seen, "#newer") == 1, "a newer snapshot is shown")
        assert count(seen, "p[role=status]") == 1
        assert seen.errors == []


def test_a_notebook_with_parts_of_the_page_only_is_not_covered_by_the_snapshot_of_the_whole(browser):
    with script_page(browser, OPENING, "opening_page", newest_snapshot()) as seen:
        seen.wait(lambda: count(seen, ".bt-chart") == 3, "the snapshot is shown")
        cells = seen.page.locator("#rendered_cells")
        cells.evaluate('cells => { cells.innerHTML = \'<div class="bt-page is-whole" data-theme="light"></div>\' }')
        seen.page.clock.run_for(1_000)
        assert count(seen, ".bt-chart") == 3
        cells.evaluate('cells => { cells.innerHTML = \'<div class="bt-page" data-theme="light"></div>\' }')
        seen.page.clock.run_for(1_000)
        seen.wait(lambda: seen.page.locator("#bt-snapshot").count() == 0, "it is removed")
