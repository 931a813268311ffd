"""HTML that is updated in place, and what the viewer presses and types in it."""

import re
from collections.abc import Callable, Mapping
from html import unescape
from typing import Any

import anywidget
import traitlets

from tracker.dashboard.browser import bundle
from tracker.dashboard.browser.refused_messages import log_refused

_MOST_FIELDS = 100
_LONGEST = 1_000  # characters of a field that are read
_TEXT = re.compile(r"(<\w+ data-text\b[^<>]*>)([^<]*)")

Fields = Mapping[str, str]


class LiveHtml(anywidget.AnyWidget):
    """
    HTML whose elements with ``data-do`` do something when they are pressed or, of a form, submitted.

    Focus, selection, scroll position and what was typed stay when it changes; elements with the same ``data-key``
    are the same. Whatever arrives is only text that a browser sent: *do* has to check it.

    Elements whose text changes often have ``data-text`` as their first attribute, and nothing but text inside. Their
    texts are sent apart, so that an update is a hundredth of the HTML, and the browser need not read that again.

    Args:
        do: called with what ``data-do`` names, the fields of the form and the element's other data. Of a form with
            ``data-draft`` it is called with that name while the viewer types.

    Attributes:
        value: the HTML without these texts.
        texts: of the elements with ``data-text``, in their order.
    """

    _esm = bundle("live_html")

    value = traitlets.Unicode().tag(sync=True)
    texts: Any = traitlets.List().tag(sync=True)

    def __init__(self, do: Callable[[str, Fields], None]) -> None:
        super().__init__()
        self._do = do
        self.add_class("bt-live")
        self.on_msg(self._on_message)

    def show(self, html: str) -> None:
        """Show *html*; only what differs is sent."""
        plain = str(html)  # of Markup, re would escape what it finds
        with self.hold_sync():
            self.texts = [unescape(text) for _, text in _TEXT.findall(plain)]
            self.value = _TEXT.sub(r"\1", plain)

    def _on_message(self, _widget: object, content: dict[str, Any], _buffers: object) -> None:
        match content:
            case {"kind": "do", "what": str(what), "fields": dict(fields)} if len(fields) <= _MOST_FIELDS:
                texts = {key: value[:_LONGEST] for key, value in fields.items() if isinstance(value, str)}
                self._do(what, texts)
            case _:
                log_refused(content, "this panel")
