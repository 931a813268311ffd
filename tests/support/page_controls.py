"""
Operates the page's controls to and fro, and counts what the page then holds.

page_controls.js does the clicks in the page itself, which is faster than one command of Playwright for each.
"""

from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import CDPSession

from tests.support.browser import Viewer

READINGS = 2
_SCRIPT = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")


class Held(NamedTuple):
    """What a page holds after a garbage collection."""

    nodes: int  # in the document and detached
    listeners: int
    heap: int  # bytes of JavaScript objects


def controls(seen: Viewer) -> list[str]:
    """Return the names of all controls, in the order in which they are best operated."""
    return seen.page.evaluate(_SCRIPT, [None, 0])


def turn(seen: Viewer, control: str, rounds: int) -> None:
    """Operate *control* to and fro, *rounds* times; each step waits for the kernel's answer."""
    seen.page.evaluate(_SCRIPT, [control, rounds])


def held(seen: Viewer) -> Held:
    """Return the least that the page holds at a few moments, as prices come, by the Chrome DevTools protocol."""
    session = seen.page.context.new_cdp_session(seen.page)
    try:
        session.send("Performance.enable")
        return Held(*map(min, zip(*(_read(session) for _ in range(READINGS)), strict=True)))
    finally:
        session.detach()


def _read(session: CDPSession) -> Held:
    session.send("HeapProfiler.collectGarbage")
    metrics = {each["name"]: each["value"] for each in session.send("Performance.getMetrics")["metrics"]}
    return Held(*(round(metrics[name]) for name in ("Nodes", "JSEventListeners", "JSHeapUsedSize")))
