"""Commands for what to be told about: rules list, rules add, rules remove."""

import json
import re
import sys
import time
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tracker.commands.options import iso_or_none, iso_text
from tracker.commands.rule_muting import mute_texts, published_mutes, rules_are_watched
from tracker.commands.terminal import print_table
from tracker.core.durations import duration_text
from tracker.core.errors import ConfigError
from tracker.runtime.rule_settings import RuleSettings, clean_text, rule_label
from tracker.runtime.setting_errors import keys_of
from tracker.runtime.settings import Settings, read_settings
from tracker.runtime.settings_edits import add_rule, edit_settings, remove_rule
from tracker.runtime.settings_file import (
    SettingsFile,
    find_settings_file,
    refuse_overridden_rules,
    refuse_vanished,
    settings_in,
    settings_path,
    vanished,
)
from tracker.runtime.usable_settings import read_usable_settings

if TYPE_CHECKING:
    from tracker.alerts.rules.rule import Rule
    from tracker.alerts.states.mutes import Mute

_KEYS = "|".join(keys_of(RuleSettings))
_EXAMPLE = re.compile(rf'\b({_KEYS}) = ("[^"]*"|\[[^]]*\])')  # as the file would have it
_KEY = re.compile(rf"(?:^|(?<=leave ))({_KEYS})(?=: | needs | out\b)")

rules = typer.Typer(help="Show, change and mute rules: what to watch for in prices, and whom to tell.")


@rules.command("list")
def list_rules(
    as_json: Annotated[bool, typer.Option("--json", help="For programs; all that is known of each.")] = False,
) -> None:
    """Print the rules: what has to hold, in which markets, and which channels are notified."""
    settings, problems = read_usable_settings()
    made, unread = _made_and_unread(settings)
    if as_json:
        mutes = published_mutes(settings)
        print(json.dumps([_as_json(rule, mutes) for rule in made], indent=1))
    elif made:
        _print_table(settings, made)
    elif not (problems or unread):
        print(
            'There is no rule; type e.g.: tracker rules add high --market "*/USD" --when "price > 70000"',
            file=sys.stderr,
        )
    for problem in (*problems, *unread):
        print(f"error: {problem}", file=sys.stderr)
    if problems or unread:
        raise typer.Exit(2)


def _print_table(settings: Settings, made: "Sequence[Rule]") -> None:
    patterns = {rule.name: rule.market for rule in settings.rules}
    rows = [
        (rule.name, _condition(rule), " ".join(patterns[rule.name]), " ".join(rule.channels) or "–") for rule in made
    ]
    print_table(("rule", "condition", "markets", "channels"), rows)
    for text in mute_texts(settings):
        print(text)


