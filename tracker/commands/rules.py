"""Commands for what to be told about: rules list, rules add, rules remove."""

import json
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tracker.commands.rule_muting import mute_texts
from tracker.core.durations import duration_text
from tracker.render.format import time_text
from tracker.runtime.rule_settings import clean_text
from tracker.runtime.settings import Settings, read_settings
from tracker.runtime.settings_edits import add_rule, edit_settings, remove_rule
from tracker.runtime.settings_file import SettingsFile, refuse_overridden_rules, settings_in, settings_path

if TYPE_CHECKING:
    from tracker.alerts.rule import Rule

rules = typer.Typer(help="Show, change and mute rules: what to watch for in prices, and whom to tell.")


@rules.command("list")
def list_rules(
    as_json: Annotated[bool, typer.Option("--json", help="For programs; all that is known of each.")] = False,
) -> None:
    """Print the rules: what has to hold, in which markets, and which channels are notified."""
    settings = read_settings()
    made = _made(settings)
    if as_json:
        print(json.dumps([_as_json(rule) for rule in made], indent=1))
        return
    if not made:
        print(
            'There is no rule; type e.g.: tracker rules add high --market "*/USD" --when "price > 70000"',
            file=sys.stderr,
        )
        return
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for heading in ("rule", "condition", "markets", "channels"):
        table.add_column(heading, overflow="fold")
    for typed, rule in zip(settings.rules, made, strict=True):
        cells = (rule.name, _condition(rule), " ".join(typed.market), " ".join(rule.channels) or "–")
        table.add_row(*map(Text, cells))
    Console(highlight=False).print(table)
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
    settings = _editable_settings()
    document = SettingsFile(settings_path(settings))
    typed = {key: value for key, value in values.items() if value is not None}
    made: tuple[Rule, ...] = ()

    def check(text: str) -> None:
        nonlocal made
        made = _made(settings_in(text, settings))

    edit_settings(document, lambda text: add_rule(text, typed), check)
    [rule] = [rule for rule in made if rule.name == clean_text(name)]
    print(f"{document.place}: added {rule.name}: {_condition(rule)} in {', '.join(map(str, rule.markets))}")


@rules.command("remove")
def remove(name: Annotated[str, typer.Argument(help="Of the rule; tracker rules list prints them.")]) -> None:
    """Remove a rule from tracker.toml; a firing of it ends, which its channels are told."""
    settings = _editable_settings()
    document = SettingsFile(settings_path(settings))
    edit_settings(document, lambda text: remove_rule(text, name), lambda text: _made(settings_in(text, settings)))
    print(f"{document.place}: removed {clean_text(name)}")


def _editable_settings() -> Settings:
    """Return the settings. Raises ConfigError if a variable of the environment hides the rules of the file."""
    refuse_overridden_rules()
    return read_settings()


def _condition(rule: "Rule") -> str:
    return f"{rule.condition} for {duration_text(rule.hold)}" if rule.hold else rule.condition


def _as_json(rule: "Rule") -> dict[str, Any]:
    return {
        "name": rule.name,
        "markets": [str(market) for market in rule.markets],
        "when": rule.condition,
        "for": rule.hold / 1000,
        "cooldown": rule.cooldown / 1000,
        "rearm": str(rule.rearm),
        "expires": None if rule.expires is None else time_text.to_datetime(rule.expires).isoformat(),
        "once": rule.once,
        "quiet": None if rule.quiet is None else str(rule.quiet),
        "severity": rule.severity,
        "notify": list(rule.channels),
    }


def _made(settings: Settings) -> "tuple[Rule, ...]":
    from tracker.alerts.rule import make_rules  # no other command needs the language of rules

    return make_rules(settings)
