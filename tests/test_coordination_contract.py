"""Every coordination does what the contract in tracker/adapters.py says; ``join`` adds a process to one of them."""

import pytest
from fakes import MemoryCoordination

from tracker.coordination.file import FileCoordination
from tracker.errors import LeaseError


class Time:
    """The wall clock of all processes, epoch ms."""

    def __init__(self):
        self.now = 1_700_000_000_000

    def __call__(self):
        return self.now


@pytest.fixture
def time():
    return Time()


@pytest.fixture(params=["file", "memory"])
def join(request, tmp_path, time):
    made, shared = [], {}

    def process(label="test"):
        if request.param == "file":
            made.append(FileCoordination(tmp_path / "data", label, now=time))
        else:
            made.append(MemoryCoordination(label, shared, now=time))
        return made[-1]

    yield process
    for each in made:
        for name in ("collect", "alerts"):
            each.release(name)


def test_one_of_two_has_the_lease(join):
    first, second = join(), join()
    assert first.try_acquire("collect")
    assert not second.try_acquire("collect")
    assert (first.held("collect"), second.held("collect")) == (True, False)


def test_acquiring_a_lease_that_is_held_already_succeeds_within_the_same_term(join):
    process = join()
    assert process.try_acquire("collect")
    token = process.token("collect")
    assert process.try_acquire("collect")
    assert process.token("collect") == token
    process.release("collect")
    assert join().try_acquire("collect")


def test_leases_of_other_names_are_independent(join):
    first, second = join(), join()
    assert first.try_acquire("collect")
    assert second.try_acquire("alerts")


def test_a_released_lease_is_free_at_once(join):
    first, second = join(), join()
    first.try_acquire("collect")
    first.release("collect")
    assert not first.held("collect")
    assert second.try_acquire("collect")


def test_releasing_what_is_not_held_does_nothing(join):
    first, second = join(), join()
    second.release("collect")
    first.try_acquire("collect")
    second.release("collect")
    assert first.held("collect")


def test_the_holder_is_named_to_all_while_there_is_one(join):
    first, second = join("first"), join("second")
    assert first.holder("collect") == second.holder("collect") == ""
    first.try_acquire("collect")
    assert first.holder("collect").startswith("first")
    assert first.holder("collect") == second.holder("collect")
    first.release("collect")
    assert first.holder("collect") == second.holder("collect") == ""


def test_a_token_is_the_time_at_which_its_term_began(join, time):
    process = join()
    process.try_acquire("collect")
    assert process.token("collect") == time.now
    process.release("collect")
    time.now += 5
    process.try_acquire("collect")
    assert process.token("collect") == time.now


def test_a_token_is_greater_than_all_before_even_when_the_clock_was_set_back(join, time):
    first, second = join(), join()
    tokens = []
    for process, step in ((first, 0), (second, 0), (first, -86_400_000), (second, 1)):
        time.now += step
        assert process.try_acquire("collect")
        tokens.append(process.token("collect"))
        process.release("collect")
    assert tokens == [tokens[0] + number for number in range(4)]


def test_each_lease_counts_tokens_of_its_own(join, time):
    process = join()
    process.try_acquire("collect")
    process.try_acquire("alerts")
    assert process.token("collect") == process.token("alerts") == time.now


def test_there_is_no_token_without_the_lease(join):
    first, second = join(), join()
    first.try_acquire("collect")
    with pytest.raises(LeaseError, match="not held"):
        second.token("collect")
    first.release("collect")
    with pytest.raises(LeaseError, match="not held"):
        first.token("collect")
