"""HTML that is updated in place, and what the viewer presses and types in it."""

from collections.abc import Callable, Mapping
from typing import Any

import anywidget
import traitlets

from tracker.dashboard.browser import bundle
from tracker.dashboard.browser.refused_messages import log_refused

_MOST_FIELDS = 100
_LONGEST = 1_000  # characters of a field that are read

Fields = Mapping[str, str]


class LiveHtml(anywidget.AnyWidget):
    """
    HTML whose elements with ``data-do`` do something when they are pressed or, of a form, submitted.

    Focus, selection, scroll position and what was typed stay when *value* changes; elements with the same ``data-key``
    are the same. Whatever arrives is only text that a browser sent: *do* has to check it.

    Args:
        do: called with what ``data-do`` names, the fields of the form and the element's other data. Of a form with
            ``data-draft`` it is called with that name while the viewer types.
    """

    _esm = bundle("live_html")

    value = traitlets.Unicode().tag(sync=True)

    def __init__(self, do: Callable[[str, Fields], None]) -> None:
        super().__init__()
        self._do = do
        self.add_class("bt-live")
        self.on_msg(self._on_message)

    def _on_message(self, _widget: object, content: dict[str, Any], _buffers: object) -> None:
        match content:
            case {"kind": "do", "what": str(what), "fields": dict(fields)} if len(fields) <= _MOST_FIELDS:
                texts = {key: value[:_LONGEST] for key, value in fields.items() if isinstance(value, str)}
                self._do(what, texts)
            case _:
                log_refused(content, "this panel")
