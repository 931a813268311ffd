"""A page whose prices are read when a test says so."""

from tests.support.page_states import NOW, Page
from tracker.core.durations import MINUTE
from tracker.dashboard import PriceCharts


class Reading:
    """
    A page of three markets; each read waits for its answer.

    Attributes:
        answers: of each read, what is called with whether it was possible.
    """

    def __init__(self) -> None:
        self.state = Page().state
        self.charts = PriceCharts(self.state)
        self.answers = []
        self.state.read_page = lambda page, answer: self.answers.append(answer)

    def zoom(self, minutes: int, seq: int) -> None:
        content = {"kind": "view", "start": NOW - 2 * minutes * MINUTE, "end": NOW - minutes * MINUTE}
        self.charts.bridge._handle_custom_msg({**content, "live": False, "seq": seq}, [])

    @property
    def seq(self) -> int:
        return self.charts.bridge.domain["seq"]
