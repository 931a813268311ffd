"""The pages of login and log-out, in the page's own style: Jupyter's load files that this server does not have."""

from http.client import responses
from typing import Any

from jupyter_server.auth.decorator import allow_unauthenticated
from jupyter_server.auth.login import LoginFormHandler
from jupyter_server.base.handlers import JupyterHandler

from tracker.dashboard.server.page_handler import without_query
from tracker.dashboard.server.request_checks import has_plain_path


def render_page(handler: Any, name: str, **values: Any) -> str:
    """Return the HTML of the template *name*, for an answer of *handler*, which may be any of Jupyter's."""
    template = handler.settings["voila_jinja2_env"].get_template(name)
    return str(template.render(base_url=handler.base_url, **values))


class _TemplatePage(JupyterHandler):
    """A page whose templates are beside those of the live page."""

    def _request_summary(self) -> str:
        return without_query(super()._request_summary())

    def render_template(self, name: str, **values: Any) -> str:
        """Return the HTML of the template *name*."""
        values |= {"xsrf_form_html": self.xsrf_form_html, "has_token": bool(self.token)}
        has_password = bool(getattr(self.identity_provider, "hashed_password", ""))
        self.set_header("Cache-Control", "no-store")  # else the browser's back button shows it after the login
        return render_page(self, name, has_password=has_password, **values)

    def write_error(self, status_code: int, **more: Any) -> None:
        """Send a page that names the error."""
        status = {"status_code": status_code, "status_message": responses.get(status_code, "Error")}
        self.finish(render_page(self, "error.html", **status))


class LoginPage(_TemplatePage, LoginFormHandler):
    """``/login``: asks for the token or the password."""

    def _redirect_safe(self, url: str, default: str | None = None) -> None:
        """
        Go to *url* if it is an address of the page, else to *default*, by itself the page.

        Jupyter's own fails for addresses that no header can contain or that cannot be parsed, and changes colons.
        """
        # Browsers take a backslash for a slash, what follows two of them for a host, and .. for the path above; they
        # ignore tabs.
        is_own = url.isprintable() and url.startswith(self.base_url) and has_plain_path(url)
        self.redirect(url if is_own else default or self.base_url)

    def write_error(self, status_code: int, **more: Any) -> None:
        """Show the form once more if its XSRF protection failed: it is old, or the browser keeps no cookies."""
        if status_code == 403 and self.request.method == "POST":
            self.finish(self.render_template("login.html", next="", message={"expired": True}))
        else:
            super().write_error(status_code, **more)


class LogoutPage(_TemplatePage):
    """``/logout``: ends the session; if another site led to it, only after one more click."""

    @allow_unauthenticated
    async def get(self) -> None:
        """End the session, unless the viewer may not have asked for it."""
        headers = self.request.headers
        is_foreign = headers.get("Sec-Fetch-Site") in ("cross-site", "same-site")
        is_prefetch = "prefetch" in (headers.get("Sec-Purpose") or headers.get("Purpose") or "")
        is_asked_for = not (is_foreign or is_prefetch)
        if is_asked_for:
            provider: Any = self.identity_provider
            await provider.end_session(self)
        else:
            self.set_status(403)
        self.finish(self.render_template("logout.html", is_ended=is_asked_for))

    @allow_unauthenticated
    async def post(self) -> None:
        """End the session; the XSRF protection has checked that the page itself asks for it."""
        await self.get()
