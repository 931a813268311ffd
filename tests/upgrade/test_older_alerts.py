"""The database of alerts of an older release: states, history and what is still to be sent are all there."""

import json
import shutil
from pathlib import Path

import pytest

from tests.support.alert_database import MINUTE, NOW, close_all, files, opened, raw
from tracker.alerts.database import schema
from tracker.alerts.database.database import FILE
from tracker.core.errors import StoreError

HOUR = 60 * MINUTE
SPECIMENS = sorted(path.parent for path in Path(__file__).parent.glob(f"*/{FILE}"))


@pytest.fixture(params=SPECIMENS, ids=lambda path: path.name)
def specimen(request):
    """A folder with a database, named by its format, and what the release that wrote it read from it."""
    return request.param


@pytest.fixture
def folder(specimen, tmp_path):
    """A copy of the database, alone."""
    shutil.copy(specimen / FILE, tmp_path)
    yield tmp_path
    close_all()


@pytest.fixture
def expected(specimen):
    """What the release that wrote it read from it."""
    return json.loads((specimen / "read.json").read_text("utf-8"))


def due(database):
    return [
        [each.event.kind.value, each.event.rule, each.channel, each.attempt, each.repeated]
        for each in database.due(NOW + HOUR)
    ]


def history(database):
    return [
        [past.event.to_plain(), [[way.channel, way.attempts, way.sent_at, way.due_at] for way in past.dispatches]]
        for past in database.history(0)
    ]


def test_a_newer_release_takes_over_states_history_and_what_is_still_to_be_sent(folder, expected):
    database = opened(folder, 8)
    states = [each.to_plain() for each in database.load_states()]
    assert [state | old for state, old in zip(states, expected["states"], strict=True)] == states, "a key may be new"
    assert history(database) == expected["history"]
    begun = ["fired", "begun", "a", 2, True]  # nobody knows whether it arrived, so it is sent once more
    assert sorted(due(database)) == sorted([*expected["due"], begun])
    assert database.mutes() == ()
    database.close()
    again = opened(folder, 9)
    assert sorted(due(again)) == sorted([*expected["due"], begun])
    assert raw(folder, "SELECT value FROM alert_meta WHERE key = 'version'") == [(schema.VERSION,)]


def test_all_of_it_can_be_sent_once(folder, expected):
    database = opened(folder, 8)
    sent = []
    while deliveries := database.begin(database.due(NOW + HOUR), NOW + HOUR):
        sent += [(each.event.kind.value, each.event.rule) for each in deliveries]
        database.sent(deliveries, NOW + HOUR)
    events = [(past["kind"], past["rule"]) for past, _ in expected["history"]]
    assert sorted([*sent, ("fired", "sent")]) == sorted(events)


def test_the_specimens_have_every_phase_and_one_that_could_not_be_told(expected):
    assert {state["phase"] for state in expected["states"]} == {"armed", "pending", "firing", "done"}
    assert any(state["problem"] for state in expected["states"])


def test_a_reader_leaves_it_as_it_was(folder):
    before = files(folder)
    with pytest.raises(StoreError, match="it can be read once this version has begun to watch rules"):
        opened(folder, None)
    assert files(folder) == before


@pytest.mark.parametrize("token", [None, 8])
def test_a_release_that_does_not_know_the_format_refuses_it_unharmed(specimen, folder, token, monkeypatch):
    known = int(specimen.name.removeprefix("alerts_")) - 1
    monkeypatch.setattr(schema, "VERSION", known)
    before = files(folder)
    with pytest.raises(StoreError, match=f"format {known + 1}, this version reads formats up to {known}; nothing was"):
        opened(folder, token)
    assert files(folder) == before
