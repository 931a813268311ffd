"""A report of one day: its stored prices drawn, counted and explained, in a notebook or one HTML file."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tracker.render.report.sections import Report

__all__ = ["Report"]


def __getattr__(name: str) -> Any:
    """Import lazily: ``tracker report`` itself draws nothing, its notebook does."""
    if name != "Report":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from tracker.render.report.sections import Report

    return Report
