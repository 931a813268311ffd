"""Formats of the database: older ones are brought forward, newer ones refused."""

import sqlite3

import pytest

from tests.support.alert_database import deliver, files, firings, opened, raw, state
from tracker.alerts.database import schema
from tracker.alerts.database.database import FILE
from tracker.alerts.database.sqlalchemy_library import sqlalchemy as sa
from tracker.core.errors import StoreError

NOW_KNOWN = schema.VERSION  # before a test changes it
NEXT = NOW_KNOWN + 1


@pytest.mark.parametrize("token", [None, 2])
def test_a_newer_format_is_refused_and_the_files_are_as_they_were(folder, token):
    newer = f"UPDATE alert_meta SET value = {NEXT} WHERE key = 'version'"
    raw(folder, newer, "DROP TABLE alert_deliveries")
    before = files(folder)
    with pytest.raises(
        StoreError, match=f"format {NEXT}, this version reads formats up to {NOW_KNOWN}; nothing was touched"
    ):
        opened(folder, token)
    assert files(folder) == before


@pytest.fixture
def migrations(monkeypatch):
    """Two steps to a later format, as later releases may have them; the second can be made to fail."""

    def second(connection):
        connection.execute(sa.text("UPDATE alert_states SET rule = upper(rule)"))
        if steps.get("fail"):
            raise sa.exc.OperationalError("", {}, sqlite3.OperationalError("no space"))

    steps = {
        NOW_KNOWN: lambda connection: connection.execute(sa.text("ALTER TABLE alert_states ADD COLUMN note TEXT")),
        NEXT: second,
    }
    monkeypatch.setattr(schema, "MIGRATIONS", steps)
    monkeypatch.setattr(schema, "VERSION", NEXT + 1)
    return steps


def test_an_older_format_is_brought_forward_and_keeps_what_it_has(folder, migrations):
    database = opened(folder, 2)
    assert [row[:2] + row[3:] for row in raw(folder, "SELECT * FROM alert_states")] == [
        ("HIGH", "kraken:BTC/EUR", None)
    ]
    assert raw(folder, "SELECT value FROM alert_meta WHERE key = 'version'") == [(NEXT + 1,)]
    assert deliver(database) == [("fired", "ops")]
    database.close()
    assert firings(past.event for past in opened(folder, 3).history(0)) == [("fired", 0)]


def test_nobody_else_can_write_between_the_look_at_the_version_and_the_migration(folder, migrations, monkeypatch):
    look = schema.check_version

    def locked_out(connection, place):
        other = sqlite3.connect(folder / FILE, timeout=0)
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
        other.close()
        return look(connection, place)

    monkeypatch.setattr(schema, "check_version", locked_out)
    opened(folder, 2)


def test_a_migration_that_fails_leaves_the_older_format(folder, migrations, monkeypatch):
    migrations["fail"] = True
    before = raw(folder, "SELECT * FROM alert_states")
    with pytest.raises(StoreError, match="no space"):
        opened(folder, 2)
    assert raw(folder, "SELECT * FROM alert_states") == before
    monkeypatch.undo()
    assert opened(folder, 2).load_states() == (state(),)


def test_a_format_from_which_no_step_leads_is_refused(folder, migrations):
    del migrations[NEXT]
    before = raw(folder, "SELECT * FROM alert_states")
    with pytest.raises(StoreError, match=f"format {NEXT} cannot be read any more"):
        opened(folder, 2)
    assert raw(folder, "SELECT * FROM alert_states") == before


def test_a_reader_does_not_bring_an_older_format_forward(folder, migrations):
    before = files(folder)
    with pytest.raises(
        StoreError, match=f"format {NOW_KNOWN}; it can be read once this version has begun to watch rules"
    ):
        opened(folder, None)
    assert files(folder) == before
