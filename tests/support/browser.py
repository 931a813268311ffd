"""A viewer of the real page: one tab of a real Chromium, and what it shows."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Error, Locator, Page

from tests.support.page_server import PATIENCE, ROOT, wait_for

# The page redraws itself at any time, so whatever belongs together is read in one call, which no redraw interrupts.

# Epoch seconds relative to the charts' anchor; the style of the charts' element has both ends of the time scale.
# The words at the top of the page, and what is chosen there.
_SHOWN = """() => [".bt-header", ".mod-active", ".bt-card"].map((part) =>
  [...document.querySelectorAll(part)].map((each) => each.innerText.replace(/\\s+/g, " ")))"""
_SHOWN_TIME = """() => {
  const style = document.querySelector(".bt-charts").style;
  const start = Number(style.getPropertyValue("--a"));
  return [start, start + Number(style.getPropertyValue("--w"))];
}"""
# Two frames: with the first the page measures itself anew, with the second its layout follows.
_LAID_OUT = """([width, height]) => new Promise((done) => {
  const isThere = matchMedia(`(width: ${width}px) and (height: ${height}px)`);
  const look = () => requestAnimationFrame(isThere.matches ? () => requestAnimationFrame(done) : look);
  look();
})"""
_KERNEL_ID = "JSON.parse(document.getElementById('jupyter-config-data').textContent).kernelId"
_BOX = """element => {
  const { x, y, width, height } = element.getBoundingClientRect();
  return { x, y, width, height, text: element.innerText ?? "" };
}"""
_BOXES = f"""selector => [...document.querySelectorAll(selector)]
  .filter(element => element.getClientRects().length).map({_BOX})"""
_CHART = """const chart = [...document.querySelectorAll(".bt-chart")].find((each) =>
  each.getClientRects().length && each.querySelector(".bt-pair")?.textContent.includes(quote));"""
_PLOT = f"""quote => {{
  {_CHART}
  const figure = chart?.querySelector(".bt-figure");
  return figure && ({_BOX})(figure);
}}"""
_POINTS_IN_PLOT = f"""quote => {{
  {_CHART}
  const width = chart?.querySelector(".bt-figure")?.getBoundingClientRect().width ?? -1;
  const paths = [...(chart?.querySelectorAll("path.line") ?? [])].map((path) => path.getAttribute("d") ?? "");
  const places = paths.flatMap((path) => [...path.matchAll(/[ML](-?[\\d.]+),/g)].map(([, x]) => Number(x)));
  return places.filter((x) => 0 <= x && x <= width).length;
}}"""


def resize(page: Page, width: int, height: int) -> None:
    """Set the size of the window, in CSS pixels, and wait until *page* is laid out in it."""
    page.set_viewport_size({"width": width, "height": height})
    page.evaluate(_LAID_OUT, [width, height])


@dataclass
class Viewer:
    """One browser tab on the page, and what it should not have done."""

    page: Page
    elsewhere: list[str]  # requests that left the machine
    errors: list[str]  # of the page's scripts, and what the Content-Security-Policy refused

    def pill(self) -> str:
        """The text of the state pill, e.g. ``LIVE kraken · last tick 2 s ago``."""
        return " ".join(self.page.locator(".bt-state").first.inner_text().split())

    def price(self, quote: str) -> str:
        """The big price at the chart of *quote*."""
        # Not innerText: it is empty in a new chart until the browser has found that it is in sight.
        return "".join((self.strip(quote).locator(".bt-price").text_content() or "").split())

    def strip(self, quote: str):
        """The visible chart of *quote*."""
        return self.page.locator(".bt-chart:visible").filter(has=self.page.locator(".bt-pair", has_text=quote))

    def drawn(self, quote: str) -> str:
        """The lines in the chart of *quote*, live and backfilled, as the paths that the browser draws."""
        paths = self.strip(quote).locator("path.line").evaluate_all("all => all.map(p => p.getAttribute('d') || '')")
        return "".join(paths)

    def ticked(self) -> list[str]:
        """The currencies whose boxes are ticked."""
        return [text.strip() for text in self.page.locator(".bt-currency:has(input:checked)").all_inner_texts()]

    def pressed(self, row: str) -> list[str]:
        """The buttons that are pressed in the *row* of this style class, e.g. ``.bt-spans``."""
        return self.page.locator(f"{row} .mod-active").all_inner_texts()

    def kernel_id(self) -> str:
        """The id of the kernel that Voila started for the page."""
        return self.page.evaluate(_KERNEL_ID)

    def boxes(self, selector: str) -> list[dict]:
        """Where every visible element that matches the CSS *selector* is, and its text, all at one moment."""
        return self.page.evaluate(_BOXES, selector)

    def place(self, element: Locator) -> dict:
        """Where *element* is in the window: x, y, width, height. Waits while the page draws it anew."""
        places: list[dict | None] = []

        def is_there() -> bool:
            places.append(element.bounding_box())
            return places[-1] is not None

        self.wait(is_there, f"{element} is drawn", 5)
        return places[-1]

    def plot(self, quote: str) -> dict:
        """Where the plot of *quote* is in the window: x, y, width, height. Waits until it is there."""
        return self.page.wait_for_function(_PLOT, arg=quote).json_value()

    def points_in_plot(self, quote: str) -> int:
        """How many points of the lines of *quote* are within its plot; 0 while it is not drawn."""
        return self.page.evaluate(_POINTS_IN_PLOT, quote)

    def shown(self) -> tuple[float, float]:
        """Start and end of the time that the charts show, in seconds since their anchor."""
        return tuple(self.page.evaluate(_SHOWN_TIME))

    def wait(self, condition, what: str, patience: float = PATIENCE) -> None:
        """Wait for *condition*; a failure leaves a picture, and says what the page shows."""
        try:
            wait_for(lambda: self._holds(condition), what, patience)
        except AssertionError as error:
            with suppress(Error):  # of a page that is closed
                self.shoot("failed")
                error.add_note(f"{self.page.url} shows {self.page.evaluate(_SHOWN)}; script errors: {self.errors}")
            raise

    def _holds(self, condition) -> bool:
        self.page.wait_for_timeout(20)  # handles the browser's events
        try:
            return bool(condition())
        except Error as error:
            if "context was destroyed" in str(error):
                return False  # the page reloads; the condition holds afterwards or not at all
            raise

    def shoot(self, name: str, *, whole: bool = False) -> Path:
        """Keep a screenshot in test-results/."""
        path = ROOT / "test-results" / f"{name}.png"
        path.parent.mkdir(exist_ok=True)
        self.page.screenshot(path=path, full_page=whole)
        return path


@contextmanager
def tab(
    browser: Browser, url: str, *, width: int = 1440, height: int = 1000, scheme="light", **options
) -> Iterator[Viewer]:
    """A fresh profile on *url*, in UTC wherever this machine is; *options* are Playwright's."""
    looks = {"timezone_id": "UTC", "viewport": {"width": width, "height": height}, "color_scheme": scheme}
    context = browser.new_context(**looks | options)
    context.set_default_timeout(PATIENCE * 1000)  # a page has loaded once its kernel has started and run the notebook
    page = context.new_page()
    seen = Viewer(page, [], [])
    local = ("http://127.0.0.1", "ws://127.0.0.1", "data:", "blob:")
    page.on("request", lambda request: request.url.startswith(local) or seen.elsewhere.append(request.url))
    page.on("pageerror", lambda error: seen.errors.append(error.stack or str(error)))
    page.on("console", lambda said: "Content Security Policy" in said.text and seen.errors.append(said.text))
    try:
        page.goto(url)
        yield seen
    finally:
        context.close()


@contextmanager
def viewer(browser: Browser, url: str, **looks) -> Iterator[Viewer]:
    """A fresh profile on the page, once its first panel is shown; *looks* as for tab()."""
    with tab(browser, url, **looks) as seen:
        seen.page.locator(".bt-page").first.wait_for(timeout=PATIENCE * 1000)
        yield seen


def choose(page: Page, menu: str, entry: str) -> None:
    """Choose an *entry* of one of JupyterLab's menus."""
    page.get_by_role("menuitem", name=menu, exact=True).click()
    page.locator(".lm-Menu").get_by_text(entry, exact=True).click()
