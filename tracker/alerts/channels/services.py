"""What apprise does not say of its services: which show markup in plain text, and in which modes they take pictures."""

import re
from typing import Any

Plugin = Any  # of apprise, which has few types

# By the names of apprise's classes, as those of the services are translated.
# They show Markdown in their titles and in text that apprise takes for plain:
_MARKDOWN = ("Discord", "Fluxer", "Guilded", "HumHub", "Mattermost", "NextcloudTalk", "Notifiarr", "Revolt", "Ryver")
_MARKDOWN_TEXT = (*_MARKDOWN, "ServerChan")
_MARKDOWN_TITLES = (*_MARKDOWN, "Workflows")
_HTML_TEXT = ("DBus", "GLib")  # desktops read tags and entities in the text, not in the title
_CODE_ONLY = ("Zulip",)  # shows Markdown too, and knows no way to escape it
_PICTURE_MODES = {"Matrix": "off", "Notifyre": "fax", "Slack": "bot", "WebexTeams": "bot"}


def takes_pictures(plugin: Plugin) -> bool:
    """Return whether *plugin* sends pictures; some services take none by their webhooks."""
    mode = _PICTURE_MODES.get(_name(plugin))
    return bool(plugin.attachment_support) and (mode is None or plugin.mode == mode)


def shows_markdown(plugin: Plugin) -> bool:
    """Return whether text that *plugin* sends as plain has to be escaped as Markdown."""
    return _name(plugin) in _MARKDOWN_TEXT


def shows_html(plugin: Plugin) -> bool:
    """Return whether text that *plugin* sends as plain has to be escaped as HTML."""
    return _name(plugin) in _HTML_TEXT


def has_plain_title(plugin: Plugin) -> bool:
    """Return whether the title of *plugin* stands apart from its text, and is shown as it is."""
    return bool(plugin.title_maxlen > 0) and _name(plugin) not in _MARKDOWN_TITLES


def shows_code_only(plugin: Plugin) -> bool:
    """Return whether text of *plugin* is shown as it is only if it is marked as code."""
    return _name(plugin) in _CODE_ONLY


def as_code(text: str) -> str:
    """Return *text* between fences that are longer than any in it."""
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    return f"{fence}text\n{text}\n{fence}"


def _name(plugin: Plugin) -> str:
    return type(plugin).__name__.removeprefix("Notify")
