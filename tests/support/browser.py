"""A viewer of the real page: one tab of a real Chromium, and what is seen there."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Error, Page

from tests.support.page_server import PATIENCE, ROOT, wait_for

# The x scale's ends are on the charts' element, as the style needs them; the anchor is in the kernel's words.
_SHOWN = """() => {
  const style = document.querySelector(".bt-charts").style;
  const start = Number(style.getPropertyValue("--a"));
  return [start, start + Number(style.getPropertyValue("--w"))];
}"""


@dataclass
class Viewer:
    """One browser tab on the page, and what it should not have done."""

    page: Page
    elsewhere: list[str]  # requests that left the machine
    errors: list[str]  # of the page's scripts

    def pill(self) -> str:
        """The text of the state pill, e.g. ``LIVE kraken · last tick 2 s ago``."""
        return " ".join(self.page.locator(".bt-state").first.inner_text().split())

    def price(self, quote: str) -> str:
        """The big price in the strip of *quote*."""
        return "".join(self.strip(quote).locator(".bt-price").inner_text().split())

    def strip(self, quote: str):
        """The chart strip of *quote*."""
        return self.page.locator(".bt-chart:visible").filter(has=self.page.locator(".bt-pair", has_text=quote))

    def drawn(self, quote: str) -> str:
        """The lines in the strip of *quote*, live and backfilled, as paths that the browser draws."""
        paths = self.strip(quote).locator("path.line").evaluate_all("all => all.map(p => p.getAttribute('d') || '')")
        return "".join(paths)

    def plot(self, quote: str) -> dict[str, float]:
        """Where the plot of *quote*'s strip is in the window: x, y, width, height."""
        return self.strip(quote).locator(".bt-figure").bounding_box()

    def shown(self) -> tuple[float, float]:
        """What part of time the charts show, epoch seconds; moved by the hand or the kernel."""
        return tuple(self.page.evaluate(_SHOWN))

    def wait(self, condition, what: str, patience: float = PATIENCE) -> None:
        """Wait for *condition*; a failure leaves a picture."""
        try:
            wait_for(lambda: self._holds(condition), what, patience)
        except AssertionError:
            self.shoot("failed")
            raise

    def _holds(self, condition) -> bool:
        self.page.wait_for_timeout(20)  # lets the browser's events through
        try:
            return bool(condition())
        except Error as error:
            if "context was destroyed" in str(error):
                return False  # the page just reloads itself; what comes after is what counts
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
    """A fresh profile on *url*; *options* are Playwright's."""
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme, **options)
    page = context.new_page()
    seen = Viewer(page, [], [])
    local = ("http://127.0.0.1", "ws://127.0.0.1", "data:", "blob:")
    page.on("request", lambda request: request.url.startswith(local) or seen.elsewhere.append(request.url))
    page.on("pageerror", lambda error: seen.errors.append(str(error)))
    try:
        page.goto(url)
        yield seen
    finally:
        context.close()


@contextmanager
def viewer(browser: Browser, url: str, **looks) -> Iterator[Viewer]:
    """A fresh profile on the page, once its first part is shown; *looks* as for tab()."""
    with tab(browser, url, **looks) as seen:
        seen.page.locator(".bt-page").first.wait_for(timeout=PATIENCE * 1000)
        yield seen


def choose(page: Page, menu: str, entry: str) -> None:
    """An entry of one of JupyterLab's menus."""
    page.get_by_role("menuitem", name=menu, exact=True).click()
    page.get_by_text(entry, exact=True).click()
