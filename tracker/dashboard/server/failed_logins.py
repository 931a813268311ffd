"""Remembers failed logins by client address, so that nobody can guess a token quickly."""

import ipaddress
import time
from collections.abc import Callable
from dataclasses import dataclass

_IPV6_NETWORK = 64  # bits; whoever has one IPv6 address usually has all of its /64


@dataclass(slots=True)
class _Failures:
    count: int
    last: float  # seconds of the clock


class FailedLogins:
    """
    Delays the logins from an address after some failures, by twice as long for each further failure.

    Args:
        free: how many failures have no delay.
        first: seconds of the first delay.
        longest: seconds of the longest delay.
        kept: seconds without a failure after which those of an address are forgotten; more than *longest*.
        max_addresses: how many addresses are remembered; beyond it, the one that failed longest ago is forgotten.
        clock: returns seconds that never go back.
    """

    def __init__(
        self,
        free: int,
        first: float,
        longest: float,
        kept: float,
        max_addresses: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._free, self._first, self._longest = free, first, longest
        self._kept, self._max_addresses = kept, max_addresses
        self._clock = clock
        self._failures: dict[str, _Failures] = {}  # by network; the one that failed longest ago first

    def seconds_left(self, address: str) -> float:
        """Return how long (s) no login from *address* may be looked at; 0 if one may be now."""
        failures = self._recent(_network(address))
        if failures is None or failures.count < self._free:
            return 0.0
        doublings = min(failures.count - self._free, 64)  # as a float cannot double without end
        delay = min(self._first * 2.0**doublings, self._longest)
        return max(0.0, failures.last + delay - self._clock())

    def record(self, address: str) -> None:
        """Count one more failure from *address*."""
        network = _network(address)
        before = self._recent(network)
        self._failures.pop(network, None)
        self._failures[network] = _Failures(1 + (before.count if before else 0), self._clock())
        if len(self._failures) > self._max_addresses:
            del self._failures[next(iter(self._failures))]

    def __len__(self) -> int:
        """Return the number of remembered addresses."""
        return len(self._failures)

    def _recent(self, network: str) -> _Failures | None:
        failures = self._failures.get(network)
        if failures is None or self._clock() - failures.last >= self._kept:
            return None
        return failures


def _network(address: str) -> str:
    """Return the IPv4 address, or the /64 network of an IPv6 address; an unknown form as it is."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return f"{int(parsed) >> (128 - _IPV6_NETWORK):x}::/{_IPV6_NETWORK}"
