"""
Mutes: for how long a rule sends nothing, and how any process asks for one.

A muted rule is watched as ever; what happens to it is held back as in quiet hours. What still holds when the mute
ends is sent then; a firing that began and ended meanwhile is not.

The process that watches keeps mutes in its database. Others leave a request, a document of the coordination.
"""

import json
import uuid
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from tracker.core.coordination_contract import Coordination
from tracker.core.errors import ConfigError, LeaseError
from tracker.core.market import Market

PREFIX = "alerts-mute."  # of the names of requests in the coordination
FORMAT = 1
MOST_REQUESTS = 200  # that are fulfilled at a time
_LATEST = 253_339_228_800_000  # epoch ms of the year 9998; times of later ones cannot be written in every zone


@dataclass(frozen=True, slots=True)
class Mute:
    """The rule *rule* sends nothing about *market*, or about any (None), before *until*, epoch ms."""

    rule: str
    market: Market | None
    until: int


class MuteRequests:
    """Submits requests to mute rules, and fulfils them in the process that watches. Blocking."""

    def __init__(self, coordination: Coordination) -> None:
        self._coordination = coordination

    def submit(self, rule: str, market: Market | None, until: int | None, at: int) -> None:
        """
        Request that *rule* sends nothing about *market*, or about any (None). Raises LeaseError.

        Args:
            rule: its name.
            market: one of its markets, or all.
            until: epoch ms; None to end the mute.
            at: epoch ms, now; of several requests the latest counts.
        """
        fields = {"format": FORMAT, "at": at, "rule": rule, "market": str(market or ""), "until": until}
        self._coordination.publish(f"{_prefix(at)}.{uuid.uuid4().hex}", json.dumps(fields).encode())

    def are_fulfilled(self, at: int) -> bool:
        """Return whether no request of *at* (epoch ms) or before is still to be fulfilled. Raises LeaseError."""
        return all(name >= _prefix(at + 1) for name in self._coordination.names(PREFIX))

    def pending(self) -> tuple[str, ...]:
        """Return the names of the oldest MOST_REQUESTS requests that are to be fulfilled. Raises LeaseError."""
        return self._coordination.names(PREFIX)[:MOST_REQUESTS]

    def changed(self, mutes: Iterable[Mute], names: Iterable[str]) -> tuple[Mute, ...]:
        """
        Return *mutes* as the requests *names* change them; one that is malformed changes nothing.

        Raises:
            LeaseError: one cannot be read now.
        """
        requests = []
        for name in names:
            with suppress(ValueError, ArithmeticError, LookupError, TypeError, RecursionError, ConfigError):
                requests.append(_decoded(self._coordination.read(name)))
        by_key = {(mute.rule, mute.market): mute for mute in mutes}
        for _, mute in sorted(requests, key=lambda request: request[0]):
            by_key[mute.rule, mute.market] = mute
        return tuple(by_key.values())

    def remove(self, names: Iterable[str]) -> None:
        """Remove the requests *names*, which were fulfilled."""
        with suppress(LeaseError):  # they are fulfilled once more, which changes nothing
            for name in names:
                self._coordination.remove(name)


def _prefix(at: int) -> str:
    """Return what the names of requests of *at* (epoch ms) begin with; those of later ones come after it."""
    return f"{PREFIX}{at:015}"


def _decoded(data: bytes | None) -> tuple[int, Mute]:
    """Return when a request was made, and what it asks for; a mute until 0 is none."""
    fields = json.loads(data or b"")
    if fields["format"] != FORMAT:
        raise ValueError
    market = Market.parse(fields["market"]) if fields["market"] else None
    mute = Mute(str(fields["rule"]), market, int(fields["until"] or 0))
    mute.rule.encode()  # raises for half a character, which no database takes
    if "\0" in mute.rule or not 0 <= mute.until < _LATEST:  # nor does a server take NUL
        raise ValueError
    return int(fields["at"]), mute
