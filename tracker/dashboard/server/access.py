"""Who can open the page, and at which address: this machine only, or everybody with the token."""

import re
import secrets
import socket
from dataclasses import dataclass, field
from urllib.parse import quote

from tracker.core.errors import ConfigError
from tracker.dashboard.server.tokens import chosen_token
from tracker.runtime.loopback import is_loopback
from tracker.runtime.viewer_edits import EDIT

LOOPBACK = "127.0.0.1"
_PATH = re.compile(r"/([A-Za-z0-9_.-]+/)*")
EVERY_INTERFACE = ("0.0.0.0", "::")  # nosec B104 # to listen on, if the user asks for it; no address to open


@dataclass(frozen=True)
class Access:
    """
    The address to listen on, the token that is required (None: no login), and what a proxy in front of the page does.

    Attributes:
        host: to listen on.
        token: None: no login.
        behind_https: whether a proxy adds TLS.
        prefix: the path of the page, with a slash at both ends.
        edit: whether its viewers may change and mute alerts.
    """

    host: str = LOOPBACK
    token: str | None = field(default=None, repr=False)
    behind_https: bool = False
    prefix: str = "/"
    edit: bool = False

    @property
    def options(self) -> list[str]:
        """Voila's options; the token is not among them, as other users of the machine can read command lines."""
        options = [f"--Voila.ip={self.host}", f"--Voila.base_url={self.prefix}"]
        if self.token:
            options.append("--Voila.auto_token=True")
        if self.behind_https:
            options.append("--TrackerIdentityProvider.secure_cookie=True")
        return options

    @property
    def environment(self) -> dict[str, str]:
        """Voila's environment variables."""
        token = {"JUPYTER_TOKEN": self.token} if self.token else {}
        return {EDIT: "yes" if self.edit else "no", **token}

    def link(self, port: int) -> str:
        """Return the address to open, with the token, if the page listens on *port*."""
        query = f"?token={quote(self.token, safe='')}" if self.token else ""
        server = "https://<the proxy's host name>/" if self.behind_https else page_address(self.host, port)
        return server + self.prefix[1:] + query


def choose_access(
    host: str | None = None,
    *,
    public: bool = False,
    behind_https: bool = False,
    prefix: str = "/",
    edit: bool = False,
) -> Access:
    """
    Return the access that was asked for; a *public* page has the token of the environment, else a new one.

    Without *host*, it listens on loopback, or on every interface if it is public and no proxy stands before it.
    *edit*: whether its viewers, all of whom know the token if it is public, may change and mute alerts.

    Raises:
        ConfigError: *host* would expose a page without login, the token is too short, there is none to protect, or
            *prefix* is no path.
    """
    prefix = _checked_prefix(prefix)
    if not public:
        if behind_https:
            raise ConfigError("--behind-https: the page has no login to protect; add --public to require a token")
        if not is_loopback(LOOPBACK if host is None else host):
            raise ConfigError(f"--host {host}: would expose the page without login; add --public to require a token")
        return Access(LOOPBACK if host is None else host, prefix=prefix, edit=edit)
    if host is None:
        host = LOOPBACK if behind_https else EVERY_INTERFACE[0]
    return Access(host, chosen_token() or secrets.token_urlsafe(24), behind_https, prefix, edit)


def _checked_prefix(prefix: str) -> str:
    """Return the path *prefix* with a slash at both ends. Raises ConfigError if no address can have it."""
    path = f"/{name}/" if (name := prefix.strip("/")) else "/"
    if not _PATH.fullmatch(path) or {".", ".."} & {*path.split("/")}:
        raise ConfigError(f"--prefix {prefix!r}: expected a path of letters, digits, '-', '_' and '.', as /prices/")
    return path


def page_address(host: str, port: int) -> str:
    """Return the page's address when it listens on *host*: by this machine's name if that is every interface."""
    name = socket.gethostname() if host in EVERY_INTERFACE else host
    return f"http://[{name}]:{port}/" if ":" in name else f"http://{name}:{port}/"
