"""The end of a ban in an exchange's words: ``IP banned until 1763901900000``, ``EService:Throttled: 1763900060``."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from tracker.core.durations import utc_text

_BEFORE = r"(?:until|till|after|throttled)[\"']?\s*[:=]?\s*[\"']?"  # also {"bannedUntil":…}
_EPOCH = r"(?P<epoch>\d{10}(?:\d{3})?)(?!\d)"
_ISO = r"(?P<iso>\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?)"
_END = re.compile(f"{_BEFORE}(?:{_EPOCH}|{_ISO})", re.IGNORECASE | re.ASCII)


def ban_end(text: str) -> int | None:
    """Return the epoch ms until which *text* asks for no request, the latest of several; None without such a time."""
    return max((time for _, time in _ends(text)), default=None)


def readable_ban(text: str) -> str:
    """Return *text* with ``23 Nov 2025 12:45:00 UTC`` in place of such a time in epoch seconds or milliseconds."""
    for match, time in reversed(list(_ends(text))):
        if match["epoch"]:
            text = text[: match.start("epoch")] + utc_text(time) + text[match.end("epoch") :]
    return text


def _ends(text: str) -> Iterator[tuple[re.Match[str], int]]:
    for match in _END.finditer(text):
        if match["epoch"]:
            yield match, int(match["epoch"].ljust(13, "0"))
        else:
            try:
                at = datetime.fromisoformat(match["iso"])
            except ValueError:
                continue
            yield match, round(at.replace(tzinfo=at.tzinfo or UTC).timestamp() * 1000)
