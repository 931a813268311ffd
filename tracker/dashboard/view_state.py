"""The state that the page's widgets share: the viewer's choices as traits, the page's data and its actions."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, fields, replace
from datetime import UTC
from functools import partial
from typing import Any

import traitlets

from tracker.core.errors import TrackerError
from tracker.dashboard.alerts.actions import AlertActions
from tracker.dashboard.waiting_choice import Range, Show, WaitingChoice, apply, apply_nothing
from tracker.history.playback import Playback
from tracker.render.page import url_query
from tracker.render.page.page_data import PageData
from tracker.render.page.state import MODES, THEMES, Choices, FailedAction, PageState, Replay, View

_DEFAULT = Choices()
_TRAITS = tuple(field.name for field in fields(Choices) if field.name != "replay")


@dataclass(frozen=True, slots=True)
class Actions:
    """The actions of the page's buttons; None: not available now. Each one returns before its work is done."""

    simulate: Callable[[], None] | None = None  # switch to a simulated market
    # Replay the last stored day, or what the page's address asks for: start (epoch ms), speed, whether it plays.
    start_replay: Callable[..., None] | None = None
    replay_simulated_day: Callable[..., None] | None = None  # the same with simulated prices; no stored ones needed
    end_replay: Callable[[], None] | None = None  # return to live prices
    fetch: Callable[[int], None] | None = None  # request older prices from a time (epoch ms) on
    poll: Callable[[bool], None] | None = None  # request a poll of what has no price now, True: of stand-ins too
    alerts: AlertActions | None = None  # mute, add, change and delete rules; None: this viewer may only read
    is_switching: bool = False  # whether a replay is being started or ended


