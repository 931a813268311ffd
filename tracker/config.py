"""
tracker.toml -> settings. Everything has a default, so no file is needed.

Order: defaults < tracker.toml < environment (``TRACKER_STORE``, nested with two underscores:
``TRACKER_EXCHANGES__KRAKEN__URL``) < arguments.
"""

import difflib
import os
import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, SettingsError

from tracker.adapters import Store, load, names, open_store
from tracker.clock import Clock, parse_clock
from tracker.collector import Feed
from tracker.errors import ConfigError
from tracker.fetch import Fetch
from tracker.market import Market
from tracker.source import Source

FILE = "tracker.toml"
_UNITS = {"ms": 1, "s": 1000, "min": 60_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
LONGEST = 100 * 365 * 86_400_000  # ms; beyond it there is a typing mistake
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]+)")


def parse_duration(text: object) -> int:
    """Milliseconds of ``10s``, ``500ms``, ``1.5 h``, ``90d``. Raises ValueError."""
    found = _DURATION.fullmatch(str(text).strip().lower())
    if found is None or found[2] not in _UNITS or not 1 <= float(found[1]) * _UNITS[found[2]] <= LONGEST:
        raise ValueError(f"{text!r} is not a duration; expected a number and a unit, e.g. 10s, 5min, 24h, 90d")
    return round(float(found[1]) * _UNITS[found[2]])


def _retention(value: object) -> int | None:
    return None if value in (None, "forever") else parse_duration(value)


def _market(value: object) -> Market:
    if isinstance(value, Market):
        return value
    try:
        return Market.parse(str(value))
    except ConfigError as error:
        raise ValueError(str(error)) from None


