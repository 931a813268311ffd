"""The command that keeps a static page up to date."""

import logging
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from tracker.core.durations import parse_duration
from tracker.core.errors import ConfigError, StoreError
from tracker.runtime.files import replace_file
from tracker.runtime.settings import Settings, read_settings
from tracker.runtime.stop_signal import StopSignal
from tracker.runtime.store_url import store_folder

log = logging.getLogger(__name__)

MADE = "btc-price-tracker"  # by which a page of ours is known
PAGE = "index.html"
SOONEST = 1_000  # ms between two pages


def publish(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Served by any web server; made if it is not there.")],
    every: Annotated[str, typer.Option(help="How often the page is renewed, e.g. 5s.")] = "5s",
    once: Annotated[bool, typer.Option("--once", help="Write it once and end.")] = False,
) -> None:
    """Keep a static page of the newest prices in DIR/index.html, until stopped. Somebody else must collect."""
    # Here, not above: drawing loads much, which other commands have no use for.
    from tracker.render.html.static_page import static_page
    from tracker.render.page.stored_page import StoredPage

    settings = read_settings()
    pause = _pause(every)
    _prepare(folder, settings)
    stored = StoredPage(settings)
    stop = StopSignal()
    failure = ""
    while True:
        try:
            page = static_page(stored.now(), pause / 1000, round(time.time() * 1000))
            replace_file(folder / PAGE, page.encode())
            failure = ""
        except Exception as error:  # the outermost edge: told, and tried again
            known = isinstance(error, (OSError, StoreError))
            if once and known:
                raise StoreError(f"{folder / PAGE}: {error}") from None
            if once:
                raise
            if str(error) != failure:
                log.error("%s is not renewed: %s", folder / PAGE, error, exc_info=not known)
            failure = str(error)
        if once or stop.wait(pause / 1000):
            return


def _pause(every: str) -> int:
    """Milliseconds. Raises ConfigError."""
    try:
        pause = parse_duration(every)
    except ValueError as error:
        raise ConfigError(f"--every: {error}") from None
    if pause < SOONEST:
        raise ConfigError(f"--every {every}: expected 1s or longer")
    return pause


def _prepare(folder: Path, settings: Settings) -> None:
    """Raises ConfigError if *folder* is no place for a page."""
    store = store_folder(settings.store, base=settings.base)
    if store is not None and folder.resolve().is_relative_to(store.resolve()):
        raise ConfigError(f"{folder}: expected a place outside of {store}, where the prices themselves are kept")
    page = folder / PAGE
    try:
        folder.mkdir(exist_ok=True)
        if page.exists() and f'content="{MADE}"' not in page.read_text(encoding="utf-8", errors="replace"):
            raise ConfigError(f"{page} is there, and not of this command; take another folder, or move it away")
    except OSError as error:
        raise ConfigError(f"{folder}: {error.strerror}; expected a folder that can be written, or made") from None
    print(f"{page.absolute()}: the page, for any web server (Ctrl-C ends it)", file=sys.stderr)
