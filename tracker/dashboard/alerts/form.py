"""The form in which a viewer who may edit adds and changes a rule."""

from collections.abc import Callable
from dataclasses import replace
from itertools import count
from typing import Any

from tracker.core.durations import MINUTE
from tracker.dashboard.alerts.actions import AlertActions
from tracker.dashboard.alerts.draft import EVERY, KINDS, OWN, Draft
from tracker.dashboard.alerts.field_error import FieldError
from tracker.dashboard.alerts.fields_html import WHOLE
from tracker.dashboard.alerts.form_html import HOLDS, SPANS, FormView
from tracker.dashboard.alerts.more import NAMES, SEVERITIES
from tracker.dashboard.alerts.opened_draft import draft_of, value_beside
from tracker.dashboard.browser.live_html import Fields
from tracker.render.format import plain_text
from tracker.render.page.alerts_view import Rehearsal

NOTHING_TYPED = "Type what to compare with."
_CHOICES = ("market", "kind", "span", "hold")
_WITH_WHAT_IS_TYPED = ("draft", "save", "ask_delete", "test")
_RENEWED = MINUTE  # ms from one rehearsal of the same rule to the next, which goes up to then
_CHANNEL = "channel "  # before the name of a channel, in the name of its field


class Form:
    """
    What is typed, and what came of it; nothing while it is closed.

    Args:
        actions: returns what the viewer may do at this moment; None: nothing.
        changed: called when ``view`` has changed.

    Attributes:
        view: the form at this moment; None while it is closed.
        said: what came of the last one, once it is closed; "" for nothing.
        edited: the rule that the last one was opened for, by its name of now, once it is closed; "" for none.
        added: the rule that the last one has added.
    """

    def __init__(self, actions: Callable[[], AlertActions | None], changed: Callable[[], None]) -> None:
        self._actions = actions
        self._changed = changed
        self._numbers = count(1)
        self._rehearsed: tuple[int, Draft] | None = None  # the last rule that was, or is being
        self._rehearsed_at = 0  # epoch ms
        self._refused_by: object = None  # the settings beside which something could not be written
        self.view: FormView | None = None
        self.said = self.edited = self.added = ""

    def do(self, what: str, fields: Fields) -> None:
        """Do what the viewer has asked for; nothing if that may not be done, or not now."""
        actions = self._actions()
        if actions is None:
            return
        self.said = self.edited = self.added = ""
        if what == "add":
            market = next(map(str, actions.markets), EVERY)
            self._open(actions, Draft(market=market, channels=actions.channels[:1], zone=actions.zone))
        elif what == "edit" and (rule := actions.rule(fields.get("rule", ""))) is not None:
            self._open(actions, draft_of(rule, actions))
        elif self.view is not None:
            self._do_in_form(actions, self.view, what, fields)

    def renew(self) -> None:
        """Follow the settings, and what is so now; what was typed stays."""
        actions, view = self._actions(), self.view
        if actions is None or view is None or view.is_saving:
            return
        channels = tuple(name for name in view.draft.channels if name in actions.channels)
        draft, said = replace(view.draft, channels=channels), view.said
        if draft.opened is not None and (present := actions.rule(draft.replaces)) != draft.opened:
            if present is None:
                said = f"{draft.replaces} was deleted meanwhile. Add alert adds it anew."
                draft = replace(draft, name=draft.name or draft.replaces, opened=None)
            else:
                said = f"{draft.replaces} was changed meanwhile: cancel, and open it again."
        self.view = replace(view, draft=draft, said=said, markets=actions.markets, channels=actions.channels)
        self._read(actions)
        stays = view.field == self.view.field or (view.field == WHOLE and actions.version == self._refused_by)
        if view.error and not self.view.error and stays:
            self._set(field=view.field, error=view.error)  # of what was asked for last

    def close(self) -> None:
        """Close it; what was typed is gone."""
        self.view = None
        actions = self._actions()
        if actions is not None:
            self._forget(actions)
        self._changed()

    def _forget(self, actions: AlertActions) -> None:
        """Mark no rehearsal any more."""
        self._rehearsed = None
        actions.rehearse(None, lambda found: None)

    def _open(self, actions: AlertActions, draft: Draft) -> None:
        self.view = FormView(
            number=next(self._numbers), draft=draft, markets=actions.markets, channels=actions.channels
        )
        self._read(actions)
        self._changed()

    def _do_in_form(self, actions: AlertActions, view: FormView, what: str, fields: Fields) -> None:
        if view.is_saving:  # which nothing ends any more
            return
        if what == "cancel":
            self.edited = view.draft.replaces
            self.close()
        elif what == "keep":
            self._show(asks_to_delete=False)
        elif what == "delete":
            if view.asks_to_delete and view.draft.opened is not None:
                self._show(is_saving=True)
                actions.delete(
                    view.draft.opened, self._done(view.number, self._written(f"Deleted {view.draft.replaces}."))
                )
        elif what in _WITH_WHAT_IS_TYPED:
            view = self._type(actions, view, fields)
            if what == "save":
                self._save(actions)
            elif what == "ask_delete":
                self._show(asks_to_delete=True)
            elif what == "test" and not view.is_testing:
                self._test(actions, view.number, view.draft.channels)

    def _test(self, actions: AlertActions, number: int, channels: tuple[str, ...], said: str = "") -> None:
        """Send a test to each of *channels*, one after the other; *said*: what came of those before."""
        if not channels:
            self._show(is_testing=False)
            return
        self._show(said=f"{said}Sending to {channels[0]} …", is_testing=True)

        def answered(text: str) -> None:
            self._set(said=f"{said}{text}")
            self._test(actions, number, channels[1:], f"{said}{plain_text.sentence(text)} ")

        actions.test(channels[0], self._done(number, answered))

    def _type(self, actions: AlertActions, view: FormView, fields: Fields) -> FormView:
        """Take over what is typed, and return the form with it."""
        typed: dict[str, Any] = {name: fields[name] for name in ("value", "name") if name in fields}
        typed |= {name: fields[name] for name in _CHOICES if name in fields and _is_offered(view, name, fields[name])}
        if typed.get("value") == view.draft.value and typed.get("kind", view.draft.kind) != view.draft.kind:
            typed["value"] = value_beside(view.draft, typed["kind"])
        more = {name: fields[name] for name in NAMES if name in fields}
        if more.get("severity") not in SEVERITIES:
            more.pop("severity", None)
        in_order = dict.fromkeys((*(view.draft.opened.notify if view.draft.opened else ()), *view.channels))
        channels = tuple(name for name in in_order if name in view.channels and f"{_CHANNEL}{name}" in fields)
        typed |= {"channels": channels, "once": "once" in fields, "more": replace(view.draft.more, **more)}
        draft = replace(view.draft, **typed)
        if draft != view.draft:
            view = replace(view, draft=draft, said="", asks_to_delete=False)
        self.view = view
        self._read(actions)
        self._changed()
        return self.view

    def _read(self, actions: AlertActions) -> None:
        """Find what the rule means, and have it rehearsed."""
        view = self.view
        if view is None:
            return
        try:
            reading = actions.read(view.draft)
        except FieldError as error:
            self.view = replace(view, field=error.field, error=str(error), meaning="", suggested="", rehearsal=None)
            self._forget(actions)
        else:
            told = {"meaning": reading.meaning, "limits": reading.limits, "suggested": reading.name}
            self.view = replace(view, field="", error="", rearm=reading.rearm, **told)  # type: ignore[arg-type]
            self._rehearse(actions, self.view)

    def _rehearse(self, actions: AlertActions, view: FormView) -> None:
        """Have the rule rehearsed, unless that was done a moment ago: its name and channels do not matter."""
        rule, now = (view.number, replace(view.draft, name="", channels=())), actions.now()
        is_same = rule == self._rehearsed
        if is_same and now - self._rehearsed_at < _RENEWED:
            return
        self._rehearsed, self._rehearsed_at = rule, now
        if not is_same:
            self.view = replace(view, rehearsal=None, is_rehearsing=True)

        def done(found: Rehearsal | None) -> None:
            if rule == self._rehearsed:
                self._set(rehearsal=found, is_rehearsing=False)
                if self.view is not None and not self.view.is_saving:
                    self._read(actions)  # it may know more of now
                self._changed()

        actions.rehearse(view.draft, done)

    def _save(self, actions: AlertActions) -> None:
        view = self.view
        if view is None:
            return
        if view.field:
            self._show(error=view.error or NOTHING_TYPED)
            return
        self._show(is_saving=True)
        name = view.draft.name.strip() or view.suggested
        if view.draft.replaces:
            written = self._written(f"Saved {name}.", edited=name)
        else:
            written = self._written(f"Added {name}.", added=name)
        actions.save(view.draft, self._done(view.number, written))

    def _written(self, said: str, edited: str = "", added: str = "") -> Callable[[str], None]:
        """Return what closes the form and says *said*, unless it is called with a problem."""

        def written(problem: str) -> None:
            if problem:
                actions = self._actions()
                self._refused_by = None if actions is None else actions.version
                self._show(field=WHOLE, error=problem, is_saving=False, asks_to_delete=False)
            else:
                self.said, self.edited, self.added = said, edited, added
                self.close()

        return written

    def _done(self, number: int, then: Callable[[str], None]) -> Callable[[str], None]:
        """Return *then* for the form *number*, which may be closed meanwhile."""
        return lambda text: then(text) if self.view is not None and self.view.number == number else None

    def _show(self, **changes: object) -> None:
        if self.view is not None:
            self._set(**changes)
            self._changed()

    def _set(self, **changes: object) -> None:
        if self.view is not None:
            self.view = replace(self.view, **changes)  # type: ignore[arg-type]  # fields of FormView


def _is_offered(view: FormView, name: str, chosen: str) -> bool:
    """Return whether the form offers *chosen* in the list *name*; a forged message may have anything."""
    if name == "market":
        return chosen in (EVERY, view.draft.market, *map(str, view.markets))
    if name == "kind":
        return chosen in (OWN, *KINDS)
    return chosen == getattr(view.draft, name) or chosen in (SPANS if name == "span" else ("", *HOLDS))
