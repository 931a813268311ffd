"""What every coordination must do, by the contract in tracker/core/coordination_contract.py: documents and watches."""

import threading

import pytest

from tracker.core.coordination_contract import LARGEST_DOCUMENT


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
