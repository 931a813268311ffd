"""A viewer's websocket passes only what the page's own scripts send."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jupyter_server.services.kernels.connection.base import serialize_msg_to_ws_v1

from tests.support.kernels import message as page_message
from tests.support.odd_messages import odd_messages
from tracker.dashboard.server.message_check import ALLOWED, PolicyViolation, check

CASES = settings(max_examples=200)


CONTENT = {"comm_id": "a", "data": {"method": "update"}}


def message(kind="comm_msg", channel="shell", content=CONTENT, **more):
    """A message as a page sends it."""
    return page_message(kind, content, channel, **more)


def code_of(data):
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
    control = {"comm_id": "a", "target_name": "jupyter.widget.control"}
    check(message("comm_open", content=control, metadata={"version": "1.0.0"}))
    assert refusal(message("comm_open", content=control, metadata={"version": 2}))[0] == 1008
    assert refusal(message("comm_open", content={"comm_id": "a", "target_name": "jupyter.widget"})) == (
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
def test_messages_of_other_types_are_refused(kind):
    assert refusal(message(kind))[0] == 1008


@pytest.mark.parametrize("channel", ["stdin", "iopub", "", "x" * 99])
def test_messages_on_other_channels_are_refused(channel):
    assert refusal(message(channel=channel))[0] == 1008


def test_the_offset_count_that_hangs_voila_is_refused():
    assert refusal(b"\xff" * 8 + bytes(64)) == (1007, "impossible number of parts")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("text", "expected bytes, got text"),
        (b"", "impossible number of parts"),
        (message()[:-1], "part outside of the message"),
        (message() + b"x", "part outside of the message"),
        (message().replace(b'"msg_type"', b'"msg_tape"'), "not a kernel message: ValueError('header')"),
        (message().replace(b"{", b"[", 1), "not a kernel message: JSONDecodeError"),
        (message(content=[1, 2]), "not a kernel message: expected flat JSON objects"),
    ],
)
def test_a_malformed_message_is_refused_with_the_reason(data, reason):
    assert refusal(data) == (1007, reason)


@CASES
@given(st.binary(max_size=400))
def test_any_bytes_pass_or_are_refused(data):
    assert code_of(data) in (0, 1007, 1008)


@CASES
@given(st.data())
def test_any_corrupted_message_passes_or_is_refused(data):
    sound = bytearray(message(buffers=(b"abc",)))
    for _ in range(data.draw(st.integers(1, 6))):
        sound[data.draw(st.integers(0, len(sound) - 1))] = data.draw(st.integers(0, 255))
    assert code_of(bytes(sound)) in (0, 1007, 1008)


def nest(content, depth):
    """Return *content* with data that is nested as deep."""
    data = {}
    for _ in range(depth):
        data = {"a": [data]}
    return {**content, "data": {"method": "update", "state": data}}


def test_deeply_nested_json_is_refused():
    deep = b'{"a":' * 100_000 + b"1" + b"}" * 100_000
    nested = serialize_msg_to_ws_v1([b'{"msg_type":"comm_msg"}', b"{}", b"{}", deep], "shell")
    assert refusal(nested) == (1007, "not a kernel message: RecursionError")
    check(message(content=nest(CONTENT, 10)))
    assert refusal(message(content=nest(CONTENT, 40)))[0] == 1007


def test_types_and_targets_that_are_no_strings_are_refused():
    assert refusal(message(kind=["comm_msg"]))[0] == 1007
    assert refusal(message("comm_open", content={**CONTENT, "target_name": {}}))[0] == 1008


@pytest.mark.parametrize("data", odd_messages())
def test_what_would_be_a_traceback_of_the_kernel_is_refused(data):
    assert refusal(data)[0] in (1007, 1008)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "utf-8-sig"])
@pytest.mark.parametrize("part", range(4))
def test_json_in_another_encoding_than_utf_8_is_refused(encoding, part):
    parts = [b'{"msg_type":"comm_msg","msg_id":"1","version":"5.2"}', b"{}", b"{}", json.dumps(CONTENT).encode()]
    check(serialize_msg_to_ws_v1(parts, "shell"))
    parts[part] = parts[part].decode().encode(encoding)
    assert refusal(serialize_msg_to_ws_v1(parts, "shell"))[0] == 1007


@pytest.mark.parametrize("missing", ["msg_id", "version"])
@pytest.mark.parametrize("part", [0, 1])
def test_a_header_or_parent_without_what_the_kernel_reads_is_refused(missing, part):
    header = {"msg_type": "comm_msg", "msg_id": "1", "version": "5.2"}
    parts = [header, header, {}, CONTENT]
    check(serialize_msg_to_ws_v1([json.dumps(each).encode() for each in parts], "shell"))
    parts[part] = {name: value for name, value in header.items() if name != missing}
    assert refusal(serialize_msg_to_ws_v1([json.dumps(each).encode() for each in parts], "shell"))[0] == 1007


def test_the_limits_learn_what_a_message_asks_for():
    found = check(message(content={"comm_id": "b", "data": {"method": "request_states"}}))
    assert (found.kind, found.comm, found.method) == ("comm_msg", "b", "request_states")
    assert found.digest != check(message(content={"comm_id": "c", "data": {"method": "request_states"}})).digest


@pytest.mark.parametrize("kind", sorted(ALLOWED - {"comm_msg"}))
def test_only_a_message_to_a_widget_has_a_method(kind):
    """Requests of one kind would else be counted as of many."""
    control = {"comm_id": "a", "target_name": "jupyter.widget.control", "data": {"method": "update"}}
    assert check(message(kind, content=control, metadata={"version": "1.0.0"})).method == ""


def test_more_parts_than_a_page_sends_are_refused():
    check(message(buffers=[b"x"] * 57))
    assert refusal(message(buffers=[b"x"] * 60)) == (1007, "impossible number of parts")


def test_parts_in_reverse_order_are_refused():
    data = bytearray(message())
    data[24:32], data[32:40] = data[32:40], data[24:32]
    assert refusal(bytes(data)) == (1007, "part outside of the message")
