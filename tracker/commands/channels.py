"""Commands for where messages are sent: channels list, channels test."""

import json
import sys
import time
from typing import TYPE_CHECKING, Annotated

import typer

from tracker.commands.options import unknown_channel
from tracker.commands.terminal import print_table
from tracker.core.errors import ConfigError
from tracker.runtime.settings import Settings
from tracker.runtime.store_url import open_configured_store
from tracker.runtime.usable_settings import read_usable_settings

if TYPE_CHECKING:
    from tracker.alerts.channels.channels import Channels

channels = typer.Typer(help="Show and test channels: where messages about rules are sent.")


@channels.command("list")
def list_channels(
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Print the channels: which service each one is, and whether it can be used. Nothing is sent."""
    settings, problems = read_usable_settings()
    problems = tuple(problem for problem in problems if ": channels" in problem)
    found = [(name, *_service(settings, name)) for name in settings.channels]
    if as_json:
        listed = [{"name": name, "service": service or None, "problem": why or None} for name, service, why in found]
        print(json.dumps(listed, indent=1))
    elif found:
        rows = [(name, service or "–", why or "can be read") for name, service, why in found]
        print_table(("channel", "service", "address"), rows)
    elif not problems:
        print(_how_to_add(), file=sys.stderr)
    for problem in problems:
        print(f"error: {problem}", file=sys.stderr)
    if problems:
        raise typer.Exit(2)


@channels.command("test")
def test(name: Annotated[str, typer.Argument(help="Of the channel; tracker channels list prints them.")]) -> None:
    """Send a test message, with a chart if the channel takes pictures; print what the other side answered."""
    settings, problems = read_usable_settings()
    if name not in settings.channels:
        raise unknown_channel(name, settings.channels, problems, _empty())
    opened = _open(settings)
    if why := opened.problem(name):
        raise ConfigError(f"{name}: {why}")
    from tracker.alerts.channels.channel_test import send_test  # no other command needs the words of messages

    store = open_configured_store(settings)
    outcome = send_test(opened, name, time.time_ns() // 1_000_000, store, settings.market_list())
    if not outcome.arrived:
        doubt = "; it may have arrived all the same" if outcome.may_have_arrived else ""
        print(f"error: {name}: {outcome.words}{doubt}", file=sys.stderr)
        raise typer.Exit(1)
    print(f"{name}: {outcome.words}")


def _open(settings: Settings) -> "Channels":
    from tracker.alerts.channels.channels import Channels  # no other command needs what sends

    return Channels(settings)


def _service(settings: Settings, name: str) -> tuple[str, str]:
    """Return the service of the channel *name*, and why it cannot be used; one of them is empty."""
    try:
        return _open(settings).service(name), ""
    except ConfigError as error:
        return "", str(error)


def _how_to_add() -> str:
    return f"There is no channel; {_empty()}"


def _empty() -> str:
    return 'write [channels] into tracker.toml, and below it e.g. ops = "env:OPS_URL"'
