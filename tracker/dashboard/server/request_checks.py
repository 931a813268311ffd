"""Finds requests that no browser and no script of the page sends, from their headers alone."""

import re
from urllib.parse import unquote, urlsplit

from tornado.httputil import HTTPHeaders, RequestStartLine

METHODS = ("GET", "HEAD", "POST")  # all that the page needs
# A name or an address, with or without a port. Jupyter looks for a file that a Host with % names, as for a Unix
# socket, and its answer tells whether the file exists.
_HOST = re.compile(r"(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")
_LENGTH = re.compile(r"[0-9]{1,18}")  # Tornado refuses others
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
# Jupyter remembers each way of writing a file's path for ever.
_ANOTHER_WAY = re.compile(r"//|\\|(?:^|/)\.{1,2}(?:/|$)")

Refusal = tuple[int, str]  # HTTP status and its reason


def refusal(start_line: RequestStartLine, headers: HTTPHeaders, max_body_size: int) -> Refusal | None:
    """Return how to refuse a request, before its body is read; None: it may be answered."""
    if start_line.method not in METHODS:
        return 405, "Method Not Allowed"
    if not _HOST.fullmatch(headers.get("Host", "localhost" if start_line.version == "HTTP/1.0" else "")):
        return 400, "Bad Request"
    if not all(_is_address(headers.get(name, "")) for name in ("Origin", "Sec-Websocket-Origin", "Referer")):
        return 400, "Bad Request"
    if not has_plain_path(start_line.path):
        return 404, "Not Found"
    length = headers.get("Content-Length", "")
    if _LENGTH.fullmatch(length) and int(length) > max_body_size:
        return 413, "Content Too Large"
    return None


def has_plain_path(address: str) -> bool:
    """Return whether the path of *address*, with which it begins, is written in the only way that a browser does."""
    path = unquote(address.partition("?")[0])
    return path.startswith("/") and not _CONTROL.search(path) and not _ANOTHER_WAY.search(path)


def _is_address(text: str) -> bool:
    """Return whether *text* can be parsed as Jupyter does to compare hosts."""
    try:
        urlsplit(text)
    except ValueError:
        return False
    return True
