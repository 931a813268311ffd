"""Settings whose file is removed or emptied between the start of a process and its first look at it."""

import pytest

from tests.runtime.test_settings_watch import EUR, USD, Followed, names


@pytest.fixture
def begun(tmp_path):
    """Settings that a process has begun with, and that nobody follows yet."""
    followed = Followed(tmp_path, EUR, start=False)
    yield followed
    followed.watch.stop()


@pytest.mark.parametrize(("text", "words"), [(None, "was removed"), ("\n", "is empty")])
def test_what_a_process_began_with_stays_in_force_until_there_are_settings_again(begun, text, words):
    begun.document.put(text)
    begun.watch.start()
    state = begun.next()
    assert (names(state), state.problem) == (
        ["kraken:BTC/EUR"],
        f"memory {words}; expected settings, or a comment for the defaults",
    )
    assert names(begun.put(USD)) == ["kraken:BTC/USD"]


def test_an_empty_file_at_the_start_is_no_problem(tmp_path):
    followed = Followed(tmp_path, "")
    assert followed.started.file is not None
    try:
        assert followed.put(USD).problem == ""
        assert names(followed.put("# the defaults\n")) == names(followed.unchanged)
    finally:
        followed.watch.stop()
