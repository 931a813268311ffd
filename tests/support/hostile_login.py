"""Guesses the token of a page, from one address and in every way in which a token can be given."""

import http.client
import itertools
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Protocol": "v1.kernel.websocket.jupyter.org",
}


@dataclass
class Guesses:
    """The answers to guesses: their statuses, and each refusal's Retry-After (s)."""

    statuses: Counter[int] = field(default_factory=Counter)
    retry_after: list[int] = field(default_factory=list)

    @property
    def refused(self) -> int:
        """How many were refused without a look at the token."""
        return self.statuses[429]

    @property
    def looked_at(self) -> int:
        """How many were answered otherwise."""
        return self.statuses.total() - self.refused


def most_looked_at(seconds: float) -> int:
    """Return how many guesses may be looked at within *seconds*: ten, and one after each delay of 1, 2, 4 … 60 s."""
    count, passed, delay = 10, 1.0, 1.0
    while passed <= seconds:
        delay = min(2 * delay, 60.0)
        count, passed = count + 1, passed + delay
    return count


def ways(token: str) -> list[tuple[str, str, dict[str, str], str | None]]:
    """Return every way to give *token*: method, path, headers, body."""
    kernel = f"api/kernels/{uuid4()}"
    form = urlencode({"password": token, "_xsrf": "word"})
    query = urlencode({"token": token})
    return [
        ("POST", "login", {"Cookie": "_xsrf=word", "Content-Type": "application/x-www-form-urlencoded"}, form),
        ("GET", f"?{query}", {}, None),
        ("GET", f"login?{query}", {}, None),
        ("GET", "", {"Authorization": f"token {token}"}, None),
        ("GET", f"tracker/snapshot?{query}", {}, None),
        ("GET", kernel, {"Authorization": f"Bearer {token}"}, None),
        ("GET", f"{kernel}/channels?{query}", UPGRADE, None),
        ("GET", f"{kernel}/channels", {**UPGRADE, "Authorization": f"token {token}"}, None),
        ("POST", f"voila/api/shutdown/{uuid4()}?{query}", {}, None),
    ]


def give_token(url: str, way: tuple[str, str, dict[str, str], str | None], address: str) -> http.client.HTTPResponse:
    """Send one request of *ways* to the page at *url* from the loopback *address*; return the answer, which is read."""
    method, path, headers, body = way
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30, source_address=(address, 0))
    try:
        connection.request(method, urlsplit(url).path + path, body, headers)
        answer = connection.getresponse()
        if answer.status != 101:  # a websocket that was let in does not end
            answer.read()
        return answer
    finally:
        connection.close()


def guess(url: str, seconds: float, address: str = "127.0.0.66", threads: int = 4) -> Guesses:
    """Guess in all ways for some *seconds*, from the loopback *address*, with several connections at once."""
    guesses = Guesses()
    lock = threading.Lock()
    end = time.monotonic() + seconds

    def run() -> None:
        for number in itertools.count():
            for way in ways(f"a-guess-{threading.get_ident()}-{number}"):
                if time.monotonic() > end:
                    return
                answer = give_token(url, way, address)
                with lock:
                    guesses.statuses[answer.status] += 1
                    if answer.status == 429:
                        guesses.retry_after.append(int(answer.headers["Retry-After"]))

    workers = [threading.Thread(target=run) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return guesses
