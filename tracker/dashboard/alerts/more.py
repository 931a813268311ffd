"""The fields of the form that are shown on demand: when nothing is sent, for how long, and how urgent it is."""

from dataclasses import dataclass, fields
from datetime import tzinfo
from typing import Any, get_args
from zoneinfo import ZoneInfo

from tracker.core.durations import duration_text, parse_moment
from tracker.core.errors import ConfigError
from tracker.dashboard.alerts.field_error import FieldError
from tracker.render.format import time_text
from tracker.runtime.rule_settings import RuleSettings, Severity

SEVERITIES: tuple[str, ...] = get_args(Severity)
USUAL_SEVERITY = "warning"


@dataclass(frozen=True, slots=True)
class More:
    """
    What was typed; "" for what is left out.

    Attributes:
        quiet: clock times at which nothing is sent.
        zone: of *quiet*; "" for that of the page.
        cooldown: from a message to the next firing.
        severity: one of SEVERITIES.
        expires: when the rule ends, by the clocks of the page.
        rearm: the level at which a firing ends, as the number that the rule compares with is typed.
    """

    quiet: str = ""
    zone: str = ""
    cooldown: str = ""
    severity: str = USUAL_SEVERITY
    expires: str = ""
    rearm: str = ""

    @property
    def summary(self) -> str:
        """``quiet 22:00-07:00 Europe/Berlin, cooldown 1h``; "" if nothing is set."""
        parts = (
            ("quiet", f"{self.quiet} {self.zone}" if self.quiet.strip() else ""),
            ("cooldown", self.cooldown),
            ("", self.severity if self.severity != USUAL_SEVERITY else ""),
            ("ends", self.expires),
            ("re-arms at", self.rearm),
        )
        return ", ".join(f"{word} {text.strip()}".strip() for word, text in parts if text.strip())

    def settings(self, page_zone: tzinfo) -> dict[str, Any]:
        """
        Return what is set of all but *rearm*, by the keys of the file.

        Args:
            page_zone: of times for which no zone is typed.

        Raises:
            FieldError: the time at which it expires cannot be read, or no zone is known for the quiet hours.
        """
        quiet, zone = self.quiet.strip(), self.zone.strip()
        if quiet and not zone:
            zone = zone_name(page_zone)
            if not zone:
                raise FieldError("zone", "Type the time zone that is meant, such as Europe/Berlin.")
        values = {"quiet": quiet, "zone": zone, "cooldown": self.cooldown.strip(), "expires": self._expires(page_zone)}
        return {key: value for key, value in values.items() if value} | {"severity": self.severity}

    def _expires(self, page_zone: tzinfo) -> str:
        """Return the time in UTC, as the file has it."""
        typed = self.expires.strip()
        try:
            time = parse_moment(typed or None, "", page_zone)
        except ConfigError:
            zone = time_text.zone_id(page_zone)
            raise FieldError("expires", f"{typed} is no time; expected such as 2026-12-31 18:00 ({zone})") from None
        return "" if time is None else utc_moment(time)


NAMES = tuple(field.name for field in fields(More))  # of the fields


def zone_name(page_zone: tzinfo) -> str:
    """Return the name of the page's zone, as quiet hours have it; "" if it has none."""
    name = time_text.zone_id(page_zone)
    return name if isinstance(page_zone, ZoneInfo) or name == "UTC" else ""


def utc_moment(time: int) -> str:
    """Return *time* (epoch ms) as the settings file has it: ``2026-12-31T18:00Z``."""
    return _shortest(time_text.to_datetime(time).replace(tzinfo=None).isoformat()) + "Z"


def more_of(rule: RuleSettings, page_zone: tzinfo, rearm: str) -> More:
    """Return the fields that state *rule*; *rearm*: the level as the form has it."""
    return More(
        quiet=rule.quiet or "",
        zone=rule.zone or "",
        cooldown=duration_text(rule.cooldown) if rule.cooldown else "",
        severity=rule.severity,
        expires="" if rule.expires is None else _local_moment(rule.expires, page_zone),
        rearm=rearm,
    )


def _local_moment(time: int, page_zone: tzinfo) -> str:
    """Return ``2026-12-31 18:00`` by the clocks of the page; in an hour that these show twice with its offset."""
    local = time_text.to_datetime(time, page_zone)
    text = _shortest(local.replace(tzinfo=None).isoformat(sep=" "))
    return text if parse_moment(text, "", page_zone) == time else f"{text}{local:%z}"


def _shortest(text: str) -> str:
    """Return an ISO time without seconds that are none."""
    return text.removesuffix(":00") if text.count(":") == 2 else text
