"""
Finds price files: of the app that this tracker replaces, of this tracker's own folders, and its exports.

The old app wrote lines ``timestamp,price``, once for each open browser tab, into files named in local time.
So a file's name says which market it is of, never when its rows are from.
"""

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from tracker.core.adapters import names
from tracker.core.errors import ConfigError
from tracker.core.market import Market
from tracker.history.importer.lines import EXPORT, OWN, check_header, exported
from tracker.stores.csv import format_version
from tracker.stores.csv.layout import named_market

_HOUR_FILE = re.compile(r"\d{4}-\d\d-\d\d-\d\d\.csv", re.IGNORECASE)
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_PART = re.compile(r"\d\d")


def find_price_files(
    folder: Path, exchange: str, known: Iterable[Market], *, beside: Path | None = None
) -> tuple[dict[Market, list[Path]], list[str]]:
    """
    The price files under *folder* by market, and what else is there, in words. Follows no links to folders.

    Args:
        exchange: whose prices they are where neither a folder nor an export says so.
        beside: a folder that is left out: the store's own.

    Raises:
        ConfigError: there is no price file.
        StoreError: there is a data folder of a format that is newer than this version, or that one is in it.
    """
    known = list(known)
    found: dict[Market, list[Path]] = {}
    strange: list[str] = []
    for place in [folder.absolute(), *folder.absolute().parents][:5]:
        if place.name in names("exchanges"):  # whoever imports a part of a data folder does not name its top
            format_version.check(place.parent)
    for path in _files(folder, beside, strange):
        try:
            markets = _markets(path, exchange, known)
        except (ConfigError, OSError) as error:
            words = str(error) if isinstance(error, ConfigError) else f"{path}: {error.strerror}"
            if words not in strange[-1:]:  # of a whole folder once
                strange.append(words)
            continue
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
        if format_version.FILE in files:
            format_version.check(Path(place))
        folders[:] = sorted(name for name in folders if beside is None or (Path(place) / name).resolve() != beside)
        # A pipe or a device would never end.
        yield from (
            path for name in sorted(files) if name.lower().endswith(".csv") and (path := Path(place, name)).is_file()
        )


def _markets(path: Path, exchange: str, known: list[Market]) -> list[Market]:
    """Whose rows are in the file *path*. ConfigError: nobody can tell; OSError: it cannot be read."""
    head = check_header(path)
    # Absolute: whoever imports the folder of an exchange, or of a market, does not name what is above it.
    *_, fourth, third, second, first, name = ("", "", "", "", *path.absolute().parts)
    is_minute = _DAY.fullmatch(second) and _PART.fullmatch(first) and _PART.fullmatch(path.stem)
    if is_minute or _HOUR_FILE.fullmatch(name):
        slug, above = (third, fourth) if is_minute else (first, second)
        if head == OWN and (market := named_market(path.absolute().parents[2 if is_minute else 0])):
            known = [market]
        if head == OWN and above not in names("exchanges"):
            # This tracker's own row is of the exchange that its folder is named after, and of no other.
            place = path.absolute().parents[3 if is_minute else 1]
            raise ConfigError(
                f"{place}: no exchange {above!r}; rows of this tracker are of the one that their folder is named "
                f"after, expected {', '.join(names('exchanges'))}"
            )
    elif head == EXPORT:
        if markets := exported(path):
            return markets
        slug, above = "", first
    else:
        slug, above = path.stem, first
    try:
        return [Market.from_slug(above if above in names("exchanges") else exchange, slug.lower(), known)]
    except ConfigError:
        raise ConfigError(f"{path}: its name does not tell a market, expected e.g. btceur.csv") from None
