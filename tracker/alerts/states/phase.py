"""How far a rule has come in a market."""

from enum import StrEnum


class Phase(StrEnum):
    """
    How far a rule has come in a market.

    Whether it can be told just now is apart from that: see ``RuleState.problem``.
    """

    ARMED = "armed"
    PENDING = "pending"  # holds, but not yet long enough, or the last notification is too recent
    FIRING = "firing"
    DONE = "done"  # fired once and ended, which is all that a rule with ``once`` does
