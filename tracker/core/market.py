"""Market: a pair on an exchange, and how it is written."""

import itertools
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from tracker.core.errors import ConfigError

# Letters and digits only: codes become parts of file names and of request paths.
_CODE = re.compile(r"[A-Z0-9]{2,10}")
_EXCHANGE = re.compile(r"[a-z][a-z0-9_]{1,30}")
OLD_CODES = {"XBT": "BTC", "XDG": "DOGE"}  # Kraken's codes, to the code that every other exchange uses


def is_exchange_name(text: str) -> bool:
    """Return whether *text* can name an exchange, as the file of an adapter and in stored rows."""
    return _EXCHANGE.fullmatch(text) is not None


@dataclass(frozen=True, slots=True, order=True)
class Market:
    """
    A pair on one exchange: ``Market("kraken", "BTC", "EUR")``, written ``kraken:BTC/EUR``.

    The codes XBT and XDG become BTC and DOGE, so that one market has one name and one folder.

    Raises:
        ConfigError: a part is not valid.
    """

    exchange: str  # file name under tracker/exchanges
    base: str  # what is priced, ISO-like code, upper case
    quote: str  # what the price is counted in

    def __post_init__(self) -> None:
        if self.base in OLD_CODES:
            object.__setattr__(self, "base", OLD_CODES[self.base])
        if self.quote in OLD_CODES:
            object.__setattr__(self, "quote", OLD_CODES[self.quote])
        codes_fit = all(_CODE.fullmatch(part) for part in (self.base, self.quote))
        if not (codes_fit and is_exchange_name(self.exchange)):
            raise ConfigError(f"market {str(self)!r}: expected exchange:BASE/QUOTE, e.g. kraken:BTC/USD")

    def __str__(self) -> str:
        return f"{self.exchange}:{self.base}/{self.quote}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``kraken:BTC/EUR``; the case of the letters does not matter."""
        exchange, colon, pair = text.strip().partition(":")
        base, slash, quote = pair.partition("/")
        if not (colon and slash):
            raise ConfigError(f"market {text!r}: expected exchange:BASE/QUOTE, e.g. kraken:BTC/USD")
        return cls(exchange.lower(), base.upper(), quote.upper())

    @property
    def spellings(self) -> list[tuple[str, str]]:
        """Base and quote as they may be written: as they are, and with a code of OLD_CODES."""
        bases, quotes = (
            [code, *(old for old in OLD_CODES if OLD_CODES[old] == code)] for code in (self.base, self.quote)
        )
        return list(itertools.product(bases, quotes))

    @property
    def slug(self) -> str:
        """The pair as part of a file name: ``btceur``."""
        return f"{self.base}{self.quote}".lower()

    @classmethod
    def from_slug(cls, exchange: str, slug: str, known: Iterable["Market"] = ()) -> "Market":
        """
        Return the market of a slug, which does not separate base from quote, and may have a code of OLD_CODES.

        One of *known* is taken first, then base BTC.

        Raises:
            ConfigError: neither matches.
        """
        candidates = [market for market in known if market.exchange == exchange]
        for market in candidates:
            if market.slug == slug:
                return market
        for market in candidates:
            if slug in {f"{base}{quote}".lower() for base, quote in market.spellings}:
                return market
        if slug.startswith(("btc", "xbt")):
            return cls(exchange, "BTC", slug[3:].upper())
        raise ConfigError(f"{exchange}/{slug}: cannot separate base from quote; add its market to tracker.toml")
