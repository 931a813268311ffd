"""Why no answer came: exceptions of ``requests`` and of mail in words, and whether the message may have arrived."""

import re
from typing import NamedTuple

import requests
import urllib3

_OFFLINE = "could not be found by its name, so this computer is probably offline"
_REFUSES = "refuses the connection"
_UNVERIFIED = "has a certificate that could not be verified"
_INSECURE = "offers no secure connection that this computer could use"
_SILENT = "did not answer in time"
_BROKE_OFF = "broke off the connection"
_UNREACHABLE = "could not be reached"


class Failure(NamedTuple):
    """What prevented an answer: *words* go on a sentence that begins with the service, and contain no secret."""

    words: str
    may_have_arrived: bool


def failure_of(error: requests.RequestException) -> Failure:
    """Return why a request had no answer; it may have arrived unless it certainly was never sent."""
    text = _chain(error)
    if isinstance(error, requests.exceptions.ProxyError):
        return Failure("could not be reached through the proxy that the environment names", False)
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return Failure("could not be reached in time", False)
    if isinstance(error, requests.exceptions.SSLError):
        return Failure(_UNVERIFIED if "CERTIFICATE_VERIFY_FAILED" in text else _INSECURE, False)
    if isinstance(error, requests.exceptions.Timeout) or "Read timed out" in text:
        return Failure(_SILENT, True)
    if "NameResolution" in text or "getaddrinfo" in text:
        return Failure(_OFFLINE, False)
    if "NewConnectionError" in text:
        return Failure(_REFUSES if "refused" in text else _UNREACHABLE, False)
    if isinstance(error, ValueError):  # InvalidURL, InvalidHeader and the like
        return Failure("has an address that cannot be used", False)
    if isinstance(error, requests.exceptions.ContentDecodingError):
        return Failure("sent an answer that cannot be read", True)
    return Failure(_BROKE_OFF, True)


def _chain(error: BaseException) -> str:
    """Return the names and texts of *error* and of what is wrapped in it."""
    texts: list[str] = []
    rest: list[object] = [error]
    while rest and len(texts) < 10:
        inner = rest.pop()
        if isinstance(inner, BaseException):
            texts.append(f"{type(inner).__name__}: {inner}")
            rest += [*inner.args, getattr(inner, "reason", None)]
    return " ".join(texts)


OF_THE_PORT = (_REFUSES, _SILENT, _UNREACHABLE)  # words of what a wrong port may lead to

# What the log of apprise's mail says in place of an exception, with the words for it.
_MAIL_TEXTS = (
    (r"Name or service not known|getaddrinfo|name resolution|nodename nor servname", _OFFLINE),
    (r"refused", _REFUSES),
    (r"CERTIFICATE_VERIFY_FAILED", _UNVERIFIED),
    (r"STARTTLS extension not supported", "offers no encryption by STARTTLS; mode=insecure would do without"),
    (r"AUTH extension not supported|No suitable authentication", "offers no login by user and password"),
    (r"\bSSL\b|\bTLS\b", _INSECURE),
    (r"timed out", _SILENT),
    (r"closed|reset|broken pipe|not connected", _BROKE_OFF),
)


def mail_failure_of(text: str, *, is_sending: bool) -> Failure:
    """
    Return why a mail was not taken, where the server did not say so.

    Args:
        text: of the exception.
        is_sending: whether the login was over, so that the mail may have gone out.
    """
    words = next((words for pattern, words in _MAIL_TEXTS if re.search(pattern, text, re.IGNORECASE)), None)
    return Failure(words or _UNREACHABLE, is_sending)


def disable_warnings() -> None:
    """Keep Python from naming the host of each request without a verified certificate: who typed it knows."""
    urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
