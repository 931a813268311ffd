"""Login to the page; the only part of Voila's configuration that can add handlers, so it also sets the server up."""

from typing import Any

from jupyter_server.auth.identity import PasswordIdentityProvider
from jupyter_server.utils import url_path_join
from traitlets import default

from tracker.dashboard.server.server_setup import set_up_server, tracker_handlers


class TrackerIdentityProvider(PasswordIdentityProvider):
    """Jupyter's login by token or password."""

    @default("allow_password_change")
    def _forbid_password_change(self) -> bool:
        return False

    def get_handlers(self) -> list[Any]:
        """Return the handlers of login, logout, the page and its snapshot, and set the server up."""
        voila: Any = self.parent
        set_up_server(voila)
        # Jupyter registers them at the root; the page may have another base URL.
        login = [(url_path_join(voila.base_url, path), *rest) for path, *rest in super().get_handlers()]
        return [*login, *tracker_handlers(voila)]
