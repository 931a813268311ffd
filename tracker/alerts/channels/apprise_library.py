"""
apprise, which is optional and large: imported here alone, when something is sent.

Its ``Apprise.notify`` is not used: that tries again by itself, which the outbox does, and sends in threads of a pool.
"""

import threading
from hashlib import sha256
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from tracker.alerts.channels.addresses import find_scheme
from tracker.alerts.channels.failures import disable_warnings
from tracker.alerts.message import Message
from tracker.core.errors import ConfigError, did_you_mean

if TYPE_CHECKING:
    from apprise.plugins.base import NotifyBase as Plugin
else:
    Plugin = Any

NAME = "BTC price tracker"  # which services show as the sender
PAGERDUTY = "pagerduty"
MAIL = ("mailto", "mailtos")
_LONGEST_KEY = 255  # characters of PagerDuty's deduplication key
_SITE = "https://appriseit.com/services/"
_loading = threading.Lock()


def check_installed() -> None:
    """Raise ConfigError if apprise cannot be imported; does not import it."""
    if find_spec("apprise") is None:
        raise ConfigError("sending needs apprise, which is missing; type: pip install 'btc-price-tracker[alerts]'")


def takes_pictures(address: str) -> bool:
    """Return whether the service of *address* takes pictures. Raises ConfigError as make_plugin does."""
    service: type[Plugin] = _load()[_read(address)["schema"]]
    return bool(service.attachment_support)


def make_plugin(address: str, message: Message, connect: float, answer: float) -> "Plugin | None":
    """
    Return what sends *message* to *address*; None if that is of no use, for a reason that apprise logs.

    Args:
        address: of apprise; or a link that its service shows, such as ``https://hooks.slack.com/…``.
        message: what will be sent.
        connect: seconds to wait for a connection, unless the address says otherwise.
        answer: seconds to wait for an answer, likewise.

    Raises:
        ConfigError: apprise is not installed, knows no such service, or cannot read the address.
    """
    parts = _read(address)
    from apprise import Apprise, AppriseAsset

    # Mail has one time limit for each step, which apprise calls the one of the connection.
    parts.setdefault("cto", answer if parts["schema"] in MAIL else connect)
    parts.setdefault("rto", answer)
    if parts["schema"] == PAGERDUTY:
        key = message.key
        parts |= {"action": "map", "dedup": key if len(key) <= _LONGEST_KEY else sha256(key.encode()).hexdigest()}
    asset = AppriseAsset(
        app_id=NAME,
        app_desc=NAME,
        app_url="",
        image_url_mask="",  # else some services load a picture from apprise's own site
        image_url_logo="",
        http_redirects=False,  # a redirected POST becomes a GET: it would look as if it had arrived
        storage_mode="memory",  # else tokens and the like would be written to disk
        interpret_emojis=False,
    )
    plugin: Plugin | None = Apprise.instantiate(parts, asset=asset)
    return plugin


def send(plugin: "Plugin", message: Message, title: str, body: str) -> bool:
    """Send *body*, plain text that apprise escapes for its service, and the picture where that is taken."""
    from apprise import AppriseAttachment, NotifyFormat, NotifyType, OverflowMode
    from apprise.attachment.memory import AttachMemory

    kinds = {"info": NotifyType.INFO, "warning": NotifyType.WARNING, "critical": NotifyType.FAILURE}
    attach = None
    if message.picture is not None and plugin.attachment_support:
        picture = AttachMemory(content=message.picture, name="chart.png", mimetype="image/png")
        attach = AppriseAttachment(picture, asset=plugin.asset)
    return bool(
        plugin.notify(
            body=body,
            title=title,
            notify_type=NotifyType.SUCCESS if message.resolves else kinds[message.severity],
            body_format=NotifyFormat.TEXT,
            overflow=OverflowMode.UPSTREAM,  # it was cut before, at a line
            attach=attach,
        )
    )


def _load() -> Any:
    """Import apprise with all of its services, of which it can load no single one; return their manager."""
    check_installed()
    with _loading:
        from apprise.manager_plugins import NotificationManager

        manager = NotificationManager()
        if not manager:
            disable_warnings()
            manager.load_modules()
        return manager


def _read(address: str) -> dict[str, Any]:
    """Return the parts of *address*, as the constructor of its service takes them."""
    manager = _load()
    from apprise.plugins import url_to_dict

    parts: dict[str, Any] | None = url_to_dict(address)
    if parts:
        return parts
    scheme = find_scheme(address)
    if scheme in manager:
        raise ConfigError(f"apprise cannot read the address; {expected_form(address)}")
    hint = did_you_mean(scheme, manager.schemas()) or f"see {_SITE}"
    raise ConfigError(f"apprise knows no service {scheme}://; {hint}")


def expected_form(address: str) -> str:
    """Return the form of the addresses of this service: ``expected twilio://{account_sid}:{auth_token}@…``."""
    manager, scheme = _load(), find_scheme(address)
    templates = manager[scheme].templates if scheme in manager else ()
    return f"expected {templates[-1].replace('{schema}', scheme)}" if templates else f"see {_SITE}"
