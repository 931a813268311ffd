"""Messages for a browser that is away are kept completely or not at all."""

from tracker.dashboard.server.message_buffer import MessageBuffer

MESSAGE = ("iopub", [b"x" * 10_000, b"y" * 10_000])


def test_messages_are_kept_in_order_up_to_the_limit():
    full = []
    buffer = MessageBuffer(100_000, lambda: full.append(True))
    messages = [("iopub", [b"%d" % number, b"x" * 10_000]) for number in range(8)]
    for message in messages:
        buffer.append(message)
    assert buffer == messages
    assert not full


def test_a_full_buffer_is_emptied_and_reports_it_once():
    full = []
    buffer = MessageBuffer(100_000, lambda: full.append(True))
    for _ in range(100):
        buffer.append(MESSAGE)
    assert buffer == []
    assert full == [True]


def test_many_empty_messages_fill_it_too():
    full = []
    buffer = MessageBuffer(100_000, lambda: full.append(True))
    for _ in range(100):
        buffer.append(("iopub", []))
    assert full == [True]
