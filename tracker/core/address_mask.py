"""
Masks IP addresses in foreign text: exchanges that refuse a request quote the address it came from.

That is the collector's own address, and pages, reports and logs are seen by others.
"""

import ipaddress
import re

MASK = "…"
# A whole one, and one of three parts or more where a quotation was cut: at the end of the text, or before its mark.
_DOTTED = r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?!\d|\.\d)"
_CUT_DOTTED = r"(?<![\w.])(?:\d{1,3}\.){2}\d{1,3}(?:\.\d{0,3})?(?=['\"…]|$)"
# Also after a name and a colon: "ip:2001:db8::1".
_COLONS = r"(?<![\w.])[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*(?<![.])"
_ADDRESS = re.compile(f"{_DOTTED}|{_CUT_DOTTED}|{_COLONS}")
_CUT = re.compile(r"['\"…]|$")


def mask_addresses(text: str, keep: str = "") -> str:
    """
    Return *text* with ``…`` in place of IP addresses, also of one that was cut off where a quotation ends.

    Addresses of this machine itself (127.0.0.1) and *keep*, the one that was asked, stay.
    """

    def masked(match: re.Match[str]) -> str:
        shown = match[0]
        if ":" in shown:
            is_foreign = _is_foreign_v6(shown, is_cut=_CUT.match(text, match.end()) is not None)
        else:
            is_foreign = _is_foreign_v4(shown)
        return MASK if is_foreign and shown != keep else shown

    return _ADDRESS.sub(masked, text)


def _is_foreign_v4(text: str) -> bool:
    """Return whether *text*, or the beginning of one, is an address of another machine; parts may begin with 0."""
    parts = [int(part) for part in text.split(".") if part]
    return max(parts) <= 255 and parts[0] not in (0, 127)


def _is_foreign_v6(text: str, *, is_cut: bool) -> bool:
    """Return whether *text* is an address of another machine, or with *is_cut* the beginning of one."""
    try:
        address = ipaddress.IPv6Address(text)
    except ValueError:
        # Times have at most two digits between colons, and a point after the seconds only.
        is_time = "." in text and "::" not in text
        return is_cut and any(len(part) > 2 for part in text.split(":")) and not is_time
    return not (address.is_loopback or address.is_unspecified)
