"""
The rows of the alerts panel as HTML: a rule with its state, its markets, and what can be done with it.

Elements are marked as in ``tracker.render.html.alerts``.
"""

from dataclasses import dataclass
from functools import lru_cache

from markupsafe import Markup

from tracker.render.format.templating import Fragment, join
from tracker.render.page.alerts_view import LOUDEST, AlertsView, Sign, WatchedMarket, WatchedRule

_MOST_NAMED = 4  # markets of a rule

_NOTHING = Markup("")
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
    Sign.EXPIRED: Markup('<path d="M1 5h8" fill="none" stroke="currentColor" stroke-width="1.5"/>'),
}
_STYLES = {Sign.UNKNOWN: "unknown", Sign.EXPIRED: "done"}  # of others their word
_STATE = Fragment('<span class="bt-rule-state"><svg viewBox="0 0 10 10" aria-hidden="true">{}</svg>{}</span>')
_RULE = Fragment('<li class="bt-rule is-{}" data-key="{}"{}><b class="bt-rule-name">{}</b>{}{}{}</li>')
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
_button = lru_cache(1_024)(_BUTTON.format)  # the same in most updates, as states are
_OF_MARKET = Fragment(' data-market="{}"')
_MUTE = Markup(
    '<form class="bt-mute" data-do="mute_until" data-rule="{0}"{1} data-key="mute"><button type="button" '
    'class="bt-small-button" data-do="mute_hour" data-rule="{0}"{1} data-focus>For an hour</button>'
    '<label>or until <input name="until" placeholder="18:00" maxlength="40" autocomplete="off"></label>'
    '<button type="submit" class="bt-small-button">Mute</button>{2}</form>'
)
_ERROR = Fragment('<p class="bt-field-error" role="alert">{}</p>')
_SHOW, _FOCUS = Markup(" data-show"), Markup(" data-focus")
_WAITING = Markup(' aria-disabled="true"')  # keeps the focus


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


@dataclass(frozen=True, slots=True)
class RuleRows:
    """
    Writes the rows.

    Attributes:
        may_edit: whether there are controls.
        menu: as the argument of ``alerts_html``, like the next two.
        edited: see there.
        added: see there.
        disabled: attribute of buttons.
        most_markets: that a rule lists.
    """

    may_edit: bool
    menu: OpenMenu
    edited: str
    added: str
    disabled: Markup
    most_markets: int

    def rule(self, rule: WatchedRule) -> Markup:
        state = _state(rule.sign, rule.muted or rule.sign.value)
        markets = self._markets(rule) if len(rule.markets) > 1 else _NOTHING
        details = _DETAILS.format(_summary(rule), rule.condition, rule.terms, markets)
        key, show = f"rule {rule.name}", _SHOW if rule.name == self.added else _NOTHING
        return _RULE.format(_style(rule.sign), key, show, rule.name, state, details, self._actions(rule))

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
        items.append(more_html(len(rule.markets) - len(markets), "markets"))
        return _MARKETS.format(join(items))

    def _actions(self, rule: WatchedRule) -> Markup:
        if not self.may_edit:
            return _NOTHING
        is_muted, market = bool(rule.muted), ""
        if not is_muted and len(rule.markets) == 1 and rule.sign is Sign.MUTED:  # when it had several
            is_muted, market = True, rule.markets[0].name
        mute, form = self._mute(rule.name, market, rule.name, is_muted=is_muted)
        focus = _FOCUS if rule.name == self.edited else _NOTHING
        edit = _button("edit", rule.name, focus, "Edit", rule.name, self.disabled, "Edit")
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
        return _button(do, rule, of_market, text, name, disabled, text), form


def more_html(count: int, what: str) -> Markup:
    """Return that *count* more are not listed; nothing for none."""
    return _MORE.format(f"{count:,}", what) if count else _NOTHING


@lru_cache(128)
def _state(sign: Sign, word: str) -> Markup:
    return _STATE.format(_SHAPES[sign], word)


def _style(sign: Sign) -> str:
    """Return the style class of *sign* without its ``is-``."""
    return _STYLES.get(sign, sign.value)


def _summary(rule: WatchedRule) -> str:
    """Return what a rule's only market states, or which of several are in the state that the rule is shown in."""
    if not rule.markets:
        return "watches no market that is collected"
    if len(rule.markets) == 1:
        return rule.markets[0].text or rule.condition  # a row without a text could not be told nor opened by its name
    sign = rule.sign  # of all markets
    labels = [market.label for market in rule.markets if market.sign is sign]
    if rule.muted or sign in (Sign.ARMED, Sign.DONE, Sign.EXPIRED) or not labels:
        return f"{len(rule.markets)} markets"
    named = ", ".join(labels[:_MOST_NAMED]) + (f" and {len(labels) - _MOST_NAMED} more" if labels[_MOST_NAMED:] else "")
    return f"{len(labels)} of {len(rule.markets)}: {named}"
