"""Types of the values and tables in tracker.toml, with their validation."""

from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, model_validator

from tracker.core.adapters import names
from tracker.core.durations import parse_duration
from tracker.core.errors import ConfigError, nearest
from tracker.core.market import Market


def parse_retention(value: object) -> int | None:
    """Return milliseconds; None for ``forever``. Raises ValueError."""
    return None if value in (None, "forever") else parse_duration(value)


def _market(value: object) -> Market:
    if isinstance(value, Market):
        return value
    try:
        return Market.parse(str(value))
    except ConfigError as error:
        raise ValueError(str(error)) from None


Duration = Annotated[int, BeforeValidator(parse_duration)]


class Section(BaseModel):
    """A table of tracker.toml: immutable, unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class MarketSettings(Section):
    """One market to collect; ``"kraken:BTC/USD"`` alone is short for ``{name = "kraken:BTC/USD"}``."""

    name: Annotated[Market, BeforeValidator(_market)]
    every: Annotated[Duration, Field(ge=100)] = 10_000  # ms
    sources: tuple[str, ...] = ()  # exchanges to poll, in this order, the market's own first; (): only that one

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        return {"name": value} if isinstance(value, str | Market) else value

    @model_validator(mode="after")
    def _own_exchange_first(self) -> Self:
        own_exchange, known = self.name.exchange, names("exchanges")
        for name in self.sources:
            if name not in known:
                raise ValueError(f"sources: no exchange {name!r}; {nearest(name, known)}")
        if self.sources and (self.sources[0] != own_exchange or len(set(self.sources)) < len(self.sources)):
            others = dict.fromkeys(name for name in self.sources if name != own_exchange)
            expected = ", ".join(f'"{name}"' for name in (own_exchange, *others))
            raise ValueError(f"sources: expected the market's own exchange first, each once: sources = [{expected}]")
        return self


def refuse_duplicates(markets: Sequence[MarketSettings], typed: Iterable[object]) -> None:
    """
    Raise ValueError if two of *markets* would write into one folder.

    Args:
        markets: as they were read.
        typed: the same ones as they were written, for the message.
    """
    names = [
        str(entry.get("name") if isinstance(entry, dict) else getattr(entry, "name", entry)).strip() for entry in typed
    ]
    places: dict[tuple[str, str], int] = {}
    for place, market in enumerate(entry.name for entry in markets):
        first = places.setdefault((market.exchange, market.slug), place)
        if markets[first].name != market:
            raise ValueError(
                f"{markets[first].name} and {market} would be one folder, {market.exchange}/{market.slug}; "
                "expected one of them"
            )
        if first != place:
            old = [name for name in (names[first], names[place]) if name.upper() != str(market).upper()]
            meaning = f": {old[0]} is read as {market}" if old else ""
            raise ValueError(f"{market} is listed twice{meaning}; expected each market once")


def _address(value: object) -> object:
    try:
        parts = urlsplit(value if isinstance(value, str) else "")
        is_valid = (
            parts.scheme in ("http", "https") and parts.hostname and ".." not in parts.netloc and (parts.port or 1)
        )
    except ValueError:
        is_valid = False
    if not is_valid:
        raise ValueError("not an address; expected e.g. http://127.0.0.1:8081/kraken")
    return value


def _key(value: object) -> object:
    if isinstance(value, SecretStr) or value is None:
        return value
    key = value.strip() if isinstance(value, str) else ""
    if not key or not key.isascii() or not key.isprintable() or " " in key:
        # The message must not contain the key.
        raise ValueError('not a key; expected letters, digits and signs without a blank, e.g. key = "CG-x1Y2z3"')
    return key


class ExchangeSettings(Section):
    """How to reach one exchange."""

    url: Annotated[str, BeforeValidator(_address)] | None = None  # replaces the adapter's BASE_URL
    key: Annotated[SecretStr | None, BeforeValidator(_key)] = None  # for an exchange that requires one


def _known_exchanges(exchanges: dict[str, ExchangeSettings]) -> dict[str, ExchangeSettings]:
    known = names("exchanges")
    for name in exchanges:
        if name not in known:
            raise ValueError(f"no exchange {name!r}; {nearest(name, known)}")
    return exchanges


Exchanges = Annotated[dict[str, ExchangeSettings], AfterValidator(_known_exchanges)]


def default_markets() -> tuple[MarketSettings, ...]:
    """Return the markets collected unless tracker.toml names others."""
    quotes = ("USD", "EUR", "GBP", "JPY", "CAD", "CHF", "AUD")
    return tuple(MarketSettings(name=Market("kraken", "BTC", quote)) for quote in quotes)
