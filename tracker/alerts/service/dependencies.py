"""What watching and sending need of their process; loads no database."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tracker.alerts.channels.channel_contract import Channels, Compose
from tracker.core.contracts import Store
from tracker.core.coordination_contract import Coordination
from tracker.core.market_status import Status
from tracker.runtime.clock import Clock

if TYPE_CHECKING:
    from tracker.alerts.service.watched import Watched


@dataclass(frozen=True)
class Dependencies:
    """
    What a term works with.

    Attributes:
        store: is followed.
        folder: the state folder, which has the database.
        coordination: of the requests of other processes.
        clock: of the machine.
        status: returns the collector's status.
        open_channels: returns the channels of the settings.
        compose: returns what makes messages about rules and their markets.
    """

    store: Store
    folder: Path
    coordination: Coordination
    clock: Clock
    status: Callable[[], Status]
    open_channels: Callable[["Watched"], Channels]
    compose: Callable[["Watched"], Compose]
