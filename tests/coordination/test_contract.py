"""What every coordination must do, by the contract in tracker/core/contracts.py."""

import threading

import pytest

from tests.support.memory_coordination import MemoryCoordination
from tracker.coordination.file import FileCoordination
from tracker.core.adapters import names
from tracker.core.contracts import LARGEST_DOCUMENT
from tracker.core.errors import LeaseError


class Time:
    """The wall clock of all processes, epoch ms."""

    def __init__(self):
        self.now = 1_700_000_000_000

    def __call__(self):
        return self.now


@pytest.fixture
def time():
    return Time()


# One line a coordination; takes a test's folder, a dict that the test's processes share, a label and the wall clock.
JOIN = {
    "file": lambda folder, shared, label, time: FileCoordination(folder / "data", label, now=time),
    "memory": lambda folder, shared, label, time: MemoryCoordination(label, shared, now=time),
}


# One line a coordination outside of this process: one whose processes cannot reach what they share. Root may read any
# folder, so that of "file" has a name that is too long.
UNREACHABLE = {"file": lambda folder: FileCoordination(folder / ("x" * 300))}


def test_every_coordination_is_tested_here():
    assert set(JOIN) == {"memory", *names("coordination")}
    assert set(UNREACHABLE) == set(names("coordination"))


@pytest.fixture(params=list(JOIN))
def join(request, tmp_path, time):
    """Add a process to the coordination, and return the process's coordination object."""
    processes, shared = [], {}

    def join(label="test"):
        processes.append(JOIN[request.param](tmp_path, shared, label, time))
        return processes[-1]

    yield join
    for process in processes:
        process.close()


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


def test_every_process_reads_the_last_published_document(join):
    first, second = join(), join()
    assert second.read("status") is None
    first.publish("status", b"1 first\n\0\xff")
    assert second.read("status") == b"1 first\n\0\xff"
    second.publish("status", b"")
    assert first.read("status") == b""
    first.close()
    assert second.read("status") == b""


def test_names_lists_the_documents_with_a_prefix_in_order(join):
    process = join()
    assert process.names() == ()
    for name in ("status.b", "status.a", "request"):
        process.publish(name, b"1")
    assert join().names("status.") == ("status.a", "status.b")
    assert join().names() == ("request", "status.a", "status.b")


def test_a_removed_document_is_gone_for_every_process(join):
    first, second = join(), join()
    first.publish("request", b"1")
    second.remove("request")
    second.remove("request")
    assert (first.read("request"), first.names()) == (None, ())


def test_a_document_that_is_too_large_is_refused_and_the_previous_one_stays(join):
    process = join()
    process.publish("status", b"x" * LARGEST_DOCUMENT)
    with pytest.raises(ValueError, match="document"):
        process.publish("status", b"y" * (LARGEST_DOCUMENT + 1))
    assert process.read("status") == b"x" * LARGEST_DOCUMENT


@pytest.mark.parametrize("name", ["", "../x", "a/b", "A", ".hidden", "1a", "a" * 101, "a\n"])
def test_an_invalid_document_name_is_refused(join, name):
    with pytest.raises(ValueError, match="document"):
        join().publish(name, b"1")


def test_an_ephemeral_document_disappears_with_its_process_and_others_stay(join):
    first, second = join(), join()
    first.publish("member.1", b"1", ephemeral=True)
    first.publish("settings", b"1")
    second.publish("member.2", b"1", ephemeral=True)
    assert second.names() == ("member.1", "member.2", "settings")
    first.close()
    assert second.names() == ("member.2", "settings")
    assert second.read("member.1") is None


def test_an_ephemeral_document_replaced_by_a_lasting_one_stays(join):
    first, second = join(), join()
    first.publish("member", b"1", ephemeral=True)
    second.publish("member", b"2")
    first.close()
    assert second.read("member") == b"2"


def test_a_watch_calls_back_after_each_change_and_only_for_its_prefix(join):
    first, second = join(), join()
    called, other_called = threading.Event(), threading.Event()
    first.watch("status.", called.set)
    first.watch("elsewhere", other_called.set)
    for change in (
        lambda: second.publish("status.a", b"1"),
        lambda: second.publish("status.a", b"2"),
        lambda: second.remove("status.a"),
        lambda: second.publish("status.b", b"1", ephemeral=True),
        second.close,
    ):
        called.clear()
        change()
        assert called.wait(20)
    assert not other_called.is_set()


def test_a_watch_that_was_ended_no_longer_calls_back_but_others_do(join):
    process, ended_called, other_called = join(), threading.Event(), threading.Event()
    end = process.watch("", ended_called.set)
    process.watch("", other_called.set)
    end()
    end()
    process.publish("status", b"1")
    assert other_called.wait(20)
    assert not ended_called.is_set()
