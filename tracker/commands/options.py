"""Options that several commands share, and checks of what was typed."""

import re
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Annotated

import typer

from tracker.core.durations import parse_duration
from tracker.core.errors import ConfigError, nearest
from tracker.render.format import time_text
from tracker.runtime.settings import Settings
from tracker.runtime.store_url import store_folder

Port = Annotated[int, typer.Option(min=0, max=65535, help="TCP port to serve on.")]
Host = Annotated[str | None, typer.Option("--host", help="Address to serve on.", show_default="127.0.0.1")]
Public = Annotated[bool, typer.Option("--public", help="Serve to others; the page asks for a token.")]
BehindHttps = Annotated[
    bool, typer.Option("--behind-https", help="With --public: a proxy on this machine serves the page over HTTPS.")
]
Prefix = Annotated[
    str, typer.Option("--prefix", help="Path of the page, where a proxy serves it beside others, e.g. /prices/.")
]


def duration_option(text: str, option: str) -> int:
    """
    Return the duration *text* in milliseconds.

    Raises:
        ConfigError: *text* is not a duration; the message names *option*.
    """
    try:
        return parse_duration(text)
    except ValueError as error:
        raise ConfigError(f"{option}: {error}") from None


def refuse_store_folder(path: Path, shown: str, settings: Settings) -> None:
    """
    Raise ConfigError if *path* lies in the folder where prices are kept.

    Args:
        path: the path to check.
        shown: what was typed, as the beginning of the message, e.g. ``--out data/eur.csv``.
        settings: name the store.
    """
    folder = store_folder(settings.store, base=settings.base)
    if folder is not None and path.resolve().is_relative_to(folder.resolve()):
        raise ConfigError(f"{shown}: expected a place outside of {folder}, where the prices themselves are kept")


def unknown_rule(name: str, known: Collection[str], problems: Iterable[str]) -> ConfigError:
    """
    Return the error that there is no rule *name*, or the one that keeps it from being read.

    Args:
        name: as it is compared.
        known: the names of the rules that can be read.
        problems: of the settings, each with its place.
    """
    about = rf": rule {re.escape(repr(name))}: |: rule no\. |: rules: |: channels: "  # of which all rules may be part
    hint = nearest(name, known) if known else "there is none yet"
    return _first(about, problems) or ConfigError(f"no rule {name!r}; {hint}")


def unknown_channel(name: str, known: Collection[str], problems: Iterable[str], if_none: str) -> ConfigError:
    """Return the same of a channel; *if_none* says how to add one."""
    hint = nearest(name, known) if known else if_none
    about = rf": channels\.{re.escape(name)}[.:]|: channels: "
    return _first(about, problems) or ConfigError(f"no channel {name!r}; {hint}")


def _first(pattern: str, problems: Iterable[str]) -> ConfigError | None:
    return next((ConfigError(problem) for problem in problems if re.search(pattern, problem)), None)


def count_text(number: int, noun: str) -> str:
    """Return ``1 price`` or ``1,234 prices``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def iso_text(time: int) -> str:
    """Return the epoch ms *time* as ``2026-11-23T15:00:00.000+00:00``, for programs: always in this form."""
    return time_text.to_datetime(time).isoformat(timespec="milliseconds")


def iso_or_none(time: int | None) -> str | None:
    """Return the epoch ms *time* as ``iso_text`` does; None if it is not known."""
    return None if time is None else iso_text(time)


def moment_text(time: int) -> str:
    """Return the epoch ms *time* as ``2026-11-23 15:00``, UTC."""
    return f"{time_text.to_datetime(time):%Y-%m-%d %H:%M}"
