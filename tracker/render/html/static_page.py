"""The page as a file for any web server: a picture that renews itself, for an audience of any size."""

from pathlib import Path

from tracker.render.format.theme import css
from tracker.render.html.snapshot import snapshot
from tracker.render.page.state import PageState

# Read as data: this room imports nothing of the dashboard's, whose scripts are bundled together.
_SCRIPT = Path(__file__).parents[2] / "dashboard/browser/bundles/static_page.js"

# What cannot be pressed has no place in a page that stays like this.
_STYLE = """
:root { color-scheme: light dark; } body { margin: 0; background: light-dark(#F5F6F8, #0C0F14); }
.bt-page :is(.bt-toolbar, .bt-downloads, .bt-link, .bt-theme, .bt-rank-by) { display: none !important; }
.bt-page .bt-header { margin-bottom: 16px; } .bt-page .bt-clock { margin-left: auto; }
.bt-page .bt-chart-stack { user-select: auto; cursor: auto; }
.bt-table th button { pointer-events: none; } .bt-page .bt-state-message.is-snapshot > :last-child { display: none; }
@media (max-width: 767px) { .bt-page .bt-table thead { display: none; } }
"""


def static_page(page: PageState, every: float, written: int) -> str:
    """One HTML file of *page* that needs nothing else; it looks for a newer one every *every* seconds."""
    script = _SCRIPT.read_text(encoding="utf-8")
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="generator" content="btc-price-tracker">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><title>BTC price tracker</title>'
        f'<link rel="icon" href="data:;base64,="><noscript><meta http-equiv="refresh" content="{every:g}"></noscript>'
        f"<style>{css()}{_STYLE}</style></head><body><main>{snapshot(page, written)}</main>"
        f'<script data-renew="{every * 1000:g}">\n{script}</script></body></html>\n'
    )
