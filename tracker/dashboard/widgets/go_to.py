"""The toolbar's field for a date or a time, to which the charts then go."""

from collections.abc import Callable

from tracker.dashboard.panel import Panel
from tracker.dashboard.view_state import ViewState
from tracker.dashboard.widgets.date_field import DateField
from tracker.render.page.go_to import shown_text, view_of


class GoTo(Panel):
    """Moves the visible range to a typed date; in a replay the replay bar has a field, which moves the clock."""

    name = "This field"
    depends_on = ("replay",)

    def __init__(self, state: ViewState) -> None:
        self.field = DateField("Go to", "Go to a date or time", self._go)
        super().__init__(state, self.field, style="bt-go-to")

    def render(self) -> None:
        self.box.layout.display = None if self.state.replay is None else "none"

    def _go(self, text: str) -> None:
        def show(apply: Callable[[], None]) -> None:
            apply()  # first, as it builds the buttons of the span anew, one of which may have had the focus
            self.field.answer(shown_text(self.state.page))

        self.state.look(view=view_of(self.state.page, text), show=show)
