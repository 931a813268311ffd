"""The page's words: names of currencies, times and lengths of time, in the zone of whoever reads them."""

from datetime import UTC, datetime, tzinfo

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


def moment(ms: float, zone: tzinfo = UTC) -> datetime:
    """Epoch milliseconds as a datetime of *zone*."""
    return datetime.fromtimestamp(ms / 1000, zone)


def clock(ms: float, zone: tzinfo = UTC) -> str:
    """``15:04``."""
    return f"{moment(ms, zone):%H:%M}"


def seconds(ms: float, zone: tzinfo = UTC) -> str:
    """``15:04:05``."""
    return f"{moment(ms, zone):%H:%M:%S}"


def day(ms: float, zone: tzinfo = UTC) -> str:
    """``9 Nov``."""
    when = moment(ms, zone)
    return f"{when.day} {when:%b}"


def when(ms: float, now: float, zone: tzinfo = UTC) -> str:
    """``15:04``, with the day before it when that was another day: ``8 Nov 15:04``."""
    same = moment(ms, zone).date() == moment(now, zone).date()
    return clock(ms, zone) if same else f"{day(ms, zone)} {clock(ms, zone)}"


def between(start: float, end: float, zone: tzinfo = UTC) -> str:
    """``9 Nov, 09:10–15:10``, or with both days when midnight lies between; a day ends at ``24:00``."""
    whole = end > start and ends_day(end, zone)
    last, to = (end - 1, "24:00") if whole else (end, clock(end, zone))
    if moment(start, zone).date() == moment(last, zone).date():
        return f"{day(start, zone)}, {clock(start, zone)}–{to}"
    return f"{day(start, zone)}, {clock(start, zone)} – {day(last, zone)}, {to}"


def ends_day(ms: float, zone: tzinfo = UTC) -> bool:
    """Whether it is a midnight, to the millisecond: the ``24:00`` of the day before."""
    return moment(ms, zone).date() != moment(ms - 1, zone).date()


def zone_name(ms: float, zone: tzinfo = UTC) -> str:
    """What people call *zone* at that time: ``UTC``, ``CET``; ``UTC+05:45`` where it has no name of its own."""
    text = moment(ms, zone).tzname() or "UTC"
    if text[0] not in "+-":
        return text
    return f"UTC{text[:3]}" + (f":{text[3:]}" if len(text) > 3 else "")


def listing(words: list[str]) -> str:
    """``EUR``, ``EUR and GBP``, ``EUR, GBP and USD``."""
    return " and ".join(part for part in (", ".join(words[:-1]), *words[-1:]) if part)
