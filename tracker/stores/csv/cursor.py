"""How far a reader has followed a folder of CSV buckets, and what it has read of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple


class Chunk(NamedTuple):
    """Complete lines of a bucket, from byte *offset* on."""

    path: str
    offset: int
    data: bytes


class Position(NamedTuple):
    """End of the bytes read of a bucket; *last* detects a reused inode and an edit in place."""

    bucket: str
    offset: int = 0
    inode: int = 0
    last: bytes = b""  # the bytes before *offset*


@dataclass(frozen=True, slots=True)
class Cursor:
    """Position of one reader in a folder; immutable."""

    journal: bytes = b""  # its identity; empty without a journal
    offset: int = 0  # of the first entry not yet handled
    last: bytes = b""  # the line before *offset*, if read; detects a journal that was cut and has grown
    newest: Mapping[str, Position] = field(default_factory=dict)  # by market, "kraken/btceur"
    ahead: Mapping[str, Position] = field(default_factory=dict)  # by path; read, and possibly named by a later entry
