"""What viewers who may edit ask for, in a running app."""

import json
import tomllib

import pytest

from tests.support.page_server import now
from tests.support.running_app import EUR, app_settings, run_app, until
from tracker.alerts.states.mutes import PREFIX
from tracker.alerts.states.status_document import JOB
from tracker.collector.factory import make_coordination
from tracker.dashboard.alerts.draft import OWN, Draft
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


def test_where_it_was_not_asked_for_a_page_has_nothing_that_changes_alerts(tmp_path, monkeypatch, unused_url):
    monkeypatch.setenv(EDIT, "no")
    (tmp_path / "tracker.toml").write_text(TOML)

    async def check(app):
        assert app.state.actions.alerts is None
        assert not app.state.data.alerts.may_edit
        assert app.state.data.alerts.rules[0].name == "low"

    run_app(check, tmp_path, unused_url)
