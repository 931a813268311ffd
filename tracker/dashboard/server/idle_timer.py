"""Measures how long things have been idle."""

from collections.abc import Callable, Iterable


class IdleTimer:
    """Remembers since when each name has been idle; *clock* in seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._since: dict[str, float] = {}

    def longer_than(self, grace: float, idle: Iterable[str]) -> list[str]:
        """Return which of the names that are *idle* now were idle at every call for more than *grace* seconds."""
        now = self._clock()
        self._since = {name: self._since.get(name, now) for name in idle}
        return [name for name, since in self._since.items() if now - since > grace]

    def reset(self, name: str) -> None:
        """Start over for *name*, which was active just now."""
        self._since.pop(name, None)
