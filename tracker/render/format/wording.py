"""The page's words: names of currencies, times and lengths of time, in the zone of whoever reads them."""

import re
from datetime import UTC, datetime, tzinfo

NAMES = {
    "AUD": "Australian dollar",
    "BRL": "Brazilian real",
    "CAD": "Canadian dollar",
    "CHF": "Swiss franc",
    "CLP": "Chilean peso",
    "CNY": "Chinese yuan",
    "COP": "Colombian peso",
    "CZK": "Czech koruna",
    "DKK": "Danish krone",
    "EUR": "euro",
    "GBP": "pound sterling",
    "HKD": "Hong Kong dollar",
    "HUF": "Hungarian forint",
    "IDR": "Indonesian rupiah",
    "ILS": "Israeli shekel",
    "INR": "Indian rupee",
    "JPY": "Japanese yen",
    "KRW": "South Korean won",
    "MXN": "Mexican peso",
    "NOK": "Norwegian krone",
    "NZD": "New Zealand dollar",
    "PHP": "Philippine peso",
    "PLN": "Polish zloty",
    "SEK": "Swedish krona",
    "SGD": "Singapore dollar",
    "THB": "Thai baht",
    "TRY": "Turkish lira",
    "TWD": "New Taiwan dollar",
    "UAH": "Ukrainian hryvnia",
    "USD": "US dollar",
    "USDC": "USD Coin",
    "USDT": "Tether",
    "VND": "Vietnamese dong",
    "XAG": "silver, troy ounce",
    "XAU": "gold, troy ounce",
    "ZAR": "South African rand",
}

# Not within an address or another path; "a/b", as of a fraction or two names, stays.
_PATH = re.compile(r"(?<![\w:/.])(?:/[^\s/:'\"<>]+)+/([^\s/:'\"<>]+)")
SHORT = 300_000  # ms; of less time the seconds matter
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


def whole(ms: float) -> str:
    """A length of time that somebody chose: in one unit if that says all of it, else in its two largest."""
    return rough(ms) if ms % 60_000 else length(ms / 1000)


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
    """
    ``9 Nov, 09:10–15:10``, or with both days when midnight lies between; a day ends at ``24:00``.

    Of less than five minutes the seconds are told, too.
    """
    write = seconds if end - start < SHORT else clock
    whole = end > start and ends_day(end, zone)
    last, to = (end - 1, "24:00") if whole else (end, write(end, zone))
    if moment(start, zone).date() == moment(last, zone).date():
        return f"{day(start, zone)}, {write(start, zone)}–{to}"
    return f"{day(start, zone)}, {write(start, zone)} – {day(last, zone)}, {to}"


def ends_day(ms: float, zone: tzinfo = UTC) -> bool:
    """Whether it is a midnight, to the millisecond: the ``24:00`` of the day before."""
    return moment(ms, zone).date() != moment(ms - 1, zone).date()


def zone_name(ms: float, zone: tzinfo = UTC) -> str:
    """What people call *zone* at that time: ``UTC``, ``CET``; ``UTC+05:45`` where it has no name of its own."""
    text = moment(ms, zone).tzname() or "UTC"
    if text[0] not in "+-":
        return text
    return f"UTC{text[:3]}" + (f":{text[3:]}" if len(text) > 3 else "")


def zone_of(start: float, end: float, zone: tzinfo = UTC) -> str:
    """The name of *zone* over that time; both, ``CET/CEST``, where the clocks were changed in between."""
    return "/".join(dict.fromkeys([zone_name(start, zone), zone_name(end, zone)]))


def placeless(text: str) -> str:
    """*text* with files by their names alone: where they are on this machine is nobody's affair."""
    return _PATH.sub(r"\1", text)


def listing(words: list[str]) -> str:
    """``EUR``, ``EUR and GBP``, ``EUR, GBP and USD``."""
    return " and ".join(part for part in (", ".join(words[:-1]), *words[-1:]) if part)
