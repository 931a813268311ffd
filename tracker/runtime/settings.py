"""
Reads the settings from tracker.toml and the environment. Everything has a default, so no file is needed.

Precedence: defaults < tracker.toml < environment (``TRACKER_STORE``, nested with two underscores:
``TRACKER_EXCHANGES__KRAKEN__URL``) < arguments.
"""

import logging
import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BeforeValidator,
    Field,
    PrivateAttr,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, SettingsError

from tracker.core.adapters import names
from tracker.core.durations import DAY, HOUR, SECOND
from tracker.core.errors import ConfigError, did_you_mean, nearest
from tracker.core.market import Market
from tracker.core.standstill import UNMOVED_AFTER
from tracker.core.window import MIN_SPAN
from tracker.runtime.base_folder import find_base, working_directory
from tracker.runtime.channel_settings import Channels, is_channel_variable
from tracker.runtime.clock import Clock, parse_clock
from tracker.runtime.rule_settings import Rules, RuleSettings, check_rules
from tracker.runtime.setting_errors import PREFIX, invalid_json, invalid_settings, keys_of
from tracker.runtime.setting_types import (
    Duration,
    Exchanges,
    ExchangeSettings,
    MarketSettings,
    default_markets,
    parse_retention,
    refuse_duplicates,
)
from tracker.runtime.toml_file import control_character, read_toml

log = logging.getLogger(__name__)

# Not fields of Settings: the path of the file, the notebook's self-test, the browser of this project's tests, and
# what the page's server tells its kernels.
_OTHER_VARIABLES = ("CONFIG", "CHECK", "CHECK_SECONDS", "CHROMIUM", "OWN_PAGE", "EDIT")
_MISSPELT = 0.85  # similarity to a known name from which a variable is an error; TRACKER_STORAGE has 0.83 to STORE


class Settings(BaseSettings):
    """All settings with their defaults. Durations are in milliseconds."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        validate_default=False,
        hide_input_in_errors=True,
    )

    store: str = "csv:data"
    coordination: str | None = None  # e.g. file:data; None: the store's folder, else data/
    state: str | None = None  # folder of this machine's own state; None: as for coordination
    granularity: Literal["hour", "minute"] = "hour"  # of one CSV file
    retention: Annotated[int | None, BeforeValidator(parse_retention)] = (
        None  # ms; older files are deleted; None: never
    )
    plausible: Annotated[float, Field(gt=0, le=10)] = 0.1  # largest relative jump accepted without confirmation
    span: Duration = 24 * HOUR  # shown when the page opens; backfill keeps it complete
    coverage_floor: Annotated[float, Field(ge=0, le=1)] = 0.8  # below it a currency is shown, but not ranked
    viewer_requests: bool | None = None  # whether viewers may have exchanges asked; None: on a page of one's own
    unmoved_after: Duration = UNMOVED_AFTER  # ms; a price that stands still so long while others move is not ranked
    markets: Annotated[tuple[MarketSettings, ...], Field(min_length=1)] = Field(default_factory=default_markets)
    exchanges: Exchanges = Field(default_factory=dict)
    channels: Channels = Field(default_factory=dict)
    rules: Rules = ()
    firings_kept: Duration = 90 * DAY  # ms after their end
    clock: str = "live"  # or the text of a ReplayClock
    playback: bool = False  # the page replays stored prices from *clock*'s time on, and does not collect
    recording: Path | None = None  # folder of the prices that ``playback`` plays in place of stored ones
    file: Path | None = Field(default=None, exclude=True)  # the tracker.toml that was read; not a key in it
    base: Path = Field(default_factory=Path.cwd, exclude=True)  # start of relative paths; not a key in the file
    _arguments: Mapping[str, Any] = PrivateAttr(default_factory=dict)  # of read_settings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (env_settings, init_settings)  # the arguments are the file's content; the environment overrides it

    @field_validator("store", "coordination", "state")
    @classmethod
    def _without_control_characters(cls, place: str | None) -> str | None:
        if name := control_character(place or ""):
            raise ValueError(
                f"contains {name}, because a backslash in double quotes begins an escape; "
                r"type single quotes: 'csv:C:\temp\btc'"
            )
        return place

    @field_validator("span")
    @classmethod
    def _long_enough_for_the_page(cls, span: int) -> int:
        if span < MIN_SPAN:
            raise ValueError(f"expected a span of {MIN_SPAN // SECOND} s or more, such as 24h")
        return span

    @field_validator("markets", mode="wrap")
    @classmethod
    def _without_duplicates(cls, typed: Any, validate: ValidatorFunctionWrapHandler) -> tuple[MarketSettings, ...]:
        markets: tuple[MarketSettings, ...] = validate(typed)
        refuse_duplicates(markets, typed)
        return markets

    @field_validator("rules")
    @classmethod
    def _rules_that_fit(cls, rules: tuple[RuleSettings, ...], info: ValidationInfo) -> tuple[RuleSettings, ...]:
        if {"markets", "channels"} <= info.data.keys():  # else there is an error in one of these
            check_rules(rules, [market.name for market in info.data["markets"]], info.data["channels"])
        return rules

    @model_validator(mode="after")
    def _retention_covers_span(self) -> Self:
        if self.retention is not None and self.retention < self.span:  # else backfill and purge would undo each other
            hours = f"{self.span / HOUR:g}h"
            raise ValueError(f'retention must not be shorter than span; type retention = "{hours}" or more')
        return self

    @property
    def arguments(self) -> Mapping[str, Any]:
        """What was given to read_settings() and overrides the file, also after it has changed."""
        return self._arguments

    def market_list(self) -> tuple[Market, ...]:
        """Return the configured markets, in the file's order."""
        return tuple(market.name for market in self.markets)

    def at_store(self, store: str, **more: Any) -> Self:
        """Return a copy for another *store*, with default coordination and state folder, and *more* fields changed."""
        return self.model_copy(update={"store": store, "coordination": None, "state": None, **more})

    def make_clock(self) -> Clock:
        """Return the clock that all parts share."""
        return parse_clock(self.clock)


