"""
Finds price files: of the former app, of this tracker's own folders, and its exports.

The former app wrote lines ``timestamp,price``, once for each open browser tab, into files named in local time. A file's
name therefore identifies the market, never the time of its rows.
"""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from tracker.core.adapters import names
from tracker.core.errors import ConfigError, StoreError
from tracker.core.market import Market
from tracker.history.importer.lines import EXPORT, OWN, check_header, exported
from tracker.stores.csv import format_version
from tracker.stores.csv.layout import DAY, HOUR_FILE, PART, named_market


def find_price_files(
    folder: Path, exchange: str, known: Iterable[Market], *, left_out: Path | None = None
) -> tuple[dict[Market, list[Path]], list[str]]:
    """
    Return the price files under *folder* by market, and why other files were skipped.

    Links to folders are not followed.

    Args:
        folder: the folder to search.
        exchange: of prices for which neither a folder nor an export names one.
        known: the configured markets.
        left_out: a folder not to search: the store's own.

    Raises:
        ConfigError: no price file was found.
        StoreError: *folder* contains, or is part of, a data folder of an unknown or unreadable format.
    """
    known = list(known)
    files: dict[Market, list[Path]] = {}
    skipped: list[str] = []
    for place in [folder.absolute(), *folder.absolute().parents][:5]:
        if place.name in names("exchanges"):  # *folder* may be part of a data folder
            _check_format(place.parent)
    for path in _files(folder, left_out, skipped):
        try:
            markets = _markets(path, exchange, known)
        except (ConfigError, OSError) as error:
            reason = str(error) if isinstance(error, ConfigError) else f"{path}: {error.strerror}"
            if reason not in skipped[-1:]:  # once for a whole folder
                skipped.append(reason)
            continue
        for market in markets:
            files.setdefault(market, []).append(path)
    if not files:
        why = f" ({skipped[0]})" if skipped else ""
        raise ConfigError(
            f"import {folder}: no price file{why}; "
            "expected e.g. btceur/2021-10-30-15.csv or btceur.csv with lines timestamp,price"
        )
    return dict(sorted(files.items())), skipped


def _check_format(folder: Path) -> None:
    """Raise StoreError if *folder* states a format that this release does not know, or that cannot be read."""
    try:
        format_version.check(folder)
    except OSError as error:
        file = folder / format_version.FILE
        raise StoreError(
            f"cannot read {file}: {error.strerror or error}; expected a file with the format of that data folder, "
            f"{format_version.FIRST} to {format_version.NEWEST}. To see who may read it, type: ls -ld {file}"
        ) from error


def _files(folder: Path, left_out: Path | None, skipped: list[str]) -> Iterator[Path]:
    def unreadable(error: OSError) -> None:
        skipped.append(f"{error.filename}: {error.strerror}")

    for place, folders, files in os.walk(folder, onerror=unreadable):
        if format_version.FILE in files:
            _check_format(Path(place))
        folders[:] = sorted(name for name in folders if left_out is None or (Path(place) / name).resolve() != left_out)
        # Regular files only: a pipe or a device would never end.
        yield from (
            path for name in sorted(files) if name.lower().endswith(".csv") and (path := Path(place, name)).is_file()
        )


def _markets(path: Path, exchange: str, known: list[Market]) -> list[Market]:
    """Return the markets of the file *path*. Raises ConfigError if unknown, OSError if unreadable."""
    head = check_header(path)
    # Absolute, because the folder of an exchange or of a market may be imported without those above it.
    *_, fourth, third, second, first, name = ("", "", "", "", *path.absolute().parts)
    is_minute = DAY.fullmatch(second) and PART.fullmatch(first) and PART.fullmatch(path.stem)
    if is_minute or HOUR_FILE.fullmatch(name.lower()):
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
        raise ConfigError(f"{path}: its name contains no market, expected e.g. btceur.csv") from None
