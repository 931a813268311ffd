"""A field into which a date or a time is typed."""

from collections.abc import Callable
from typing import Any

import anywidget
import traitlets

from tracker.dashboard.browser import bundle

_LONGEST = 80  # characters that are read


class DateField(anywidget.AnyWidget):
    """
    A labelled field; ``g`` focuses it, Enter sends, Escape leaves it.

    Args:
        label: the words before the field.
        description: the field's name for screen readers.
        go: called with what was typed; returns what is shown then, in words, or None if it calls ``answer`` with that
            later. Raises ValueError with what to type.
    """

    _esm = bundle("date_field")

    label = traitlets.Unicode().tag(sync=True)
    description = traitlets.Unicode().tag(sync=True)

    def __init__(self, label: str, description: str, go: Callable[[str], str | None]) -> None:
        super().__init__(label=label, description=description)
        self._go = go
        self.add_class("bt-date")
        self.on_msg(self._on_message)

    def _on_message(self, _widget: object, content: dict[str, Any], _buffers: object) -> None:
        text = content.get("text")
        if content.get("kind") != "go" or not isinstance(text, str):
            return
        try:
            shown = self._go(text[:_LONGEST])
        except ValueError as error:
            self.send({"error": str(error), "shown": ""})
        else:
            if shown is not None:
                self.answer(shown)

    def answer(self, shown: str) -> None:
        """Report what is shown, in words; the focus then returns to where it was before the field."""
        self.send({"error": "", "shown": shown})
