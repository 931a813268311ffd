"""The channels of the settings: what each takes, and sending to it."""

import re
import threading

from tracker.alerts.channels import apprise_library
from tracker.alerts.channels.addresses import find_address, find_scheme
from tracker.alerts.channels.apprise_library import MAIL, PAGERDUTY
from tracker.alerts.channels.outcome import Outcome
from tracker.alerts.channels.sending import Attempt, Limits
from tracker.alerts.messages.message import Message
from tracker.alerts.messages.messages import make_test_message
from tracker.core.errors import ConfigError
from tracker.runtime.channel_settings import ChannelSettings
from tracker.runtime.settings import Settings

_PORT_OF_SERVER = re.compile(r"[?&]smtp=[^&:]*:\d+(&|$)", re.IGNORECASE)


class Channels:
    """
    The channels of *settings*. Safe from several threads; apprise is imported when the first message is sent.

    An address is read anew whenever something is sent, so a changed variable or file counts at once. It is in no
    text, log or error of this class.

    Args:
        settings: with the channels, and the folder where relative paths of files start.
        limits: how long to wait for services.
    """

    def __init__(self, settings: Settings, limits: Limits | None = None) -> None:
        self._channels = settings.channels
        self._folder = settings.base
        self._limits = limits or Limits()
        self._hanging: dict[str, Attempt] = {}
        self._lock = threading.Lock()

    def send(self, name: str, message: Message) -> Outcome:
        """
        Send *message* to the channel *name*, once, and return what came of it. Blocks; call it in a thread.

        Whatever fails is an outcome: also a channel that no longer exists, or an address that cannot be found.
        """
        try:
            channel, address = self._find(name)
        except ConfigError as error:
            return Outcome(False, str(error))
        with self._lock:
            hanging = self._hanging.get(name)
            if hanging is not None and hanging.is_under_way:
                return Outcome(False, "an earlier message is still under way, as the service does not answer")
            self._hanging.pop(name, None)
        attempt = Attempt(address, channel.base, message, self._limits)
        outcome = attempt.run()
        if attempt.is_under_way:
            with self._lock:
                self._hanging[name] = attempt
        return outcome

    def takes_single_firings(self, name: str) -> bool:
        """Return whether a message has to be about one firing: PagerDuty's, which end by their key."""
        return self._scheme(name) == PAGERDUTY

    def takes_pictures(self, name: str) -> bool:
        """Return whether the channel takes pictures; imports apprise. False if it cannot be used."""
        try:
            return self._attempt(name).takes_pictures()
        except ConfigError:
            return False

    def problem(self, name: str) -> str:
        """Return why nothing can be sent to the channel now, as far as is known without sending; empty if nothing."""
        try:
            apprise_library.check_installed()
            self._find(name)
        except ConfigError as error:
            return str(error)
        return ""

    def service(self, name: str) -> str:
        """
        Return the name of the service of a channel, for people, without sending anything; imports apprise.

        Raises:
            ConfigError: nothing can be sent to the channel now; the message says why, and nothing of the address.
        """
        return self._attempt(name).service()

    def _attempt(self, name: str) -> Attempt:
        """Return an attempt that asks what the channel is, and is not made. Raises ConfigError."""
        channel, address = self._find(name)
        return Attempt(address, channel.base, make_test_message(name, 0), self._limits)

    def _find(self, name: str) -> tuple[ChannelSettings, str]:
        """Return the channel and its address. Raises ConfigError."""
        channel = self._channels.get(name)
        if channel is None:
            raise ConfigError(f"there is no channel {name!r} in the settings any more")
        address = find_address(channel, self._folder)
        if find_scheme(address) in MAIL:
            if channel.base is not None:
                words = "base has no effect for mail; its server stands in the address: ?smtp=mail.example.org"
                raise ConfigError(words)
            if _PORT_OF_SERVER.search(address):  # it would be looked for by a name with a colon
                raise ConfigError("a port stands behind the domain: mailtos://…@example.org:2525?smtp=mail.example.org")
        return channel, address

    def _scheme(self, name: str) -> str:
        try:
            return find_scheme(self._find(name)[1])
        except ConfigError:
            return ""
