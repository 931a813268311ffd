"""A range of time that the viewer chose, whose prices are not read yet; see ``ViewState.look``."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from tracker.render.page.state import View

Show: TypeAlias = Callable[[Callable[[], None]], None]  # is called with the function that applies a choice


class Range(NamedTuple):
    """A range of time that the viewer chose."""

    span: int  # seconds
    view: View | None


@dataclass(slots=True, eq=False)
class WaitingChoice:
    """
    What is shown once its prices are read.

    Attributes:
        range: what was chosen.
        shows: what is to be called once it is answered; none if it was, as the prices could not be read.
        is_being_read: whether its prices are being read.
        has_failed: whether they could not be read the last time.
    """

    range: Range
    shows: list[Show]
    is_being_read: bool = False
    has_failed: bool = False


def apply(choice: Callable[[], None]) -> None:
    """Apply *choice*."""
    choice()


def apply_nothing() -> None:
    """Apply nothing, as something else is wanted or the prices could not be read."""
