"""The lines that exchanges require beside their prices."""

from collections.abc import Iterable

from tracker.core.adapters import load_exchange, names


def attributions(exchanges: Iterable[str]) -> list[str]:
    """Return the lines that *exchanges* require, sorted by exchange; those unknown to this release are skipped."""
    # A stored row or a published status may name an exchange that only another release collects from.
    known = sorted(set(exchanges) & set(names("exchanges")))
    return [line for exchange in known if (line := load_exchange(exchange).ATTRIBUTION)]
