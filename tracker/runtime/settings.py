"""
tracker.toml -> settings. Everything has a default, so no file is needed.

Order: defaults < tracker.toml < environment (``TRACKER_STORE``, nested with two underscores:
``TRACKER_EXCHANGES__KRAKEN__URL``) < arguments.
"""

import logging
import os
import tomllib
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, SettingsError

from tracker.core.adapters import names
from tracker.core.errors import ConfigError, did_you_mean, nearest
from tracker.core.market import Market
from tracker.runtime.clock import Clock, parse_clock
from tracker.runtime.setting_types import Duration, ExchangeSettings, MarketSettings, default_markets, parse_retention

log = logging.getLogger(__name__)

FILE = "tracker.toml"
PREFIX = "TRACKER_"
# Read by others than Settings: the file's place, the notebook's test of itself, the browser of this project's tests.
_MORE_VARIABLES = ("CONFIG", "CHECK", "CHECK_SECONDS", "CHROMIUM")
PROJECT = "btc-price-tracker"  # the name in its pyproject.toml


class Settings(BaseSettings):
    """What can be set, with its defaults. Durations are milliseconds once read."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True, validate_default=False
    )

    store: str = "csv:data"
    coordination: str | None = None  # e.g. file:data; None: beside the store if that is a folder, else data/
    state: str | None = None  # the folder of this machine's own notes; None: as for coordination
    granularity: Literal["hour", "minute"] = "hour"  # how much time one CSV file holds
    retention: Annotated[int | None, BeforeValidator(parse_retention)] = (
        None  # ms; older files are deleted; None: never
    )
    plausible: Annotated[float, Field(gt=0, le=10)] = 0.1  # share by which a price may jump and be believed at once
    span: Duration = 24 * 3_600_000  # of the page when it opens; what backfill keeps whole
    coverage_floor: Annotated[float, Field(ge=0, le=1)] = 0.8  # below it a currency is shown, not ranked
    markets: Annotated[tuple[MarketSettings, ...], Field(min_length=1)] = Field(default_factory=default_markets)
    exchanges: dict[str, ExchangeSettings] = Field(default_factory=dict)
    clock: str = "live"  # or a replay's, see tracker.runtime.clock
    playback: bool = False  # the page plays what is stored, from *clock*'s time on, and collects nothing
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
                raise ValueError(f"no exchange {name!r}; {nearest(name, known)}")
        return exchanges

    @model_validator(mode="after")
    def _kept_what_is_filled(self) -> Self:
        if self.retention is not None and self.retention < self.span:  # else it is fetched anew, and deleted, for ever
            hours = f"{self.span / 3_600_000:g}h"
            raise ValueError(f'retention must not be shorter than span; type retention = "{hours}" or more')
        return self

    def market_list(self) -> tuple[Market, ...]:
        """The configured markets, in the file's order."""
        return tuple(each.name for each in self.markets)

    def at_store(self, store: str, **more: Any) -> Self:
        """The same settings for another *store*, its own coordination and state folder, and what *more* changes."""
        return self.model_copy(update={"store": store, "coordination": None, "state": None, **more})

    def make_clock(self) -> Clock:
        """The clock that all parts share."""
        return parse_clock(self.clock)


def find_base(start: Path) -> tuple[Path, Path | None]:
    """
    The folder that relative paths belong to, and the tracker.toml found, if any.

    The folder of tracker.toml ($TRACKER_CONFIG, or the nearest one upwards), else the nearest parent
    that is a checkout of this project, else *start*: Voila, nbval and JupyterLab run kernels in
    notebooks/, the command line runs anywhere, and all must find the same data.
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
    return next(filter(is_checkout, folders), folders[0]), None


def is_checkout(folder: Path) -> bool:
    """Whether *folder* is this project's own; the pyproject.toml of any other says nothing about where prices go."""
    try:
        project = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))["project"]
        return bool(project["name"] == PROJECT)
    except (OSError, ValueError, LookupError, TypeError):
        return False


def read_settings(start: Path | None = None, **arguments: Any) -> Settings:
    """
    Settings for a process that runs in *start* (default: the working directory).

    *arguments* are fields of Settings in their final form; they go above all, None is left out.

    Raises:
        ConfigError: the file cannot be read, or a key or value is not known; the message names the
            file, the key, what was expected, and the nearest known key. Or a variable of the environment
            is a misspelt one.
    """
    for variable in foreign_variables():
        _warn_once(variable)
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


def foreign_variables() -> list[str]:
    """
    Name the ``TRACKER_…`` variables of the environment that belong to other programs.

    Raises:
        ConfigError: one that is no setting is near to one; ignored, it would leave the default in force.
    """
    own = [*(name.upper() for name in _keys(Settings)), *_MORE_VARIABLES]
    exchanges = names("exchanges")
    keys = ["", *(f"__{key}" for key in ExchangeSettings.model_fields)]
    known = [*own, *(f"exchanges__{exchange}{key}".upper() for exchange in exchanges for key in keys)]
    foreign = []
    for variable in sorted(name for name in os.environ if name.upper().startswith(PREFIX)):
        name = variable[len(PREFIX) :]
        # Settings are read in either case, the others as they stand.
        if name in known or (name.upper() in known and name.upper() not in _MORE_VARIABLES):
            continue
        table, *inner = name.upper().split("__")
        if table == "EXCHANGES" and inner[0].lower() not in exchanges:
            raise ConfigError(
                f"environment: {variable}: no exchange {inner[0]!r}; {nearest(inner[0].lower(), exchanges)}"
            )
        word = name.upper() if table == "EXCHANGES" or table not in own else table
        hint = did_you_mean(word, known, prefix=PREFIX)
        if hint:
            raise ConfigError(f"environment: unknown variable {variable!r}; {hint}")
        foreign.append(variable)
    return foreign


@cache
def _warn_once(variable: str) -> None:
    log.warning("environment: %s is no setting of the price tracker; it has no effect", variable)


def _keys(section: type[BaseModel]) -> list[str]:
    return [key for key in section.model_fields if key not in ("base", "file")]


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
    where = ": ".join(filter(None, (str(path or "settings"), ".".join(keys))))
    if first["type"] != "extra_forbidden":
        return f"{where}: {first['msg'].removeprefix('Value error, ')}"
    sections: dict[str, type[BaseModel]] = {"markets": MarketSettings, "exchanges": ExchangeSettings}
    section = sections.get(keys[0], Settings)
    return f"{where}: unknown key {keys[-1]!r}; {nearest(keys[-1], _keys(section))}"
