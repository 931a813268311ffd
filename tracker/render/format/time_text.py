"""Times and durations as text, in the viewer's time zone."""

from datetime import UTC, datetime, timezone, tzinfo

from tracker.core.durations import DAY, MINUTE
from tracker.core.durations import rough_duration as rough_duration

SECONDS_BELOW = 5 * MINUTE  # ms; a shorter range of time is written with seconds
SECONDS_AT_ENDS_BELOW = 30 * MINUTE  # ms; the ends of a shorter time axis are written with seconds
YEAR_FROM = 300 * DAY  # ms; from then on a day alone could be one of this year
# Names of several zones whose clocks differ: China and Chicago, India and Israel, Manila and Los Angeles.
_AMBIGUOUS = {"CDT", "CST", "IDT", "IST", "PDT", "PST"}
_UNITS = ((31_536_000, "y"), (86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


def exact_duration(seconds: float) -> str:
    """Return whole *seconds* in the largest unit that divides them: ``10 min``, ``24 h`` (not 1 d), ``7 d``."""
    whole = max(0, int(seconds))
    for size, unit in _UNITS:
        if whole >= size and whole % size == 0 and not (unit == "d" and whole == size):
            return f"{whole // size} {unit}"
    return f"{whole} s"


def duration(ms: float) -> str:
    """Return whole minutes as an exact duration, other lengths of time in their two largest units."""
    return rough_duration(ms) if ms % MINUTE else exact_duration(ms / 1000)


def to_datetime(ms: float, zone: tzinfo = UTC) -> datetime:
    """Return epoch milliseconds as a datetime in *zone*."""
    return datetime.fromtimestamp(ms / 1000, zone)


def iso_seconds(ms: float) -> str:
    """Return ``2018-04-05T09:00:00Z``."""
    return f"{to_datetime(ms):%Y-%m-%dT%H:%M:%SZ}"


def hour_minute(ms: float, zone: tzinfo = UTC) -> str:
    """Return ``15:04``."""
    return f"{to_datetime(ms, zone):%H:%M}"


def hour_minute_second(ms: float, zone: tzinfo = UTC) -> str:
    """Return ``15:04:05``."""
    return f"{to_datetime(ms, zone):%H:%M:%S}"


def day(ms: float, zone: tzinfo = UTC) -> str:
    """Return ``9 Nov``."""
    local = to_datetime(ms, zone)
    return f"{local.day} {local:%b}"


def date(ms: float, zone: tzinfo = UTC) -> str:
    """Return ``9 Nov 2026``."""
    return f"{day(ms, zone)} {to_datetime(ms, zone).year}"


def weekday_and_date(ms: float, zone: tzinfo = UTC) -> str:
    """Return ``Mon 9 Nov 2026``."""
    return f"{to_datetime(ms, zone):%a} {date(ms, zone)}"


def moment(ms: float, now: float, zone: tzinfo = UTC) -> str:
    """Return ``15:04``; with its day if that is not the day of *now*, ``8 Nov 15:04``, and with a distant year."""
    if to_datetime(ms, zone).date() == to_datetime(now, zone).date():
        return hour_minute(ms, zone)
    return f"{day(ms, zone) if abs(now - ms) < YEAR_FROM else date(ms, zone)} {hour_minute(ms, zone)}"


def exact_moment(ms: float, now: float, zone: tzinfo = UTC) -> str:
    """Return the same with seconds, without a year."""
    is_today = to_datetime(ms, zone).date() == to_datetime(now, zone).date()
    return ("" if is_today else f"{day(ms, zone)} ") + hour_minute_second(ms, zone)


def time_range(start: float, end: float, zone: tzinfo = UTC, *, with_year: bool = False) -> str:
    """
    Return ``9 Nov, 09:10–15:10``, or both days if midnight lies between; a day ends at ``24:00``.

    A range shorter than five minutes is written with seconds. *with_year*: whether days have one, ``9 Nov 2026``;
    those of a range of about a year or more always have.
    """
    write_day = date if with_year or end - start >= YEAR_FROM else day
    write = hour_minute_second if end - start < SECONDS_BELOW else hour_minute
    ends_at_midnight = end > start and is_midnight(end, zone)
    last, end_text = (end - 1, "24:00") if ends_at_midnight else (end, write(end, zone))
    if to_datetime(start, zone).date() == to_datetime(last, zone).date():
        return f"{write_day(start, zone)}, {write(start, zone)}–{end_text}"
    return f"{write_day(start, zone)}, {write(start, zone)} – {write_day(last, zone)}, {end_text}"


def date_range(start: float, end: float, zone: tzinfo = UTC) -> str:
    """Return ``9 Sep – 9 Nov 2026``; both years if they differ. A midnight that ends a day belongs to that day."""
    last = end - 1
    is_one_year = to_datetime(start, zone).year == to_datetime(last, zone).year
    return f"{(day if is_one_year else date)(start, zone)} – {date(last, zone)}"


def is_midnight(ms: float, zone: tzinfo = UTC) -> bool:
    """Return whether *ms* is a midnight to the millisecond, the ``24:00`` of the day before."""
    return to_datetime(ms, zone).date() != to_datetime(ms - 1, zone).date()


def zone_name(ms: float, zone: tzinfo = UTC) -> str:
    """Return the usual name of *zone* at that time: ``UTC``, ``CET``; ``UTC+05:30`` if it has none of its own."""
    local = to_datetime(ms, zone)
    text = local.tzname() or "UTC"
    if text[0] not in "+-" and text not in _AMBIGUOUS:
        return text
    offset = f"{local:%z}"
    return f"UTC{offset[:3]}:{offset[3:5]}"


def zone_id(zone: tzinfo) -> str:
    """Return the identifier of *zone* as browsers know it: ``Europe/Berlin``, ``UTC``, ``+05:30``."""
    return str(zone).removeprefix("UTC") if isinstance(zone, timezone) and zone is not UTC else str(zone)


def zone_names(start: float, end: float, zone: tzinfo = UTC) -> str:
    """Return the name of *zone* from *start* to *end*; ``CET/CEST`` if the clocks changed in between."""
    return "/".join(dict.fromkeys([zone_name(start, zone), zone_name(end, zone)]))
