"""
apprise, which is optional and large: imported here alone, when something is sent.

Its ``Apprise.notify`` is not used: that tries again by itself, which the outbox does, and sends in threads of a pool.
"""

import html
import threading
from hashlib import sha256
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tracker.alerts.channels.addresses import find_scheme
from tracker.alerts.channels.failures import disable_warnings
from tracker.alerts.channels.services import (
    Plugin,
    as_code,
    has_plain_title,
    shows_code_only,
    shows_html,
    shows_markdown,
    takes_pictures,
)
from tracker.alerts.messages.message import Message
from tracker.core.errors import ConfigError, did_you_mean

NAME = "BTC price tracker"  # which services show as the sender
PAGERDUTY = "pagerduty"
MAIL = ("mailto", "mailtos")
_LONGEST_KEY = 255  # characters of PagerDuty's deduplication key
_WEBHOOKS = {"http": "json", "https": "jsons"}  # what sends to any address of this kind
_SITE = "https://appriseit.com/services/"
_loading = threading.Lock()


def check_installed() -> None:
    """Raise ConfigError if apprise cannot be imported; does not import it."""
    if find_spec("apprise") is None:
        raise ConfigError("sending needs apprise, which is missing; type: pip install 'btc-price-tracker[alerts]'")


def make_plugin(address: str, message: Message, connect: float, answer: float) -> Plugin | None:
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
    apprise = import_module("apprise")
    # Mail has one time limit for each step, which apprise calls the one of the connection.
    parts.setdefault("cto", answer if parts["schema"] in MAIL else connect)
    parts.setdefault("rto", answer)
    parts.pop("format", None)  # all words are plain text, and markup where a service takes nothing else
    if parts["schema"] == PAGERDUTY:
        key = message.key
        parts |= {"action": "map", "dedup": key if len(key) <= _LONGEST_KEY else sha256(key.encode()).hexdigest()}
        parts["source"] = parts.get("source") or NAME
    asset = apprise.AppriseAsset(
        app_id=NAME,
        app_desc=NAME,
        app_url="",
        image_url_mask="",  # else some services load a picture from apprise's own site
        image_url_logo="",
        http_redirects=False,  # a redirected POST becomes a GET: it would look as if it had arrived
        storage_mode="memory",  # else tokens and the like would be written to disk
        interpret_emojis=False,
    )
    return apprise.Apprise.instantiate(parts, asset=asset)


def send(plugin: Plugin, message: Message, title: str, body: str) -> bool:
    """Send *title* and *body*, plain text that is escaped here, and the picture where the service takes one."""
    with TemporaryDirectory(prefix="tracker-") as folder:
        # In a file, as many services of apprise take no other attachment.
        attach = _attachment(plugin, message.picture, Path(folder)) if message.picture else None
        return _notify(plugin, message, title, body, attach)


def _attachment(plugin: Plugin, picture: bytes, folder: Path) -> Any:
    if not takes_pictures(plugin):
        return None
    file = folder / "chart.png"
    file.write_bytes(picture)
    return import_module("apprise").AppriseAttachment(str(file), asset=plugin.asset)


def _notify(plugin: Plugin, message: Message, title: str, body: str, attach: Any) -> bool:
    apprise = import_module("apprise")
    kind = apprise.NotifyType
    kinds = {"info": kind.INFO, "warning": kind.WARNING, "critical": kind.FAILURE}
    return bool(
        plugin.notify(
            body=_escape(plugin, body),
            title=title if has_plain_title(plugin) else _escape(plugin, title),
            notify_type=kind.SUCCESS if message.resolves else kinds[message.severity],
            # Several services would not escape what they get as plain text.
            body_format=_markup_of(plugin),
            body_passthrough=False,
            overflow=apprise.OverflowMode.UPSTREAM,  # it was cut before, at a line
            attach=attach,
        )
    )


def to_markup(plugin: Plugin, text: str) -> str:
    """Return *text* in the markup of the service of *plugin*, as apprise will send it."""
    return str(plugin.dialect_convert(_escape(plugin, text), _markup_of(plugin)))


def _markup_of(plugin: Plugin) -> Any:
    """Return the markup in which plain text is sent: none where the service takes plain text."""
    return plugin.resolve_format(import_module("apprise").NotifyFormat.TEXT)


def _escape(plugin: Plugin, text: str) -> str:
    if shows_code_only(plugin):
        return as_code(text)
    if shows_html(plugin):
        return html.escape(text, quote=False)
    formats = import_module("apprise").NotifyFormat
    markup = formats.MARKDOWN if shows_markdown(plugin) else _markup_of(plugin)
    return str(import_module("apprise.conversion").convert_between(formats.TEXT, markup, text))


def _load() -> Any:
    """Import apprise with all of its services, of which it can load no single one; return their manager."""
    check_installed()
    with _loading:
        manager = import_module("apprise.manager_plugins").NotificationManager()
        if not manager:
            disable_warnings()
            manager.load_modules()
        return manager


def _read(address: str) -> dict[str, Any]:
    """Return the parts of *address*, as the constructor of its service takes them."""
    manager = _load()
    parts: dict[str, Any] | None = import_module("apprise.plugins").url_to_dict(address)
    if parts:
        return parts
    scheme = find_scheme(address)
    if scheme in manager:
        raise ConfigError(f"apprise cannot read the address; {expected_form(address)}")
    hint = did_you_mean(scheme, manager.schemas()) or f"see {_SITE}"
    if webhook := _WEBHOOKS.get(scheme):
        hint = f"for a webhook of your own type {webhook}:// in its place"
    raise ConfigError(f"apprise knows no service {scheme}://; {hint}")


def expected_form(address: str) -> str:
    """Return the form of the addresses of this service: ``expected twilio://{account_sid}:{auth_token}@…``."""
    manager, scheme = _load(), find_scheme(address)
    templates = manager[scheme].templates if scheme in manager else ()
    return f"expected {templates[-1].replace('{schema}', scheme)}" if templates else f"see {_SITE}"