Duration = Annotated[int, BeforeValidator(parse_duration)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class MarketSettings(_Section):
    """One market to collect; ``"kraken:BTC/USD"`` alone is short for ``{name = "kraken:BTC/USD"}``."""

    name: Annotated[Market, BeforeValidator(_market)]
    every: Annotated[Duration, Field(ge=100)] = 10_000  # ms
    sources: tuple[str, ...] = ()  # exchanges to ask, in this order, the market's own first; () is that one alone

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        return {"name": value} if isinstance(value, str | Market) else value


def _address(value: object) -> object:
    try:
        parts = urlsplit(value if isinstance(value, str) else "")
        well = parts.scheme in ("http", "https") and parts.hostname and ".." not in parts.netloc and (parts.port or 1)
    except ValueError:
        well = False
    if not well:
        raise ValueError("not an address; expected e.g. http://127.0.0.1:8081/kraken")
    return value


class ExchangeSettings(_Section):
    """How to reach one exchange."""

    url: Annotated[str, BeforeValidator(_address)] | None = None  # in place of the adapter's BASE_URL
    key: SecretStr | None = None  # for an exchange that asks for one


def _default_markets() -> tuple[MarketSettings, ...]:
    quotes = ("USD", "EUR", "GBP", "JPY", "CAD", "CHF", "AUD")
    return tuple(MarketSettings(name=Market("kraken", "BTC", quote)) for quote in quotes)


class Settings(BaseSettings):
    """What can be set, with its defaults. Durations are milliseconds once read."""

    model_config = SettingsConfigDict(
        env_prefix="TRACKER_", env_nested_delimiter="__", extra="forbid", frozen=True, validate_default=False
    )

    store: str = "csv:data"
    granularity: Literal["hour", "minute"] = "hour"  # how much time one CSV file holds
    retention: Annotated[int | None, BeforeValidator(_retention)] = None  # ms; older files are deleted; None: never
    span: Duration = 24 * 3_600_000  # of the page when it opens; what backfill keeps whole
    coverage_floor: Annotated[float, Field(ge=0, le=1)] = 0.8  # below it a currency is shown, not ranked
    markets: Annotated[tuple[MarketSettings, ...], Field(min_length=1)] = Field(default_factory=_default_markets)
    exchanges: dict[str, ExchangeSettings] = Field(default_factory=dict)
    clock: str = "live"  # or a replay's, see tracker.clock
    file: Path | None = Field(default=None, exclude=True)  # the tracker.toml that was read; not a key of it
    base: Path = Field(default_factory=Path.cwd, exclude=True)  # where relative paths start; not a key of the file

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (env_settings, init_settings)  # what is handed in is the file's, and the environment goes above it

    @field_validator("markets")
    @classmethod
    def _each_once(cls, markets: tuple[MarketSettings, ...]) -> tuple[MarketSettings, ...]:
        places = [(each.name.exchange, each.name.slug) for each in markets]
        for place, each in zip(places, markets, strict=True):
            if places.count(place) > 1:  # two would write into one folder
                raise ValueError(f"{each.name} is there twice; expected each market once")
        return markets

    @field_validator("exchanges")
    @classmethod
    def _known(cls, exchanges: dict[str, ExchangeSettings]) -> dict[str, ExchangeSettings]:
        known = names("exchanges")
        for name in exchanges:
            if name not in known:
                raise ValueError(f"no exchange {name!r}; {_nearest(name, known)}")
        return exchanges

    def feeds(self) -> list[Feed]:
        """What is to be collected."""
        return [Feed(each.name, each.every) for each in self.markets]

    def market_list(self) -> tuple[Market, ...]:
        """The configured markets, in the file's order."""
        return tuple(each.name for each in self.markets)

    def open_store(self) -> Store:
        """The store, its relative path resolved as in find_base()."""
        return open_store(self.store, base=self.base, known=self.market_list(), granularity=self.granularity)

    def make_clock(self) -> Clock:
        """The clock that all parts share."""
        return parse_clock(self.clock)

    def sources(self, fetch: Fetch, clock: Clock) -> dict[str, Source]:
        """A source for each exchange that a market names. Raises ConfigError for an unknown exchange."""
        found = {}
        for name in sorted({each.name.exchange for each in self.markets}):
            exchange: Any = load("exchanges", name)
            url = self.exchanges[name].url if name in self.exchanges else None
            found[name] = Source(name, exchange, url or exchange.BASE_URL, fetch, clock)
        return found


def find_base(start: Path) -> tuple[Path, Path | None]:
    """
    The folder that relative paths belong to, and the tracker.toml found, if any.

    The folder of tracker.toml ($TRACKER_CONFIG, or the nearest one upwards), else the nearest parent
    with pyproject.toml, else *start*: Voila, nbval and JupyterLab run kernels in notebooks/, the
    command line runs anywhere, and all must find the same data.
    """
    named = os.environ.get("TRACKER_CONFIG")
    if named:
        path = Path(named).expanduser().absolute()
        if not path.is_file():
            raise ConfigError(f"TRACKER_CONFIG: no file {path}")
        return path.parent, path
    folders = [start.absolute(), *start.absolute().parents]
    for folder in folders:
        if (folder / FILE).is_file():
            return folder, folder / FILE
    for folder in folders:
        if (folder / "pyproject.toml").is_file():
            return folder, None
    return start.absolute(), None


def read_settings(start: Path | None = None, **arguments: Any) -> Settings:
    """
    Settings for a process that runs in *start* (default: the working directory).

    *arguments* are fields of Settings in their final form; they go above all, None is left out.

    Raises:
        ConfigError: the file cannot be read, or a key or value is not known; the message names the
            file, the key, what was expected, and the nearest known key.
    """
    base, path = find_base(start or Path.cwd())
    from_file = _read_file(path) if path else {}
    try:
        settings = Settings(**from_file)
    except ValidationError as error:
        raise ConfigError(_in_words(error, path)) from None
    except SettingsError as error:
        raise ConfigError(f"environment: {error}; expected JSON, e.g. TRACKER_MARKETS='[\"kraken:BTC/USD\"]'") from None
    given = {key: value for key, value in arguments.items() if value is not None}
    return settings.model_copy(update={**given, "base": base, "file": path})


def _read_file(path: Path) -> dict[str, Any]:
    try:
        plain = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path}: {error}") from None
    for key in ("base", "file"):
        if key in plain:
            raise ConfigError(f"{path}: unknown key {key!r}")
    return plain


def _in_words(error: ValidationError, path: Path | None) -> str:
    """The first thing that is wrong, for people; never with the value of something that may be secret."""
    first = error.errors(include_url=False, include_input=False)[0]
    keys = [str(part) for part in first["loc"]]
    where = f"{path or 'settings'}: {'.'.join(keys)}"
    if first["type"] != "extra_forbidden":
        return f"{where}: {first['msg'].removeprefix('Value error, ')}"
    sections: dict[str, type[BaseModel]] = {"markets": MarketSettings, "exchanges": ExchangeSettings}
    section = sections.get(keys[0], Settings)
    known = [key for key in section.model_fields if key not in ("base", "file")]
    return f"{where}: unknown key {keys[-1]!r}; {_nearest(keys[-1], known)}"


def _nearest(word: str, known: list[str]) -> str:
    near = difflib.get_close_matches(word, known, 1)
    return f"did you mean {near[0]!r}?" if near else f"there are {', '.join(sorted(known))}"