@rules.command("add")
def add(
    name: Annotated[str, typer.Argument(help="By which the rule is known, e.g. 'EUR drops'.")],
    market: Annotated[list[str], typer.Option(help="E.g. kraken:BTC/EUR, or 'kraken:BTC/*' for all; repeatable.")],
    when: Annotated[str, typer.Option(help="The condition, e.g. 'change(10m) < -2%'.")],
    hold: Annotated[str | None, typer.Option("--for", help="How long the condition has to hold, e.g. 30s.")] = None,
    cooldown: Annotated[str | None, typer.Option(help="Least time to the next firing, e.g. 1h.")] = None,
    rearm: Annotated[str | None, typer.Option(help="Level to pass back before it may fire again, e.g. 69500.")] = None,
    expires: Annotated[str | None, typer.Option(help="When the rule ends, e.g. 2026-12-31T18:00Z.")] = None,
    once: Annotated[bool, typer.Option("--once", help="Fire once in each market, and no more.")] = False,
    quiet: Annotated[str | None, typer.Option(help="When nothing is sent, e.g. 22:00-07:00.")] = None,
    zone: Annotated[str | None, typer.Option(help="Time zone of --quiet, e.g. Europe/Berlin.")] = None,
    severity: Annotated[str | None, typer.Option(help="info, warning or critical.", show_default="warning")] = None,
    notify: Annotated[
        list[str] | None, typer.Option(help="Name of a channel; repeatable, in the order of use.")
    ] = None,
) -> None:
    """Add a rule to tracker.toml; what is running watches for it from then on."""
    values: dict[str, Any] = {
        "name": name,
        "market": market[0] if len(market) == 1 else market,
        "when": when,
        "for": hold,
        "cooldown": cooldown,
        "rearm": rearm,
        "expires": expires,
        "once": once or None,
        "quiet": quiet,
        "zone": zone,
        "severity": severity,
        "notify": notify or None,
    }
    refuse_overridden_rules()
    settings = read_settings()
    document = SettingsFile(settings_path(settings))
    typed = {key: value for key, value in values.items() if value is not None}
    made: tuple[Rule, ...] = ()

    def check(text: str) -> None:
        nonlocal made
        made = _made(settings_in(text, settings))

    def changed(text: str) -> str:
        refuse_vanished(text, settings)
        if not text.strip() and rules_are_watched(settings):
            raise vanished(settings_path(settings))
        return add_rule(text, typed)

    try:
        edit_settings(document, changed, check)
    except ConfigError as error:
        raise ConfigError(
            _of_options(str(error), f"{document.place}: {rule_label(typed, len(settings.rules) + 1)}: ")
        ) from None
    [rule] = [rule for rule in made if rule.name == clean_text(name)]
    print(f"{document.place}: added {rule.name}: {_condition(rule)} in {', '.join(map(str, rule.markets))}")
    if rule.has_expired(time.time_ns() // 1_000_000):
        print(f"It does nothing, as {expires} is over", file=sys.stderr)
    if not rule.channels:
        print('Only the page shows it, as it names no channel; add a line notify = ["…"] to it', file=sys.stderr)


@rules.command("remove")
def remove(name: Annotated[str, typer.Argument(help="Of the rule; tracker rules list prints them.")]) -> None:
    """Remove a rule from tracker.toml; a firing of it ends, which its channels are told."""
    refuse_overridden_rules()
    document = find_settings_file()
    # Whatever else is wrong stays so, and the rule may be what is wrong.
    edit_settings(document, lambda text: remove_rule(text, name), lambda text: None)
    print(f"{document.place}: removed {clean_text(name)}")
    try:
        _made(read_settings())
    except ConfigError as error:
        print(f"What is left is wrong: {error}", file=sys.stderr)


def _of_options(error: str, place: str) -> str:
    """Return what is wrong with the keys of the rule at *place* of a file as what is wrong with the options typed."""
    if not error.startswith(place):  # another rule is wrong, or the file
        return error
    text = _EXAMPLE.sub(lambda typed: _option(typed[1], typed[2]), error.removeprefix(place))
    return _KEY.sub(lambda typed: typed[1] if typed[1] == "name" else f"--{typed[1]}", text)


def _option(key: str, value: str) -> str:
    """Return ``--zone "Europe/Berlin"``, or one option for each text of a list."""
    values = re.findall(r'"[^"]*"', value)
    return " ".join(values if key == "name" else (f"--{key} {each}" for each in values))


def _condition(rule: "Rule") -> str:
    return f"{rule.condition} for {duration_text(rule.hold)}" if rule.hold else rule.condition


def _as_json(rule: "Rule", mutes: "Iterable[Mute]") -> dict[str, Any]:
    return {
        "name": rule.name,
        "markets": [str(market) for market in rule.markets],
        "when": rule.condition,
        "for": rule.hold / 1000,
        "cooldown": rule.cooldown / 1000,
        "rearm": str(rule.rearm),
        "expires": iso_or_none(rule.expires),
        "once": rule.once,
        "quiet": None if rule.quiet is None else str(rule.quiet),
        "severity": rule.severity,
        "notify": list(rule.channels),
        "muted": [
            {"market": None if mute.market is None else str(mute.market), "until": iso_text(mute.until)}
            for mute in mutes
            if mute.rule == rule.name
        ],
    }


def _made_and_unread(settings: Settings) -> "tuple[list[Rule], list[ConfigError]]":
    """Return the rules that can be read, and the errors of the others."""
    from tracker.alerts.rules.rule import typed_rules

    made, unread = [], []
    for typed in typed_rules(settings):
        try:
            made.append(typed.make())
        except ConfigError as error:
            unread.append(error)
    return made, unread


def _made(settings: Settings) -> "tuple[Rule, ...]":
    from tracker.alerts.rules.rule import make_rules  # no other command needs the language of rules

    return make_rules(settings)
