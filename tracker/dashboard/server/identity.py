"""Login to the page; the only part of Voila's configuration that can add handlers, so it also sets the server up."""

import math
import re
import secrets
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn
from weakref import WeakSet

from jupyter_core.utils import ensure_async
from jupyter_server.auth.identity import PasswordIdentityProvider, User
from jupyter_server.utils import url_path_join
from tornado.web import Finish
from tornado.websocket import WebSocketHandler
from traitlets import Float, Integer, default

from tracker.core.errors import ConfigError
from tracker.dashboard.server.cookie_secret import cookie_secret, runtime_folder
from tracker.dashboard.server.ended_sessions import EndedSessions
from tracker.dashboard.server.failed_logins import FailedLogins
from tracker.dashboard.server.handlers import NotFound
from tracker.dashboard.server.login_pages import LoginPage, LogoutPage, render_page
from tracker.dashboard.server.server_setup import set_up_server, tracker_handlers
from tracker.dashboard.server.tokens import checked_token, chosen_token
from tracker.runtime.threads import in_thread

_LOGGED_OUT = 4401  # a websocket's close code, of those for private use; like HTTP's 401


class TrackerIdentityProvider(PasswordIdentityProvider):
    """Jupyter's login by token or password, with a limit on guesses and a log-out that ends the session."""

    free_failures = Integer(10, min=0, config=True, help="Failed logins from an address before logins are delayed.")
    first_delay = Float(1.0, min=0.0, config=True, help="Seconds of the first delay; each further failure doubles it.")
    longest_delay = Float(60.0, min=0.0, config=True, help="Seconds of the longest delay.")
    failures_kept = Float(
        900.0, min=1.0, config=True, help="Seconds after which an address's failed logins are forgotten."
    )
    max_addresses = Integer(10_000, min=1, config=True, help="Addresses with failed logins that are remembered.")
    max_ended_sessions = Integer(10_000, min=1, config=True, help="Sessions that are remembered as logged out.")

    def __init__(self, **arguments: Any) -> None:
        voila: Any = arguments["parent"]
        if voila.token is None:
            # Voila passes an empty one, which would override the token of an option of this class.
            arguments.pop("token", None)
        pages = {"login_handler_class": LoginPage, "logout_handler_class": LogoutPage}
        super().__init__(**arguments | pages)
        self._failures = FailedLogins(
            self.free_failures, self.first_delay, self.longest_delay, self.failures_kept, self.max_addresses
        )
        self._websockets: WeakSet[WebSocketHandler] = WeakSet()
        try:
            if self.token and not self.token_generated:
                checked_token(self.token, "the token")
        except ConfigError as error:
            self.log.critical("%s", error)
            with suppress(OSError):
                Path(voila.connection_dir).rmdir()  # nothing else would remove it
            sys.exit(1)
        self._ended = self._restored_sessions(voila)  # by the name of their user, which is random

    @default("allow_password_change")
    def _forbid_password_change(self) -> bool:
        return False

    @default("cookie_options")
    def _same_site_cookie(self) -> dict[str, str]:
        return {"samesite": "Lax"}

    @default("token")
    def _token_default(self) -> str:
        voila: Any = self.parent
        if not voila.auto_token:
            return ""
        if (token := chosen_token()) is not None:
            return token
        self.token_generated = self.need_token
        return secrets.token_urlsafe(24) if self.need_token else ""

    def _restored_sessions(self, voila: Any) -> EndedSessions:
        """Return the sessions that have ended; have cookies outlast a restart if the user has chosen the login."""
        chosen = str(self.token or "") if not self.token_generated else ""
        if not (chosen or self.hashed_password):
            return EndedSessions(self.max_ended_sessions)
        folder = runtime_folder()
        try:
            ended = EndedSessions(self.max_ended_sessions, folder / f"btc-price-tracker-logged-out-{voila.port}")
        except OSError as error:
            self.log.warning("viewers have to log in again, as log-outs cannot be read: %s", error)
            return EndedSessions(self.max_ended_sessions)
        if "cookie_secret" not in voila.config.get("Voila", {}):
            # Servers have secrets of their own, as one does not know who has logged out of another.
            voila.cookie_secret = cookie_secret(
                folder, chosen, str(self.hashed_password), voila.ip, str(voila.port), voila.base_url
            )
        return ended

    @property
    def logout_available(self) -> bool:
        """Whether there is a login, and so a session to end."""
        return self.auth_enabled

    def get_handlers(self) -> list[Any]:
        """Return the handlers of login, logout, the page and its snapshot, and set the server up."""
        voila: Any = self.parent
        set_up_server(voila)
        xsrf_cookie = {"samesite": "Lax", "secure": bool(self.secure_cookie), "path": voila.base_url}
        voila.app.settings.setdefault("xsrf_cookie_kwargs", xsrf_cookie)
        without_login: list[Any] = [("/login", NotFound), ("/logout", NotFound)]
        handlers = super().get_handlers() if self.auth_enabled else without_login
        # Jupyter registers them at the root; the page may have another URL on the server.
        login = [(url_path_join(voila.server_url, path), *rest) for path, *rest in handlers]
        return [*login, *tracker_handlers(voila)]

    async def get_user(self, handler: Any) -> User | None:
        """Return the user of a request; None if it needs a login."""
        user: User | None = await ensure_async(super().get_user(handler))
        if isinstance(handler, WebSocketHandler):
            self._websockets.add(handler)
        return user

    def get_cookie_name(self, handler: Any) -> str:
        """
        Return the name of the login cookie, which no other server at the same host name has.

        A browser sends the cookies of every path above the page's too, and of two with one name, the server reads that
        of the shorter path.
        """
        name: str = super().get_cookie_name(handler)
        if self.cookie_name:
            return name
        return re.sub(r"[^A-Za-z0-9]+", "-", f"{name}-tracker{handler.base_url}").rstrip("-")

    def get_user_cookie(self, handler: Any) -> User | None:
        """Return the user of the login cookie, unless that session has been logged out."""
        user: Any = super().get_user_cookie(handler)
        return None if user is None or self.has_ended(user) else user

    async def get_user_token(self, handler: Any) -> User | None:
        """
        Return a user if the request has the right token.

        A request of a session that is logged in is no guess: its token, which may be an old one, is not looked at.
        """
        typed = self.get_token(handler)
        if not self.token or not typed or self.get_user_cookie(handler) is not None:
            return None
        return self._log_in(handler, lambda: self._is_token(typed))

    def process_login_form(self, handler: Any) -> User | None:
        """Return a user if the form has the right token or password."""
        if handler.current_user is not None:
            user: User = handler.current_user
            return user
        typed = handler.get_argument("password", default="")
        return self._log_in(handler, lambda: self._is_token(typed) or self._is_password(typed))

    def has_ended(self, user: User) -> bool:
        """Return whether *user* has logged out."""
        return user.username in self._ended

    async def end_session(self, handler: Any) -> None:
        """Log the user of a request out for good: with the cookie, and with every copy of it."""
        user = handler.current_user
        self.clear_login_cookie(handler)
        if user is None:
            return
        self._ended.add(user.username)
        for websocket in list(self._websockets):
            if getattr(websocket.current_user, "username", None) == user.username:
                websocket.close(_LOGGED_OUT, "logged out")
        await in_thread(self._ended.save)

    def _log_in(self, handler: Any, is_right: Callable[[], bool]) -> User | None:
        """
        Return a new user if what the request gives *is_right*; nothing awaits in between, so all guesses are counted.

        Raises:
            Finish: there were too many failures, and the request is answered without looking at what it gives.
        """
        address = handler.request.remote_ip
        if seconds := self._failures.seconds_left(address):
            _refuse(handler, math.ceil(seconds))
        if is_right():
            return self.generate_anonymous_user(handler)
        self._failures.record(address)
        return None

    def _is_token(self, typed: str) -> bool:
        """Compare in a time that depends on no character."""
        return bool(self.token) and secrets.compare_digest(typed.encode(), str(self.token).encode())

    def _is_password(self, typed: str) -> bool:
        return bool(self.passwd_check(typed))  # type: ignore[no-untyped-call]


def _refuse(handler: Any, seconds: int) -> NoReturn:
    """Answer a request without a look at its token, and end it."""
    handler.set_status(429)
    handler.set_header("Retry-After", str(seconds))
    handler.finish(render_page(handler, "429.html", seconds=seconds))
    raise Finish
