"""Encodes the collector's status as the JSON document that it publishes, and decodes it."""

from dataclasses import dataclass, replace
from typing import Final, Literal

from pydantic import TypeAdapter

from tracker.core.coordination_contract import LARGEST_DOCUMENT
from tracker.core.errors import ConfigError
from tracker.core.market import Market
from tracker.core.market_status import Failure, MarketStatus, Mode, Note, Status, WrongClock
from tracker.core.stored_size import StoredSize

FORMAT: Final = 2  # incremented when a field's meaning or default changes; format 1 had no number and held sentences
# How much of it is published: the longest words of an error in characters, and whether with the results of backfill.
# The first that fits into a document is taken; the second has room for 2,000 failing markets.
_LIMITS = ((300, True), (40, False), (0, False))


@dataclass(frozen=True, slots=True)
class _Document:
    """The published JSON document, format number first."""

    format: Literal[2]
    collector: str
    mode: Mode
    store_problem: str
    notes: tuple[Note, ...]
    markets: dict[str, MarketStatus]
    published: int = 0  # epoch ms
    clock: WrongClock | None = None
    rivals: tuple[str, ...] = ()
    stored: StoredSize | None = None


_DOCUMENT = TypeAdapter(_Document)


def encode(status: Status, at: int = 0) -> bytes:
    """
    Encode *status* as JSON, format number first, without defaults; *at* is the time of publication, epoch ms.

    Long words of errors are cut off. If the document is larger than LARGEST_DOCUMENT, they are cut off earlier, and
    the results of backfill are left out.
    """
    for longest, has_backfill in _LIMITS:
        markets = {
            str(market): _shortened(of_market, longest, has_backfill) for market, of_market in status.markets.items()
        }
        notes = tuple(replace(note, words=_cut(note.words, longest)) for note in status.notes)
        fields = status.collector, status.mode, status.store_problem, notes, markets, at, status.clock, status.rivals
        document = _Document(FORMAT, *fields, status.stored)
        data = _DOCUMENT.dump_json(document, exclude_defaults=True)
        if len(data) <= LARGEST_DOCUMENT:
            break
    return data


def _shortened(status: MarketStatus, longest: int, has_backfill: bool) -> MarketStatus:
    backfill = status.backfill if has_backfill else None
    if backfill is not None:
        backfill = replace(backfill, failure=_shortened_failure(backfill.failure, longest))
    return replace(status, failure=_shortened_failure(status.failure, longest), backfill=backfill)


def _shortened_failure(failure: Failure | None, longest: int) -> Failure | None:
    return failure and replace(failure, words=_cut(failure.words, longest))


def _cut(words: str, longest: int) -> str:
    return words if len(words) <= longest else f"{words[: longest - 1]}…" if longest else ""


def decode(data: bytes) -> Status | None:
    """
    Decode what encode() wrote; None if *data* has another format, is torn or malformed.

    Unknown fields are ignored: a later release may add some.
    """
    decoded = decode_published(data)
    return decoded and decoded[0]


def decode_published(data: bytes) -> tuple[Status, int] | None:
    """Decode like decode(); return also when the status was published, epoch ms."""
    try:
        document = _DOCUMENT.validate_json(data, strict=True)
        markets = {Market.parse(name): market_status for name, market_status in document.markets.items()}
    except (ValueError, ConfigError):
        return None
    status = Status(document.collector, document.mode, document.store_problem, None, document.notes, markets)
    status = replace(status, clock=document.clock, rivals=document.rivals, stored=document.stored)
    return status, document.published
