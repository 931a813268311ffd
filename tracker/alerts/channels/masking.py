"""Takes secrets and addresses out of foreign words: services and apprise quote what they were given."""

import base64
import re
from collections.abc import Iterator
from urllib.parse import unquote, unquote_plus

from tracker.core.address_mask import MASK
from tracker.core.parsing import printable

_READ, _MOST = 4_000, 160  # characters of foreign words that are looked at, and of those that are shown
_SEPARATORS = re.compile(r"[/?&#@:;,=\s]+")
_SHORT = 4  # characters; what is shorter is masked as a whole word only, not inside of others
# Values of options that are no secret in any address; masked, they would riddle each sentence with holes.
_COMMON = frozenset(
    {
        *("yes", "no", "on", "off", "true", "false", "text", "html", "markdown", "sms", "call", "map", "us", "eu"),
        *("trigger", "resolve", "split", "truncate", "upstream", "method", "format", "overflow", "verify", "mode"),
        *("action", "region", "to", "cc", "bcc", "from", "user", "pass", "name", "smtp"),
    }
)
_FOREIGN = (
    r"\w+://\S+",  # an address
    r"[^\s@<>'\"(]+@[^\s@<>'\"),]+",  # of mail
    r"\+?\d[\d ().-]{6,}\d",  # of a phone
    r"(?=[\w./+=:-]*\d)[\w./+=:-]{20,}",  # a key: long, with a digit
)
_SEVERAL = re.compile(rf"{MASK}(?:[\s@:/.,=-]*{MASK})+")


class Mask:
    """
    Makes foreign words fit to be shown: one short line, without any part of *address*.

    Also whatever looks like a mail address, phone number, key or link becomes ``…``.
    """

    def __init__(self, address: str) -> None:
        rest = address.partition("://")[2]
        login = rest.rpartition("@")[0]
        others = {part for part in _parts(rest) if part.lower() not in _COMMON}
        parts = sorted(others | set(_login_parts(login)), key=len, reverse=True)
        own = (re.escape(part) if len(part) >= _SHORT else rf"(?<!\w){re.escape(part)}(?!\w)" for part in parts)
        self._pattern = re.compile("|".join((*own, *_FOREIGN)), re.IGNORECASE)
        self._longest = 2 * len(address)

    def __call__(self, words: str) -> str:
        """Return *words* masked."""
        # Masked before it is cut: the beginning of a secret would not be known as one.
        masked = self._pattern.sub(MASK, words[:_READ])
        if len(words) > _READ:
            masked = masked[: -self._longest]
        return printable(_SEVERAL.sub(MASK, masked), _MOST)


def _parts(text: str) -> Iterator[str]:
    """Yield *text*, what its separators part, and the beginning before the path, as written and as meant."""
    for piece in (text, re.split(r"[/?#]", text, maxsplit=1)[0], *_SEPARATORS.split(text)):
        for meant in (piece, unquote(piece), unquote_plus(piece), unquote(unquote(piece))):
            yield from (part for part in (meant.strip(), *_SEPARATORS.split(meant)) if part)


def _login_parts(login: str) -> Iterator[str]:
    """Yield user and password, alone and together; a password may contain separators."""
    user, _, password = login.partition(":")
    for text in (login, user, password):
        yield from (part for part in (text, unquote(text), unquote_plus(text)) if part)
    credentials = f"{unquote(user)}:{unquote(password)}".encode()
    yield base64.b64encode(credentials).decode().rstrip("=")
