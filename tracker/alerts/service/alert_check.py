"""Checks rules, channels, their database, and who watches; sends nothing."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import tzinfo
from importlib.util import find_spec
from pathlib import Path

from dateutil.tz import tzlocal

from tracker.alerts.database.unfinished_work import FILE
from tracker.alerts.states.alert_status import AlertStatus, ChannelState
from tracker.alerts.states.status_document import JOB, published
from tracker.collector.diagnostics.check import Check
from tracker.collector.diagnostics.store_check import write_fault
from tracker.collector.factory import make_coordination
from tracker.core.coordination_contract import Coordination
from tracker.core.errors import ConfigError, StoreError
from tracker.runtime.settings import Settings
from tracker.runtime.state_folder import state_folder

_LIBRARIES = {"sqlalchemy": "SQLAlchemy", "apprise": "apprise", "resvg_py": "resvg_py"}  # of the extra


def check_alerts(settings: Settings, zone: tzinfo | None = None) -> Iterator[Check]:
    """
    Yield each check as soon as it is done; none if there are neither rules nor channels. Blocking.

    Args:
        settings: name rules and channels.
        zone: of times in the texts; None: the machine's.
    """
    if not (settings.rules or settings.channels):
        return
    zone, now = zone or tzlocal(), settings.make_clock().now()
    missing = [name for library, name in _LIBRARIES.items() if find_spec(library) is None]
    if missing:
        text = f"alerts need {' and '.join(missing)}; type: pip install 'btc-price-tracker[alerts]'"
        yield Check("✗", text)
    yield from _check_rules(settings, now, zone)
    coordination = make_coordination(settings, "check")
    status = published(coordination)
    if "apprise" not in missing:  # without it, no address can be read
        states = {} if status is None else {state.channel: state for state in status.channels}
        yield from _check_channels(settings, states, now, zone)
    if settings.rules:
        if "SQLAlchemy" not in missing:
            yield _check_database(state_folder(settings))
        yield _check_watcher(settings, coordination, status)


def _check_rules(settings: Settings, now: int, zone: tzinfo) -> Iterator[Check]:
    if not settings.rules:  # the language is not loaded
        return
    from tracker.alerts.rules.rule import typed_rules
    from tracker.alerts.rules.rule_error import InvalidRule
    from tracker.alerts.wording.meaning import meaning
    from tracker.alerts.wording.times import exact_moment

    for typed in typed_rules(settings):
        try:
            rule = typed.make()
        except InvalidRule as error:
            yield Check("✗", f"rule {typed.name}: {error.key}: {error.problem}")
            continue
        if rule.has_expired(now) and rule.expires is not None:
            yield Check("!", f"rule {rule.name}: does nothing since {exact_moment(rule.expires, zone)}, as it expired")
            continue
        # Of a rule without channels, too, it says what it would tell.
        text = meaning(replace(rule, channels=rule.channels or ("none",)), settings.market_list(), zone)
        if rule.channels:
            yield Check("✓", f"rule {rule.name}: {text} By {', then '.join(rule.channels)}.")
        else:
            advice = 'only the page shows it, as it names no channel; add a line notify = ["…"] to it'
            yield Check("!", f"rule {rule.name}: {text} But {advice}")


def _check_channels(settings: Settings, states: Mapping[str, ChannelState], now: int, zone: tzinfo) -> Iterator[Check]:
    if not settings.channels:
        return
    from tracker.alerts.channels.channels import Channels
    from tracker.alerts.wording.states import channel_text

    channels = Channels(settings)
    for name in settings.channels:
        try:
            text = f"channel {name}: {channels.service(name)}"
        except ConfigError as error:
            yield Check("✗", f"channel {name}: {error}")
            continue
        state = states.get(name)
        if state is not None and (state.words or state.failing_since is not None):
            yield Check("!", f"{text}; {channel_text(state, now, zone)}")
        else:
            yield Check("✓", f"{text}; to send a test, type: tracker channels test {name}")


def _check_database(folder: Path) -> Check:
    file = folder / FILE
    if fault := write_fault(folder, "state"):
        return Check("✗", f"database: {fault}")
    if not file.exists():
        return Check("✓", f"database: {file} is made when rules are watched")
    from tracker.alerts.database.database_check import check_database

    try:
        check_database(file)
    except StoreError as error:
        return Check("✗", f"database: {error}")
    return Check("✓", f"database: {file}, which keeps states and what is still to be sent")


def _check_watcher(settings: Settings, coordination: Coordination, status: AlertStatus | None) -> Check:
    """Name the process that watches, and what it cannot do."""
    if settings.playback or settings.clock != "live":
        return Check("!", "alerts: rules are not watched, as these settings replay prices")
    if rivals := coordination.rivals(JOB):
        first, *others = rivals
        stepped_down = f"; stepped down: {', '.join(others)}" if others else ""
        text = f"alerts: {first} watches rules, but its lock excludes nobody, as on some network folders{stepped_down}"
        return Check("✗", f"{text}; set state to a folder on a disk of this computer, or use one computer only")
    watcher = coordination.holder(JOB) if status is None else status.watcher
    if not watcher:
        return Check("!", "alerts: nobody watches rules; type: tracker collect")
    if status is None:
        return Check("!", f"alerts: {watcher} is to watch rules, and has not reported yet")
    if status.silent_for is not None:
        return Check("!", f"alerts: {status.watcher} has not reported for {status.silent_for:.0f} s")
    if status.problem:
        return Check("✗", f"alerts: {status.watcher}: {status.problem}")
    return Check("✓", f"alerts: {status.watcher} watches rules")
