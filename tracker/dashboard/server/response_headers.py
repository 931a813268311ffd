"""Adds headers to every answer of the server that limit what a browser does with it."""

from collections.abc import Mapping
from typing import Any

from tornado.httputil import HTTPHeaders, HTTPServerRequest
from tornado.web import OutputTransform

_CSP = "Content-Security-Policy"
DEFAULT_HEADERS = {
    _CSP: "default-src 'none'; frame-ancestors 'self'",
    # The login and the page have a <meta> of their own: with this, browsers send "Origin: null" along with a form.
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
# For HTML. Voila's page has scripts and styles within its HTML, and widgets load theirs from blob: addresses.
_PAGE_POLICY = {
    "default-src": "'none'",
    "script-src": "'self' 'unsafe-inline' blob:",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "font-src": "'self' data:",
    "connect-src": "'self' ws://{host} wss://{host}",  # older browsers take 'self' for http and https only
    "base-uri": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'self'",
}


class SecurityHeaders(OutputTransform):
    """
    Adds the headers that an answer lacks.

    Args:
        settings: of the server; its ``headers`` take precedence, and so does each directive of a policy in them.
        request: the request to answer.
    """

    def __init__(self, settings: Mapping[str, Any], request: HTTPServerRequest) -> None:
        super().__init__(request)
        self._host = request.host
        self._configured: Mapping[str, str] = settings.get("headers", {})

    def transform_first_chunk(
        self, status_code: int, headers: HTTPHeaders, chunk: bytes, finishing: bool
    ) -> tuple[int, HTTPHeaders, bytes]:
        """Add the headers."""
        for name, value in {**DEFAULT_HEADERS, **self._configured}.items():
            headers.setdefault(name, value)
        if headers.get("Content-Type", "").startswith("text/html"):
            headers[_CSP] = _page_policy(self._host, self._configured.get(_CSP, ""))
        elif _CSP not in self._configured:
            headers[_CSP] = DEFAULT_HEADERS[_CSP]  # Jupyter's allows scripts
        return status_code, headers, chunk


def _page_policy(host: str, configured: str) -> str:
    """Return the page's policy, in which directives of the *configured* policy replace those of the same name."""
    directives = [directive.split(None, 1) for directive in configured.split(";") if directive.strip()]
    own = {name: value.format(host=host) for name, value in _PAGE_POLICY.items()}
    policy = own | {name.lower(): " ".join(value) for name, *value in directives}
    return "; ".join(f"{name} {value}".rstrip() for name, value in policy.items())
