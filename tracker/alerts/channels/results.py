"""Makes an Outcome of what a sending thread has seen: HTTP answers, failures, and what apprise logged."""

import json
import logging
import re
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import Any

from tracker.alerts.channels.apprise_log import Line
from tracker.alerts.channels.failures import OF_THE_PORT, Failure, mail_failure_of
from tracker.alerts.channels.http_record import Answer
from tracker.alerts.channels.masking import Mask
from tracker.alerts.channels.outcome import Outcome

# Where services put the reason, the most telling first.
_REASONS = ("message", "description", "error_description", "detail", "error", "errors", "reason", "title")
_CONTENT = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    HTTPStatus.UNPROCESSABLE_ENTITY,
)
_NO_ANSWER = (HTTPStatus.GATEWAY_TIMEOUT,)  # a service in between had none
_LONGEST_TEXT = 300  # bytes of an answer that is no JSON; what is longer is a page
_CODE = re.compile(r"\((\d{3}), b?(['\"])(.*?)(?<!\\)\2", re.DOTALL)
_RECIPIENT = re.compile(r"SMTP recipient \S+ was refused: (\d{3}) b?(['\"])(.*?)\2", re.DOTALL)
_PASSWORD_CODES = ("534", "535", "538")


def http_outcome(is_sent: bool, results: Sequence[Answer | Failure], service: str, mask: Mask) -> Outcome:
    """
    Return the outcome of a message that was sent by HTTP.

    Args:
        is_sent: whether apprise takes it for sent.
        results: of the requests, in their order; at least one.
        service: its name.
        mask: makes words of the service fit to be shown.
    """
    last = results[-1]
    if is_sent:
        status = f" ({last.status})" if isinstance(last, Answer) else ""
        return Outcome(True, f"{service} took the message{status}")
    failed = [each for each in results if isinstance(each, Failure) or not each.is_good]
    cause = failed[0] if failed else last
    # Of several recipients or steps, some may have worked.
    took_some = bool(failed) and any(isinstance(each, Answer) and each.is_good and each.changes for each in results)
    if isinstance(cause, Failure):
        is_open = any(isinstance(each, Failure) and each.may_have_arrived for each in failed)
        return Outcome(False, f"{service} {cause.words}", may_have_arrived=is_open or took_some)
    waits = [each.wait for each in failed if isinstance(each, Answer) and each.wait is not None]
    said = "did not take the message" if cause.is_good else f"answered {cause.status}"
    return Outcome(
        False,
        f"{service} {said}{_reason(cause, mask)}" + (", but took a part of it" if took_some else ""),
        may_have_arrived=took_some or _is_open(failed),
        wait=max(waits, default=None),
    )


def refuses_content(results: Sequence[Answer | Failure]) -> bool:
    """Return whether a message may be taken without its picture: a service refused it, or was not even asked."""
    failed = [each for each in results if isinstance(each, Failure) or not each.is_good]
    is_refusal = all(isinstance(each, Answer) and each.status in _CONTENT for each in failed)
    return not results or (bool(failed) and is_refusal)


def _is_open(failed: Iterable[Answer | Failure]) -> bool:
    return any(each.may_have_arrived if isinstance(each, Failure) else each.status in _NO_ANSWER for each in failed)


def _reason(answer: Answer, mask: Mask) -> str:
    """Return the service's own words with what leads to them; the meaning of the status if it has none."""
    text = answer.body.decode("utf-8", "replace").strip()
    words = ""
    try:
        words = _words(json.loads(text))
    except (ValueError, RecursionError):
        if len(answer.body) <= _LONGEST_TEXT and not text.startswith("<"):
            words = text
    if words := mask(words):
        return f": {words}"
    if answer.is_good:
        return ""
    try:
        return f" ({HTTPStatus(answer.status).phrase})"
    except ValueError:
        return ""


def _words(body: Any) -> str:
    """Return the reason in the JSON *body*, empty if it has none; uncut, as it is still to be masked."""
    if isinstance(body, list):
        body = body[0] if body else ""
    if isinstance(body, dict):
        reason = next((body[key] for key in _REASONS if body.get(key)), "")
        return _words(reason) if isinstance(reason, dict | list) else str(reason)
    return body if isinstance(body, str) else ""


def mail_outcome(is_sent: bool, lines: Sequence[Line], mask: Mask, port: int) -> Outcome:
    """Return the outcome of a mail to the server at *port*, of which apprise logs what the server said."""
    if is_sent:
        return Outcome(True, "the mail server took the message")
    took_some = any(line.text.startswith("Sent Email to") for line in lines)
    suffix = ", but took it for others" if took_some else ""
    error = next((line.text for line in lines if line.text.startswith("Socket Exception: ")), None)
    refused_some = next(filter(None, (_RECIPIENT.search(line.text) for line in lines)), None)
    if answered := refused_some or _CODE.search(error or ""):
        words = _mail_words(answered[1], answered[3], mask)
        return Outcome(False, words + suffix, may_have_arrived=took_some or refused_some is not None)
    if error is None:
        return other_outcome(False, lines, "the mail server", mask)
    is_sending = not any(line.text.startswith("Connection error while submitting") for line in lines)
    failure = mail_failure_of(error, is_sending=is_sending)
    at = "" if is_sending or failure.words not in OF_THE_PORT else f" at port {port}"
    return Outcome(False, f"the mail server{at} {failure.words}{suffix}", failure.may_have_arrived or took_some)


def _mail_words(code: str, text: str, mask: Mask) -> str:
    if code in _PASSWORD_CODES:
        return f"the mail server refused the password ({code})"
    words = mask(text.replace("\\n", " ").replace("\\r", " "))
    return f"the mail server answered {code}: {words}" if words else f"the mail server answered {code}"


def other_outcome(is_sent: bool, lines: Iterable[Line], service: str, mask: Mask) -> Outcome:
    """Return the outcome where neither an answer nor a failure is known: the words are those of apprise."""
    if is_sent:
        return Outcome(True, f"{service} took the message")
    return Outcome(False, f"{service} did not take the message{logged_reason(lines, mask)}")


def logged_reason(lines: Iterable[Line], mask: Mask) -> str:
    """Return the first warning or error of apprise's log with what leads to it, without what it quotes."""
    warning = next((line.text for line in lines if line.level >= logging.WARNING), "")
    # Of what stands in brackets or quotes, much is a part of the address, in forms that the mask need not know.
    plain = re.sub(r"\(.*\)|'[^']*'|\"[^\"]*\"", "…", warning, flags=re.DOTALL)
    words = mask(plain).rstrip(".")
    return f": {words}" if words else ""
