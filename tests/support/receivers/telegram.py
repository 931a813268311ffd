"""What Telegram does with a message: it refuses markup that it cannot read, and shows the rest as plain text."""

import html
import re
from email import message_from_bytes
from email.policy import HTTP
from typing import Any

from tests.support.receivers.http import Received, Reply, json_reply

_TAGS = re.compile(r"</?(?:b|i|u|s|code|pre|a|blockquote)(?: [^<>]*)?>")
_UNKNOWN = re.compile(r"&(?!(?:lt|gt|amp|quot|#\d+|#x[0-9a-fA-F]+);)")
_LONGEST, _LONGEST_CAPTION = 4096, 1024


class CannotParseError(Exception):
    """The markup cannot be read."""


def fields_of(request: Received) -> dict[str, Any]:
    """Return the fields of a request, JSON or multipart; a file as its bytes."""
    kind = request.headers["Content-Type"]
    if kind.startswith("application/json"):
        fields: dict[str, Any] = request.json
        return fields
    parts = message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + request.body, policy=HTTP)
    values = {}
    for part in parts.iter_parts():
        content = part.get_payload(decode=True)
        name = part.get_param("name", header="Content-Disposition")
        values[name] = content if part.get_filename() else content.decode()
    return values


def shown(text: str, mode: str | None) -> str:
    """Return what the reader of *text* sees. Raises CannotParseError."""
    if mode != "HTML":
        return text
    plain = _TAGS.sub("", text)
    if "<" in plain or ">" in plain:
        raise CannotParseError("Unsupported start tag")
    if _UNKNOWN.search(plain):
        raise CannotParseError("unknown entity")
    return html.unescape(plain)


def answer_telegram(request: Received) -> Reply:
    """Answer as Telegram does."""
    fields = fields_of(request)
    try:
        text = shown(fields.get("text", fields.get("caption", "")), fields.get("parse_mode"))
    except CannotParseError as error:
        return _refused(f"Bad Request: can't parse entities: {error}")
    if len(text) > (_LONGEST_CAPTION if "caption" in fields else _LONGEST):
        return _refused("Bad Request: message is too long")
    return json_reply(200, {"ok": True, "result": {"message_id": 1}})


def _refused(description: str) -> Reply:
    return json_reply(400, {"ok": False, "error_code": 400, "description": description})
