"""``tracker purge``, as it is typed."""

import os
import re
import sys
from datetime import UTC, datetime

import pytest

from tests.support.command import tracker
from tests.support.stored_prices import EUR, HOUR, USD, now

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="paths are printed in another way")


def test_purge_previews_needs_a_confirmation_and_deletes_only_older_rows(tmp_path, store):
    before = len(store.read(EUR, 0, now() + HOUR))
    status, out, _ = tracker("purge", "--before", "5h", "--dry-run", folder=tmp_path)
    assert (status, out.split(": ")[0]) == (0, "kraken:BTC/EUR")
    assert len(store.read(EUR, 0, now() + HOUR)) == before
    status, _, err = tracker("purge", "--before", "5h", folder=tmp_path)
    assert (status, err) == (
        2,
        "error: purge: not a terminal; pass --yes to delete, --dry-run to preview\n",
    )
    assert len(store.read(EUR, 0, now() + HOUR)) == before
    status, out, _ = tracker("purge", "--market", "kraken:BTC/EUR", "--before", "5h", "--yes", folder=tmp_path)
    assert status == 0
    left = store.read(EUR, 0, now() + HOUR)
    assert before - 36 <= len(left) < before
    assert left.time[0] >= now() - 6 * HOUR - 20_000
    assert len(store.read(USD, 0, now() + HOUR)) == before


@pytest.mark.parametrize(("answer", "is_deleted"), [("y", True), ("n", False), ("", False)])
def test_on_a_terminal_purge_asks_before_it_deletes(tmp_path, store, answer, is_deleted):
    import pty

    keyboard, terminal = pty.openpty()
    try:
        os.write(keyboard, f"{answer}\n".encode())
        with open(terminal, closefd=False) as stdin:
            status, out, _ = tracker("purge", "--before", "5h", folder=tmp_path, stdin=stdin)
    finally:
        os.close(keyboard)
        os.close(terminal)
    assert "Delete them? [y/N]" in out
    assert (status == 0) == is_deleted
    assert (len(store.read(EUR, 0, now() - 7 * HOUR)) == 0) == is_deleted


def test_a_preview_of_purge_names_the_time_of_the_first_row_to_delete(tmp_path, store):
    first = int(store.read(EUR, 0, now() + HOUR).time[0])
    _, out, _ = tracker("purge", "--before", "5h", "--dry-run", "--market", "kraken:BTC/EUR", folder=tmp_path)
    when = f"{datetime.fromtimestamp(first / 1000, UTC):%Y-%m-%d %H:%M}"
    assert re.fullmatch(rf"kraken:BTC/EUR: \d+ rows from {when} on, before [-\d]+ [:\d]+ UTC\n", out)
    assert "kraken:BTC/EUR: 0 rows before" in tracker("purge", "--before", "9d", "--dry-run", folder=tmp_path)[1]
