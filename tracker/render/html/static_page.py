"""The page as a file for any web server: a snapshot that reloads itself, for any number of viewers."""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from markupsafe import Markup

from tracker.render.format import time_text
from tracker.render.format.templating import package_text, render
from tracker.render.format.theme import css
from tracker.render.html.snapshot import SpanLink, snapshot
from tracker.render.page.state import PageState

_PROCESS = re.compile(r" \(pid \d+\)")
# Read as data, because render imports nothing from dashboard.
_MINUTE = 60.0  # seconds
_ONE = {"1 min": "minute", "1 h": "hour"}
_SCRIPT = Path(__file__).parents[2] / "dashboard/browser/bundles/static_page.js"

# Controls that would do nothing are hidden.
_STYLE = Markup("""
:root { color-scheme: light dark; } body { margin: 0; background: #F5F6F8; }
@media (prefers-color-scheme: dark) { body { background: #0C0F14; } }
.bt-page :is(.bt-currencies, .bt-spans button, .bt-go-to, .bt-modes, .bt-downloads) { display: none !important; }
.bt-page :is(.bt-link, .bt-theme, .bt-rank-by) { display: none !important; }
.bt-page .bt-clock { margin-left: auto; }
.bt-page .bt-spans a { display: block; text-align: center; text-decoration: none; }
.bt-page .bt-renewed { margin: 0; color: var(--bt-ink-3); }
.bt-page .bt-chart-stack { user-select: auto; cursor: auto; }
.bt-table th button { pointer-events: none; } .bt-page .bt-state-message.is-snapshot > :last-child { display: none; }
@media print and (min-width: 600px) and (max-width: 900px) { .bt-page { zoom: .72; } }
@media (max-width: 767px) { .bt-page .bt-table thead { display: none; } }
""")


def static_page(page: PageState, every: float, written: int, links: Sequence[SpanLink] = ()) -> Markup:
    """
    Return one self-contained HTML file of *page*.

    Args:
        page: choices and data of the page.
        every: seconds after which a newer one is written; the browser looks for it as often, at least once a minute.
        written: epoch ms of now.
        links: to the pages of all spans.
    """
    look = min(every, _MINUTE)
    return render(
        "html/static_page.html",
        snapshot=snapshot(_without_process(page), written, links, _renewed(every)),
        seconds=f"{look:g}",
        milliseconds=f"{look * 1000:g}",
        style=css() + _STYLE,
        script=Markup("\n") + package_text(_SCRIPT),
    )


def _renewed(every: float) -> str:
    """Return how often a page is written that the viewer would else take for stopped; else ``""``."""
    if every < _MINUTE:
        return ""
    period = time_text.exact_duration(every)
    return f"Renewed every {_ONE.get(period, period)}."


def _without_process(page: PageState) -> PageState:
    """Return *page* without the number of the collecting process, which is its operator's business."""
    status = page.data.status
    if status is None:
        return page
    status = replace(status, collector=_PROCESS.sub("", status.collector))
    return replace(page, data=replace(page.data, status=status))
