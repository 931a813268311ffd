"""The published pages: which there are, when each is written, and that no file of anyone else is replaced."""

import time
from pathlib import Path
from typing import NamedTuple

from tracker.commands.stored_page import StoredPage
from tracker.core.bars import step_for
from tracker.core.durations import DAY, MINUTE
from tracker.core.errors import ConfigError
from tracker.render.format import time_text
from tracker.render.html.snapshot import SpanLink
from tracker.render.html.static_page import static_page
from tracker.runtime.files import replace_file
from tracker.runtime.settings import Settings

GENERATOR = "btc-price-tracker"  # in the page's <meta name="generator">
INDEX = "index.html"  # of the settings' span
_SPANS = (DAY, 7 * DAY, 30 * DAY, 365 * DAY)  # each in a file of its own


class _Page(NamedTuple):
    """A page and the files that hold it; *period*: ms after which it is written again."""

    span: int
    period: int
    files: tuple[Path, ...]


class PublishedPages:
    """
    The pages in *folder*, with links to each other.

    That of the settings' span is written each *every* ms. Others are drawn of more prices and change less: they are
    written when their newest bar is complete, that of a day each minute.
    """

    def __init__(self, folder: Path, settings: Settings, every: int) -> None:
        self._stored = StoredPage(settings)
        self._pages = [_page(folder, span, settings.span, every) for span in sorted({settings.span, *_SPANS})]
        # First, so that a mistake in what is stored or typed is reported by its name.
        self._pages.sort(key=lambda page: page.span != settings.span)
        self._written: dict[int, int] = {}  # real epoch ms by span

    @property
    def files(self) -> list[Path]:
        """All files, that of the settings' span first."""
        return [file for page in self._pages for file in page.files]

    def write_due(self) -> dict[Path, Exception]:
        """Write the pages whose time has come, or that somebody removed; return the files that could not be."""
        failed: dict[Path, Exception] = {}
        for page in filter(self._is_due, self._pages):
            now, html = _now(), b""
            for file in page.files:
                try:
                    refuse_others(file)
                    html = html or self._draw(page, now)
                    refuse_others(file)  # drawing takes a moment
                    replace_file(file, html)
                except Exception as error:  # noqa: BLE001 - the other files are written nevertheless
                    failed[file] = error
            if not failed.keys() & set(page.files):
                self._written[page.span] = now
        return failed

    def _is_due(self, page: _Page) -> bool:
        written = self._written.get(page.span)
        if written is None or not all(file.exists() for file in page.files):
            return True
        now = _now()
        # A page of a minute or more is written at full ones; others, by the clock of whoever asks.
        return page.period < MINUTE or now // page.period != written // page.period

    def _draw(self, page: _Page, now: int) -> bytes:
        return static_page(self._stored.now(page.span), page.period / 1000, now, self._links(page)).encode()

    def _links(self, shown: _Page) -> list[SpanLink]:
        by_span = sorted(self._pages, key=lambda page: page.span)
        return [SpanLink(_name(page.span), page.files[-1].name, page == shown) for page in by_span]


def refuse_others(file: Path) -> None:
    """Raise ConfigError if *file* exists and is no published page."""
    if file.exists() and f'content="{GENERATOR}"' not in file.read_text(encoding="utf-8", errors="replace"):
        raise ConfigError(f"{file} was not written by this command; choose another folder or move that file away")


def _page(folder: Path, span: int, of_settings: int, every: int) -> _Page:
    """Return the page of *span*; that of the settings has a file beside the index if it is one of those offered."""
    own = (folder / f"{_name(span).replace(' ', '')}.html",) if span in _SPANS else ()
    if span == of_settings:
        return _Page(span, every, (folder / INDEX, *own))
    return _Page(span, max(every, step_for(span) or MINUTE), own)


def _name(span: int) -> str:
    return time_text.exact_duration(span / 1000)


def _now() -> int:
    return round(time.time() * 1000)
