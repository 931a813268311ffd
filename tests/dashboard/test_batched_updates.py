"""Updates of widgets that are made together are one message to the browser, and no other message overtakes them."""

import asyncio
from threading import Thread

import comm
import pytest
from ipykernel.comm.comm import BaseComm
from ipykernel.kernelbase import Kernel
from ipywidgets import HTML, IntText

from tracker.dashboard.browser import batched_updates
from tracker.dashboard.browser.batched_updates import BatchedUpdates


@pytest.fixture
def published(monkeypatch):
    """What a kernel sends: (model id, kind of message, data, buffers)."""
    sent = []

    def publish(self, msg_type, data=None, metadata=None, buffers=None, **keys):
        sent.append((self.comm_id, msg_type, data, buffers))

    monkeypatch.setattr(BaseComm, "publish_msg", publish)
    monkeypatch.setattr(BaseComm, "kernel", object())
    monkeypatch.setattr(Kernel, "_instance", object.__new__(Kernel))
    monkeypatch.setattr(comm, "create_comm", comm.create_comm)
    batched_updates.install()
    return sent


@pytest.fixture
def widgets(published):
    """The widget that sends batches, and two others."""
    made = IntText(), HTML("before"), IntText(1)
    published.clear()
    return made


def updates_in(message):
    _, _, data, _ = message
    return [(model_id, each["state"]) for model_id, each, _ in data["content"]["updates"]]


def test_updates_of_a_batch_are_one_message_in_their_order(published, widgets):
    sender, text, number = widgets
    with BatchedUpdates(sender).batch():
        number.value = 2
        text.value = "after"
        number.value = 3
        assert published == []
    [message] = published
    assert message[:2] == (sender.model_id, "comm_msg")
    assert updates_in(message) == [
        (number.model_id, {"value": 2}),
        (text.model_id, {"value": "after"}),
        (number.model_id, {"value": 3}),
    ]


def test_buffers_stand_one_after_the_other_and_each_update_says_how_many_are_its(published, widgets):
    sender, text, number = widgets
    with BatchedUpdates(sender).batch():
        for widget, buffers in ((text, [b"1", b"2"]), (number, []), (text, [b"3"])):
            widget.comm.send({"method": "update", "state": {}}, buffers=buffers)
    [(_, _, data, buffers)] = published
    assert [count for _, _, count in data["content"]["updates"]] == [2, 0, 1]
    assert buffers == [b"1", b"2", b"3"]


def test_another_message_is_sent_after_what_was_changed_before_it(published, widgets):
    sender, text, number = widgets
    with BatchedUpdates(sender).batch():
        text.value = "after"
        number.send({"kind": "own"})
        number.value = 2
    assert [model_id for model_id, *_ in published] == [sender.model_id, number.model_id, sender.model_id]
    assert updates_in(published[0]) == [(text.model_id, {"value": "after"})]
    assert updates_in(published[2]) == [(number.model_id, {"value": 2})]


def test_a_batch_within_a_batch_joins_it(published, widgets):
    sender, text, number = widgets
    batches = BatchedUpdates(sender)
    with batches.batch():
        with batches.batch():
            text.value = "after"
        assert published == []
        number.value = 2
    assert len(published) == 1


def test_what_changed_before_an_error_is_sent(published, widgets):
    sender, text, _ = widgets

    def fail():
        with BatchedUpdates(sender).batch():
            text.value = "after"
            raise ValueError("a fault")

    with pytest.raises(ValueError, match="a fault"):
        fail()
    assert updates_in(published[0]) == [(text.model_id, {"value": "after"})]


def test_an_empty_batch_sends_nothing_and_later_updates_are_sent_at_once(published, widgets):
    sender, text, _ = widgets
    with BatchedUpdates(sender).batch():
        pass
    text.value = "after"
    [(model_id, _, data, _)] = published
    assert (model_id, data["state"]) == (text.model_id, {"value": "after"})


def test_a_new_browser_is_sent_the_state_of_what_batches_have_updated(published, widgets):
    sender, text, _ = widgets
    batches = BatchedUpdates(sender)
    batches.repeat()
    assert published == []
    with batches.batch():
        text.value = "after"
    published.clear()
    batches.repeat()
    [(model_id, _, data, _)] = published
    assert model_id == text.model_id
    assert data["method"] == "update"
    assert data["state"]["value"] == "after"


def test_a_process_without_a_kernel_keeps_its_comms(monkeypatch):
    monkeypatch.setattr(Kernel, "_instance", None)
    monkeypatch.setattr(comm, "create_comm", BaseComm)
    batched_updates.install()
    assert comm.create_comm is BaseComm


def test_a_task_that_is_started_within_a_batch_sends_its_updates_at_once(published, widgets):
    sender, text, number = widgets

    async def change_later():
        text.value = "after"

    async def start():
        with BatchedUpdates(sender).batch():
            task = asyncio.get_running_loop().create_task(change_later())
            number.value = 2
        await task

    asyncio.run(start())
    assert [model_id for model_id, *_ in published] == [sender.model_id, text.model_id]


def test_what_other_threads_update_meanwhile_joins_the_batch_in_its_order(published, widgets):
    sender, text, number = widgets
    batches = BatchedUpdates(sender)

    def change():
        with batches.batch():
            text.value = "after"
        number.value = 3

    with batches.batch():
        number.value = 2
        thread = Thread(target=change)
        thread.start()
        thread.join()
        text.value = "last"
        assert published == []
    [message] = published
    assert [(model_id, state["value"]) for model_id, state in updates_in(message)] == [
        (number.model_id, 2),
        (text.model_id, "after"),
        (number.model_id, 3),
        (text.model_id, "last"),
    ]


def test_a_choice_that_is_set_back_within_a_batch_follows_its_echo(published, widgets):
    sender, _, number = widgets

    def set_back(change):
        with BatchedUpdates(sender).batch():
            number.value = 1

    number.observe(set_back, "value")
    number.set_state({"value": 5})
    echo, batch = published
    assert (echo[0], echo[2]["method"], echo[2]["state"]) == (number.model_id, "echo_update", {"value": 5})
    assert updates_in(batch) == [(number.model_id, {"value": 1})]
