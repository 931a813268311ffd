"""Builds the service that watches rules from the settings, for the page and the command line."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from tracker.alerts.channels.channel_contract import Channels, Compose
from tracker.alerts.service.dependencies import Dependencies
from tracker.alerts.service.service import AlertService
from tracker.collector.factory import make_coordination
from tracker.core.contracts import Store
from tracker.core.market_status import Status
from tracker.runtime.clock import Clock
from tracker.runtime.settings import Settings
from tracker.runtime.state_folder import state_folder

if TYPE_CHECKING:
    from tracker.alerts.service.watched import Watched


def make_alert_service(
    settings: Settings, store: Store, clock: Clock, label: str, status: Callable[[], Status]
) -> AlertService | None:
    """
    Make the service that watches the rules of *settings* under the lease; it is not started yet.

    Return None where prices are not of now, as in a replay: nothing is sent about these.

    Args:
        settings: name rules, channels and the coordination.
        store: has the prices.
        clock: of this machine.
        label: names this process to users, e.g. ``dashboard``.
        status: returns the status of collecting.

    Raises:
        ConfigError: a rule cannot be read.
    """
    if settings.playback or settings.clock != "live":
        return None
    coordination = make_coordination(settings, label)
    dependencies = Dependencies(
        store=store,
        folder=state_folder(settings),
        coordination=coordination,
        clock=clock,
        status=status,
        open_channels=_open_channels,
        compose=lambda watched: _compose(watched, store, clock),
    )
    return AlertService(settings, dependencies)


def _open_channels(watched: "Watched") -> Channels:
    from tracker.alerts.channels.channels import Channels  # only the process that watches loads what sends

    return Channels(watched.settings)


def _compose(watched: "Watched", store: Store, clock: Clock) -> Compose:
    from tracker.alerts.service.composing import composer

    return composer(watched.rules, store, clock)
