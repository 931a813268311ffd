"""Messages from a page to its kernel that are not what they should be."""

from jupyter_server.services.kernels.connection.base import deserialize_msg_from_ws_v1, serialize_msg_to_ws_v1

from tests.support.kernels import message


def odd_messages() -> list[bytes]:
    """Return messages none of which a page sends; some would end in a traceback of the kernel."""
    content = {"comm_id": "unknown", "data": {"method": "update", "state": {}}}
    deep: object = {}
    for _ in range(900):
        deep = {"a": deep}
    sound = message("comm_msg", content)
    header = sound[sound.index(b"{") : sound.index(b"}") + 1]
    utf16, bom = header.decode().encode("utf-16"), b"\xef\xbb\xbf" + header
    return [
        *(_with_header(sound, header, other) for other in (utf16, bom, b"[]", b"null", b"\xff", header[:-1])),
        *(message("comm_msg", {**content, "comm_id": odd}) for odd in (None, 5, [], "x" * 500, "\x1b[2J\n", "\ud800")),
        *(message("comm_msg", odd) for odd in ({}, [], {"comm_id": "a", "data": deep})),
        *(message("comm_msg", content, version=odd) for odd in ("4.0", "x", 5, "")),
        *(message("comm_msg", content, date=odd) for odd in ("2020-99-99T99:99:99Z", 5, "\n")),
        *(message("kernel_info_request", {}, msg_id=odd) for odd in ("2020-99-99T99:99:99Z", "\x1b[2J\n", None)),
        message("kernel_info_request", {}, subshell_id="none"),
        message("comm_msg", content, "control"),
        message("comm_open", {"comm_id": "a", "target_name": "jupyter.widget.control"}),
        message("comm_close", {}),
        *(message("comm_msg", {"comm_id": "a", "data": odd}) for odd in ({}, [], {"method": "log"}, {"method": None})),
    ]


def _with_header(sound: bytes, header: bytes, other: bytes) -> bytes:
    channel, parts = deserialize_msg_from_ws_v1(sound)
    return serialize_msg_to_ws_v1([other, *parts[1:]], channel)
