"""The page as a file for any web server: a picture that renews itself, for an audience of any size."""

from pathlib import Path

from tracker.render.format.theme import css
from tracker.render.html.snapshot import snapshot
from tracker.render.page.state import State

_PICTURE = Path(__file__).parents[2] / "dashboard" / "voila_template" / "picture.js"  # as the live page has it

# What cannot be pressed has no place in a page that stays like this.
_STYLE = """
:root { color-scheme: light dark; } body { margin: 0; background: light-dark(#F5F6F8, #0C0F14); }
.bt-page :is(.bt-bar, .bt-exports, .bt-link, .bt-theme, .bt-rank) { display: none !important; }
.bt-page .bt-head { margin-bottom: 16px; } .bt-page .bt-clock { margin-left: auto; }
.bt-page .bt-strips { user-select: auto; cursor: auto; }
.bt-table th button { pointer-events: none; } .bt-page .bt-msg.is-both > :last-child { display: none; }
@media (max-width: 767px) { .bt-page .bt-table thead { display: none; } }
"""

_SCRIPT = """
{
  const here = document.querySelector("main");
  let ages;
  let last = here.innerHTML;
  const show = (now) => {
    const page = here.querySelector(".bt-page");
    dress(page);
    clearInterval(ages);
    ages = aging(page, now);
  };
  const marked = () => !getSelection().isCollapsed; // what somebody copies is not taken away
  const renew = async () => {
    if (document.hidden || marked()) return;
    const found = await picture(location.pathname);
    const main = found && new DOMParser().parseFromString(found.html, "text/html").querySelector("main");
    if (!main || marked()) return; // the age goes on
    if (main.innerHTML !== last) here.innerHTML = last = main.innerHTML;
    show(found.now);
  };
  show(Date.now());
  if (location.protocol === "file:") setInterval(() => document.hidden || marked() || location.reload(), RENEW);
  else setInterval(renew, RENEW), renew();
  document.addEventListener("visibilitychange", renew);
}
"""


def static_page(state: State, every: float, written: int) -> str:
    """One HTML file of *state* that needs nothing else; it looks for a newer one every *every* seconds."""
    script = _PICTURE.read_text(encoding="utf-8")
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="generator" content="btc-price-tracker">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><title>BTC price tracker</title>'
        f'<link rel="icon" href="data:;base64,="><noscript><meta http-equiv="refresh" content="{every:g}"></noscript>'
        f"<style>{css()}{_STYLE}</style></head><body><main>{snapshot(state, written)}</main>"
        f"<script>\n{script}const RENEW = {every * 1000:g}; // ms\n{_SCRIPT}</script></body></html>\n"
    )
