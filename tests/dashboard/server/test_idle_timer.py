"""The timer reports what was idle at every check for longer than the grace."""

from hypothesis import given
from hypothesis import strategies as st

from tracker.dashboard.server.idle_timer import IdleTimer


@given(st.lists(st.sets(st.sampled_from("abc")), min_size=1), st.integers(0, 5))
def test_only_names_idle_at_every_check_for_longer_than_the_grace_are_reported(checks, grace):
    seconds = [0.0]
    timer = IdleTimer(lambda: seconds[0])
    for at, idle in enumerate(checks):
        seconds[0] = at
        expected = {
            name for name in "abc" if at > grace and all(name in past for past in checks[at - grace - 1 : at + 1])
        }
        assert set(timer.longer_than(grace, idle)) == expected


def test_a_name_that_was_active_starts_over():
    seconds = [0.0]
    timer = IdleTimer(lambda: seconds[0])
    timer.longer_than(5, {"a"})
    seconds[0] = 4
    timer.reset("a")
    seconds[0] = 6
    assert timer.longer_than(5, {"a"}) == []
    seconds[0] = 12
    assert timer.longer_than(5, {"a"}) == ["a"]
