"""The command that keeps static pages up to date."""

import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tracker.commands.options import duration_option, refuse_store_folder
from tracker.core.errors import ConfigError, StoreError
from tracker.runtime.settings import Settings, read_settings
from tracker.runtime.stop_signal import StopSignal

if TYPE_CHECKING:
    from tracker.commands.published_pages import PublishedPages

log = logging.getLogger(__name__)

SHORTEST = 1_000  # ms between two pages


def publish(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Served by any web server; created if missing.")],
    every: Annotated[str, typer.Option(help="How often the page is written, e.g. 5s.")] = "5s",
    once: Annotated[bool, typer.Option("--once", help="Write the pages once and exit.")] = False,
) -> None:
    """Keep static pages of the stored prices in DIR up to date; tracker collect or a page must run."""
    settings = read_settings()
    period = _period(every)
    pages = _prepare(folder, settings, period)
    index = pages.files[0]
    print(f"Page: {index.absolute()}{'' if once else '  (Ctrl-C ends it)'}", file=sys.stderr)
    stop = StopSignal()
    reported = ""
    while True:
        failed = pages.write_due()
        if once:
            _raise(failed)
            return
        reported = _report(failed, reported)
        if stop.wait(period / 1000):
            return


def _raise(failed: dict[Path, Exception]) -> None:
    """Raise the first of the errors of *failed* files, as StoreError if it is one that can be expected."""
    for file, error in failed.items():
        if isinstance(error, (OSError, StoreError)):
            raise StoreError(f"{file}: {error}") from None
        raise error


def _report(failed: dict[Path, Exception], reported: str) -> str:
    """Log the *failed* files with the first error, unless *reported* was the same; return what is reported."""
    if not failed:
        return ""
    first, error = next(iter(failed.items()))
    files = ", ".join([str(first), *(file.name for file in failed if file != first)])
    text = f"{files} cannot be updated: {error}"
    if text != reported:
        expected = isinstance(error, (OSError, StoreError, ConfigError))
        log.error("%s", text, exc_info=None if expected else error)
    return text


def _period(every: str) -> int:
    """Return *every* in milliseconds. Raises ConfigError."""
    period = duration_option(every, "--every")
    if period < SHORTEST:
        raise ConfigError(f"--every {every}: expected 1s or longer")
    return period


def _prepare(folder: Path, settings: Settings, every: int) -> "PublishedPages":
    """Create *folder*; return its pages. Raises ConfigError if one may not or cannot be written there."""
    # Late, because drawing loads modules that other commands do not need.
    from tracker.commands.published_pages import PublishedPages, refuse_others

    refuse_store_folder(folder, str(folder), settings)
    try:
        folder.mkdir(exist_ok=True)
        pages = PublishedPages(folder, settings, every)
        for file in pages.files:
            refuse_others(file)
    except OSError as error:
        raise ConfigError(f"{folder}: {error.strerror}; expected a folder that can be created or written to") from None
    return pages
