"""Types of ``[[rules]]`` in tracker.toml: what to watch for, and which channels to notify."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from fnmatch import fnmatchcase
from typing import Annotated, Literal, NamedTuple, Self

from pydantic import BeforeValidator, Field, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from tracker.core.durations import parse_moment
from tracker.core.errors import ConfigError, did_you_mean, nearest
from tracker.core.market import Market
from tracker.runtime.channel_settings import CHANNEL_NAME
from tracker.runtime.setting_types import Duration, Section

Severity = Literal["info", "warning", "critical"]

_LONGEST_NAME = 100  # characters; it is a part of every message
_WILDCARDS = re.compile(r"[*?\[]")


def clean_text(value: object) -> str:
    """Return the text *value* as names are compared. Raises ValueError for other values."""
    if not isinstance(value, str):
        raise ValueError("expected text; put it in quotes")
    return unicodedata.normalize("NFC", value.strip())  # one name, however an editor writes its accents


def _name(value: object) -> str:
    name = clean_text(value)
    if not (0 < len(name) <= _LONGEST_NAME and name.isprintable()):
        raise ValueError(f'expected a name of 1 to {_LONGEST_NAME} characters on one line, e.g. name = "EUR drops"')
    return name


def _condition(value: object) -> str:
    condition = clean_text(value)
    if not condition:
        raise ValueError('expected a condition, e.g. when = "change(10m) < -2%"')
    return condition


def _listed(value: object) -> tuple[str, ...]:
    """Return one text, or each of several."""
    return tuple(map(clean_text, value if isinstance(value, list | tuple) else [value]))


def _patterns(value: object) -> tuple[str, ...]:
    patterns = _listed(value)
    if not (patterns and all(patterns)):
        raise ValueError('expected one market or several, e.g. market = "kraken:BTC/EUR", or "kraken:BTC/*" for all')
    for pattern in patterns:
        if not _WILDCARDS.search(pattern):
            try:
                Market.parse(pattern)
            except ConfigError as error:
                raise ValueError(f'{error}, or "kraken:BTC/*" for all') from None
    return patterns


def _channels(value: object) -> tuple[str, ...]:
    channels = _listed(value)
    # The message must not contain them, as somebody may have typed an address.
    if not all(map(CHANNEL_NAME.fullmatch, channels)):
        raise ValueError('expected names of channels, whose addresses stand below [channels], e.g. notify = ["ops"]')
    if len(set(channels)) < len(channels):
        raise ValueError("expected each channel once")
    return channels


def _level(value: object) -> object:
    # Of 69.500 TOML leaves 69.5, so nobody could ask which number is meant.
    if isinstance(value, float):
        raise ValueError('a level with decimals has to be in quotes, as a rule has it, e.g. rearm = "69500.5"')
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else clean_text(value)


def _time(value: object) -> int | None:
    try:
        return parse_moment(None if value is None else str(value), "time")  # also of what TOML read as a time
    except ConfigError as error:
        raise ValueError(str(error)) from None


class RuleSettings(Section):
    """
    What to watch for in which markets, and whom to tell.

    Only the form is checked here: *when*, *rearm*, *quiet* and *zone* are read by the room that evaluates them.
    """

    name: Annotated[str, BeforeValidator(_name)]
    market: Annotated[tuple[str, ...], BeforeValidator(_patterns)]
    when: Annotated[str, BeforeValidator(_condition)]
    hold: Annotated[Duration, Field(alias="for")] = 0  # ms; how long *when* must hold
    cooldown: Duration = 0  # ms; least time between two notifications
    rearm: Annotated[str | None, BeforeValidator(_level)] = None  # level to pass back; None: derived from *when*
    expires: Annotated[int | None, BeforeValidator(_time)] = None  # epoch ms
    once: bool = False
    quiet: Annotated[str | None, BeforeValidator(clean_text)] = None
    zone: Annotated[str | None, BeforeValidator(clean_text)] = None  # whose clocks *quiet* means
    severity: Severity = "warning"
    notify: Annotated[tuple[str, ...], BeforeValidator(_channels)] = ()  # names of channels, in the order of use

    @model_validator(mode="after")
    def _with_a_zone_for_quiet(self) -> Self:
        if self.quiet is not None and self.zone is None:
            raise ValueError('quiet needs the time zone that is meant; type e.g. zone = "Europe/Berlin"')
        return self

    def markets(self, configured: Iterable[Market]) -> tuple[Market, ...]:
        """Return those of *configured* that the rule is about, in their order."""
        return tuple(market for market in configured if any(matches_market(pattern, market) for pattern in self.market))


def matches_market(pattern: str, market: Market) -> bool:
    """Return whether *pattern*, such as ``kraken:BTC/*`` or ``kraken:XBT/EUR``, is about *market*, in either case."""
    names = (f"{market.exchange}:{base}/{quote}" for base, quote in market.spellings)
    return any(fnmatchcase(name.upper(), pattern.upper()) for name in names)


class RuleProblem(NamedTuple):
    """
    Why a rule cannot be used beside the others.

    Attributes:
        place: of the rule, from 0 on.
        key: of the rule, in the file.
        text: what is wrong with its value, and what to type.
    """

    place: int
    key: str
    text: str


def rule_problems(
    rules: Sequence[RuleSettings], configured: Sequence[Market], channels: Iterable[str]
) -> Iterator[RuleProblem]:
    """
    Yield each rule that has the name of an earlier one, or names a market not *configured* or none of *channels*.

    Args:
        rules: as they were read.
        configured: the markets that are collected.
        channels: names.
    """
    known = sorted(channels)
    names: set[str] = set()
    for index, rule in enumerate(rules):
        if rule.name in names:
            yield RuleProblem(index, "name", "an earlier rule has this name too; each needs its own")
        names.add(rule.name)
        for pattern in rule.market:
            if not any(matches_market(pattern, market) for market in configured):
                yield RuleProblem(index, "market", _nearest_market(pattern, configured))
        for channel in rule.notify:
            if channel not in known:
                hint = nearest(channel, known) if known else f'type [channels] and below it {channel} = "env:…"'
                yield RuleProblem(index, "notify", f"no channel {channel!r}; {hint}")


def check_rules(rules: Sequence[RuleSettings], configured: Sequence[Market], channels: Iterable[str]) -> None:
    """Raise ValidationError with all ``rule_problems``, if there is one."""
    details = [
        InitErrorDetails(type=PydanticCustomError("rule", "{text}", {"text": text}), loc=(place, key), input=None)
        for place, key, text in rule_problems(rules, configured, channels)
    ]
    if details:
        raise ValidationError.from_exception_data("rules", details)


def rule_label(rule: object, number: int) -> str:
    """Return what to call *rule*, as it was typed, in an error: by its name, else by its place in the file."""
    with suppress(ValueError, LookupError, TypeError):
        if isinstance(rule, Mapping):
            return f"rule {_name(rule['name'])!r}"
    return f"rule no. {number}"


def _nearest_market(pattern: str, configured: Sequence[Market]) -> str:
    names = [str(market) for market in configured]
    if _WILDCARDS.search(pattern):
        return f"{pattern!r} matches none of the configured markets, which are {', '.join(names)}"
    if hint := did_you_mean(pattern, names):
        return f"{pattern!r} is not configured; add it to markets, or {hint}"
    return f"{pattern!r} is not configured; add it to markets, where there are {', '.join(names)}"


def _list_of_rules(rules: object) -> object:
    if not isinstance(rules, list | tuple):
        raise ValueError("expected a list of tables; type [[rules]] above the keys of each rule")
    return rules


Rules = Annotated[tuple[RuleSettings, ...], BeforeValidator(_list_of_rules)]
