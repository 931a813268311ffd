"""Dates and times as people type them: ``5 Apr 2018``, ``13:00``, ``yesterday``, ``2018-04-05T13:00Z``."""

import re
from calendar import monthrange
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import NoReturn

from tracker.core.parsing import printable

EXAMPLES = "5 Apr 2018, 2018-04-05 13:00, 13:00 or yesterday"  # what to type, for messages
_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_LONGEST = 40  # characters of what was typed that a message quotes
_FIRST, _LAST = date(1970, 1, 1), date(9998, 12, 31)  # the day after the last one can still be a datetime

_CLOCK = r"(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:\.\d{1,6})?)?"
_TIME = re.compile(rf"(?:^|(?<=[\sT])){_CLOCK}\s*(?P<zone>Z|UTC|GMT|[+-]\d\d:?\d\d)?$", re.ASCII | re.IGNORECASE)
_YEAR_FIRST = re.compile(r"(\d{4})([-/.])(\d{1,2})(?:\2(\d{1,2}))?", re.ASCII)
_YEAR_LAST = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})", re.ASCII)
_DAY_MONTH = re.compile(
    r"(?:(?P<day>\d{1,2})(?:st|nd|rd|th|\.)?\s*)?(?P<month>[a-z]{3,9})\.?(?:\s*(?P<year>\d{4}))?", re.ASCII
)
_MONTH_DAY = re.compile(r"(?P<month>[a-z]{3,9})\.?\s*(?P<day>\d{1,2})(?:st|nd|rd|th)?(?:\s+(?P<year>\d{4}))?", re.ASCII)


def parse_period(text: str, now: int, zone: tzinfo = UTC, latest: int | None = None) -> tuple[int, int]:
    """
    Return start and end (epoch ms) of the time that *text* names: a moment, a day, a month or a year.

    Both are the same for a moment. Of what is left out, the day or the year is that of *now*, or the one before if
    that would lie after *latest*. A time that the clocks show twice is the first of both.

    Args:
        text: what the viewer typed.
        now: epoch ms of the time shown now; today is its day.
        zone: in which *text* is meant, unless it ends with ``Z``, ``UTC`` or an offset.
        latest: epoch ms of the latest time that can be meant; None: *now*.

    Raises:
        ValueError: *text* names no time, or may mean several.
    """
    return _Reading(text, now, zone, now if latest is None else latest).period()


