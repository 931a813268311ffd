"""The replay bar: play and pause, speed, a field for a date, and a slider over the day."""

from collections.abc import Callable
from typing import Any

import anywidget
import ipywidgets as widgets
import traitlets
from markupsafe import Markup

from tracker.core.downsampling import downsample
from tracker.core.durations import DAY, HOUR
from tracker.dashboard.browser import bundle
from tracker.dashboard.panel import Panel, html
from tracker.dashboard.view_state import ViewState
from tracker.dashboard.widgets.date_field import DateField
from tracker.history.playback import FASTEST, Playback
from tracker.render.format import time_text
from tracker.render.format.templating import join
from tracker.render.page.go_to import replay_time
from tracker.render.svg.shapes import sparkline

SPEEDS = (1, 10, 60, 600, FASTEST)
_WIDE, _HIGH = 1000, 28  # size of the view box of the day's sparkline

_HOUR_HTML = Markup('<span style="left:{:.2f}%">{}</span>')
_DAY_HTML = Markup(
    '<svg viewBox="0 0 {width} {height}" preserveAspectRatio="none" role="img" aria-label="{name} over the day">'
    '<path d="{line}" vector-effect="non-scaling-stroke"/></svg><div class="bt-replay-hours">{hours}</div>'
)


class Scrubber(anywidget.AnyWidget):
    """A slider over the day; the browser's native one, which works with keys, touch and screen readers."""

    _esm = bundle("scrubber")

    value = traitlets.Int(0).tag(sync=True)  # seconds of the day
    text = traitlets.Unicode().tag(sync=True)  # the time in words, for screen readers

    def __init__(self, on_slide: Callable[[int], None]) -> None:
        super().__init__()
        self._on_slide = on_slide
        self.add_class("bt-scrubber")
        self.on_msg(self._on_message)

    def _on_message(self, _widget: object, content: dict[str, Any], _buffers: object) -> None:
        seconds = content.get("seconds")
        if isinstance(seconds, int) and 0 <= seconds * 1000 <= DAY:
            self._on_slide(seconds)


