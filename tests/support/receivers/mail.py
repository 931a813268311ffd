"""A mail server on loopback with STARTTLS and a login, which takes mail, refuses it, or does not answer."""

import asyncio
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword

from tests.support.page_server import free_port

CERTIFICATE = Path(__file__).with_name("localhost.pem")
USER, PASSWORD = "alice", "MAILPASS99"


class MailReceiver:
    """
    What the server does with mail.

    Attributes:
        mails: those that it took.
        at_recipient, at_data: what it answers there.
        is_silent: whether it takes mail without ever answering.
        delay: s that it takes for an answer.
    """

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.at_recipient = "250 OK"
        self.at_data = "250 OK"
        self.is_silent = False
        self.delay = 0.0
        self.port = 0

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Envelope, address: str, _options: Any) -> str:
        if self.at_recipient.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.at_recipient

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:
        if self.is_silent:
            await asyncio.sleep(60)  # the server's end cancels it
        await asyncio.sleep(self.delay)
        if self.at_data.startswith("250"):
            message = message_from_bytes(envelope.content or b"", policy=default)
            assert isinstance(message, EmailMessage)
            self.mails.append(message)
            self.recipients += envelope.rcpt_tos
        return self.at_data


def _authenticate(_server: Any, _session: Any, _envelope: Any, _mechanism: str, login: Any) -> AuthResult:
    is_right = isinstance(login, LoginPassword) and login == LoginPassword(USER.encode(), PASSWORD.encode())
    return AuthResult(success=is_right, handled=False)


@contextmanager
def receiving_mail(**options: Any) -> Iterator[MailReceiver]:
    """Serve on a free port; *options* are those of aiosmtpd's SMTP, in place of STARTTLS and a login."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(CERTIFICATE)
    secure = {
        "tls_context": context,
        "require_starttls": True,
        "auth_required": True,
        "authenticator": _authenticate,
    }
    receiver = MailReceiver()
    controller = Controller(receiver, hostname="127.0.0.1", port=free_port(), ready_timeout=20, **(options or secure))
    controller.start()
    try:
        receiver.port = controller.port
        yield receiver
    finally:
        controller.stop()
