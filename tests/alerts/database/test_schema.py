"""The tables of alerts on a database server, of which the tests have none: what it would be asked."""

from tracker.alerts.database import schema
from tracker.alerts.database.sqlalchemy_library import sqlalchemy as sa


def asked(work):
    """Return what *work* executes, as PostgreSQL reads it."""
    statements = []

    def execute(statement, *_, **__):
        statements.append(" ".join(str(statement.compile(dialect=engine.dialect)).split()))

    engine = sa.create_mock_engine("postgresql://", execute)
    work(engine)
    return statements


def test_who_notes_what_was_sent_waits_for_a_writer_so_that_no_end_of_a_firing_is_overlooked():
    [statement] = asked(schema.lock)
    assert statement.endswith("FOR UPDATE")


def test_times_and_the_numbers_of_events_have_room_for_what_they_count():
    statements = asked(lambda engine: schema.meta.metadata.create_all(engine, checkfirst=False))
    [events] = [statement for statement in statements if "TABLE alert_events" in statement]
    assert "id BIGSERIAL" in events
    assert " INTEGER" not in events
