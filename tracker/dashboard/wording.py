"""The page's words: names of currencies, times and lengths of time. All times are UTC."""

from datetime import UTC, datetime

NAMES = {
    "AUD": "Australian dollar",
    "BRL": "Brazilian real",
    "CAD": "Canadian dollar",
    "CHF": "Swiss franc",
    "CNY": "Chinese yuan",
    "EUR": "euro",
    "GBP": "pound sterling",
    "IDR": "Indonesian rupiah",
    "INR": "Indian rupee",
    "JPY": "Japanese yen",
    "KRW": "South Korean won",
    "MXN": "Mexican peso",
    "PLN": "Polish zloty",
    "SEK": "Swedish krona",
    "TRY": "Turkish lira",
    "USD": "US dollar",
    "USDC": "USD Coin",
    "USDT": "Tether",
    "XAU": "gold, troy ounce",
    "ZAR": "South African rand",
}

_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


def name(code: str) -> str:
    """``euro`` for ``EUR``; a code that is not known stays as it is."""
    return NAMES.get(code, code)


def length(seconds: float) -> str:
    """The largest unit that divides it: ``10 min``, ``24 h`` (not 1 d), ``7 d``."""
    whole = max(0, int(seconds))
    for size, unit in _UNITS:
        if whole >= size and whole % size == 0 and not (unit == "d" and whole == size):
            return f"{whole // size} {unit}"
    return f"{whole} s"


def rough(ms: float) -> str:
    """A length of time in its two largest units: ``2 s``, ``3 min 12 s``, ``2 d 4 h``; below 0 counts as 0."""
    left = max(0, int(ms // 1000))
    parts: list[tuple[int, str]] = []
    for size, unit in _UNITS:
        if parts or left >= size or size == 1:
            parts.append((left // size, unit))
            left %= size
    return " ".join(f"{count} {unit}" for count, unit in parts[:2] if count) or "0 s"


def moment(ms: float) -> datetime:
    """Epoch milliseconds as a UTC datetime."""
    return datetime.fromtimestamp(ms / 1000, UTC)


def clock(ms: float) -> str:
    """``15:04``."""
    return f"{moment(ms):%H:%M}"


def day(ms: float) -> str:
    """``9 Nov``."""
    return f"{moment(ms).day} {moment(ms):%b}"


def when(ms: float, now: float) -> str:
    """``15:04``, with the day before it when that was another day: ``8 Nov 15:04``."""
    return clock(ms) if moment(ms).date() == moment(now).date() else f"{day(ms)} {clock(ms)}"


def between(start: float, end: float) -> str:
    """``9 Nov, 09:10–15:10``, or with both days when midnight lies between."""
    if moment(start).date() == moment(end).date():
        return f"{day(start)}, {clock(start)}–{clock(end)}"
    return f"{day(start)}, {clock(start)} – {day(end)}, {clock(end)}"


def listing(words: list[str]) -> str:
    """``EUR``, ``EUR and GBP``, ``EUR, GBP and USD``."""
    return " and ".join(part for part in (", ".join(words[:-1]), *words[-1:]) if part)
