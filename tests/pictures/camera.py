"""Takes the pictures: opens a page in a window, waits until it is drawn and stands still, and shoots it."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Error

from tests.pictures.scenes import Scene
from tests.support.browser import Viewer, tab

WINDOWS = {360: 780, 390: 844, 820: 1180, 1366: 768, 1440: 900, 1920: 1080}  # width -> height
THEMES = ("light", "dark")

_PATIENCE = 90.0  # s for a page to be drawn, also while the machine is busy
_ALIKE = 4  # looks in a row at which nothing has moved
_LOOK = 150  # ms from one look to the next

# Where everything is, or null while the page is not as the scene wants it. Text that counts seconds is left out.
_LAYOUT = """word => {
  const page = document.querySelector(".bt-page");
  if (!page || document.getElementById("bt-snapshot") || page.querySelector(".is-moving")) return null;
  if (!(page.querySelector(".bt-state b")?.textContent ?? "").startsWith(word)) return null;
  const visible = (element) => {
    const { top, bottom, width } = element.getBoundingClientRect();
    return width && bottom > 0 && top < innerHeight;
  };
  const charts = [...page.querySelectorAll(".bt-chart")].filter(visible);
  const isDrawn = (chart) => [...chart.querySelectorAll("svg path, svg rect")].some((shape) =>
    (shape.getAttribute("d") ?? "").length > 20 || shape.closest(".element"));
  if (!charts.every(isDrawn)) return null;
  return [".bt-panel", ".bt-chart", ".bt-figure svg", ".bt-price-axis span", ".bt-table tr", ".bt-footer"].flatMap(
    (name) => [...page.querySelectorAll(name)].map((element) => {
      const { x, y, width, height } = element.getBoundingClientRect();
      return [x, y, width, height].map(Math.round).join();
    })).join(" ");
}"""
# Scrolls by a share of the window, below 1 because something stays in sight; returns whether that is the end, or null
# where there is nothing to scroll.
_SCROLL = """share => {
  const cells = document.getElementById("rendered_cells");
  const scroller = cells && cells.scrollHeight > cells.clientHeight ? cells : document.scrollingElement;
  const before = scroller.scrollTop;
  scroller.scrollTop += share * innerHeight;
  const { scrollTop, clientHeight, scrollHeight } = scroller;
  return scrollTop - before > 1 ? scrollTop + clientHeight >= scrollHeight - 1 : null;
}"""
_SCREEN, _TO_END = 0.75, 1e6


@dataclass(frozen=True)
class Picture:
    """
    One picture.

    Attributes:
        name: of the file, without ``.png``.
        group: what it shares with the pictures beside it.
        is_still: whether the page was drawn and nothing moved any more.
    """

    name: str
    group: str
    is_still: bool


def take(browser: Browser, url: str, scene: Scene, count: int, width: int, theme: str, out: Path) -> Iterator[Picture]:
    """Shoot the page of *count* markets at *url* as it opens, and what else *scene* wants of it."""
    group = f"{count}-{scene.name}"
    looks = {"width": width, "height": WINDOWS.get(width, 900), "scheme": theme}
    with tab(browser, "about:blank", **looks, timezone_id="UTC", locale="en-GB") as seen:
        seen.page.goto(url, wait_until="commit", timeout=_PATIENCE * 1000)  # a kernel may take longer than usual
        for part, shows in _parts(seen, scene):
            name = f"{group}-{width}-{theme}-{part}"
            is_still = wait_until_still(seen, scene.word, shows)
            seen.page.screenshot(path=out / f"{name}.png")
            yield Picture(name, group, is_still)


def _parts(seen: Viewer, scene: Scene) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Bring the page to what each picture shows; yield its name, and what is in sight of it."""
    yield "top", scene.shows
    plots = seen.page.locator(".bt-figure >> visible=true")
    if scene.pointer is not None and plots.count():
        plots.first.evaluate("(plot) => plot.scrollIntoView({ block: 'center' })")  # on a phone it is far below
        plot = seen.boxes(".bt-figure")[0]
        seen.page.mouse.move(plot["x"] + scene.pointer * plot["width"], plot["y"] + plot["height"] / 2)
        yield "pointer", (*scene.shows, ".has-crosshair")
        seen.page.mouse.move(0, 0)
        seen.page.evaluate(_SCROLL, -_TO_END)
    number, is_end = 2, seen.page.evaluate(_SCROLL, _SCREEN if scene.is_whole else _TO_END)
    while is_end is not None:
        yield "end" if is_end else str(number), ()
        number, is_end = number + 1, None if is_end else seen.page.evaluate(_SCROLL, _SCREEN)


def wait_until_still(seen: Viewer, word: str, shows: Sequence[str] = ()) -> bool:
    """
    Wait until the page is drawn and nothing moves; return whether it came so far.

    Args:
        seen: the page.
        word: with which its state begins then.
        shows: selectors of what is in sight then.
    """
    last, alike, end = None, 0, time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        seen.page.wait_for_timeout(_LOOK)
        try:
            is_there = all(seen.page.locator(f"{selector} >> visible=true").count() for selector in shows)
            layout = seen.page.evaluate(_LAYOUT, word) if is_there else None
        except Error:  # the page reloads
            layout = None
        alike = alike + 1 if layout is not None and layout == last else 0
        if alike >= _ALIKE:
            return True
        last = layout
    return False
