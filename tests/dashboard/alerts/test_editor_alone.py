"""What viewers who may edit ask for: what comes of it where something fails, or was changed elsewhere meanwhile."""

import subprocess
from dataclasses import replace
from subprocess import CompletedProcess, TimeoutExpired
from types import SimpleNamespace

import pytest

from tests.support.editor_world import TOML, EditorWorld
from tests.support.page_states import NOW
from tests.support.running_app import EUR
from tracker.alerts.readings.verdict import Reading
from tracker.alerts.rules.expression import Measure
from tracker.alerts.states.state_machine import Row
from tracker.core.durations import DAY, MINUTE
from tracker.core.errors import StoreError
from tracker.dashboard.alerts.draft import OWN, Draft
from tracker.dashboard.alerts.field_error import FieldError
from tracker.dashboard.alerts.more import More
from tracker.render.page.alerts_view import Rehearsal

DRAFT = Draft(str(EUR), value="1", name="new")
REHEARSE = "tracker.dashboard.alerts.draft_rehearsal.rehearse"


@pytest.fixture
def world(tmp_path):
    (tmp_path / "tracker.toml").write_text(TOML)
    return EditorWorld(tmp_path)


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
    world = EditorWorld(tmp_path)
    began = world.followed.settings
    assert world.answer(world.editor.save, DRAFT) == ""
    assert 'name = "new"' in world.file.read_text()
    world.read()
    world.followed = replace(world.followed, settings=world.followed.settings.model_copy(update={"file": began.file}))
    world.file.unlink()
    assert "put the file back" in world.answer(world.editor.save, replace(DRAFT, name="other"))
    assert not world.file.exists()


def test_what_would_make_the_file_wrong_is_not_written(world, tmp_path):
    text = TOML.replace("ops =", "family =")
    world.file.write_text(text)
    problem = world.answer(world.editor.save, replace(DRAFT, channels=("ops",)))
    assert "no channel 'ops'" in problem
    assert str(tmp_path) not in problem
    assert world.file.read_text() == text


def test_a_rule_that_was_changed_since_the_form_was_opened_is_left_as_it_is(world):
    low, text = world.editor.rule("low"), TOML.replace("15300", "15000")
    world.file.write_text(text)
    for act, subject in ((world.editor.save, replace(DRAFT, opened=low)), (world.editor.delete, low)):
        assert "low was changed meanwhile" in world.answer(act, subject)
    assert world.file.read_text() == text


def test_what_cannot_be_written_for_an_unforeseen_reason_is_answered(world, tmp_path, monkeypatch):
    def fail(*_args):
        raise RuntimeError(f"in {tmp_path}/x")

    monkeypatch.setattr("tracker.dashboard.alerts.editor.edit_settings", fail)
    assert world.answer(world.editor.save, DRAFT) == "RuntimeError: in x"


def test_rules_that_a_variable_overrides_are_not_written(world, monkeypatch):
    monkeypatch.setenv("TRACKER_RULES", '[{"name": "low", "market": "kraken:BTC/EUR", "when": "price < 1"}]')
    world.read()
    for act, subject in ((world.editor.save, DRAFT), (world.editor.delete, world.editor.rule("low"))):
        assert "unset TRACKER_RULES" in world.answer(act, subject)
    assert world.file.read_text() == TOML


def test_a_draft_that_cannot_be_read_is_an_error_in_the_form(world):
    assert world.editor.read(Draft(str(EUR), value="15300")).name == "EUR below 15,300"
    with pytest.raises(FieldError, match="which"):
        world.editor.read(Draft(str(EUR), value="15.300"))


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (CompletedProcess([], 0, "ops: 200 OK\n", "a warning"), "ops: 200 OK"),
        (
            CompletedProcess([], 1, "", "a warning\nerror: ops: it refuses the connection\n"),
            "ops: it refuses the connection",
        ),
        (CompletedProcess([], 1, "", ""), "Nothing is known of ops."),
        (TimeoutExpired([], 1), "ops has not answered for 60 s."),
    ],
)
def test_a_test_says_what_the_other_side_answered(world, monkeypatch, result, words):
    commands, said = [], []

    def run(command, env, **_options):
        commands.append((command[1:], env["TRACKER_CONFIG"]))
        if isinstance(result, Exception):
            raise result
        return result

    monkeypatch.setattr(subprocess, "run", run)
    world.editor.test("ops", said.append)
    world.editor.test("ops", said.append)
    world.editor.test("--help", said.append)
    assert said == ["Another test is under way; wait for its answer.", "--help is in the settings no longer."]
    world.finish()
    assert said[2:] == [words]
    assert world.answer(world.editor.test, "ops") == words
    assert commands == [(["-m", "tracker", "channels", "test", "ops"], str(world.file))] * 2


