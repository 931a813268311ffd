"""Settings with rules, and channels that keep what they get; loads no database."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tracker.alerts.channels.outcome import Outcome
from tracker.alerts.database.delivery import Delivery
from tracker.alerts.messages.message import Message
from tracker.core.market import Market
from tracker.runtime.settings import Settings

EUR, USD = Market("kraken", "BTC", "EUR"), Market("kraken", "BTC", "USD")
TWIN = Market("coinbase", "BTC", "EUR")
START = 1_795_446_000_000  # 2026-11-23 15:00 UTC
EVERY = 10_000  # ms


class KeptMessages:
    """
    Channels that keep what they get: one line for each delivery, ``fired high kraken:BTC/EUR``.

    Attributes:
        received: the channel and the lines of each message.
        answer: what comes of a message, by the channel's name.
        problems: why an address cannot be used, by the channel's name.
        attempts: how many were made, failed ones included.
        single: channels that take one firing in a message.
    """

    def __init__(self) -> None:
        self.received: list[tuple[str, tuple[str, ...]]] = []
        self.answer: Callable[[str], Outcome] = lambda name: Outcome(True, "taken")
        self.problems: dict[str, str] = {}
        self.single: set[str] = set()
        self.attempts = 0

    def send(self, name: str, message: Message) -> Outcome:
        outcome = self.answer(name)
        if outcome.arrived:
            self.received.append((name, message.lines))
        return outcome

    def takes_single_firings(self, name: str) -> bool:
        return name in self.single

    def takes_pictures(self, name: str) -> bool:
        return False

    def problem(self, name: str) -> str:
        self.attempts += 1
        return self.problems.get(name, "")


def line_of(delivery: Delivery) -> str:
    """Return what a message of the tests states about *delivery*."""
    event = delivery.event
    return f"{event.kind.value} {event.rule} {event.market}{' again' if delivery.repeated else ''}"


def compose(deliveries: Sequence[Delivery], has_picture: bool) -> Message:
    lines = tuple(map(line_of, deliveries))
    return Message(lines[0], lines, lines[0], "warning", lines[0], False, b"" if has_picture else None)


def rule(name: str = "high", when: str = "price > 100", **more: Any) -> dict[str, Any]:
    """Return a rule of the settings, on all markets of bitcoin in euros."""
    return {"name": name, "market": "*:BTC/EUR", "when": when, "notify": ["ops"], **more}


def alert_settings(*rules: Mapping[str, Any], markets: Sequence[Market] = (EUR,), **more: Any) -> Settings:
    """Return settings with *rules*, markets every 10 s and the channels ops, family and hang."""
    return Settings(
        rules=list(rules),
        markets=[{"name": str(market), "every": "10s"} for market in markets],
        **{"channels": {name: f"json://127.0.0.1/{name}" for name in ("ops", "family", "hang")}, **more},
    )
