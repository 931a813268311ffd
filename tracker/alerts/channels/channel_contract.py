"""The contract of what sends messages, and of what makes them."""

from collections.abc import Callable, Sequence
from typing import Protocol

from tracker.alerts.channels.outcome import Outcome
from tracker.alerts.database.delivery import Delivery
from tracker.alerts.messages.message import Message


class Channels(Protocol):
    """What sends: the channels of the settings, by name. See ``channels.channels``."""

    def send(self, name: str, message: Message) -> Outcome:
        """Send *message*; blocks."""

    def takes_single_firings(self, name: str) -> bool:
        """Return whether a message to it must be about one firing alone."""

    def takes_pictures(self, name: str) -> bool:
        """Return whether a message to it may have a picture."""

    def problem(self, name: str) -> str:
        """Return why its address cannot be used now; empty if it can."""


# Makes a message about some deliveries, with or without a picture; blocks.
Compose = Callable[[Sequence[Delivery], bool], Message]
