"""What came of an attempt to send a message."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Outcome:
    """
    What came of one attempt to send.

    Attributes:
        arrived: whether the service took the message.
        words: what the other side answered, for people; it contains no secret.
        may_have_arrived: whether no answer came, so that the message may have arrived all the same.
        wait: ms that the service asked to wait before the next attempt; None if it named none.
    """

    arrived: bool
    words: str
    may_have_arrived: bool = False
    wait: int | None = None
