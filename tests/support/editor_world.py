"""An editor of alerts without a page, and the settings file that it changes."""

import asyncio
from types import SimpleNamespace

from tests.support.page_states import NOW, Page
from tracker.dashboard.alerts.editor import AlertEditor
from tracker.runtime.settings import read_settings
from tracker.runtime.settings_watch import FollowedSettings

TOML = """[channels]
ops = "env:OPS_URL"

[[rules]]
name = "low"
market = "kraken:BTC/EUR"
when = "price < 15300"
"""


class EditorWorld:
    """
    An editor, and the settings that it goes by.

    Attributes:
        started: the work that the editor wants to be done.
    """

    def __init__(self, folder):
        self.file = folder / "tracker.toml"
        self.started = []
        self.source = SimpleNamespace(followed=lambda: self.followed, now=lambda: NOW, rehearsed={}, drafted=None)
        self.editor = AlertEditor(Page().state, self.source, None, None, self.started.append)
        self.read()

    def read(self):
        """Go by what is in the file now."""
        settings = read_settings(self.file.parent)
        self.followed = FollowedSettings(settings, "", settings)

    def finish(self):
        """Do the work that was started."""
        while self.started:
            asyncio.run(self.started.pop(0))

    def answer(self, act, *arguments):
        """Return what *act* answers."""
        answers = []
        act(*arguments, answers.append)
        self.finish()
        [answer] = answers
        return answer
