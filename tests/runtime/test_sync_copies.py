"""Recognising copies that sync programs made, by their names."""

import pytest

from tracker.runtime.sync_copies import original_stem


@pytest.mark.parametrize(
    "mark",
    [
        *(".sync-conflict-20261123-150405-ABCDEFG", ".sync-conflict-20261123-150405", " (conflicted copy)"),
        *(" (Anna's conflicted copy 2026-11-24)", " (conflicted copy 2026-11-24 101112)", "_conflict-20261124-101112"),
        " (1)",
    ],
)
@pytest.mark.parametrize("stem", ["2026-11-23-15", "04", "btceur", "XBTEUR_1"])
def test_a_copy_has_the_name_of_its_original_and_a_mark(stem, mark):
    assert original_stem(f"{stem}{mark}") == stem


@pytest.mark.parametrize("stem", ["2026-11-23-15", "btceur", "XBTEUR_1", "BTCEUR-1m-2024-01", "conflict", "a (b)", ""])
def test_any_other_name_is_its_own_original(stem):
    assert original_stem(stem) == stem
