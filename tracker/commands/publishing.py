"""The command that keeps a static page up to date."""

import logging
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from tracker.commands.options import duration_option, refuse_store_folder
from tracker.core.errors import ConfigError, StoreError
from tracker.runtime.files import replace_file
from tracker.runtime.settings import Settings, read_settings
from tracker.runtime.stop_signal import StopSignal

log = logging.getLogger(__name__)

GENERATOR = "btc-price-tracker"  # in the page's <meta name="generator">
PAGE = "index.html"
SHORTEST = 1_000  # ms between two pages


def publish(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Served by any web server; created if missing.")],
    every: Annotated[str, typer.Option(help="How often the page is written, e.g. 5s.")] = "5s",
    once: Annotated[bool, typer.Option("--once", help="Write the page once and exit.")] = False,
) -> None:
    """Keep a static page of the stored prices in DIR/index.html up to date; tracker collect or a page must run."""
    # Late, because drawing loads modules that other commands do not need.
    from tracker.commands.stored_page import StoredPage
    from tracker.render.html.static_page import static_page

    settings = read_settings()
    period = _period(every)
    _prepare(folder, settings)
    print(f"Page: {(folder / PAGE).absolute()}{'' if once else '  (Ctrl-C ends it)'}", file=sys.stderr)
    stored = StoredPage(settings)
    stop = StopSignal()
    failure = ""
    while True:
        try:
            page = static_page(stored.now(), period / 1000, round(time.time() * 1000))
            replace_file(folder / PAGE, page.encode())
            failure = ""
        except Exception as error:  # nothing may end the loop; logged and retried
            expected = isinstance(error, (OSError, StoreError))
            if once and expected:
                raise StoreError(f"{folder / PAGE}: {error}") from None
            if once:
                raise
            if str(error) != failure:
                log.error("%s cannot be updated: %s", folder / PAGE, error, exc_info=not expected)
            failure = str(error)
        if once or stop.wait(period / 1000):
            return


def _period(every: str) -> int:
    """Return *every* in milliseconds. Raises ConfigError."""
    period = duration_option(every, "--every")
    if period < SHORTEST:
        raise ConfigError(f"--every {every}: expected 1s or longer")
    return period


def _prepare(folder: Path, settings: Settings) -> None:
    """Create *folder*. Raises ConfigError if the page may not or cannot be written there."""
    refuse_store_folder(folder, str(folder), settings)
    page = folder / PAGE
    try:
        folder.mkdir(exist_ok=True)
        if page.exists() and f'content="{GENERATOR}"' not in page.read_text(encoding="utf-8", errors="replace"):
            raise ConfigError(f"{page} was not written by this command; choose another folder or move that file away")
    except OSError as error:
        raise ConfigError(f"{folder}: {error.strerror}; expected a folder that can be created or written to") from None
