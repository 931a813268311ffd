"""What viewers who may edit ask for: what comes of it where something fails, or was changed elsewhere meanwhile."""

import asyncio
from dataclasses import replace
from types import SimpleNamespace

import pytest

from tests.support.page_states import NOW, Page
from tests.support.running_app import EUR
from tracker.core.durations import DAY, MINUTE
from tracker.core.errors import StoreError
from tracker.dashboard.alerts.draft import Draft
from tracker.dashboard.alerts.editor import AlertEditor
from tracker.render.page.alerts_view import Rehearsal
from tracker.runtime.settings import read_settings
from tracker.runtime.settings_watch import FollowedSettings

TOML = """[channels]
ops = "env:OPS_URL"

[[rules]]
name = "low"
market = "kraken:BTC/EUR"
when = "price < 15300"
"""
DRAFT = Draft(str(EUR), value="1", name="new")


class World:
    """
    An editor, and the settings that it goes by.

    Attributes:
        started: the work that the editor wants to be done.
    """

    def __init__(self, folder):
        self.file = folder / "tracker.toml"
        self.started = []
        self.source = SimpleNamespace(followed=lambda: self.followed, now=lambda: NOW, rehearsed={})
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


@pytest.fixture
def world(tmp_path):
    (tmp_path / "tracker.toml").write_text(TOML)
    return World(tmp_path)


@pytest.mark.parametrize("left", [None, "", "\n"])
def test_nothing_is_written_in_place_of_settings_that_were_removed_or_emptied(world, left):
    low = world.editor.rule("low")
    world.file.unlink()
    if left is not None:
        world.file.write_text(left)
    for act, subject in ((world.editor.save, DRAFT), (world.editor.delete, low)):
        answer = world.answer(act, subject)
        assert answer.startswith("tracker.toml was removed or is empty; expected the settings that are in use")
    assert (world.file.read_text() if world.file.exists() else None) == left


def test_the_first_rule_makes_the_file_and_no_other_one_after_it_was_removed(tmp_path):
    world = World(tmp_path)
    began = world.followed.settings
    assert world.answer(world.editor.save, DRAFT) == ""
    assert 'name = "new"' in world.file.read_text()
    world.read()
    world.followed = replace(world.followed, settings=world.followed.settings.model_copy(update={"file": began.file}))
    world.file.unlink()
    assert "put the file back" in world.answer(world.editor.save, replace(DRAFT, name="other"))
    assert not world.file.exists()


def test_a_name_that_was_given_to_another_rule_meanwhile_is_said_in_words(world):
    assert world.answer(world.editor.save, replace(DRAFT, name="low")) == (
        "an earlier rule has this name, by which it is known; give one another"
    )


def test_of_very_many_firings_that_are_rehearsed_the_last_300_are_marked_and_all_counted(world, monkeypatch):
    firings = [SimpleNamespace(begin=SimpleNamespace(at=time)) for time in range(305)]
    past = SimpleNamespace(begin=0, end=400, markets={EUR: SimpleNamespace(firings=firings)}, firings=firings)
    monkeypatch.setattr("tracker.dashboard.alerts.editor.rehearse", lambda *_args, **_options: past)
    found = world.answer(world.editor.rehearse, DRAFT)
    assert found == Rehearsal(0, 400, tuple(range(5, 305)), 5)
    assert world.source.rehearsed == {EUR: tuple(range(5, 305))}


@pytest.mark.parametrize("failure", [StoreError("data/ is unreadable"), ZeroDivisionError()])
def test_after_a_rehearsal_that_fails_the_next_one_is_done(world, monkeypatch, failure):
    def fail(*_args, **_options):
        raise failure

    monkeypatch.setattr("tracker.dashboard.alerts.editor.rehearse", fail)
    for _ in range(2):
        assert world.answer(world.editor.rehearse, DRAFT) is None


def test_the_last_seven_days_are_rehearsed_with_what_the_settings_say_of_doubtful_prices(world, monkeypatch):
    world.file.write_text(f'coverage_floor = 0.5\nunmoved_after = "3min"\n{TOML}')
    world.read()
    asked = []
    monkeypatch.setattr("tracker.dashboard.alerts.editor.rehearse", lambda *args, **more: asked.append((args, more)))
    world.answer(world.editor.rehearse, DRAFT)
    [((rule, markets, _store, start, end), more)] = asked
    assert (rule.name, markets, start, end) == ("new", world.editor.markets, NOW - 7 * DAY, NOW)
    assert (more["floor"], more["unmoved_after"]) == (0.5, 3 * MINUTE)


def test_a_rehearsal_ends_and_is_shown_no_longer_once_the_form_is_closed(world, monkeypatch):
    answers, was_cancelled = [], []

    def rehearse(*_args, cancelled, **_options):
        was_cancelled.append(cancelled())
        world.editor.rehearse(None, answers.append)
        was_cancelled.append(cancelled())
        return SimpleNamespace(begin=0, end=400, markets={}, firings=[])

    monkeypatch.setattr("tracker.dashboard.alerts.editor.rehearse", rehearse)
    world.editor.rehearse(DRAFT, answers.append)
    world.finish()
    assert was_cancelled == [False, True]
    assert answers == []
