"""What every coordination must do, by the contract in tracker/core/coordination_contract.py: leases and identity."""

import pytest

from tests.coordination.conftest import JOIN
from tracker.coordination.file import FileCoordination
from tracker.core.adapters import names
from tracker.core.errors import LeaseError

# One line a coordination outside of this process: one whose processes cannot reach what they share. Root may read any
# folder, so that of "file" has a name that is too long.
UNREACHABLE = {"file": lambda folder: FileCoordination(folder / ("x" * 300))}


def test_every_coordination_is_tested_here():
    assert set(JOIN) == {"memory", *names("coordination")}
    assert set(UNREACHABLE) == set(names("coordination"))


def test_only_one_of_two_processes_acquires_the_lease(join):
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


def test_releasing_a_lease_that_is_not_held_does_nothing(join):
    first, second = join(), join()
    second.release("collect")
    first.try_acquire("collect")
    second.release("collect")
    assert first.held("collect")


def test_every_process_can_name_the_holder_while_there_is_one(join):
    first, second = join("first"), join("second")
    assert first.holder("collect") == second.holder("collect") == ""
    first.try_acquire("collect")
    assert first.holder("collect").startswith("first")
    assert first.holder("collect") == second.holder("collect")
    first.release("collect")
    assert first.holder("collect") == second.holder("collect") == ""


@pytest.mark.parametrize("name", list(UNREACHABLE))
def test_if_what_the_processes_share_is_unreachable_every_method_raises_lease_error_except_holder_and_close(
    tmp_path, name
):
    process = UNREACHABLE[name](tmp_path)
    for call in (
        lambda: process.try_acquire("collect"),
        lambda: process.token("collect"),
        process.identity,
        lambda: process.publish("status", b"1"),
        lambda: process.read("status"),
        process.names,
        lambda: process.remove("status"),
    ):
        with pytest.raises(LeaseError):
            call()
    assert not process.held("collect")
    assert process.holder("collect") == "another process", "nobody can tell"
    process.release("collect")
    process.close()


def test_a_token_is_the_time_at_which_its_term_began(join, time):
    process = join()
    process.try_acquire("collect")
    assert process.token("collect") == time.now
    process.release("collect")
    time.now += 5
    process.try_acquire("collect")
    assert process.token("collect") == time.now


def test_tokens_increase_even_when_the_clock_is_set_back(join, time):
    first, second = join(), join()
    tokens = []
    for process, step in ((first, 0), (second, 0), (first, -86_400_000), (second, 1)):
        time.now += step
        assert process.try_acquire("collect")
        tokens.append(process.token("collect"))
        process.release("collect")
    assert tokens == [tokens[0] + number for number in range(4)]


def test_each_lease_has_tokens_of_its_own(join, time):
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


def test_closing_releases_every_lease(join):
    first, second = join(), join()
    first.try_acquire("collect")
    first.try_acquire("alerts")
    first.close()
    first.close()
    assert second.try_acquire("collect")
    assert second.try_acquire("alerts")


def test_all_processes_have_the_same_lasting_identity(join):
    first, second = join(), join()
    identity = first.identity()
    assert identity.isalnum()
    assert [second.identity(), first.identity()] == [identity, identity]
