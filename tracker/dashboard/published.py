"""The page as a file for any web server: a picture that renews itself, for an audience of any size."""

from pathlib import Path

from tracker import outages
from tracker.assembly import lease_folder, make_status_reader
from tracker.config import Settings
from tracker.dashboard import told
from tracker.dashboard.snapshot import snapshot
from tracker.dashboard.standing import standing
from tracker.dashboard.state import State
from tracker.follow import Follower

_HERE = Path(__file__).parent
_PICTURE = "voila_template/picture.js"
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


def published(state: State, every: float, written: int) -> str:
    """One HTML file of *state* that needs nothing else; it looks for a newer one every *every* seconds."""
    css, script = (path.read_text(encoding="utf-8") for path in (_HERE / "page.css", _HERE / _PICTURE))
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="generator" content="btc-price-tracker">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><title>BTC price tracker</title>'
        f'<link rel="icon" href="data:;base64,="><noscript><meta http-equiv="refresh" content="{every:g}"></noscript>'
        f"<style>{css}{_STYLE}</style></head><body><main>{snapshot(state, written)}</main>"
        f"<script>\n{script}const RENEW = {every * 1000:g}; // ms\n{_SCRIPT}</script></body></html>\n"
    )


class Subject:
    """What the page shows: all markets, over the span of the settings, from what is stored."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._clock = settings.make_clock()
        self._markets = settings.market_list()
        self._store = settings.open_store()
        self._follower = Follower(self._store, self._markets, self._clock)
        self._status = make_status_reader(settings, self._store, "publish")
        self._folder = lease_folder(settings, self._store)
        self._reasons = told.Reasons(self._folder / outages.FILE)
        self._skipped = told.SkippedLines(self._store, self._folder)

    def now(self) -> State:
        """At this moment. Raises StoreError."""
        span, now = self._settings.span, self._clock.now()
        if not self._follower.load(span):
            self._follower.refresh()
        windows = {market: self._follower.window(market, span, now) for market in self._markets}
        status = told.of_rows(self._status(), windows, self._folder)
        return standing(
            self._markets,
            self._follower.window,
            now,
            span,
            floor=self._settings.coverage_floor,
            status=status,
            outages=self._reasons.read(status, now // 60_000 * 60_000),
            skipped=self._skipped.note(now),
        )