def test_a_name_that_was_given_to_another_rule_meanwhile_is_said_in_words(world):
    assert world.answer(world.editor.save, replace(DRAFT, name="low")) == (
        "an earlier rule has this name too; each needs its own"
    )


def test_a_time_that_is_over_ends_no_rule(world):
    with pytest.raises(FieldError, match="is over"):
        world.editor.read(replace(DRAFT, more=More(expires="2022-11-09 15:10")))


def past_of(*times, last=None):
    """Return a rehearsal of EUR that fired at *times*."""
    firings = [SimpleNamespace(begin=SimpleNamespace(at=time)) for time in times]
    return SimpleNamespace(
        begin=0, end=400, markets={EUR: SimpleNamespace(firings=firings, last=last)}, firings=firings
    )


def test_what_is_marked_stays_while_the_same_rule_is_rehearsed_anew(world, monkeypatch):
    monkeypatch.setattr(REHEARSE, lambda *_args, **_options: past_of(1))
    world.answer(world.editor.rehearse, DRAFT)
    for draft, marks in ((DRAFT, {EUR: (1,)}), (replace(DRAFT, value="2"), {})):
        world.editor.rehearse(draft, lambda found: None)
        assert world.source.rehearsed == marks
        world.finish()


def test_what_the_rehearsal_read_last_is_so_now(world, monkeypatch):
    draft = Draft(str(EUR), OWN, "implied(EUR/USD) > 1.2")
    row = Row(NOW, 10_000, {Measure("implied", pair=("EUR", "USD")): Reading(1.1)})
    monkeypatch.setattr(REHEARSE, lambda *_args, **_options: past_of(last=row))
    assert "now" not in world.editor.read(draft).meaning
    world.answer(world.editor.rehearse, draft)
    assert "now 1.1000 USD" in world.editor.read(draft).meaning


def test_of_very_many_firings_that_are_rehearsed_the_last_300_are_marked_and_all_counted(world, monkeypatch):
    monkeypatch.setattr(REHEARSE, lambda *_args, **_options: past_of(*range(305)))
    found = world.answer(world.editor.rehearse, DRAFT)
    assert found == Rehearsal(0, 400, tuple(range(5, 305)), 5)
    assert world.source.rehearsed == {EUR: tuple(range(5, 305))}


@pytest.mark.parametrize("failure", [StoreError("data/ is unreadable"), ZeroDivisionError()])
def test_after_a_rehearsal_that_fails_the_next_one_is_done(world, monkeypatch, failure):
    def fail(*_args, **_options):
        raise failure

    monkeypatch.setattr(REHEARSE, fail)
    for _ in range(2):
        assert world.answer(world.editor.rehearse, DRAFT) is None


def test_the_last_seven_days_are_rehearsed_with_what_the_settings_say_of_doubtful_prices(world, monkeypatch):
    world.file.write_text(f'coverage_floor = 0.5\nunmoved_after = "3min"\n{TOML}')
    world.read()
    asked = []
    monkeypatch.setattr(REHEARSE, lambda *args, **more: asked.append((args, more)))
    world.answer(world.editor.rehearse, DRAFT)
    [((rule, markets, _store, start, end), more)] = asked
    assert (rule.name, markets, start, end) == ("new", world.editor.markets, NOW - 7 * DAY, NOW)
    assert (more["floor"], more["unmoved_after"]) == (0.5, 3 * MINUTE)


def test_the_charts_have_the_threshold_of_what_is_written_in_place_of_the_rule_that_it_replaces(world):
    world.editor.rehearse(replace(DRAFT, opened=world.editor.rule("low")), lambda found: None)
    drafted, replaced = world.source.drafted
    assert (drafted.condition, replaced) == ("price < 1", "low")
    world.editor.rehearse(None, lambda found: None)
    world.finish()
    assert world.source.drafted is None


def test_a_rehearsal_ends_and_is_shown_no_longer_once_the_form_is_closed(world, monkeypatch):
    answers, was_cancelled = [], []

    def rehearse(*_args, cancelled, **_options):
        was_cancelled.append(cancelled())
        world.editor.rehearse(None, answers.append)
        was_cancelled.append(cancelled())
        return SimpleNamespace(begin=0, end=400, markets={}, firings=[])

    monkeypatch.setattr(REHEARSE, rehearse)
    world.editor.rehearse(DRAFT, answers.append)
    world.finish()
    assert was_cancelled == [False, True]
    assert answers == []