class ReplayBar(Panel):
    """Controls of a running replay; ``begin`` is the toolbar's button that starts one."""

    name = "The replay"
    depends_on = ("replay", "chosen", "playing", "seeks", "zone", "has_stored_prices", "actions")
    refresh_every = 1_000

    def __init__(self, state: ViewState) -> None:
        self.play = widgets.Button(description="Pause", tooltip="Play or pause the replay")
        self.play.add_class("bt-button")
        self.time = html("", "bt-replay-time")
        self.day = html("", "bt-replay-day")
        self.slider = Scrubber(self._seek_in_day)
        self.speeds = widgets.ToggleButtons(options=[(f"{speed:,}×", speed) for speed in SPEEDS], value=60)
        self.speeds.add_class("bt-segmented")
        self.earlier, self.later = (
            widgets.Button(description=text, tooltip=text) for text in ("Previous day", "Next day")
        )
        self.date = DateField("Go to", "Go to a date or time of the replay", self._go)
        self.back = widgets.Button(description="Back to live")
        self.begin = widgets.Button(description="Replay stored prices")
        for button in (self.earlier, self.later, self.begin):
            button.add_class("bt-link")
        self.back.add_class("bt-button")
        self._picture: tuple[object, ...] = ()
        self._is_showing_speed = False  # the speed is being set from the clock, not by the viewer
        self.play.on_click(lambda button: self._toggle_playing())
        self.earlier.on_click(lambda button: self._move_by(-DAY))
        self.later.on_click(lambda button: self._move_by(DAY))
        self.back.on_click(lambda button: self._do(state.actions.end_replay))
        self.begin.on_click(lambda button: self._begin())
        self.speeds.observe(self._set_speed, names="value")
        track = widgets.VBox([self.day, self.slider])
        track.add_class("bt-replay-track")
        days = widgets.HBox([self.earlier, self.later])
        days.add_class("bt-replay-days")
        self.bar = (self.play, self.time, track, days, self.date, self.speeds, self.back)
        super().__init__(state, style="bt-replay")

    def render(self) -> None:
        clock: Playback | None = self.state.replay
        shown = self.state.data.has_stored_prices and self.state.actions.start_replay is not None
        self.begin.layout.display = None if shown else "none"
        if clock is None:
            self.box.remove_class("is-on")
            return
        self.box.add_class("is-on")
        self.body = self.bar
        # Hidden, not taken away: a browser does not free all of a button that is.
        self.back.layout.display = None if self.state.actions.end_replay is not None else "none"
        now, zone = clock.now(), self.state.zone
        self.play.description = "Pause" if clock.playing else "Play"
        self.time.value = Markup("<b>{}, {}</b>").format(
            time_text.date(now, zone), time_text.hour_minute_second(now, zone)
        )
        start = now // DAY * DAY
        self.slider.value = (now - start) // 1000
        self.slider.text = f"{time_text.day(now, zone)}, {time_text.hour_minute(now, zone)}"
        self._is_showing_speed = True
        if clock.speed in SPEEDS:
            self.speeds.value = int(clock.speed)
        self._is_showing_speed = False
        self.earlier.disabled = start <= clock.start
        self.later.disabled = start + DAY > clock.end
        picture = (start, self.state.chosen, zone, self.state.data.revision)
        if picture != self._picture:
            self._picture = picture
            self.day.value = self._day(start)

    def _day(self, start: int) -> Markup:
        """Return a sparkline of the first chosen market on the day from *start* (epoch ms), and the hours below it."""
        line = ""
        market = next(iter(self.state.chosen), None)
        if market is not None:
            points = downsample(self.state.data.read(market, DAY, start + DAY), 250)
            line = sparkline(points, start, DAY, _WIDE, _HIGH)
        hours = join(
            [
                _HOUR_HTML.format(100 * hour / 24, time_text.hour_minute(start + hour * HOUR, self.state.zone))
                for hour in range(0, 24, 6)
            ]
        )
        name = f"{market.base}/{market.quote}" if market else ""
        return _DAY_HTML.format(width=_WIDE, height=_HIGH, name=name, line=line, hours=hours)

    def _do(self, action: Callable[[], None] | None) -> None:
        if action is not None:  # None: no longer available since the button was drawn
            action()

    def _begin(self) -> None:
        """Start a replay of what is shown: from the end of a past range on, else of the last day."""
        start, page = self.state.actions.start_replay, self.state.page
        if start is not None:
            start(page.visible_range[1] if page.is_past else None, of_address=False)

    def _toggle_playing(self) -> None:
        clock: Playback | None = self.state.replay
        if clock is not None:
            (clock.pause if clock.playing else clock.play)()
            self.state.playing = clock.playing

    def _move_by(self, ms: int) -> None:
        if self.state.replay is not None:
            self._seek(self.state.replay.now() + ms)

    def _go(self, text: str) -> str:
        clock: Playback | None = self.state.replay
        if clock is None:
            raise ValueError("The replay has ended")
        time, zone = replay_time(text, clock, self.state.zone), self.state.zone
        self.state.view = None  # a part of what was replayed before
        self._seek(time)
        return f"Replayed from {time_text.date(time, zone)}, {time_text.hour_minute(time, zone)}"

    def _seek_in_day(self, seconds: int) -> None:
        clock: Playback | None = self.state.replay
        if clock is not None:
            self._seek(clock.now() // DAY * DAY + seconds * 1000)

    def _seek(self, time: int) -> None:
        clock: Playback | None = self.state.replay
        if clock is not None:
            clock.seek(time)
            self.state.seeks += 1  # what is shown follows once its prices are read

    def _set_speed(self, change: Any) -> None:
        if self.state.replay is not None and not self._is_showing_speed:
            self.state.replay.speed = float(change["new"])
