"""Whether a page's viewers may change alerts: only where that was asked for, and never for strangers."""

import pytest

from tracker.runtime.viewer_edits import EDIT, confirm_edits, viewers_may_edit


@pytest.mark.parametrize(("asked", "may"), [(None, False), ("yes", True), ("no", False), ("1", False), ("YES", False)])
def test_a_page_that_was_not_asked_for_it_is_for_reading(monkeypatch, asked, may):
    monkeypatch.delenv(EDIT, raising=False)
    if asked is not None:
        monkeypatch.setenv(EDIT, asked)
    assert viewers_may_edit() is may


@pytest.mark.parametrize(
    ("asked", "is_closed", "may"), [("yes", True, True), ("yes", False, False), ("no", True, False), ("", True, False)]
)
def test_a_server_that_is_open_to_strangers_confirms_nothing(monkeypatch, asked, is_closed, may):
    monkeypatch.setenv(EDIT, asked)
    confirm_edits(is_closed=is_closed)
    assert viewers_may_edit() is may
