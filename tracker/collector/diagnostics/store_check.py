"""Checks the store, its space, and the lease of who writes to it."""

import os
import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from tracker.collector.diagnostics.check import Check
from tracker.collector.factory import make_coordination
from tracker.collector.service import JOB
from tracker.core.contracts import Store
from tracker.core.coordination_contract import Coordination
from tracker.core.errors import ConfigError, TrackerError
from tracker.core.market import Market
from tracker.core.stored_size import StoredSize, byte_text, measure
from tracker.runtime.settings import Settings
from tracker.runtime.store_url import open_configured_store, store_folder
from tracker.runtime.sync_copies import original_stem

LITTLE_SPACE = 100_000_000  # bytes
SHORT_TIME = 30  # days


def check_store(settings: Settings) -> list[Check]:
    """Check that prices can be read and written, and name who collects and what is not read."""
    try:
        store: Store = open_configured_store(settings)
        markets = store.markets()
    except TrackerError as error:
        return [Check("✗", f"store: {error}")]
    folder = store_folder(settings.store, base=settings.base)
    content = f"prices of {len(markets)} market{'' if len(markets) == 1 else 's'}" if markets else "no prices yet"
    if folder is not None and (fault := write_fault(folder, "store")):
        checks = [Check("✗", f"store: {fault}")]
    else:
        checks = [Check("✓", f"store: {store.place}, {content}")]
    with suppress(TrackerError):
        checks += _check_space(measure(store, settings.make_clock().now()), folder)
    checks += (
        [] if folder is None else [*_check_old_folders(folder, settings.market_list()), *_check_sync_copies(folder)]
    )
    return [*checks, _check_lease(make_coordination(settings, "check"))]


def _check_lease(coordination: Coordination) -> Check:
    """Name the collecting process, and those that its lock does not exclude."""
    if rivals := coordination.rivals(JOB):
        first, *others = rivals
        stepped_down = f"; stepped down: {', '.join(others)}" if others else ""
        text = f"collector: {first} collects, but its lock excludes nobody, as on some network folders{stepped_down}"
        return Check("✗", f"{text}; keep the folder on a disk of this computer, or collect on one computer only")
    holder = coordination.holder(JOB)
    return Check("✓", f"collector: {holder}") if holder else Check("!", "collector: none; type: tracker collect")


def _check_old_folders(folder: Path, known: Sequence[Market]) -> list[Check]:
    """Name folders such as ``kraken/xbteur``: earlier releases kept a market under its old code too."""
    checks = []
    for path in sorted(folder.glob("*/*/")):
        with suppress(ConfigError):
            market = Market.from_slug(path.parent.name, path.name, known)
            if market.slug != path.name:
                text = f"store: {path} is not read: {market} is kept in {market.slug}; type: tracker import {path}"
                checks.append(Check("!", f"{text}; delete the folder once that is done"))
    return checks


def _check_sync_copies(folder: Path) -> list[Check]:
    """Name the first copy that a sync program made of a file of an hour, and how to import all of them."""
    # Copies of candle files are left out: they are imported with the copies of their buckets.
    stems = {path: original_stem(path.stem) for path in sorted(folder.glob("*/*/*.csv"))}
    copies = [path for path, stem in stems.items() if stem != path.stem and not stem.endswith(".candles")]
    if not copies:
        return []
    others = f" and {len(copies) - 1:,} more" if len(copies) > 1 else ""
    text = f"store: {copies[0]}{others}: a sync program made a copy, which is not read; type: tracker import {folder}"
    return [Check("!", f"{text}; delete the copies once that is done")]


def _check_space(size: StoredSize | None, folder: Path | None) -> list[Check]:
    """Say how fast the store grows, and how long the disk of *folder*, if it has one, has room for that."""
    a_day = size.a_day if size else None
    growth = "how much prices take a day is known after an hour of collecting"
    if a_day:
        growth = f"prices take {byte_text(a_day)} a day"
    if folder is None:
        return [Check("✓", f"space: {growth}")] if a_day else []
    free = shutil.disk_usage(_existing(folder)).free
    days = free / a_day if a_day else None
    if free >= LITTLE_SPACE and (days is None or days >= SHORT_TIME):
        return [Check("✓", f"space: {byte_text(free)} free; {growth}")]
    until = "" if days is None else f", enough for {days:,.0f} days"
    return [Check("!", f"space: {byte_text(free)} free{until}; {growth}. Free some, or set a retention")]


def _existing(folder: Path) -> Path:
    """Return *folder*, or its nearest parent that exists: the first append creates missing folders."""
    return next(path for path in (folder, *folder.resolve().parents) if path.exists())


def write_fault(folder: Path, setting: str) -> str:
    """Return why *folder*, which *setting* names, cannot be written, and what to type; empty if it can be."""
    existing = _existing(folder)
    if not existing.is_dir():
        return f"{existing} is a file; expected a folder. Set another {setting} in tracker.toml"
    if not os.access(existing, os.W_OK | os.X_OK):
        return f'{existing} cannot be written; type: sudo chown "$(id -un)" {existing}'
    return ""
