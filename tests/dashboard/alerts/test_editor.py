"""What viewers who may edit ask for, in a running app."""

import json
import subprocess
import tomllib
from subprocess import CompletedProcess, TimeoutExpired

import pytest

from tests.support.page_server import now
from tests.support.running_app import EUR, app_settings, run_app, until
from tracker.alerts.muting import PREFIX
from tracker.alerts.status_document import JOB
from tracker.collector.factory import make_coordination
from tracker.dashboard.alerts.draft import OWN, Draft, FieldError
from tracker.runtime.rule_settings import RuleSettings
from tracker.runtime.viewer_edits import EDIT

TOML = """# my settings
[channels]
ops = "env:OPS_URL"

[[rules]]
name = "low"  # keep
market = "kraken:BTC/EUR"
when = "price < 15300"
"""


@pytest.fixture
def file(tmp_path, monkeypatch):
    """The settings file; viewers may edit."""
    monkeypatch.setenv(EDIT, "yes")
    path = tmp_path / "tracker.toml"
    path.write_text(TOML)
    return path


def answered(act):
    """Call *act* with a callback; return what waits for its answer, which it returns."""
    answers = []
    act(answers.append)

    async def wait():
        await until(lambda: answers, "it is answered")
        return answers[0]

    return wait()


def rules(file):
    return tomllib.loads(file.read_text())["rules"]


def test_a_rule_is_added_changed_and_deleted_and_the_rest_of_the_file_stays(file, tmp_path, unused_url):
    async def check(app):
        editor = app.state.actions.alerts
        assert editor.channels == ("ops",)
        draft = Draft(str(EUR), "moves", "2", "6h", "3min", "moves", ("ops",))
        assert await answered(lambda done: editor.save(draft, done)) == ""
        assert rules(file)[1] == {
            "name": "moves",
            "market": ["kraken:BTC/EUR"],
            "when": "change(6h) > 2% or change(6h) < -2%",
            "for": "3min",
            "notify": ["ops"],
        }
        changed = Draft(str(EUR), OWN, "price < 15400", name="lower", opened=editor.rule("low"))
        assert await answered(lambda done: editor.save(changed, done)) == ""
        assert rules(file)[0] == {"name": "lower", "market": "kraken:BTC/EUR", "when": "price < 15400"}
        assert "# my settings" in file.read_text()
        assert "# keep" in file.read_text()
        lower = RuleSettings.model_validate(rules(file)[0])
        assert await answered(lambda done: editor.delete(lower, done)) == ""
        assert [rule["name"] for rule in rules(file)] == ["moves"]
        assert "lower was deleted meanwhile" in await answered(lambda done: editor.delete(lower, done))

    run_app(check, tmp_path, unused_url)


def test_what_would_make_the_file_wrong_is_not_written(file, tmp_path, unused_url):
    async def check(app):
        editor = app.state.actions.alerts
        draft = Draft(str(EUR), value="1", name="new", channels=("ops",))
        file.write_text(TOML.replace("ops =", "family ="))  # meanwhile
        problem = await answered(lambda done: editor.save(draft, done))
        assert "no channel 'ops'" in problem
        assert str(tmp_path) not in problem
        assert len(rules(file)) == 1

    run_app(check, tmp_path, unused_url)


def test_a_rule_that_was_changed_since_the_form_was_opened_is_left_as_it_is(file, tmp_path, unused_url):
    async def check(app):
        editor = app.state.actions.alerts
        low = editor.rule("low")
        draft = Draft(str(EUR), value="15300", name="lower", opened=low)
        file.write_text(TOML.replace("15300", "15000"))  # meanwhile
        written = file.read_text()
        for act in (lambda done: editor.save(draft, done), lambda done: editor.delete(low, done)):
            assert "low was changed meanwhile" in await answered(act)
        assert file.read_text() == written

    run_app(check, tmp_path, unused_url)


def test_what_cannot_be_written_for_an_unforeseen_reason_is_answered(file, tmp_path, unused_url, monkeypatch):
    def fail(*_args):
        raise RuntimeError(f"in {tmp_path}/x")

    async def check(app):
        monkeypatch.setattr("tracker.dashboard.alerts.editor.edit_settings", fail)
        text = await answered(lambda done: app.state.actions.alerts.save(Draft(str(EUR), value="1"), done))
        assert text == "RuntimeError: in x"

    run_app(check, tmp_path, unused_url)


