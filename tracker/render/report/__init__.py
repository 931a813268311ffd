"""A report of one day: what is stored of it, drawn, counted and explained, for a notebook or one HTML file."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tracker.render.report.sections import Report

__all__ = ["Report"]


def __getattr__(name: str) -> Any:
    """Late: the command that has a notebook write a report draws nothing itself."""
    if name != "Report":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from tracker.render.report.sections import Report

    return Report