class _Reading:
    """What ``parse_period`` reads, and the errors that quote it."""

    def __init__(self, text: str, now: int, zone: tzinfo, latest: int) -> None:
        self.quoted = repr(printable(text.strip(), _LONGEST))
        self.words = " ".join(text.replace(",", " ").split())
        self.zone, self.now, self.latest = zone, now, latest

    def period(self) -> tuple[int, int]:
        time = _TIME.search(self.words)
        day_text = (self.words if time is None else self.words[: time.start()]).rstrip("T ")
        if time is not None and time["zone"]:
            self.zone = self._named_zone(time["zone"])
        today = datetime.fromtimestamp(self.now / 1000, self.zone).date()
        if day_text.lower() == "now" and time is None:
            return self.now, self.now
        if time is None:
            first, after = self._days(day_text.lower(), today)
            return self._midnight(first), self._midnight(after)
        if day_text:
            first, after = self._days(day_text.lower(), today)
            if after - first != timedelta(days=1):
                self._fail("a time needs a day", "type e.g. 5 Apr 2018 13:00")
            moment = self._moment(first, time)
        else:
            moment = self._moment(today, time)
            if moment > self.latest:
                moment = self._moment(today - timedelta(days=1), time)
        return moment, moment

    def _days(self, text: str, today: date) -> tuple[date, date]:
        """Return the first day that *text* names, and the first one after it."""
        if text in ("today", "yesterday"):
            return _one_day(today - timedelta(days=text == "yesterday"))
        weekday, _, rest = text.partition(" ")
        number = _index(_WEEKDAYS, weekday.rstrip("."))
        if number is None or not rest:
            return self._numbers(text) or self._words(text, today)
        first, after = self._numbers(rest) or self._words(rest, today)
        if after - first == timedelta(days=1) and first.weekday() != number:
            self._fail(f"{first.day} {first:%b %Y} is a {_WEEKDAYS[first.weekday()].title()}", "leave the weekday out")
        return first, after

    def _numbers(self, text: str) -> tuple[date, date] | None:
        """Return the days of a date of numbers alone; None if *text* is none."""
        if match := _YEAR_FIRST.fullmatch(text):
            year, _, month, day = match.groups()
            return self._calendar(int(year), int(month), None if day is None else int(day))
        if match := _YEAR_LAST.fullmatch(text):
            one, other, year = int(match[1]), int(match[3]), int(match[4])
            if one <= 12 and other <= 12 and one != other:
                first, second = _name(other), _name(one)
                self._fail(
                    f"is that {one} {first} or {other} {second} {year}?",
                    f"Type {one} {first} {year} or {other} {second} {year}",
                )
            return self._calendar(year, *((other, one) if other <= 12 else (one, other)))
        if re.fullmatch(r"\d{4}", text, re.ASCII):
            return self._calendar(int(text), None, None)
        return None

    def _words(self, text: str, today: date) -> tuple[date, date]:
        """Return the days of a date with a month's name."""
        match = _DAY_MONTH.fullmatch(text) or _MONTH_DAY.fullmatch(text)
        month = None if match is None else _index(_MONTHS, match["month"])
        if match is None or month is None:
            self._fail("this is no date or time that is known here", f"type e.g. {EXAMPLES}")
        day = None if match["day"] is None else int(match["day"])
        if match["year"] is not None:
            return self._calendar(int(match["year"]), month + 1, day)
        year = today.year
        if (month, day) == (1, 29):  # the latest year that has the day
            year = next(year for year in range(today.year, today.year - 9, -1) if monthrange(year, 2)[1] == 29)
        first, after = self._calendar(year, month + 1, day)
        if self._midnight(first) > self.latest:
            return self._calendar(year - (4 if (month, day) == (1, 29) else 1), month + 1, day)
        return first, after

    def _calendar(self, year: int, month: int | None, day: int | None) -> tuple[date, date]:
        if not _FIRST.year <= year <= _LAST.year:
            self._fail("years from 1970 on are known here", f"type e.g. {EXAMPLES}")
        if month is None:
            return date(year, 1, 1), date(year + 1, 1, 1)
        if not 1 <= month <= 12:
            self._fail(f"there is no month {month}", "type e.g. 5 Apr 2018 or 2018-04-05")
        length = monthrange(year, month)[1]
        if day is None:
            return date(year, month, 1), date(year, month, length) + timedelta(days=1)
        if not 1 <= day <= length:
            self._fail(f"{_name(month)} {year} has the days 1 to {length}", f"type e.g. {length} {_name(month)} {year}")
        return _one_day(date(year, month, day))

    def _moment(self, day: date, time: re.Match[str]) -> int:
        """Return epoch ms of the *time* on *day*."""
        hour, minute, second = (int(time[name] or 0) for name in ("hour", "minute", "second"))
        is_midnight = (hour, minute, second) == (24, 0, 0)
        if (hour > 23 and not is_midnight) or minute > 59 or second > 59:
            self._fail("hours go from 0 to 23, minutes and seconds from 0 to 59", "type e.g. 13:00")
        if is_midnight:
            return self._midnight(day + timedelta(days=1))
        local = datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=self.zone)
        at = round(local.timestamp() * 1000)
        shown = datetime.fromtimestamp(at / 1000, self.zone)
        if shown.replace(tzinfo=None) != local.replace(tzinfo=None):
            self._fail(
                f"the clocks skipped {local:%H:%M} on {day.day} {day:%b %Y}", f"type {shown:%H:%M}, or add Z for UTC"
            )
        return at

    def _midnight(self, day: date) -> int:
        return round(datetime(day.year, day.month, day.day, tzinfo=self.zone).timestamp() * 1000)

    def _named_zone(self, name: str) -> tzinfo:
        if name.upper() in ("Z", "UTC", "GMT"):
            return UTC
        try:
            zone = datetime.strptime(name, "%z").tzinfo
        except ValueError:
            zone = None
        if zone is None:
            self._fail(f"{name} is no offset from UTC", "type e.g. 2018-04-05 13:00+02:00")
        return zone

    def _fail(self, why: str, what_to_type: str) -> NoReturn:
        separator = " " if why.endswith("?") else "; "
        raise ValueError(f"{self.quoted}: {why}{separator}{what_to_type}")


def _one_day(day: date) -> tuple[date, date]:
    return day, day + timedelta(days=1)


def _index(names: tuple[str, ...], text: str) -> int | None:
    """Return the index of the name that *text*, at least three letters, begins; None if none does."""
    return next((index for index, name in enumerate(names) if len(text) >= 3 and name.startswith(text)), None)


def _name(month: int) -> str:
    return _MONTHS[month - 1][:3].title()
