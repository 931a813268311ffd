"""The result of one check of ``tracker check``."""

from typing import Literal, NamedTuple


class Check(NamedTuple):
    """The result of one check: ``✓`` works, ``!`` works with limitations, ``✗`` does not work."""

    mark: Literal["✓", "!", "✗"]
    text: str
