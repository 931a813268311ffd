"""Checks messages from a browser to its kernel: the kernel gets only what the page's own scripts send."""

import json
import re
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

MAX_MESSAGE_SIZE = 65_536  # bytes; a page sends at most a few hundred
ALLOWED = {"comm_open", "comm_close", "comm_msg", "comm_info_request", "kernel_info_request"}
# Target and version of the comm that requests the page's widgets; others would create new ones.
TARGETS = {("jupyter.widget.control", "1.0.0")}
METHODS = {"update", "custom", "request_state", "request_states"}  # the kernel logs any other
INVALID_DATA, POLICY = 1007, 1008  # close codes of RFC 6455
_OFFSET_SIZE = 8  # bytes
_MIN_OFFSETS = 6  # both ends of the channel, and the ends of header, parent, metadata and content
_MAX_OFFSETS = 64  # the same with buffers
_MAX_DEPTH = 32  # nested JSON values; the kernel's reader fails at some hundred
# Without colons, as Jupyter reads whatever looks like a time, and fails if it is none.
_HEADER_VALUE = re.compile(r"[A-Za-z0-9_.-]{0,128}")
_VERSION = re.compile(r"5(\.\d{1,2})?")
_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z|")
_ID = re.compile(r"[ -~]{0,64}")  # printable, as the kernel logs it


class PolicyViolation(Exception):
    """A message is not passed on; its websocket is closed with *code* of RFC 6455."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code


@dataclass(frozen=True)
class PageMessage:
    """What the limits need to know of a message that passed the check."""

    kind: str
    comm: str  # id; empty if the message belongs to none
    method: str  # of the widgets' protocol, e.g. update; empty if it is no message to a widget
    digest: int


def check(message: object) -> PageMessage:
    """
    Read *message*, which is in Jupyter's v1 format: a count of offsets, the offsets, the parts.

    Raises:
        PolicyViolation: it is malformed, or not a message that the page's own scripts send.
    """
    if not isinstance(message, bytes):
        raise PolicyViolation(INVALID_DATA, "expected bytes, got text")
    channel, *parts = _parts(message)
    header, parent, metadata, content = map(_json, parts[:4])
    try:
        name = channel.decode("ascii")
        _check_header(header)
        if parent:
            _check_header(parent)
        kind = header["msg_type"]
        data = content.get("data") if kind == "comm_msg" else None
        method = data.get("method", "") if isinstance(data, dict) else ""
        comm = _string(content["comm_id"] if kind.startswith("comm_") and kind in ALLOWED - {_INFO} else "")
        result = PageMessage(kind, comm, _string(method), hash(tuple(parts[:4])))
    except (ValueError, KeyError, TypeError) as error:
        raise PolicyViolation(INVALID_DATA, f"not a kernel message: {error!a:.60}") from None
    _check_policy(name, result, (str(content.get("target_name")), str(metadata.get("version"))))
    return result


_INFO = "comm_info_request"  # the only message about comms that belongs to none


def _check_policy(channel: str, message: PageMessage, target: tuple[str, str]) -> None:
    if message.kind not in ALLOWED:
        raise PolicyViolation(POLICY, f"message of type {message.kind!a:.40} not allowed")
    # The kernel logs a line for any other message on its control channel.
    if channel != "shell" and (channel, message.kind) != ("control", "kernel_info_request"):
        raise PolicyViolation(POLICY, f"message on channel {channel!a:.40} not allowed")
    if message.kind == "comm_msg" and message.method not in METHODS:
        raise PolicyViolation(POLICY, f"method {message.method!a:.40} not allowed")
    if message.kind == "comm_open" and target not in TARGETS:
        raise PolicyViolation(POLICY, f"comm to {target[0]!a:.40} not allowed")


def _parts(message: bytes) -> list[bytes]:
    size = _OFFSET_SIZE
    count = int.from_bytes(message[:size], "little")
    if not _MIN_OFFSETS <= count <= min(_MAX_OFFSETS, len(message) // size - 1):
        raise PolicyViolation(INVALID_DATA, "impossible number of parts")
    ends = [int.from_bytes(message[size * (i + 1) : size * (i + 2)], "little") for i in range(count)]
    if ends[0] != size * (count + 1) or ends[-1] != len(message) or ends != sorted(ends):
        raise PolicyViolation(INVALID_DATA, "part outside of the message")
    return [message[start:end] for start, end in pairwise(ends)]


def _json(part: bytes) -> dict[str, Any]:
    """Return the JSON object in *part*, read as UTF-8 only: ``json.loads`` alone would take UTF-16 and UTF-32."""
    try:
        value = json.loads(part.decode())
    except (ValueError, RecursionError) as error:
        raise PolicyViolation(INVALID_DATA, f"not a kernel message: {type(error).__name__}") from None
    if not isinstance(value, dict) or _is_deep(value):
        raise PolicyViolation(INVALID_DATA, "not a kernel message: expected flat JSON objects")
    return value


def _is_deep(value: object) -> bool:
    level: list[Any] = [value]
    for _ in range(_MAX_DEPTH):
        containers = [each for each in level if isinstance(each, dict | list)]
        level = [each for one in containers for each in (one.values() if isinstance(one, dict) else one)]
        if not level:
            return False
    return True


def _check_header(header: dict[str, Any]) -> None:
    """Raise ValueError, KeyError or TypeError if the kernel could not read *header*; it would log a traceback."""
    for name, value in header.items():
        pattern = {"version": _VERSION, "date": _DATE}.get(name, _HEADER_VALUE)
        # A subshell that does not exist is an error in the kernel.
        if name == "subshell_id" and value is None:
            continue
        if not isinstance(value, str) or name == "subshell_id" or not pattern.fullmatch(value):
            raise ValueError(f"header's {name!a:.20}")
    if not header.keys() >= {"msg_id", "msg_type", "version"}:
        raise ValueError("header")
    if header.get("date"):
        datetime.fromisoformat(header["date"])


def _string(value: object) -> str:
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise ValueError("id or method")
    return value
