"""What may come through a viewer's websocket: nothing but what the page's own scripts say, and not too much of it."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jupyter_server.services.kernels.connection.base import serialize_msg_to_ws_v1

from tracker.dashboard.server.websocket import ALLOWED, ConnectionLimiter, PolicyViolation, TokenBucket, check

CASES = settings(deadline=None, max_examples=200)


def message(kind="comm_msg", channel="shell", content=None, buffers=()):
    """As a page sends it."""
    parts = [
        json.dumps(part).encode() for part in ({"msg_type": kind}, {}, {}, content or {"comm_id": "a", "data": {}})
    ]
    return serialize_msg_to_ws_v1([*parts, *buffers], channel)


def verdict(found):
    """0 if it passes, else the code that it is refused with; there is no third way."""
    try:
        check(found)
    except PolicyViolation as error:
        return error.code
    return 0


def refused(found):
    with pytest.raises(PolicyViolation) as error:
        check(found)
    return error.value.code, str(error.value)


@pytest.mark.parametrize("kind", sorted(ALLOWED - {"comm_open"}))
@pytest.mark.parametrize("buffers", [(), (b"",), (b"\x00" * 1000, b"x")])
def test_what_a_page_says_passes(kind, buffers):
    check(message(kind, buffers=buffers))


def test_a_page_may_ask_for_its_widgets_and_make_no_new_ones():
    check(message("comm_open", content={"comm_id": "a", "target_name": "jupyter.widget.control"}))
    assert refused(message("comm_open", content={"target_name": "jupyter.widget"})) == (
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
def test_nobody_runs_or_asks_anything(kind):
    assert refused(message(kind))[0] == 1008


@pytest.mark.parametrize("channel", ["stdin", "iopub", "", "x" * 99])
def test_other_channels_are_closed(channel):
    assert refused(message(channel=channel))[0] == 1008


def test_the_count_that_made_voila_hang_is_refused_at_once():
    assert refused(b"\xff" * 8 + bytes(64)) == (1007, "impossible number of parts")


@pytest.mark.parametrize(
    ("found", "said"),
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
def test_what_cannot_be_read_is_refused_with_its_reason(found, said):
    assert refused(found) == (1007, said)


@CASES
@given(st.binary(max_size=400))
def test_no_bytes_do_anything_but_pass_or_be_refused(found):
    assert verdict(found) in (0, 1007, 1008)


@CASES
@given(st.data())
def test_no_change_of_a_sound_message_does_anything_but_pass_or_be_refused(data):
    sound = bytearray(message(buffers=(b"abc",)))
    for _ in range(data.draw(st.integers(1, 6))):
        sound[data.draw(st.integers(0, len(sound) - 1))] = data.draw(st.integers(0, 255))
    assert verdict(bytes(sound)) in (0, 1007, 1008)


def test_deep_json_is_refused():
    deep = b'{"a":' * 100_000 + b"1" + b"}" * 100_000
    found = serialize_msg_to_ws_v1([b'{"msg_type":"comm_msg"}', b"{}", b"{}", deep], "shell")
    assert refused(found) == (1007, "not a kernel message: RecursionError")


def test_a_burst_passes_and_then_only_the_rate():
    now = [0.0]
    pace = TokenBucket(10.0, 5.0, lambda: now[0])
    assert [pace.consume() for _ in range(6)] == [True] * 5 + [False]
    now[0] += 0.1
    assert [pace.consume() for _ in range(2)] == [True, False]
    now[0] += 3_600
    assert sum(pace.consume() for _ in range(100)) == 5


def test_no_more_come_in_than_may_however_many_ask_at_once():
    now = [0.0]
    limiter = ConnectionLimiter(10, 10, lambda: now[0])
    assert [limiter.admit(0) for _ in range(6)] == [True] * 4 + [False] * 2
    limiter.connected()
    assert not limiter.admit(1)  # one is connected, three are on their way
    now[0] += 11  # which these were refused on
    assert [limiter.admit(1) for _ in range(4)] == [True] * 3 + [False]
    assert not limiter.admit(4)


def test_the_same_is_known_again_and_what_was_long_ago_is_not_kept():
    limiter = ConnectionLimiter(10, 10)
    said = [check(message(content={"comm_id": str(n), "data": {}})) for n in range(3)]
    assert [limiter.is_duplicate(each) for each in [*said, *said]] == [False] * 3 + [True] * 3
    assert limiter.is_duplicate(check(message(content={"comm_id": "1", "data": {}}, buffers=[b"x"])))
    for each in range(20_000):
        limiter.is_duplicate(each)
    assert not limiter.is_duplicate(said[0])


def test_names_that_are_no_words_are_refused_too():
    assert refused(message(kind=["comm_msg"]))[0] == 1008
    assert refused(message("comm_open", content={"target_name": {}}))[0] == 1008


def test_more_parts_than_a_page_sends_are_refused():
    check(message(buffers=[b"x"] * 57))
    assert refused(message(buffers=[b"x"] * 60)) == (1007, "impossible number of parts")


def test_parts_that_run_backwards_are_refused():
    words = bytearray(message())
    words[24:32], words[32:40] = words[32:40], words[24:32]
    assert refused(bytes(words)) == (1007, "part outside of the message")
