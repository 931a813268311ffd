"""The command that silences a rule for a while: rules mute."""

import shlex
import sys
import time
from collections.abc import Sequence
from typing import Annotated

import typer
from dateutil.tz import tzlocal

from tracker.alerts.states.mutes import Mute, MuteRequests
from tracker.alerts.states.status_document import JOB, published
from tracker.collector.factory import make_coordination
from tracker.commands.options import duration_option, unknown_rule
from tracker.core.coordination_contract import Coordination
from tracker.core.errors import ConfigError, nearest
from tracker.core.market import Market
from tracker.dashboard.alerts.until import read_until
from tracker.render.format import time_text
from tracker.runtime.rule_settings import RuleSettings, clean_text
from tracker.runtime.settings import Settings
from tracker.runtime.usable_settings import read_usable_settings

_DEFAULT = "1h"
PATIENCE = 5.0  # seconds for the process that watches, which looks for requests once a second
_POLL = 0.05  # seconds


def mute(
    name: Annotated[str, typer.Argument(help="Of the rule; tracker rules list prints them.")],
    market: Annotated[str | None, typer.Option(help="Only this market, e.g. kraken:BTC/EUR.")] = None,
    length: Annotated[str | None, typer.Option("--for", help="How long, e.g. 2h.", show_default=_DEFAULT)] = None,
    until: Annotated[str | None, typer.Option(help="Until when by the clock here, e.g. 18:00.")] = None,
    off: Annotated[bool, typer.Option("--off", help="Send again.")] = False,
) -> None:
    """Send nothing about a rule for a while; what still holds at the end is sent then."""
    if (length is not None) + (until is not None) + off > 1:
        raise ConfigError("type only one of --for, --until and --off")
    settings, problems = read_usable_settings()
    rule = _rule(settings, name, problems)
    chosen = None if market is None else _market(settings, rule, market)
    now = time.time_ns() // 1_000_000
    end = None if off else _end(length, until, now)
    coordination = make_coordination(settings, "rules mute")
    requests = MuteRequests(coordination)
    # The end of a rule's mute is also that of each of its markets.
    markets = (None, *rule.markets(settings.market_list())) if off and chosen is None else (chosen,)
    for each in markets:
        requests.submit(rule.name, each, end, now)
    watcher = coordination.holder(JOB)
    is_done = _wait(requests, now) if watcher else False
    subject = rule.name if chosen is None else f"{rule.name} in {chosen}"
    words = "messages are sent again" if end is None else f"nothing is sent until {_text(end, now)}"
    print(f"{subject}: {words}")
    if not watcher:
        print("Nobody watches rules now; it counts from when a page or tracker collect does.", file=sys.stderr)
    elif not is_done:
        print(f"{watcher} watches, and has not taken this up yet; it will as soon as it can.", file=sys.stderr)
    elif off and chosen is not None and (left := _whole_mute(coordination, rule.name, now)):
        words = f"All of {rule.name} stays muted until {_text(left, now)}; type: tracker rules mute"
        print(f"{words} {shlex.quote(rule.name)} --off", file=sys.stderr)


def _rule(settings: Settings, name: str, problems: Sequence[str]) -> RuleSettings:
    """Return the rule *name*; others may be wrong, of which *problems* are left out. Raises ConfigError."""
    names = {rule.name: rule for rule in settings.rules}
    if clean_text(name) not in names:
        raise unknown_rule(clean_text(name), names, problems)
    return names[clean_text(name)]


def _market(settings: Settings, rule: RuleSettings, text: str) -> Market:
    markets = rule.markets(settings.market_list())
    market = Market.parse(text)
    if market not in markets:
        raise ConfigError(f"--market {text}: {rule.name!r} is not about it; {nearest(text, map(str, markets))}")
    return market


def _end(length: str | None, until: str | None, now: int) -> int:
    try:
        if until is not None:
            return read_until(until, now, tzlocal())
        typed = _DEFAULT if length is None else length
        duration_option(typed, "--for")
        return read_until(typed, now, tzlocal())
    except ValueError as error:
        raise ConfigError(f"{'--until' if until is not None else '--for'}: {error}") from None


def _wait(requests: MuteRequests, at: int) -> bool:
    """Return whether the process that watches has fulfilled the requests up to *at* (epoch ms) before long."""
    end = time.monotonic() + PATIENCE
    while not requests.are_fulfilled(at):
        if time.monotonic() > end:
            return False
        time.sleep(_POLL)
    return True


def mute_texts(settings: Settings) -> list[str]:
    """Return ``high in kraken:BTC/EUR: muted until 18:00 CET`` for each rule that is muted, as far as is published."""
    now = time.time_ns() // 1_000_000
    rules = {rule.name for rule in settings.rules}
    return [
        f"{mute.rule}{f' in {mute.market}' if mute.market else ''}: muted until {_text(mute.until, now)}"
        for mute in published_mutes(settings)
        if mute.rule in rules
    ]


def published_mutes(settings: Settings) -> list[Mute]:
    """Return the mutes that have not ended, as far as is published."""
    return _mutes(make_coordination(settings, "rules list"), time.time_ns() // 1_000_000)


def rules_are_watched(settings: Settings) -> bool:
    """Return whether a running process goes by rules, as far as is published."""
    status = published(make_coordination(settings, "rules add"))
    return status is not None and bool(status.watcher and status.rules) and status.silent_for is None


def _mutes(coordination: Coordination, now: int) -> list[Mute]:
    """Return the mutes that have not ended, as far as is published."""
    status = published(coordination)
    return [] if status is None else [mute for mute in status.mutes if mute.until > now]


def _whole_mute(coordination: Coordination, rule: str, now: int) -> int | None:
    """Return until when the whole *rule* is muted, as far as is published."""
    mutes = _mutes(coordination, now)
    return next((each.until for each in mutes if each.rule == rule and not each.market), None)


def _text(ms: int, now: int) -> str:
    zone = tzlocal()
    return f"{time_text.moment(ms, now, zone)} {time_text.zone_name(ms, zone)}"
