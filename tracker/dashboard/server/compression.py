"""Answers compressed; the page's scripts are so once for all viewers, not again for each."""

from tornado.httputil import HTTPHeaders, HTTPServerRequest
from tornado.web import GZipContentEncoding

_MOST = 64_000_000  # bytes that are remembered at most; all of Voila's scripts are 10 MB before compression


class Compressed(GZipContentEncoding):
    """
    Tornado's own compression, which remembers files below *path*.

    A page asks for a hundred of them, and compressing those takes the server's one thread a quarter of a second.

    Args:
        known: what is remembered: address, when the file was written, and its size -> its bytes, compressed.
    """

    def __init__(self, known: dict[tuple[str, str, str], bytes], path: str, request: HTTPServerRequest) -> None:
        super().__init__(request)
        self._known, self._path, self._address = known, path, request.path
        self._key: tuple[str, str, str] | None = None
        self._there = False  # whether all of it went with the first chunk
        self._parts: list[bytes] = []
        self._size = 0  # bytes so far, before compression

    def transform_first_chunk(
        self, status_code: int, headers: HTTPHeaders, chunk: bytes, finishing: bool
    ) -> tuple[int, HTTPHeaders, bytes]:
        """Tornado's; *chunk* is the first part of the answer."""
        key = (self._address, headers.get("Last-Modified", ""), headers.get("Content-Length", ""))
        if status_code == 200 and all(key) and self._address.startswith(self._path) and self._gzipping:
            self._key = key
            if key in self._known:
                self._there = True
                whole = self._known[key]
                headers["Vary"], headers["Content-Encoding"] = "Accept-Encoding", "gzip"
                headers["Content-Length"] = str(len(whole))
                return status_code, headers, whole
        return super().transform_first_chunk(status_code, headers, chunk, finishing)

    def transform_chunk(self, chunk: bytes, finishing: bool) -> bytes:
        """Tornado's; a part of the answer."""
        if self._there:
            return b""
        done = super().transform_chunk(chunk, finishing)
        if self._key is not None and self._gzipping:
            self._parts.append(done)
            self._size += len(chunk)
            # Of a viewer who left in the middle only a part went through, and tornado ends the answer all the same.
            whole = finishing and str(self._size) == self._key[2]
            if whole and sum(map(len, self._known.values())) < _MOST:
                self._known[self._key] = b"".join(self._parts)
        return done
