"""
Finds price files: of the app that this tracker replaces, of this tracker's own folders, and its exports.

The old app wrote lines ``timestamp,price``, once for each open browser tab, into files named in local time.
So a file's name says which market it is of, never when its rows are from.
"""

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from tracker.adapters import names
from tracker.errors import ConfigError
from tracker.market import Market
from tracker.price_lines import exported

_HOUR_FILE = re.compile(r"\d{4}-\d\d-\d\d-\d\d\.csv", re.IGNORECASE)
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_PART = re.compile(r"\d\d")


def find(
    folder: Path, exchange: str, known: Iterable[Market], *, beside: Path | None = None
) -> tuple[dict[Market, list[Path]], list[str]]:
    """
    The price files under *folder* by market, and what else is there, in words. Follows no links to folders.

    Args:
        exchange: whose prices they are where neither a folder nor an export says so.
        beside: a folder that is left out: the store's own.

    Raises:
        ConfigError: there is no price file.
    """
    known = list(known)
    found: dict[Market, list[Path]] = {}
    strange: list[str] = []
    for path in _files(folder, beside, strange):
        try:
            markets = _markets(path, exchange, known)
        except OSError as error:
            strange.append(f"{path}: {error.strerror}")
            continue
        if not markets:
            strange.append(f"{path}: its name does not tell a market, expected e.g. btceur.csv")
        for market in markets:
            found.setdefault(market, []).append(path)
    if not found:
        why = f" ({strange[0]})" if strange else ""
        raise ConfigError(
            f"import {folder}: no price file{why}; "
            "expected e.g. btceur/2021-10-30-15.csv or btceur.csv with lines timestamp,price"
        )
    return dict(sorted(found.items())), strange


def _files(folder: Path, beside: Path | None, strange: list[str]) -> Iterator[Path]:
    def unreadable(error: OSError) -> None:
        strange.append(f"{error.filename}: {error.strerror}")

    for place, folders, files in os.walk(folder, onerror=unreadable):
        folders[:] = sorted(name for name in folders if beside is None or (Path(place) / name).resolve() != beside)
        # A pipe or a device would never end.
        yield from (
            path for name in sorted(files) if name.lower().endswith(".csv") and (path := Path(place, name)).is_file()
        )


def _markets(path: Path, exchange: str, known: list[Market]) -> list[Market]:
    """Whose rows are in the file *path*; none if nobody can tell. OSError: it cannot be read."""
    # Absolute: whoever imports the folder of an exchange, or of a market, does not name what is above it.
    *_, fourth, third, second, first, name = ("", "", "", "", *path.absolute().parts)
    if _DAY.fullmatch(second) and _PART.fullmatch(first) and _PART.fullmatch(path.stem):
        slug, above = third, fourth  # a minute's file
    elif _HOUR_FILE.fullmatch(name):
        slug, above = first, second
    else:
        if (markets := exported(path)) is not None:
            return markets
        slug, above = path.stem, first
    with suppress(ConfigError):
        return [Market.from_slug(above if above in names("exchanges") else exchange, slug.lower(), known)]
    return []
