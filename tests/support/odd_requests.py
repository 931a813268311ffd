"""Requests that no browser sends, made of odd parts at random, but the same ones for a seed."""

import random
from collections.abc import Iterator

_KERNEL = "00000000-0000-0000-0000-000000000000"
_PATHS = f"""/login /logout /tracker/room /tracker/snapshot /tracker/ /voila/static/voila.js /voila/static/
/voila/static /voila/labextensions/bqplot/package.json /voila/labextensions/ /voila/templates/tracker/static/index.css
/voila/templates/ /voila/templates/x /voila/templates/x/y /voila/templates/x/static/y /voila/templates/../static/x
/voila/api/themes/x /voila/api/shutdown/{_KERNEL} /voila/api/shutdown/ /voila/files/dashboard.ipynb
/voila/query/{_KERNEL} /api/kernels/{_KERNEL} /api/kernels/{_KERNEL}/channels /api/kernels/x-x-x-x-x /api/contents
/static/x /favicon.ico""".split()
_PIECES = [
    "%00",
    "%0a",
    "%0d%0aX:y",
    "%1b[31m",
    "%7f",
    "%c2%85",
    "%e2%80%a8",
    "%ff",
    "%c0%af",
    "%ed%a0%80",
    "%",
    "%zz",
    "%u00e4",
    "//",
    "/../",
    "/..;/",
    "/./",
    "%2f",
    "%5c",
    "\\",
    "%2e%2e/",
    ";a=b",
    "?",
    "??",
    "#",
    "&",
    "*",
    "~",
    "'",
    '"',
    "<b>",
    "?token=%ff",
    "?next=%0d%0aX:y",
    "?next=//evil.example",
    "?theme=%00",
    "?template=../x",
    "?v=1",
    "?v=%ff",
    "?%00=1",
    "?no_track_activity=%ff",
    "?download=1",
    "?" + "a=1&" * 500,
    "a" * 5000,
    "/a" * 2000,
    "%41" * 900,
    "é",
    "\x80",
    "\x0b",
    " ",
]
_METHODS = (
    ["GET"] * 12
    + ["POST"] * 5
    + ["HEAD", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "get", "_"]
    + ["X" * 99, ""]
)
_HEADERS = [
    *[
        "Range: bytes=5-1",
        "Range: bytes=-",
        "Range: bytes=-99999999999999",
        "Range: bytes=0-0,2-3",
        "Range: bytes=é-",
        "If-Range: x",
        "If-Modified-Since: x",
        "If-Modified-Since: Mon, 99 Foo 99999 99:99:99 GMT",
        "If-Modified-Since: Thu, 01 Jan 0000 00:00:00 GMT",
        "If-None-Match: *",
        "If-None-Match: W/",
        'If-None-Match: "é"',
        "Cookie: é=ÿ; ;=;a",
        "Cookie: _xsrf=2|x",
        "Cookie: _xsrf=2|0|0|0",
        'Cookie: username-x="2|1:0|10:1|8:username|9:x"',
        "Authorization: token ÿ",
        "Authorization: Basic é",
        "Accept-Encoding: gzip;q=x",
        "Accept-Language: é,;q=,x;q=x",
        "Origin: http://[",
        "Origin: null",
        "Referer: http://[::",
        "Upgrade: websocket",
        "Upgrade: h2c",
        "Connection: Upgrade",
        "Connection: keep-alive, é",
        "Content-Length: 0",
        "Content-Length: -1",
        "Content-Length: 1e3",
        "Content-Length: 5, 5",
        "Content-Length: 5, 6",
        "Content-Length: ²",
        "Transfer-Encoding: chunked",
        "Transfer-Encoding: gzip",
        "Content-Type: multipart/form-data",
        "Content-Type: multipart/form-data; boundary=é",
        "Content-Type: application/json",
        "Content-Type: application/x-www-form-urlencoded",
        "Content-Type: application/x-www-form-urlencoded; charset=x",
        "Content-Encoding: gzip",
        "Expect: 100-continue",
        "Expect: x",
        "X-HTTP-Method-Override: PUT",
        "X-Forwarded-For: é",
        "X-Forwarded-For: ,,",
        "X-Forwarded-Proto: x",
        "X-Scheme: https",
        "X-XSRFToken: é",
        "X-XSRFToken: 2|x|x|x",
        "Host: twice",
        "Sec-Fetch-Site: é",
        "Sec-Purpose: prefetch",
        ": x",
        "x",
    ],
    "Sec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13\r\nUpgrade: websocket\r\nConnection: Upgrade",
    "Content-Length: 4\r\nTransfer-Encoding: chunked",
    "A: \r\n b",
    "\x00: x",
    "Content-Length: " + "9" * 5_000,
    "Cookie: " + "a=b; " * 400,
    "Accept-Language: " + "a," * 900,
    "X-Forwarded-For: " + "1," * 900,
    "A: " + "x" * 40_000,
]
_HOSTS = (
    ["127.0.0.1"] * 30
    + ["%2Fetc%2Fpasswd", "%00", "[", "[::1", "é.example", "a/b", "a@b", "a,b", "127.0.0.1:x", "127.0.0.1:99999999"]
    + ["", " ", "a b", "x" * 5_000]
)
_BODIES = [
    *[""] * 6,
    *["a=b", "_xsrf=%ff&password=%ff", "token=%ff&no_track_activity=%ff", '{"a":', "--x"],
    *("a" * 200, "&" * 3_000, "--x\r\n\r\n--x--", "0\r\n\r\n", "zz\r\n", "5\r\nab", "\x00\xff"),
]


def odd_requests(seed: int, *, for_pages: bool) -> Iterator[bytes]:
    """Yield requests without end; those *for_pages* may each start a kernel."""
    chance = random.Random(seed)
    paths = [*_PATHS, "/"] if for_pages else _PATHS
    while True:
        path = chance.choice(paths) + "".join(chance.choices(_PIECES, k=chance.choice((0, 1, 1, 2))))
        other = ("*", f"http://elsewhere.example{path}", "elsewhere.example:443", path.lstrip("/"), f"//{path}")
        target = chance.choice((*(path,) * 20, *other))
        version = chance.choice((*("HTTP/1.1",) * 12, "HTTP/1.0", "HTTP/2.0", "HTTP/1.9", "x"))
        body = chance.choice(_BODIES)
        headers = [f"Host: {chance.choice(_HOSTS)}", "Connection: close"]
        headers += chance.choices(_HEADERS, k=chance.choice((0, 1, 1, 2)))
        headers += [f"Content-Length: {len(body)}"] if body else []
        lines = (f"{chance.choice(_METHODS)} {target} {version}", *headers, "", body)
        yield "\r\n".join(lines).encode("latin1", "replace")
