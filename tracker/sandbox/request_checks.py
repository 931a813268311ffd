"""Which requests the sandbox reads: those of programs on this machine, with a short body of a stated length."""

from email.message import Message
from io import BufferedIOBase

from tracker.runtime.loopback import is_loopback_host_header

MAX_BODY = 65_536  # bytes


class RefusedRequestError(Exception):
    """The request is not served; its text says why. *status* is that of the response."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


def check_sender(headers: Message) -> None:
    """
    Refuse what a web page in a browser of this machine may have sent.

    A page can send requests to loopback, without being able to read the responses; a browser marks them by
    ``Origin`` or ``Sec-Fetch-Site``. With a name that is made to point here (DNS rebinding) it could also read them.

    Raises:
        RefusedRequestError: the sender is a browser, or the request is for another host than this machine.
    """
    for name in ("Origin", "Sec-Fetch-Site"):
        if name in headers:
            raise RefusedRequestError(
                403, f"the request has the header {name}, which browsers send; expected a program such as curl"
            )
    hosts = headers.get_all("Host", [])
    if len(hosts) != 1 or not is_loopback_host_header(hosts[0].strip()):
        raise RefusedRequestError(
            403, f"the request is for the host {', '.join(hosts) or '(none)'}; expected this machine, e.g. 127.0.0.1"
        )


def read_body(headers: Message, stream: BufferedIOBase) -> bytes:
    """
    Return the body of a request, which would otherwise be taken for the next request.

    Raises:
        RefusedRequestError: the body is too long, incomplete, or of a length that is not stated; it was not read.
        TimeoutError: the body does not arrive.
    """
    if "Transfer-Encoding" in headers:
        raise RefusedRequestError(411, "the request has a Transfer-Encoding; expected a Content-Length")
    lengths = headers.get_all("Content-Length", ["0"])
    # A number of thousands of digits is no int for Python.
    if len(lengths) != 1 or not lengths[0].isdecimal() or len(lengths[0]) > 20:
        raise RefusedRequestError(400, "Content-Length: expected one whole number")
    length = int(lengths[0])
    if length > MAX_BODY:
        raise RefusedRequestError(413, f"the body has {length} bytes; expected at most {MAX_BODY}")
    body = stream.read(length)
    if len(body) < length:
        raise RefusedRequestError(400, f"the body ended after {len(body)} of {length} bytes")
    return body
