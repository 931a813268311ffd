"""Builds the service that watches rules from the settings, for the page and the command line."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from tracker.alerts.channels.channel_contract import Channels, Compose
from tracker.alerts.service.dependencies import Dependencies
from tracker.alerts.service.service import AlertService
from tracker.core.contracts import Store
from tracker.core.coordination_contract import Coordination
from tracker.core.market_status import Status
from tracker.runtime.clock import Clock
from tracker.runtime.settings import Settings
from tracker.runtime.state_folder import state_folder

if TYPE_CHECKING:
    from tracker.alerts.service.watched import Watched


def make_alert_service(
    settings: Settings, store: Store, clock: Clock, coordination: Coordination, status: Callable[[], Status]
) -> AlertService | None:
    """
    Make the service that watches the rules of *settings* under the lease; it is not started yet.

    Return None where prices are not of now, as in a replay: nothing is sent about these.

    Args:
        settings: name rules and channels.
        store: has the prices.
        clock: of this machine.
        coordination: decides which process watches, and has what it publishes.
        status: returns the status of collecting.

    Raises:
        ConfigError: a rule cannot be read.
    """
    if settings.playback or settings.clock != "live":
        return None
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
