"""The panel of alerts beside the charts."""

from dataclasses import replace
from typing import TYPE_CHECKING

from tracker.core.durations import HOUR
from tracker.core.market import Market
from tracker.dashboard.alerts.actions import AlertActions, Done
from tracker.dashboard.alerts.until import read_until
from tracker.dashboard.browser.live_html import Fields, LiveHtml
from tracker.dashboard.panel import Panel
from tracker.dashboard.view_state import ViewState
from tracker.render.html.alerts import TITLE, add_html, alerts_html
from tracker.render.html.rule_rows import OpenMenu, is_muted
from tracker.render.page.alerts_view import AlertsView
from tracker.runtime.rule_settings import RuleSettings, matches_market

if TYPE_CHECKING:
    from tracker.dashboard.alerts.form import Form

_PATIENCE = 10_000  # ms for the process that watches to take up a mute; it looks every second or two
_NOT_TAKEN = "No process that watches the rules has taken it up yet; it counts as soon as one does."


class AlertsPanel(Panel):
    """
    One row for each rule, problems, the last firings, and the form of a rule; absent while there is nothing to show.

    Whoever may not edit sees no control, and what their browser sends all the same changes nothing.
    """

    title = TITLE
    name = "The list of alerts"
    depends_on = ("alerts", "actions", "zone")
    refresh_every = 1_000

    def __init__(self, state: ViewState) -> None:
        self._menu = OpenMenu()
        self._drawn: tuple[AlertsView, OpenMenu, str, str] | None = None
        self._was_muted, self._waits_until = False, 0  # of a menu that waits; epoch ms of this machine's clock
        self.form: Form | None = None  # made for the first viewer who may edit, as it loads the language of rules
        self.list, self.foot = LiveHtml(self._do_in_list), LiveHtml(self._do_in_form)
        self.list.add_class("bt-alert-list")
        self.foot.add_class("bt-alert-foot")
        super().__init__(state, self.list, self.foot, style="bt-alerts bt-panel")

    def render(self) -> None:
        alerts = self.state.data.alerts or AlertsView()
        self._end_waiting(alerts)
        (self.box.add_class if alerts.is_shown else self.box.remove_class)("is-shown")
        if self.form is not None:
            self.form.renew()
        self._redraw_form()

    def _redraw_form(self) -> None:
        state = self.state
        self._show_list(state.data.alerts or AlertsView())  # first: a form that goes would take the focus elsewhere
        self.foot.layout.display = "none" if state.actions.alerts is None else None
        if state.actions.alerts is None:
            self.foot.show("")
        elif self.form is None:
            self.foot.show(add_html())
        else:
            from tracker.dashboard.alerts.form_html import form_html, said_html
            from tracker.dashboard.alerts.view import Words

            if self.form.view is None:
                self.foot.show(add_html() + said_html(self.form.said))
                return

            self.foot.show(form_html(self.form.view, Words(state.data.markets, state.data.now, state.zone)))

    def _do_in_form(self, what: str, fields: Fields) -> None:
        """Do what the browser has sent of the form, as far as its viewer may."""
        if self.state.actions.alerts is not None:
            self._open_form().do(what, fields)

    def _do_in_list(self, what: str, fields: Fields) -> None:
        """Do what the browser has sent of the rows, as far as its viewer may."""
        actions = self.state.actions.alerts
        if actions is None:
            return
        if what == "cancel":
            self._show_menu(OpenMenu())
        elif what == "edit":
            self._open_form().do(what, fields)
        elif (rule := actions.rule(fields.get("rule", ""))) is not None:
            name = fields.get("market", "")
            market = next((market for market in _markets_of(rule, actions) if str(market) == name), None)
            if market is not None or not name:
                self._mute(actions, OpenMenu(rule.name, name), market, what, fields.get("until", ""))

    def _open_form(self) -> "Form":
        if self.form is None:
            from tracker.dashboard.alerts.form import Form

            self.form = Form(lambda: self.state.actions.alerts, self._redraw_form)
        return self.form

    def _mute(self, actions: AlertActions, menu: OpenMenu, market: Market | None, what: str, typed: str) -> None:
        """Do *what* with the rule of *menu*, in *market* or in all; *typed*: until when."""
        until = None
        if what == "choose_mute":
            self._show_menu(menu)
            return
        if what == "mute_hour":
            until = actions.now() + HOUR
        elif what == "mute_until":
            try:
                until = read_until(typed, actions.now(), self.state.zone)
            except ValueError as error:
                self._show_menu(replace(menu, error=str(error)))
                return
        elif what != "unmute":
            return
        actions.mute(menu.rule, market, until, self._muted(menu))

    def _muted(self, menu: OpenMenu) -> Done:
        """Return what has *menu* wait, or show the problem; another one that was opened meanwhile stays."""
        was_muted = is_muted(self.state.data.alerts or AlertsView(), menu.rule, menu.market)

        def done(problem: str) -> None:
            actions = self.state.actions.alerts
            if replace(self._menu, error="") not in (menu, OpenMenu()) or actions is None:
                return
            self._was_muted, self._waits_until = was_muted, actions.now() + _PATIENCE
            self._show_menu(replace(menu, error=problem, is_waiting=not problem))

        return done

    def _end_waiting(self, alerts: AlertsView) -> None:
        """Close the menu once what was chosen is so; say so if that takes too long."""
        menu, actions = self._menu, self.state.actions.alerts
        if not menu.is_waiting or actions is None:
            return
        if is_muted(alerts, menu.rule, menu.market) != self._was_muted:
            self._menu = OpenMenu()
        elif actions.now() > self._waits_until:
            self._menu = replace(menu, is_waiting=False, error=_NOT_TAKEN)

    def _show_menu(self, menu: OpenMenu) -> None:
        self._menu = menu
        alerts = self.state.data.alerts or AlertsView()
        self._end_waiting(alerts)
        self._show_list(alerts)

    def _show_list(self, alerts: AlertsView) -> None:
        form = self.form
        drawn = alerts, self._menu, form.edited if form else "", form.added if form else ""
        if drawn != self._drawn:
            self.list.show(alerts_html(*drawn) if alerts.is_shown else "")
            self._drawn = drawn
        if form is not None and any(rule.name in (form.edited, form.added) for rule in alerts.rules):
            form.edited = form.added = ""  # once is enough


def _markets_of(rule: RuleSettings, actions: AlertActions) -> tuple[Market, ...]:
    """Return the markets that *rule* watches."""
    return tuple(market for market in actions.markets if any(matches_market(each, market) for each in rule.market))
