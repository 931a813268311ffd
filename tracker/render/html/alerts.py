"""
The alerts panel as HTML: a row for each rule, problems, and the last firings.

Elements that are updated in place have a key (``data-key``), by which the browser finds them again; what can be
pressed names what it does (``data-do``). Texts that may change each second are marked with ``data-text``: they are sent
alone, without the HTML around them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from tracker.render.format.templating import Fragment, join
from tracker.render.page.alerts_view import (
    LOUDEST,
    AlertNotice,
    AlertsView,
    PastFiring,
    Sign,
    WatchedMarket,
    WatchedRule,
)

TITLE = "Alerts"
MOST_SHOWN = 50  # firings of the history
_MOST_NAMED = 4  # markets of a rule
_MOST_RULES = 100  # rows; each update sends all that have changed in one text
_MOST_MARKETS = 240  # of all rules together, of which each shows at least
_LEAST_MARKETS = 4

_NOTHING = Markup("")
_HEAD = Fragment('<div class="bt-panel-head"><h2>{}</h2><span class="bt-subtitle" role="status">{}</span></div>')
_SHAPES = {
    Sign.ARMED: Markup('<circle cx="5" cy="5" r="3.8" fill="none" stroke="currentColor" stroke-width="1.4"/>'),
    Sign.PENDING: Markup(
        '<circle cx="5" cy="5" r="4.1" fill="none" stroke="currentColor" stroke-width="1.2"/>'
        '<path d="M5 .9a4.1 4.1 0 0 0 0 8.2z" fill="currentColor"/>'
    ),
    Sign.FIRING: Markup('<circle cx="5" cy="5" r="4.5" fill="currentColor"/>'),
    Sign.MUTED: Markup(
        '<circle cx="5" cy="5" r="3.8" fill="none" stroke="currentColor" stroke-width="1.2"/>'
        '<path d="M1.4 1.4 8.6 8.6" stroke="currentColor" stroke-width="1.2"/>'
    ),
    Sign.UNKNOWN: Markup(
        '<circle cx="5" cy="5" r="4" fill="none" stroke="currentColor" stroke-width="1.4" stroke-dasharray="2 1.6"/>'
    ),
    Sign.DONE: Markup('<path d="M1.5 5.2 4 7.7 8.5 2.3" fill="none" stroke="currentColor" stroke-width="1.5"/>'),
}
_STATE = Fragment('<span class="bt-rule-state"><svg viewBox="0 0 10 10" aria-hidden="true">{}</svg>{}</span>')
_RULE = Fragment('<li class="bt-rule is-{}" data-key="{}"><b class="bt-rule-name">{}</b>{}{}{}</li>')
_DETAILS = Fragment(
    '<details class="bt-rule-details"><summary data-text>{}</summary><p><code>{}</code> {}</p>{}</details>'
)
_MARKETS = Fragment("<ul>{}</ul>")
_MARKET = Fragment('<li class="is-{}" data-key="{}"><b>{}</b>{}<span data-text class="bt-rule-text">{}</span>{}</li>')
_MORE = Fragment('<li class="bt-more" data-key="more"><span class="bt-rule-text">and {} more {}</span></li>')
_ACTIONS = Fragment('<span class="bt-rule-actions">{}</span>')
_BUTTON = Fragment(
    '<button type="button" class="bt-text-button" data-do="{}" data-rule="{}"{} aria-label="{} {}"{}>{}</button>'
)
_OF_MARKET = Fragment(' data-market="{}"')
_MUTE = Markup(
    '<form class="bt-mute" data-do="mute_until" data-rule="{0}"{1} data-key="mute"><button type="button" '
    'class="bt-small-button" data-do="mute_hour" data-rule="{0}"{1} data-focus>For an hour</button>'
    '<label>or until <input name="until" placeholder="18:00" maxlength="40" autocomplete="off"></label>'
    '<button type="submit" class="bt-small-button">Mute</button>{2}</form>'
)
_ERROR = Fragment('<p class="bt-field-error" role="alert">{}</p>')
_NOTICE = Fragment('<div class="bt-card {}" data-key="{}"><h3>{}</h3><p data-text>{}</p>{}</div>')
_NOTICE_FOOT = Fragment("<p data-text>{}</p>")
_HISTORY = Fragment(
    '<details class="bt-alert-history" data-key="history"><summary>Last firings</summary><ol>{}</ol></details>'
)
_FIRING = Fragment('<li><b>{}</b> <span class="bt-rule-text">{}</span></li>')
_RULES = Fragment('<ul class="bt-rules" aria-label="Rules" tabindex="0" data-key="rules">{}</ul>')
_ADD = Fragment('<button type="button" class="bt-small-button" data-do="add" data-home{}>Add an alert</button>')
_DISABLED = Markup(" disabled")
_WAITING = Markup(' aria-disabled="true"')  # keeps the focus
_NO_RULES = Fragment(
    '<p class="bt-no-rules" data-key="rules">No rule yet. {}, or type <code>tracker rules add</code>; '
    "<code>docs/alerts.md</code> leads to the first message.</p>"
)


@dataclass(frozen=True, slots=True)
class OpenMenu:
    """
    Where the viewer chooses how long a rule is muted.

    Attributes:
        rule: its name.
        market: the name of the one that is muted alone; "" for all.
        error: what was wrong with the time that was typed.
        is_waiting: whether it was chosen, and is not so yet.
    """

    rule: str = ""
    market: str = ""
    error: str = ""
    is_waiting: bool = False


def is_muted(alerts: AlertsView, rule: str, market: str) -> bool:
    """Return whether *rule* is shown as muted, alone in *market* or, "", as a whole."""
    rows = [row for row in alerts.rules if row.name == rule]
    if not market:
        return any(row.muted for row in rows)
    return any(each.name == market and each.sign is Sign.MUTED for row in rows for each in row.markets)


def alerts_html(alerts: AlertsView, menu: OpenMenu | None = None, *, is_live: bool = True) -> Markup:
    """
    Return the panel's heading, notices, rows and history.

    Args:
        alerts: what is shown.
        menu: in the row of its rule the viewer chooses how long that is muted.
        is_live: whether buttons do something.
    """
    listed = _firing_first(alerts.rules)[:_MOST_RULES]
    folded = sum(len(rule.markets) > 1 for rule in listed)
    most_markets = max(_LEAST_MARKETS, _MOST_MARKETS // max(1, folded))
    panel = _Panel(alerts.may_edit, menu or OpenMenu(), _NOTHING if is_live else _DISABLED, most_markets)
    head = _HEAD.format(TITLE, alerts.heading)
    notices = join([panel.notice(notice) for notice in alerts.notices])
    if alerts.rules:
        rules = _RULES.format(join([*map(panel.rule, listed), _more(len(alerts.rules) - len(listed), "rules")]))
    else:
        rules = _NO_RULES.format("Add one below" if alerts.may_edit else "Write one into tracker.toml")
    past = alerts.history[:MOST_SHOWN]
    return head + notices + rules + (_HISTORY.format(join(list(map(panel.firing, past)))) if past else _NOTHING)


def add_html(*, is_live: bool = True) -> Markup:
    """Return the button that opens the form of a new rule."""
    return _ADD.format(_NOTHING if is_live else _DISABLED)


def _firing_first(rules: Sequence[WatchedRule]) -> list[WatchedRule]:
    """Return *rules* in their order, except that those which fire are seen without scrolling."""
    return sorted(rules, key=lambda rule: rule.sign is not Sign.FIRING)


@dataclass(frozen=True, slots=True)
class _Panel:
    """
    Writes the parts of the panel.

    Attributes:
        may_edit: whether there are controls.
        menu: as the argument of ``alerts_html``.
        disabled: attribute of buttons.
        most_markets: that a rule lists.
    """

    may_edit: bool
    menu: OpenMenu
    disabled: Markup
    most_markets: int

    def notice(self, notice: AlertNotice) -> Markup:
        foot = _NOTICE_FOOT.format(notice.foot) if notice.foot else _NOTHING
        return _NOTICE.format(notice.kind, f"notice {notice.title}", notice.title, notice.text, foot)

    def rule(self, rule: WatchedRule) -> Markup:
        state = _state(rule.sign, rule.muted or rule.sign.value)
        markets = self._markets(rule) if len(rule.markets) > 1 else _NOTHING
        details = _DETAILS.format(_summary(rule), rule.condition, rule.terms, markets)
        return _RULE.format(_style(rule.sign), f"rule {rule.name}", rule.name, state, details, self._actions(rule))

    def firing(self, firing: PastFiring) -> Markup:
        return _FIRING.format(firing.rule, firing.text)

    def _markets(self, rule: WatchedRule) -> Markup:
        """Return the single markets of a rule; of too many the loudest."""
        markets = rule.markets
        if len(markets) > self.most_markets:
            markets = tuple(sorted(markets, key=lambda market: LOUDEST.index(market.sign)))[: self.most_markets]
        items = [
            _MARKET.format(
                _style(market.sign),
                f"market {market.label}",
                market.label,
                _state(market.sign, market.sign.value),
                market.text,
                self._market_actions(rule, market),
            )
            for market in markets
        ]
        items.append(_more(len(rule.markets) - len(markets), "markets"))
        return _MARKETS.format(join(items))

    def _actions(self, rule: WatchedRule) -> Markup:
        if not self.may_edit:
            return _NOTHING
        is_muted, market = bool(rule.muted), ""
        if not is_muted and len(rule.markets) == 1 and rule.sign is Sign.MUTED:  # when it had several
            is_muted, market = True, rule.markets[0].name
        mute, form = self._mute(rule.name, market, rule.name, is_muted=is_muted)
        edit = _BUTTON.format("edit", rule.name, _NOTHING, "Edit", rule.name, self.disabled, "Edit")
        return _ACTIONS.format(mute + edit) + form

    def _market_actions(self, rule: WatchedRule, market: WatchedMarket) -> Markup:
        if not self.may_edit:
            return _NOTHING
        name = f"{rule.name} in {market.label}"
        mute, form = self._mute(rule.name, market.name, name, is_muted=market.sign is Sign.MUTED)
        return _ACTIONS.format(mute) + form

    def _mute(self, rule: str, market: str, name: str, *, is_muted: bool) -> tuple[Markup, Markup]:
        """Return the button that mutes *rule*, in all markets or in one, or ends that; and the choice until when."""
        do, text, form, disabled = "choose_mute", "Mute", _NOTHING, self.disabled
        of_market = _OF_MARKET.format(market) if market else _NOTHING
        if (self.menu.rule, self.menu.market) != (rule, market):
            do, text = ("unmute", "Unmute") if is_muted else (do, text)
        elif self.menu.is_waiting:
            do, text, disabled = "wait", "Unmuting …" if is_muted else "Muting …", _WAITING
        else:
            do, text = "cancel", "Cancel"
            form = _MUTE.format(rule, of_market, _ERROR.format(self.menu.error) if self.menu.error else _NOTHING)
        return _BUTTON.format(do, rule, of_market, text, name, disabled, text), form


def _more(count: int, what: str) -> Markup:
    """Return that *count* more are not listed; nothing for none."""
    return _MORE.format(f"{count:,}", what) if count else _NOTHING


def _state(sign: Sign, word: str) -> Markup:
    return _STATE.format(_SHAPES[sign], word)


def _style(sign: Sign) -> str:
    """Return the style class of *sign* without its ``is-``."""
    return "unknown" if sign is Sign.UNKNOWN else sign.value


def _summary(rule: WatchedRule) -> str:
    """Return what a rule's only market states, or which of several are in the state that the rule is shown in."""
    if not rule.markets:
        return "watches no market that is collected"
    if len(rule.markets) == 1:
        return rule.markets[0].text
    labels = [market.label for market in rule.markets if market.sign is rule.sign]
    if rule.muted or rule.sign in (Sign.ARMED, Sign.DONE) or not labels:
        return f"{len(rule.markets)} markets"
    named = ", ".join(labels[:_MOST_NAMED]) + (f" and {len(labels) - _MOST_NAMED} more" if labels[_MOST_NAMED:] else "")
    return f"{len(labels)} of {len(rule.markets)}: {named}"
