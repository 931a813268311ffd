"""Makes the handlers of Voila and Jupyter answer malformed requests without failing themselves."""

from collections.abc import Iterable
from typing import Any

from tornado.web import RequestHandler
from voila.handler import BaseVoilaHandler

from tracker.dashboard.server.login_pages import LoginPage, LogoutPage

_WITH_ERROR_PAGE = (
    BaseVoilaHandler,
    LoginPage,
    LogoutPage,
)  # Jupyter's page loads files that this server does not have


class LenientHandler(RequestHandler):
    """To be put before a handler's own class."""

    def decode_argument(self, value: bytes, name: str | None = None) -> str:
        """Return text of any bytes: a token that is no UTF-8 is a wrong one, and no reason to fail."""
        return value.decode(errors="replace")

    def write_error(self, status_code: int, **more: Any) -> None:
        """Send the status alone where there is no page for it, or the viewer is not known yet, whom the page names."""
        if isinstance(self, _WITH_ERROR_PAGE) and hasattr(self, "_jupyter_current_user"):
            super().write_error(status_code, **more)
        else:
            self.finish()


def lenient(rules: Iterable[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Return *rules* of Tornado, (pattern, handler, further arguments), with lenient handlers."""
    return [
        (pattern, type(handler.__name__, (LenientHandler, handler), {}), *more) for pattern, handler, *more in rules
    ]
