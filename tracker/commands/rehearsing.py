"""The command that says what a rule would have done over stored prices: rules test."""

import json
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from tracker.alerts.readings.verdict import Reason
from tracker.alerts.rehearsal.rehearsal import Rehearsal, rehearse
from tracker.alerts.rehearsal.rehearsed_market import MarketRehearsal, RehearsedFiring
from tracker.alerts.rules.rule import Rule, typed_rules
from tracker.alerts.rules.vocabulary import Unit
from tracker.alerts.states.events import Number
from tracker.commands.options import count_text, iso_or_none, iso_text, moment_text, unknown_rule
from tracker.commands.rule_numbers import number_as_json
from tracker.core.durations import SECOND, parse_since
from tracker.core.errors import ConfigError
from tracker.core.market import Market
from tracker.render.format import numbers, time_text
from tracker.runtime.rule_settings import clean_text
from tracker.runtime.settings import Settings
from tracker.runtime.store_url import open_configured_store
from tracker.runtime.usable_settings import read_usable_settings

_DEFAULT_SPAN = "7d"
_REASONS = {
    Reason.NO_PRICE: "there was no price",
    Reason.NO_VALUE: "there were too few prices",
    Reason.THIN_COVERAGE: "prices covered too little of the span",
    Reason.STANDING_STILL: "the price stood still while others moved",
    Reason.OLD_PRICE: "the last price was old",
    Reason.NOT_RANKED: "the market had no rank",
    Reason.NO_PAIR: "there was no current price in one of the two currencies",
    Reason.NO_ROW_BEFORE: "there was no price before",
}


def rehearse_rule(
    name: Annotated[str, typer.Argument(help="Of a rule in tracker.toml.")],
    last: Annotated[str | None, typer.Option(help="How far back.", show_default=_DEFAULT_SPAN)] = None,
    since: Annotated[str | None, typer.Option(help="Start, e.g. 2026-01-31; in place of --last.")] = None,
    until: Annotated[str | None, typer.Option(help="End; default: now.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs; all firings.")] = False,
) -> None:
    """Print when a rule would have fired over stored prices; nothing is sent."""
    if last is not None and since is not None:
        raise ConfigError("type only one of --last and --since")
    settings, problems = read_usable_settings()
    rule = _rule(name, settings, problems)
    now = settings.make_clock().now()
    start = parse_since(_DEFAULT_SPAN if last is None else last, now, "--last")
    if since is not None:
        start = parse_since(since, now, "--since")
    end = now if until is None else parse_since(until, now, "--until")
    if start >= end:
        raise ConfigError(
            f"{moment_text(start)} to {moment_text(end)} UTC is no period; expected a start before the end, "
            "e.g. --since 3d --until 2d"
        )
    result = rehearse(
        rule,
        settings.market_list(),
        open_configured_store(settings),
        start,
        end,
        floor=settings.coverage_floor,
        unmoved_after=settings.unmoved_after,
    )
    if result is None:  # nobody cancels it
        raise typer.Abort
    if as_json:
        print(json.dumps(_as_json(rule, result), indent=1))
    else:
        _print(rule, result)


def _rule(name: str, settings: Settings, problems: Sequence[str]) -> Rule:
    """Return the rule *name*; others may be wrong, of which *problems* are left out. Raises ConfigError."""
    rules = {rule.name: rule for rule in typed_rules(settings)}
    rule = rules.get(clean_text(name))
    if rule is None:
        raise unknown_rule(clean_text(name), rules, problems)
    return rule.make()


def _print(rule: Rule, result: Rehearsal) -> None:
    print(f"{rule.name}: {rule.condition}")
    if result.begin is None or result.end is None:
        print("Nothing is stored of its markets in this period, so nothing can be rehearsed")
        return
    for firing in result.firings:
        print(_firing_line(firing))
    firings = len(result.firings)
    span = f"{moment_text(result.begin)} to {moment_text(result.end)} UTC"
    times = "once" if firings == 1 else f"{firings:,} times"
    fired = f"have fired {times}, with {count_text(result.messages, 'message')}" if firings else "never have fired"
    print(f"On your record ({time_text.rough_duration(result.length)}, {span}) it would {fired}")
    for market, each in result.markets.items():
        print(f"{market}: {_market_text(each)}")


def _firing_line(firing: RehearsedFiring) -> str:
    begin, end = firing.begin, firing.end
    values = ", ".join(f"{each.measure} {_value_text(each)}" for each in begin.numbers)
    ended = "still firing at the end" if end is None else f"for {time_text.rough_duration(end.at - begin.at)}"
    return f"{time_text.to_datetime(begin.at):%Y-%m-%d %H:%M:%S}  {begin.market}  {values}  {ended}"


def _value_text(number: Number) -> str:
    unit, value = number.measure.word.unit, number.value
    if unit is Unit.SHARE:
        return numbers.fine_percent(100 * value)
    if unit is Unit.DURATION:
        return time_text.rough_duration(value)
    return numbers.price(value) if unit is Unit.PRICE else numbers.significant(value)


def _market_text(each: MarketRehearsal) -> str:
    if each.begin is None or each.end is None:
        return "nothing is stored"
    untold = [
        f"for {time_text.rough_duration(ms)} nothing could be told, as {_REASONS.get(reason, reason.value)}"
        for reason, ms in each.untold.items()
    ]
    length = time_text.rough_duration(each.end - each.begin)
    covered = f"prices for {numbers.share(each.coverage, 1)} of the time"
    return "; ".join([f"{count_text(len(each.firings), 'firing')} in {length}", covered, *untold])


def _as_json(rule: Rule, result: Rehearsal) -> dict[str, Any]:
    return {
        "rule": rule.name,
        "when": rule.condition,
        "begin": iso_or_none(result.begin),
        "end": iso_or_none(result.end),
        "messages": result.messages,
        "markets": [_market_as_json(market, each) for market, each in result.markets.items()],
    }


def _market_as_json(market: Market, each: MarketRehearsal) -> dict[str, Any]:
    return {
        "market": str(market),
        "begin": iso_or_none(each.begin),
        "end": iso_or_none(each.end),
        "coverage": each.coverage,
        "untold": {reason.value: ms / SECOND for reason, ms in each.untold.items()},
        "firings": [
            {
                "kind": firing.begin.kind.value,
                "fired_at": iso_text(firing.begin.at),
                "since": iso_text(firing.begin.since),
                "ended_at": None if firing.end is None else iso_text(firing.end.at),
                "ended_by": None if firing.end is None else firing.end.kind.value,
                "numbers": list(map(number_as_json, firing.begin.numbers)),
            }
            for firing in each.firings
        ],
    }
