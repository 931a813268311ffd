"""Recognises host names and addresses that reach this machine only."""

import ipaddress
import re
import socket
from contextlib import suppress

# RFC 9110, section 7.2: a name or an IPv4 address, or an IPv6 address in brackets, and perhaps a port.
_HOST_HEADER = re.compile(r"(?:\[([^\[\]]+)\]|([^:\[\]]+))(?::[0-9]*)?")


def is_loopback(host: str) -> bool:
    """Return whether *host*, a name or an address in any form that sockets accept, reaches this machine only."""
    name = host.lower().rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):  # RFC 6761
        return True
    address = _address(host)
    mapped = getattr(address, "ipv4_mapped", None)  # ::ffff:127.0.0.1
    return address is not None and (mapped or address).is_loopback


def is_loopback_host_header(value: str) -> bool:
    """Return whether *value*, the ``Host`` of a request, names this machine only, at any port."""
    match = _HOST_HEADER.fullmatch(value)
    return match is not None and is_loopback(match[1] or match[2])


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    if host.split() != [host]:  # inet_aton ignores whatever follows a blank
        return None
    with suppress(ValueError):  # a name, or a form that inet_aton alone accepts
        return ipaddress.ip_address(host)
    try:
        return ipaddress.IPv4Address(socket.inet_aton(host))  # 127.1, 0x7f000001
    except (OSError, ValueError):
        return None
