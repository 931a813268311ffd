"""Rules as they are evaluated, made of the settings."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TypeVar

from tracker.alerts.rules.expression import Expression, counts_in_quote, has_crossing
from tracker.alerts.rules.parsing import parse
from tracker.alerts.rules.quiet_hours import QuietHours, find_zone
from tracker.alerts.rules.rearming import read_rearm
from tracker.alerts.rules.rule_error import InvalidRule
from tracker.core.errors import ConfigError
from tracker.core.market import Market
from tracker.runtime.rule_settings import RuleSettings, Severity
from tracker.runtime.settings import Settings

_Read = TypeVar("_Read")
_ADDRESS = "an address stands here; those of channels stand below [channels]"


@dataclass(frozen=True)
class Rule:
    """
    What to watch for in which markets, and whom to tell.

    Attributes:
        name: by which it is known; no other rule has it.
        markets: in each of them it has a state of its own.
        expression: what has to hold for it to fire.
        rearm: what has to hold, while *expression* does not, for a firing to end.
        hold: ms for which *expression* has to hold.
        cooldown: least ms from its last event in a market to its next firing there.
        expires: epoch ms from which on it does nothing; None if it never ends.
        once: whether it is done after its first firing in a market.
        quiet: when nothing is sent.
        channels: names, in the order in which they are used.
    """

    name: str
    markets: tuple[Market, ...]
    expression: Expression
    rearm: Expression
    hold: int = 0
    cooldown: int = 0
    expires: int | None = None
    once: bool = False
    quiet: QuietHours | None = None
    severity: Severity = "warning"
    channels: tuple[str, ...] = ()

    @cached_property
    def condition(self) -> str:
        """The canonical text of *expression*."""
        return str(self.expression)

    def has_expired(self, at: int) -> bool:
        """Return whether it does nothing any more at *at* (epoch ms)."""
        return self.expires is not None and at >= self.expires


def make_rules(settings: Settings) -> tuple[Rule, ...]:
    """
    Return the rules of *settings*, in their order.

    Raises:
        InvalidRule: one cannot be used.
    """
    return tuple(rule.make() for rule in typed_rules(settings))


@dataclass(frozen=True, slots=True)
class TypedRule:
    """
    A rule as it is typed.

    Attributes:
        name: by which it is known.
        make: returns it as it is evaluated; InvalidRule if it cannot be used.
    """

    name: str
    make: Callable[[], Rule]


def typed_rules(settings: Settings) -> tuple[TypedRule, ...]:
    """Return the rules of *settings*, in their order, of which some may be wrong."""
    file = settings.file or "settings"
    markets = settings.market_list()
    return tuple(
        TypedRule(rule.name, partial(_make, rule, markets, f"{file}: rule {rule.name!r}")) for rule in settings.rules
    )


def _make(rule: RuleSettings, configured: tuple[Market, ...], place: str) -> Rule:
    def read(key: str, reader: Callable[[], _Read]) -> _Read:
        try:
            return reader()
        except (ConfigError, ValueError) as error:
            is_address = "://" in str(error)  # which may be secret, so it is not repeated
            problem = _ADDRESS if is_address else str(error).removeprefix(f"{key}: ")
            raise InvalidRule(place, key, problem) from None

    expression = read("when", lambda: parse(rule.when))
    if rule.hold and has_crossing(expression):
        raise InvalidRule(place, "for", f"{rule.when} holds at single rows, for no time; leave for out")
    markets = rule.markets(configured)
    if counts_in_quote(expression):
        _refuse_several_currencies(markets, rule.when, place)
    zone = None if rule.zone is None else read("zone", lambda: find_zone(rule.zone or "").key)
    quiet = None
    if rule.quiet is not None:
        quiet = read("quiet", lambda: QuietHours.parse(rule.quiet or "", zone or ""))
    return Rule(
        name=rule.name,
        markets=markets,
        expression=expression,
        rearm=read("rearm", lambda: read_rearm(rule.rearm, expression)),
        hold=rule.hold,
        cooldown=rule.cooldown,
        expires=rule.expires,
        once=rule.once,
        quiet=quiet,
        severity=rule.severity,
        channels=rule.notify,
    )


def _refuse_several_currencies(markets: tuple[Market, ...], when: str, place: str) -> None:
    """Raise InvalidRule if *when* has a number in the quote currency, and *markets* have several of these."""
    by_quote: dict[str, list[str]] = {}
    for market in markets:
        by_quote.setdefault(market.quote, []).append(f'"{market}"')
    if len(by_quote) > 1:
        first = next(iter(by_quote.values()))
        typed = first[0] if len(first) == 1 else f"[{', '.join(first)}]"
        problem = f"{when} counts in the quote currency, which here is {' or '.join(by_quote)}; which? "
        problem += f"type e.g. market = {typed}, and another rule for each of the others"
        raise InvalidRule(place, "market", problem)
