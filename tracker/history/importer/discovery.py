"""
Finds price files: of the former app, of this tracker's own folders, its exports, and archives of exchanges.

The former app wrote lines ``timestamp,price``, once for each open browser tab, into files named in local time. A file's
name therefore identifies the market, never the time of its rows.
"""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tracker.core.adapters import names
from tracker.core.errors import ConfigError, StoreError
from tracker.core.market import Market
from tracker.history.importer.columns import DEFAULT, EXPORTS, OWN, Reading, check_header, exported, file_format
from tracker.history.importer.file_names import read_name
from tracker.history.importer.formats import Format
from tracker.history.importer.price_file import has_prices, heads, is_archive, is_parquet, packed_texts, stem
from tracker.runtime.sync_copies import original_stem
from tracker.stores.csv import format_version
from tracker.stores.csv.layout import DAY, HOUR_FILE, PART, named_market

DEFAULT_EXCHANGE = "kraken"
_PARQUET = (
    "{}: a Parquet file, expected CSV; export it with --out {}, or convert it in Python: "
    "pandas.read_parquet({!r}).to_csv({!r}, index=False)"
)


@dataclass(frozen=True, order=True)
class MarketFile:
    """
    A file with prices of one market.

    Attributes:
        path: of the file; may lead through a zip archive.
        series: files of one series have one cadence: the folder of a file of an hour, else the file itself.
        form: of its lines; None for rows of this tracker and exports.
    """

    path: Path
    series: Path
    form: Format | None = field(default=None, compare=False)


@dataclass
class Found:
    """What a folder holds: files by market, why others were skipped, and how many are a sync program's copies."""

    files: dict[Market, list[MarketFile]] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)
    copies: int = 0


def find_price_files(
    folder: Path,
    exchange: str | None,
    known: Iterable[Market],
    *,
    left_out: Path | None = None,
    in_store: bool = False,
    reading: Reading = DEFAULT,
) -> Found:
    """
    Return the price files under *folder*. Links to folders are not followed.

    Args:
        folder: the folder to search, or one file.
        exchange: of prices for which neither a folder nor an export names one; None: that whose archive the file is,
            else DEFAULT_EXCHANGE.
        known: the configured markets.
        left_out: a folder not to search: the store's own.
        in_store: *folder* is the store's own, or part of it: find only the files that the store does not read, such as
            copies that a sync program made, and folders ``kraken/xbteur`` that are named by an old code.
        reading: how lines are read.

    Raises:
        ConfigError: there is no file that could hold prices.
        StoreError: *folder* contains, or is part of, a data folder of an unknown or unreadable format.
    """
    known = list(known)
    found = Found()
    for place in [folder.absolute(), *folder.absolute().parents][:5]:
        if place.name in names("exchanges"):  # *folder* may be part of a data folder
            _check_format(place.parent)
    for path, lines in _files(folder, left_out, found.skipped):
        is_copy = read_name(stem(path)).is_copy
        try:
            if isinstance(lines, OSError):
                raise lines
            files = _market_files(path, lines, exchange, known, reading)
        except (ConfigError, OSError) as error:
            reason = str(error) if isinstance(error, ConfigError) else f"{path}: {error.strerror}"
            if reason not in found.skipped[-1:]:  # once for a whole folder
                found.skipped.append(reason)
            continue
        if in_store and not is_copy:
            files = [(market, file) for market, file in files if file.series.name != market.slug]
        found.copies += is_copy
        for market, file in files:
            found.files.setdefault(market, []).append(file)
    if not found.files and not found.skipped:
        raise ConfigError(
            f"import {folder}: no price file; "
            "expected e.g. btceur/2021-10-30-15.csv or btceur.csv with lines timestamp,price"
        )
    found.files = dict(sorted(found.files.items()))
    return found


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


def _files(folder: Path, left_out: Path | None, skipped: list[str]) -> Iterator[tuple[Path, list[bytes] | OSError]]:
    """Yield the files under *folder* that may hold prices, those in archives too, as heads() does."""
    for path in [folder] if folder.is_file() else _files_on_disk(folder, left_out, skipped):
        if is_parquet(path):
            csv = path.with_suffix(".csv")
            skipped.append(_PARQUET.format(path, csv.name, str(path), str(csv)))
            continue
        try:
            for file, text in packed_texts(path, format_version.FILE) if is_archive(path) else ():
                format_version.parse(text, file)
            yield from heads(path)
        except OSError as error:
            skipped.append(f"{path}: {error.strerror}")


def _files_on_disk(folder: Path, left_out: Path | None, skipped: list[str]) -> Iterator[Path]:
    def unreadable(error: OSError) -> None:
        skipped.append(f"{error.filename}: {error.strerror}")

    for place, folders, files in os.walk(folder, onerror=unreadable):
        if format_version.FILE in files:
            _check_format(Path(place))
        folders[:] = sorted(name for name in folders if left_out is None or (Path(place) / name).resolve() != left_out)
        # Regular files only: a pipe or a device would never end.
        yield from (
            path
            for name in sorted(files)
            if (has_prices(name) or is_parquet(Path(name))) and (path := Path(place, name)).is_file()
        )


def _market_files(
    path: Path, lines: list[bytes], exchange: str | None, known: list[Market], reading: Reading
) -> list[tuple[Market, MarketFile]]:
    """
    Return the file *path*, which begins with *lines*, for each market in it.

    Raises ConfigError if it is unknown, OSError if unreadable.
    """
    columns = check_header(path, lines)
    # Absolute, because the folder of an exchange or of a market may be imported without those above it.
    *_, fourth, third, second, first, _ = ("", "", "", "", *path.absolute().parts)
    name = original_stem(stem(path)).lower()
    is_minute = DAY.fullmatch(second) and PART.fullmatch(first) and PART.fullmatch(name)
    is_bucket = is_minute or HOUR_FILE.fullmatch(f"{name}.csv")
    if is_bucket:
        slug, above = (third, fourth) if is_minute else (first, second)
        series = path.absolute().parents[2 if is_minute else 0]
        if columns == OWN and (market := named_market(series)):
            known = [market]
        if columns == OWN and above not in names("exchanges"):
            # This tracker's own row is of the exchange that its folder is named after, and of no other.
            raise ConfigError(
                f"{series.parent}: no exchange {above!r}; rows of this tracker are of the one that their folder is "
                f"named after, expected {', '.join(names('exchanges'))}"
            )
    elif columns in EXPORTS and (markets := exported(path)):
        return [(market, MarketFile(path, path)) for market in markets]
    else:
        slug, above, series = "" if columns in EXPORTS else read_name(name).slug, first, path
    in_folder = above if above in names("exchanges") else None
    _market(path, in_folder or exchange or DEFAULT_EXCHANGE, slug, known)  # before the file is judged by its lines
    form = None if columns in (OWN, *EXPORTS) else file_format(path, lines, reading)
    by_format = form.exchange if form else ""
    market = _market(path, in_folder or exchange or by_format or DEFAULT_EXCHANGE, slug, known)
    return [(market, MarketFile(path, series, form))]


def _market(path: Path, exchange: str, slug: str, known: list[Market]) -> Market:
    try:
        return Market.from_slug(exchange, slug.lower(), known)
    except ConfigError:
        raise ConfigError(f"{path}: its name contains no market, expected e.g. btceur.csv") from None
