"""The pings that a browser has not answered yet."""

import secrets
from collections import deque

_PAYLOAD_SIZE = 8  # bytes


class Pings:
    """
    Knows how long a browser has not answered; times in seconds of a monotonic clock.

    Each ping has a payload of its own, which a browser can only know if it reads.
    """

    def __init__(self, interval: float, timeout: float) -> None:
        self._interval, self._timeout = interval, timeout
        self._unanswered: deque[tuple[bytes, float]] = deque()
        self._sent_at = -float("inf")

    def next(self, now: float) -> bytes:
        """Return the payload of a ping that is sent *now*."""
        if now - self._sent_at > 2 * self._interval:
            self._unanswered.clear()  # this machine was suspended
        self._sent_at = now
        payload = secrets.token_bytes(_PAYLOAD_SIZE)
        self._unanswered.append((payload, now))
        return payload

    def answer(self, payload: bytes) -> None:
        """Record an answer, which also answers the pings before; one to no ping is ignored."""
        if payload in (sent for sent, _ in self._unanswered):
            while self._unanswered.popleft()[0] != payload:
                pass

    def is_overdue(self, now: float) -> bool:
        """Return whether a ping has been without an answer for the timeout, to half an interval."""
        if not self._unanswered or now - self._sent_at > 2 * self._interval:
            return False
        return now - self._unanswered[0][1] > self._timeout - self._interval / 2
