"""
Masks IP addresses in foreign text: exchanges that refuse a request quote the address it came from.

That is the collector's own address, and pages, reports and logs are seen by others.
"""

import ipaddress
import re

MASK = "…"
# A dotted quad, or three parts of one where a quotation was cut: at the end of the text, or before a closing quote.
_DOTTED = r"(?<![\w.])(?:\d{1,3}\.){2,3}\d{1,3}(?![\w]|\.\d)"
_COLONS = r"(?<![\w:.])[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*(?<![.])"
_ADDRESS = re.compile(f"{_DOTTED}|{_COLONS}")
_CUT = re.compile(r"['\"…]|$")


def mask_addresses(text: str, keep: str = "") -> str:
    """
    Return *text* with ``…`` in place of IP addresses, also of one that was cut off where a quotation ends.

    Addresses of this machine itself (127.0.0.1) and *keep*, the one that was asked, stay.
    """

    def masked(match: re.Match[str]) -> str:
        shown = match[0]
        is_cut = _CUT.match(text, match.end()) is not None
        return MASK if shown != keep and _is_foreign(shown, is_cut=is_cut) else shown

    return _ADDRESS.sub(masked, text)


def _is_foreign(text: str, *, is_cut: bool) -> bool:
    """Return whether *text* is an address of another machine, or with *is_cut* the beginning of one."""
    try:
        return not ipaddress.ip_address(text).is_loopback
    except ValueError:
        if ":" in text:
            # Times have at most two digits between colons.
            return is_cut and any(len(part) > 2 for part in re.split("[:.]", text)) and "." not in text
        return is_cut and text.count(".") == 2