class ViewState(traitlets.HasTraits):
    """
    The traits of ``Choices``, and the ``PageData`` they apply to.

    The app replaces *data* about once a second, with ``update``; panels redraw if a field they depend on changed.
    Change several traits within ``hold_trait_notifications``.
    """

    chosen = traitlets.Tuple()  # of Market
    span = traitlets.Int(_DEFAULT.span)
    view = traitlets.Instance(View, allow_none=True)
    mode = traitlets.Enum(MODES, _DEFAULT.mode)
    candles = traitlets.Bool(_DEFAULT.candles)
    rank_by = traitlets.Unicode(_DEFAULT.rank_by)
    sort = traitlets.Unicode()
    zone = traitlets.Any(UTC)
    viewer_zone = traitlets.Any(UTC)
    unknown_zone = traitlets.Unicode()
    theme = traitlets.Enum(THEMES, _DEFAULT.theme)
    address_problem = traitlets.Unicode()
    failed_action = traitlets.Instance(FailedAction, allow_none=True)
    replay = traitlets.Instance(Playback, allow_none=True)  # the clock of the replay; None: live
    playing = traitlets.Bool(False)  # whether the replay moves
    seeks = traitlets.Int(0)  # how often the viewer has set the clock of a replay
    data = traitlets.Instance(PageData)
    actions = traitlets.Instance(Actions)
    reading = traitlets.Instance(Range, allow_none=True)  # the last choice whose prices are not read yet; None: none is
    watched = traitlets.Bool(True)  # False: no browser shows the page, so nothing is drawn
    has_connected = traitlets.Bool(False)  # whether a browser has connected since the start
    batch: Callable[[], AbstractContextManager[None]] = nullcontext  # sends what widgets change within it together

    def __init__(self, data: PageData | None = None, *, monotonic: Callable[[], float] = lambda: 0.0, **traits: Any):
        """
        Start with *data*, by default empty, and *traits*.

        Args:
            data: what the page shows at first.
            monotonic: a clock in seconds for throttling redraws; the default disables throttling.
            traits: initial values of other traits.
        """
        super().__init__(data=data or PageData(), actions=traits.pop("actions", Actions()), **traits)
        self.monotonic = monotonic
        self.link: object = None  # to the browser; made with the first panel
        self._put_off: set[Callable[[], None]] = set()
        # Reads what a page shows, then calls back with whether it could; None: everything is in memory.
        self.read_page: Callable[[PageState, Callable[[bool], None]], None] | None = None
        self._waiting: list[WaitingChoice] = []  # choices whose prices are being read

    @property
    def page(self) -> PageState:
        """A snapshot of the choices and the data, as an immutable value."""
        clock = self.replay
        replay = None if clock is None else Replay(clock.now(), clock.speed, clock.playing, clock.is_simulated_day)
        return PageState(Choices(replay=replay, **{name: getattr(self, name) for name in _TRAITS}), self.data)

    @property
    def is_reading(self) -> bool:
        """Whether the prices of another range of time are being read."""
        return self.reading is not None

    @property
    def wanted_page(self) -> PageState:
        """The page as it will be once the prices that are being read are there."""
        return self.page if self.reading is None else self._page_of(self.reading)

    @contextmanager
    def hold_trait_notifications(self) -> Iterator[None]:
        """Notify of all changes within the block at its end, and send what the widgets then change together."""
        with self.batch(), super().hold_trait_notifications():
            yield

    def update(self, **changes: Any) -> None:
        """Replace fields of *data*."""
        self.data = self.data.updated(**changes)

    def look(
        self,
        *,
        span: int | None = None,
        view: View | None = None,
        show: Show = apply,
    ) -> PageState:
        """
        Show another range of time once its prices are in memory, until then what is shown now.

        If they cannot be read, the choice stays ``reading``, and ``read_again`` tries it until another one is made.

        Args:
            span: the chosen span; None: the one chosen last.
            view: the range zoomed to; None: the last span.
            show: is called once with the function that applies the choice, which does nothing if the prices could not
                be read or if something else was wanted meanwhile.

        Returns:
            The page as it will be.
        """
        last = self._waiting[-1] if self._waiting else None
        if span is None:  # one that cannot be read does not keep the viewer from zooming into what is shown
            span = self.span if last is None or last.has_failed else last.range.span
        wanted = Range(span, view)
        if last is not None and last.range == wanted and last.is_being_read:
            last.shows.append(show)  # a browser repeats what is not answered within seconds
        else:
            self._waiting.append(WaitingChoice(wanted, [show]))
            self._read(self._waiting[-1])
        return self._page_of(wanted)

    def read_again(self) -> None:
        """Read what is wanted and could not be read."""
        if self._waiting and not self._waiting[-1].is_being_read:
            self._read(self._waiting[-1])

    def _page_of(self, wanted: Range) -> PageState:
        page = self.page
        return replace(page, choices=replace(page.choices, span=wanted.span, view=wanted.view))

    def _read(self, waiting: WaitingChoice) -> None:
        waiting.is_being_read = True
        if self.read_page is None:
            self._answer(waiting, could_read=True)
        else:
            self.read_page(self._page_of(waiting.range), partial(self._answer, waiting))
            self._note_reading()

    def _answer(self, waiting: WaitingChoice, could_read: bool) -> None:
        if waiting not in self._waiting:
            return  # a later choice was answered before
        place = self._waiting.index(waiting)
        answered, later = self._waiting[: place + 1], self._waiting[place + 1 :]
        *shows, last_show = [show for each in answered for show in each.shows] or [apply]
        waiting.shows, waiting.is_being_read = [], False
        waiting.has_failed = not could_read
        self._waiting = later or [waiting] * (not could_read)
        last_show(apply_nothing if self._waiting else partial(self._show, waiting.range))
        for show in shows:
            show(apply_nothing)
        self._note_reading()

    def _show(self, wanted: Range) -> None:
        with self.hold_trait_notifications():
            self.span, self.view = wanted

    def _stop_reading(self) -> None:
        waiting, self._waiting = self._waiting, []
        for show in [show for each in waiting for show in each.shows]:
            show(apply_nothing)
        self._note_reading()

    def _note_reading(self) -> None:
        self.reading = self._waiting[-1].range if self._waiting else None

    def put_off(self, redraw: Callable[[], None]) -> None:
        """Have ``catch_up`` call *redraw*, which came too soon after the one before."""
        self._put_off.add(redraw)

    def catch_up(self) -> None:
        """Call what was put off: in a paused replay, no further change of the data would have it drawn."""
        redraws, self._put_off = self._put_off, set()
        for redraw in redraws:
            redraw()

    def value(self, name: str) -> object:
        """Return the trait *name*, or the field *name* of ``data``."""
        return getattr(self, name) if self.has_trait(name) else getattr(self.data, name)

    def follow(self, query: str) -> None:
        """Apply the choices in *query*, from the page's address; choices that it leaves out stay."""
        before = self.page.choices
        choices, problem = url_query.read(self.page, query)
        with self.hold_trait_notifications():
            # A browser sends its address again until it is answered; the replay may be opening by then.
            if choices.replay is not None and choices.replay != before.replay and not self.actions.is_switching:
                try:
                    self._play(choices.replay)
                except (ValueError, TrackerError) as error:
                    problem = "; ".join(filter(None, [problem, f"replay: {error}"]))
                    choices = replace(choices, view=before.view)
            for name in _TRAITS:
                if name not in ("span", "view"):
                    setattr(self, name, getattr(choices, name))
            self.address_problem = problem
            if choices.replay != before.replay:  # its reader, which is being made, reads them
                self._stop_reading()
                self.span, self.view = choices.span, choices.view
            elif (choices.span, choices.view) != (self.span, self.view):
                self.look(span=choices.span, view=choices.view)

    def _play(self, wanted: Replay) -> None:
        if self.replay is None:
            start = self.actions.replay_simulated_day if wanted.is_simulated else self.actions.start_replay
            if start is None:
                raise ValueError("nothing is stored that could be played")
            start(wanted.now, wanted.speed, wanted.playing)
            return
        clock = self.replay
        clock.seek(wanted.now)
        clock.speed = wanted.speed
        if not wanted.playing:
            clock.pause()
        self.playing = clock.playing
        self.update(now=clock.now())
