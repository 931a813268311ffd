"""Who has been left alone, and for how long."""

from collections.abc import Callable, Iterable


class IdleTimer:
    """Since when each is alone; *clock* in seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._since: dict[str, float] = {}

    def longer_than(self, grace: float, alone: Iterable[str]) -> list[str]:
        """Of those that are *alone* now, those that have been so for longer than *grace* seconds without a break."""
        now = self._clock()
        self._since = {each: self._since.get(each, now) for each in alone}
        return [each for each, since in self._since.items() if now - since > grace]

    def forget(self, each: str) -> None:
        """It was not alone just now."""
        self._since.pop(each, None)
