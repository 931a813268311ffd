"""
The alerts panel as HTML: a row for each rule, problems, and the last firings.

Elements that are updated in place have a key (``data-key``), by which the browser finds them again; what can be
pressed names what it does (``data-do``). Texts that may change each second are marked with ``data-text``: they are sent
alone, without the HTML around them.
"""

from collections.abc import Sequence

from markupsafe import Markup

from tracker.render.format.templating import Fragment, join
from tracker.render.html.rule_rows import OpenMenu, RuleRows, more_html
from tracker.render.page.alerts_view import AlertNotice, AlertsView, PastFiring, Sign, WatchedRule

TITLE = "Alerts"
MOST_SHOWN = 50  # firings of the history
_MOST_RULES = 100  # rows
_MOST_MARKETS = 240  # of all rules together, of which each shows at least
_LEAST_MARKETS = 4

_NOTHING = Markup("")
_HEAD = Fragment('<div class="bt-panel-head"><h2>{}</h2><span class="bt-subtitle" role="status">{}</span></div>')
_NOTICE = Fragment('<div class="bt-card {}" data-key="{}"><h3>{}</h3><p data-text>{}</p>{}</div>')
_NOTICE_FOOT = Fragment("<p data-text>{}</p>")
_HISTORY = Fragment(
    '<details class="bt-alert-history" data-key="history"><summary>Last firings</summary><ol>{}</ol></details>'
)
_FIRING = Fragment('<li><b>{}</b> <span class="bt-rule-text">{}</span></li>')
_RULES = Fragment('<ul class="bt-rules" aria-label="Rules" tabindex="0" data-key="rules">{}</ul>')
_ADD = Fragment('<button type="button" class="bt-small-button" data-do="add" data-home{}>Add an alert</button>')
_DISABLED = Markup(" disabled")
_NO_RULES = Fragment(
    '<p class="bt-no-rules" data-key="rules">No rule yet. {}, or type <code>tracker rules add</code>; '
    "<code>docs/alerts.md</code> of the project leads to the first message.</p>"
)


def alerts_html(
    alerts: AlertsView, menu: OpenMenu | None = None, edited: str = "", added: str = "", *, is_live: bool = True
) -> Markup:
    """
    Return the panel's heading, notices, rows and history.

    Args:
        alerts: what is shown.
        menu: in the row of its rule the viewer chooses how long that is muted.
        edited: the rule whose form was closed just now: there the focus goes on.
        added: a new rule, to be brought into view.
        is_live: whether buttons do something.
    """
    listed = _firing_first(alerts.rules)[:_MOST_RULES]
    folded = sum(len(rule.markets) > 1 for rule in listed)
    most_markets = max(_LEAST_MARKETS, _MOST_MARKETS // max(1, folded))
    disabled = _NOTHING if is_live else _DISABLED
    rows = RuleRows(alerts.may_edit, menu or OpenMenu(), edited, added, disabled, most_markets)
    head = _HEAD.format(TITLE, alerts.heading)
    notices = join(list(map(_notice, alerts.notices)))
    if alerts.rules:
        rules = _RULES.format(join([*map(rows.rule, listed), more_html(len(alerts.rules) - len(listed), "rules")]))
    else:
        rules = _NO_RULES.format("Add one below" if alerts.may_edit else "Write one into tracker.toml")
    past = alerts.history[:MOST_SHOWN]
    return head + notices + rules + (_HISTORY.format(join(list(map(_firing, past)))) if past else _NOTHING)


def add_html(*, is_live: bool = True) -> Markup:
    """Return the button that opens the form of a new rule."""
    return _ADD.format(_NOTHING if is_live else _DISABLED)


def _firing_first(rules: Sequence[WatchedRule]) -> list[WatchedRule]:
    """Return *rules* in their order, except that those which fire are seen without scrolling."""
    return sorted(rules, key=lambda rule: rule.sign is not Sign.FIRING)


def _notice(notice: AlertNotice) -> Markup:
    foot = _NOTICE_FOOT.format(notice.foot) if notice.foot else _NOTHING
    return _NOTICE.format(notice.kind, f"notice {notice.title}", notice.title, notice.text, foot)


def _firing(firing: PastFiring) -> Markup:
    return _FIRING.format(firing.rule, firing.text)
