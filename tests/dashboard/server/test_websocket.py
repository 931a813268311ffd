"""A viewer's websocket passes only what the page's own scripts send, within limits."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jupyter_server.services.kernels.connection.base import serialize_msg_to_ws_v1

from tracker.dashboard.server.websocket import ALLOWED, ConnectionLimiter, PolicyViolation, TokenBucket, check

CASES = settings(max_examples=200)


def message(kind="comm_msg", channel="shell", content=None, buffers=()):
    """A message as a page sends it."""
    parts = [
        json.dumps(part).encode() for part in ({"msg_type": kind}, {}, {}, content or {"comm_id": "a", "data": {}})
    ]
    return serialize_msg_to_ws_v1([*parts, *buffers], channel)


def verdict(data):
    """Return 0 if *data* passes, else the close code; any other exception is raised."""
    try:
        check(data)
    except PolicyViolation as violation:
        return violation.code
    return 0


def refusal(data):
    """Return the close code and the reason with which *data* is refused."""
    with pytest.raises(PolicyViolation) as violation:
        check(data)
    return violation.value.code, str(violation.value)


@pytest.mark.parametrize("kind", sorted(ALLOWED - {"comm_open"}))
@pytest.mark.parametrize("buffers", [(), (b"",), (b"\x00" * 1000, b"x")])
def test_the_messages_of_a_page_pass(kind, buffers):
    check(message(kind, buffers=buffers))


def test_a_page_may_request_its_widgets_but_not_create_new_ones():
    check(message("comm_open", content={"comm_id": "a", "target_name": "jupyter.widget.control"}))
    assert refusal(message("comm_open", content={"target_name": "jupyter.widget"})) == (
        1008,
        "comm to 'jupyter.widget' not allowed",
    )


@pytest.mark.parametrize(
    "kind",
    [
        "execute_request",
        "inspect_request",
        "complete_request",
        "history_request",
        "shutdown_request",
        "debug_request",
        "",
    ],
)
def test_messages_of_other_types_are_refusal(kind):
    assert refusal(message(kind))[0] == 1008


@pytest.mark.parametrize("channel", ["stdin", "iopub", "", "x" * 99])
def test_messages_on_other_channels_are_refusal(channel):
    assert refusal(message(channel=channel))[0] == 1008


def test_the_offset_count_that_hangs_voila_is_refusal():
    assert refusal(b"\xff" * 8 + bytes(64)) == (1007, "impossible number of parts")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("text", "expected bytes, got text"),
        (b"", "impossible number of parts"),
        (message()[:-1], "part outside of the message"),
        (message() + b"x", "part outside of the message"),
        (message().replace(b'"msg_type"', b'"msg_tape"'), "not a kernel message: KeyError"),
        (message().replace(b"{", b"[", 1), "not a kernel message: JSONDecodeError"),
        (message(content=[1, 2]), "not a kernel message: AttributeError"),
    ],
)
def test_a_malformed_message_is_refused_with_the_reason(data, reason):
    assert refusal(data) == (1007, reason)


@CASES
@given(st.binary(max_size=400))
def test_any_bytes_pass_or_are_refusal(data):
    assert verdict(data) in (0, 1007, 1008)


@CASES
@given(st.data())
def test_any_corrupted_message_passes_or_is_refusal(data):
    sound = bytearray(message(buffers=(b"abc",)))
    for _ in range(data.draw(st.integers(1, 6))):
        sound[data.draw(st.integers(0, len(sound) - 1))] = data.draw(st.integers(0, 255))
    assert verdict(bytes(sound)) in (0, 1007, 1008)


def test_deeply_nested_json_is_refusal():
    deep = b'{"a":' * 100_000 + b"1" + b"}" * 100_000
    nested = serialize_msg_to_ws_v1([b'{"msg_type":"comm_msg"}', b"{}", b"{}", deep], "shell")
    assert refusal(nested) == (1007, "not a kernel message: RecursionError")


def test_a_token_bucket_allows_a_burst_and_then_the_rate():
    now = [0.0]
    bucket = TokenBucket(10.0, 5.0, lambda: now[0])
    assert [bucket.consume() for _ in range(6)] == [True] * 5 + [False]
    now[0] += 0.1
    assert [bucket.consume() for _ in range(2)] == [True, False]
    now[0] += 3_600
    assert sum(bucket.consume() for _ in range(100)) == 5


def test_no_more_websockets_are_admitted_than_allowed_however_many_ask_at_once():
    now = [0.0]
    limiter = ConnectionLimiter(10, 10, lambda: now[0])
    assert [limiter.admit(0) for _ in range(6)] == [True] * 4 + [False] * 2
    limiter.connected()
    assert not limiter.admit(1)  # one is connected, three are pending
    now[0] += 11  # the pending ones did not connect in time
    assert [limiter.admit(1) for _ in range(4)] == [True] * 3 + [False]
    assert not limiter.admit(4)


def test_a_duplicate_is_recognised_and_old_messages_are_forgotten():
    limiter = ConnectionLimiter(10, 10)
    digests = [check(message(content={"comm_id": str(n), "data": {}})) for n in range(3)]
    assert [limiter.is_duplicate(digest) for digest in [*digests, *digests]] == [False] * 3 + [True] * 3
    assert limiter.is_duplicate(check(message(content={"comm_id": "1", "data": {}}, buffers=[b"x"])))
    for digest in range(20_000):
        limiter.is_duplicate(digest)
    assert not limiter.is_duplicate(digests[0])


def test_types_and_targets_that_are_no_strings_are_refusal():
    assert refusal(message(kind=["comm_msg"]))[0] == 1008
    assert refusal(message("comm_open", content={"target_name": {}}))[0] == 1008


def test_more_parts_than_a_page_sends_are_refusal():
    check(message(buffers=[b"x"] * 57))
    assert refusal(message(buffers=[b"x"] * 60)) == (1007, "impossible number of parts")


def test_parts_in_reverse_order_are_refusal():
    data = bytearray(message())
    data[24:32], data[32:40] = data[32:40], data[24:32]
    assert refusal(bytes(data)) == (1007, "part outside of the message")
