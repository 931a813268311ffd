"""What else a rule says beside its condition, as the open row of the panel has it."""

from datetime import tzinfo

from tracker.alerts.rules.rearming import rearm_condition
from tracker.alerts.rules.rule import Rule
from tracker.alerts.wording.written import WRITTEN
from tracker.dashboard.alerts.more import USUAL_SEVERITY
from tracker.render.format import time_text


def terms_text(rule: Rule, now: int, zone: tzinfo) -> str:
    """
    Return ``for 10 min · once · quiet 22:00-07:00 Europe/Berlin · sent to ops, else family``.

    Args:
        rule: of which all is said that is not usual.
        now: epoch ms.
        zone: of the time at which it expires.
    """
    parts = [
        f"for {WRITTEN.span(rule.hold)}" if rule.hold else "",
        "once" if rule.once else "",
        f"cooldown {WRITTEN.span(rule.cooldown)}" if rule.cooldown else "",
        "quiet {}-{} {}".format(*rule.quiet.clock_times, rule.quiet.zone.key) if rule.quiet else "",
        f"until {time_text.moment(rule.expires, now, zone)}" if rule.expires is not None else "",
        rule.severity if rule.severity != USUAL_SEVERITY else "",
        f"re-arms at {rule.rearm}" if rule.rearm != rearm_condition(rule.expression) else "",
        f"sent to {', else '.join(rule.channels)}" if rule.channels else "only shown here",
    ]
    return " · ".join(filter(None, parts))
