"""One attempt to send a message: bounded in time, and without a trace of the address."""

import threading
import time
from dataclasses import dataclass, replace

from tracker.alerts.channels import apprise_library, results
from tracker.alerts.channels.addresses import find_scheme
from tracker.alerts.channels.apprise_library import MAIL, PAGERDUTY
from tracker.alerts.channels.apprise_log import Line, kept_lines
from tracker.alerts.channels.fitting import fit_message, is_call
from tracker.alerts.channels.http_record import Answer, HttpRecord, recorded_requests
from tracker.alerts.channels.masking import Mask
from tracker.alerts.channels.outcome import Outcome
from tracker.alerts.channels.services import Plugin, takes_pictures
from tracker.alerts.messages.message import Message
from tracker.core.errors import ConfigError

_LONGEST = 300.0  # seconds of one attempt, to however many recipients
_SERVICES = {
    **dict.fromkeys(MAIL, "the mail server"),
    PAGERDUTY: "PagerDuty",
    **dict.fromkeys(("json", "jsons", "xml", "xmls", "form", "forms"), "the webhook"),
    **dict.fromkeys(("dbus", "glib", "qt", "gnome", "macosx", "windows"), "the desktop"),
}
# By the name of what apprise raises.
_FAILURES = {"DBusException": "no program there shows notifications"}


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds to wait: for a connection, for an answer, and for all of one attempt with a single recipient."""

    connect: float = 4.0
    answer: float = 10.0
    whole: float = 40.0


class Attempt:
    """
    One attempt to send *message* to *address*, in a thread of its own.

    Args:
        address: of apprise; a secret.
        base: of the service, in place of its own.
        message: what to send.
        limits: how long to wait.
    """

    def __init__(self, address: str, base: str | None, message: Message, limits: Limits) -> None:
        self._address, self._base, self._message, self._limits = address, base, message, limits
        self._mask = Mask(address)
        self._outcome: Outcome | None = None
        self._error: BaseException | None = None
        self._thread: threading.Thread | None = None

    def run(self) -> Outcome:
        """Return what came of it, no later than the limit."""
        made = self._make_plugin()
        if isinstance(made, Outcome):
            return made
        plugin, limit = made
        arguments = (plugin, time.monotonic() + limit)
        self._thread = threading.Thread(target=self._send, args=arguments, name="tracker-send", daemon=True)
        self._thread.start()
        self._thread.join(limit)
        if self._error is not None:
            raise self._error
        return self._outcome or Outcome(
            False, f"{self._service(plugin)} had not answered after {limit:g} s", may_have_arrived=True
        )

    def service(self) -> str:
        """Return the name of the service, for people. Raises ConfigError if the address is of no use; sends nothing."""
        plugin = self._usable_plugin()
        name = self._service(plugin).removeprefix("the ")
        return f"{name}, phone call" if is_call(plugin) else name

    def takes_pictures(self) -> bool:
        """Return whether the service takes pictures. Raises ConfigError as ``service`` does; sends nothing."""
        return takes_pictures(self._usable_plugin())

    def _usable_plugin(self) -> Plugin:
        made = self._make_plugin()
        if isinstance(made, Outcome):
            raise ConfigError(made.words)
        return made[0]

    def _make_plugin(self) -> tuple[Plugin, float] | Outcome:
        """Return what sends to the address, and the seconds that it may take; or why nothing can."""
        connect, answer = self._limits.connect, self._limits.answer
        with kept_lines() as lines:
            try:
                plugin = apprise_library.make_plugin(self._address, self._message, connect, answer)
                if plugin is not None:
                    return plugin, self._limit(plugin)
                reason = results.logged_reason(lines, self._mask)
                expected = apprise_library.expected_form(self._address)
                return Outcome(False, f"apprise cannot use the address{reason}; {expected}")
            except ConfigError as error:
                return Outcome(False, str(error))
            except Exception as error:  # noqa: BLE001 - apprise has 173 services, which may raise anything
                return Outcome(False, f"apprise cannot use the address ({type(error).__name__})")

    @property
    def is_under_way(self) -> bool:
        """Whether it still hangs, after run() has returned."""
        return self._thread is not None and self._thread.is_alive()

    def _limit(self, plugin: Plugin) -> float:
        """Return the seconds that it may take; apprise pauses from one recipient to the next."""
        further, pause = max(0, len(plugin) - 1), float(plugin.request_rate_per_sec)
        return min(_LONGEST, self._limits.whole + further * (pause + self._limits.answer))

    def _service(self, plugin: Plugin) -> str:
        return _SERVICES.get(find_scheme(self._address)) or str(plugin.service_name)

    def _send(self, plugin: Plugin, deadline: float) -> None:
        try:
            outcome, record = self._result(plugin, self._message, deadline)
            # Better no picture than no message.
            has_picture = self._message.picture is not None and takes_pictures(plugin)
            may_be_sent = not (outcome.arrived or outcome.may_have_arrived) and outcome.wait is None
            if has_picture and may_be_sent and results.refuses_content(record.results):
                outcome, _ = self._result(plugin, replace(self._message, picture=None), deadline)
            self._outcome = outcome
        except BaseException as error:  # noqa: BLE001 - raised in the thread that waits
            self._error = error

    def _result(self, plugin: Plugin, message: Message, deadline: float) -> tuple[Outcome, HttpRecord]:
        title, body = fit_message(plugin, message)
        record, failed = HttpRecord(self._base, deadline), ""
        with kept_lines() as lines, recorded_requests(record):
            try:
                is_sent = apprise_library.send(plugin, message, title, body)
            except Exception as error:  # noqa: BLE001 - apprise has 173 services, which may raise anything
                is_sent, failed = False, type(error).__name__
        outcome = self._judged(is_sent, record, lines, plugin)
        if failed:
            took_some = any(isinstance(each, Answer) and each.is_good for each in record.results)
            words = f"{outcome.words}; {_FAILURES.get(failed, f'apprise failed with {failed}')}"
            outcome = Outcome(False, words, outcome.may_have_arrived or took_some, outcome.wait)
        return outcome, record

    def _judged(self, is_sent: bool, record: HttpRecord, lines: list[Line], plugin: Plugin) -> Outcome:
        if find_scheme(self._address) in MAIL:
            return results.mail_outcome(is_sent, lines, self._mask, plugin.port)
        service = self._service(plugin)
        if record.results:
            return results.http_outcome(is_sent, record.results, service, self._mask)
        return results.other_outcome(is_sent, lines, service, self._mask)
