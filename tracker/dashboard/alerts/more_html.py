"""The part of the form that is shown on demand, as HTML."""

from markupsafe import Markup

from tracker.dashboard.alerts.draft import Draft
from tracker.dashboard.alerts.fields_html import NOTHING, FormFields
from tracker.dashboard.alerts.more import SEVERITIES, USUAL_SEVERITY, zone_name
from tracker.render.format.templating import Fragment, join

# What is set is read only while it is collapsed.
_MORE = Fragment(
    '<details class="bt-form-more" data-key="more"{}><summary>More<span class="bt-more-set">: {}</span></summary>'
    '<div class="bt-form-fields">{}</div></details>'
)
_OPEN = Markup(" open")
_NOTHING_SET = "quiet hours, cooldown, severity, end, re-arming"
_LONGEST, _LONGEST_ZONE = 40, 60  # characters


def more_html(draft: Draft, fields: FormFields, rearm: str) -> Markup:
    """Return the fields of ``draft.more``; *rearm*: the level at which a firing ends if none is typed, if known."""
    more, zone = draft.more, zone_name(draft.zone)
    times = f", {zone}" if zone else ""
    parts = [
        fields.text("quiet", "Quiet hours", more.quiet, "none, or 22:00-07:00", _LONGEST),
        fields.text("zone", "Their time zone", more.zone, zone or "Europe/Berlin", _LONGEST_ZONE),
        fields.text("cooldown", "Cooldown", more.cooldown, "none, or 1h", _LONGEST),
        fields.select("severity", "Severity", more.severity, [(each, _severity(each)) for each in SEVERITIES]),
        fields.text("expires", f"Ends{times}", more.expires, "never, or 2026-12-31 18:00", _LONGEST, style=""),
        fields.text("rearm", "Re-arms at", more.rearm, f"{rearm} (by default)" if rearm else "", _LONGEST, style=""),
    ]
    return _MORE.format(_OPEN if more.summary else NOTHING, more.summary or _NOTHING_SET, join(parts))


def _severity(severity: str) -> str:
    return f"{severity} (usual)" if severity == USUAL_SEVERITY else severity