def test_rules_that_a_variable_overrides_are_not_written(file, tmp_path, unused_url, monkeypatch):
    monkeypatch.setenv("TRACKER_RULES", '[{"name": "low", "market": "kraken:BTC/EUR", "when": "price < 1"}]')

    async def check(app):
        editor = app.state.actions.alerts
        draft = Draft(str(EUR), value="15300", name="new")
        low = editor.rule("low")
        for act in (lambda done: editor.save(draft, done), lambda done: editor.delete(low, done)):
            assert "unset TRACKER_RULES" in await answered(act)
        assert file.read_text() == TOML

    run_app(check, tmp_path, unused_url)


def test_a_mute_is_a_request_to_whichever_process_watches(file, tmp_path, unused_url):
    watcher = make_coordination(app_settings(tmp_path, unused_url), "test")
    assert watcher.try_acquire(JOB)  # else the app would fulfil the request itself

    async def check(app):
        editor = app.state.actions.alerts
        end = now() + 3_600_000
        assert await answered(lambda done: editor.mute("low", EUR, end, done)) == ""
        [name] = watcher.names(PREFIX)
        fields = json.loads(watcher.read(name))
        assert (fields["rule"], fields["market"], fields["until"]) == ("low", str(EUR), end)

    run_app(check, tmp_path, unused_url)
    watcher.release(JOB)


def test_a_draft_is_rehearsed_and_only_the_last_one(file, tmp_path, exchange_url):
    async def check(app):
        editor, found = app.state.actions.alerts, []
        await until(lambda: app.state.page.newest(EUR), "there are prices")
        for value in ("1", "2"):
            draft = Draft(str(EUR), "above", value)
            editor.rehearse(draft, lambda rehearsal, value=value: found.append((value, rehearsal)))
        await until(lambda: found, "it is rehearsed")
        [(value, rehearsal)] = found
        assert value == "2"
        assert len(rehearsal.firings) == 1
        await until(lambda: app.state.page.marks(EUR).rehearsed, "the charts mark it")
        editor.rehearse(Draft(str(EUR), "above", "3"), found.append)
        await until(lambda: len(found) == 2, "another is rehearsed")
        editor.rehearse(None, found.append)
        await until(lambda: not app.state.page.marks(EUR).rehearsed, "the form was closed")

    run_app(check, tmp_path, exchange_url)


def test_a_draft_that_cannot_be_read_is_an_error_in_the_form(file, tmp_path, unused_url):
    async def check(app):
        editor = app.state.actions.alerts
        assert editor.read(Draft(str(EUR), value="15300")).name == "EUR below 15,300"
        with pytest.raises(FieldError, match="which"):
            editor.read(Draft(str(EUR), value="15.300"))

    run_app(check, tmp_path, unused_url)


@pytest.mark.parametrize("asked", ["", "no"])
def test_where_it_was_not_asked_for_a_page_has_nothing_that_changes_alerts(tmp_path, monkeypatch, unused_url, asked):
    monkeypatch.setenv(EDIT, asked)
    (tmp_path / "tracker.toml").write_text(TOML)

    async def check(app):
        assert app.state.actions.alerts is None
        assert not app.state.data.alerts.may_edit
        assert app.state.data.alerts.rules[0].name == "low"

    run_app(check, tmp_path, unused_url)


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
def test_a_test_says_what_the_other_side_answered(file, tmp_path, monkeypatch, unused_url, result, words):
    commands = []

    def run(command, env, **_options):
        commands.append((command[1:], env["TRACKER_CONFIG"]))
        if isinstance(result, Exception):
            raise result
        return result

    async def check(app):
        monkeypatch.setattr(subprocess, "run", run)
        editor = app.state.actions.alerts
        said = []
        first = answered(lambda done: editor.test("ops", done))
        editor.test("ops", said.append)
        editor.test("--help", said.append)
        assert said == ["Another test is under way; wait for its answer.", "--help is in the settings no longer."]
        assert await first == words
        assert await answered(lambda done: editor.test("ops", done)) == words
        assert commands == [(["-m", "tracker", "channels", "test", "ops"], str(file))] * 2

    run_app(check, tmp_path, unused_url)