def read_settings(start: Path | None = None, **arguments: Any) -> Settings:
    """
    Return the settings of a process that runs in *start* (default: the working directory).

    *arguments* are fields of Settings in their final form; they override all others, None is ignored.

    Raises:
        ConfigError: the file cannot be read, a key or value is invalid, or an environment variable is misspelt. The
            message names the file, the key, what was expected, and the nearest known key.
    """
    for variable in foreign_variables():
        _warn_once(f"environment: {variable} is not a setting of the price tracker; it has no effect")
    base, path = find_base(start or working_directory())
    return make_settings(read_toml(path) if path else {}, base, path, **arguments)


def make_settings(content: Mapping[str, Any], base: Path, file: Path | None, **arguments: Any) -> Settings:
    """
    Return the settings with *content* in place of what is in tracker.toml; raises as read_settings does.

    Args:
        content: keys and values, as they are in the file.
        base: the folder that relative paths start from.
        file: where *content* is from, for the messages.
        arguments: fields of Settings, which override all others.
    """
    for key in ("base", "file"):
        if key in content:
            raise ConfigError(f"{file}: unknown key {key!r}")
    try:
        settings = Settings(**content)
    except ValidationError as error:
        raise invalid_settings(error, Settings, file or "settings", content) from None
    except SettingsError as error:
        raise invalid_json(error) from None
    overrides = {key: value for key, value in arguments.items() if value is not None}
    settings = settings.model_copy(update={**overrides, "base": base, "file": file})
    settings._arguments = overrides
    return settings


def foreign_variables() -> list[str]:
    """
    Name the ``TRACKER_…`` variables of the environment that belong to other programs.

    Raises:
        ConfigError: an unknown one is nearly a setting's name; ignored, it would leave the default in force.
    """
    settings = [*(name.upper() for name in keys_of(Settings)), *_OTHER_VARIABLES]
    exchanges = names("exchanges")
    keys = ["", *(f"__{key}" for key in ExchangeSettings.model_fields)]
    known = [*settings, *(f"exchanges__{exchange}{key}".upper() for exchange in exchanges for key in keys)]
    foreign = []
    for variable in sorted(name for name in os.environ if name.upper().startswith(PREFIX)):
        name = variable[len(PREFIX) :]
        # Settings are read in either case, the other variables in upper case only.
        if name in known or (name.upper() in known and name.upper() not in _OTHER_VARIABLES):
            continue
        table, *inner = name.upper().split("__")
        if table == "CHANNELS" and is_channel_variable(inner):
            continue
        if table == "EXCHANGES" and inner[0].lower() not in exchanges:
            raise ConfigError(
                f"environment: {variable}: no exchange {inner[0]!r}; {nearest(inner[0].lower(), exchanges)}"
            )
        word = name.upper() if table == "EXCHANGES" or table not in settings else table
        hint = did_you_mean(word, known, prefix=PREFIX, cutoff=_MISSPELT)
        if hint:
            raise ConfigError(f"environment: unknown variable {variable!r}; {hint}")
        foreign.append(variable)
    return foreign


@cache
def _warn_once(warning: str) -> None:
    log.warning("%s", warning)
