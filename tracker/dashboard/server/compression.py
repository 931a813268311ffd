"""Compresses answers, and keeps the compressed scripts of the page for the next viewers."""

from posixpath import normpath
from urllib.parse import unquote

from tornado.httputil import HTTPHeaders, HTTPServerRequest
from tornado.web import GZipContentEncoding

_CACHE_LIMIT = 64_000_000  # bytes; all of Voila's scripts are 10 MB before compression


class CachedGzip(GZipContentEncoding):
    """
    Tornado's gzip compression with a cache for files below *path*.

    A page loads a hundred of them; compressing those blocks the server's only thread for a quarter of a second.

    Args:
        cache: (path, Last-Modified, size) -> compressed bytes.
        path: beginning of the paths whose answers are cached.
        request: the request to answer.
    """

    def __init__(self, cache: dict[tuple[str, str, str], bytes], path: str, request: HTTPServerRequest) -> None:
        super().__init__(request)
        # One key for a file in whatever way its path is written; each key would be compressed anew.
        self._cache, self._path, self._request_path = cache, path, normpath(unquote(request.path))
        self._key: tuple[str, str, str] | None = None
        self._cached: bytes | None = None  # the whole answer
        self._sent = 0  # bytes of it
        self._parts: list[bytes] = []
        self._file_size = self._size = 0  # bytes before compression: of the file, and so far

    def transform_first_chunk(
        self, status_code: int, headers: HTTPHeaders, chunk: bytes, finishing: bool
    ) -> tuple[int, HTTPHeaders, bytes]:
        """Compress the first part of the answer, or replace it by the cached answer."""
        if status_code == 206:
            self._gzipping = False  # there are too many ranges to cache, and each would be compressed anew
        key = (self._request_path, headers.get("Last-Modified", ""), headers.get("Content-Length", ""))
        if status_code == 200 and all(key) and self._request_path.startswith(self._path) and self._gzipping:
            self._key, self._file_size = key, int(key[2])
            if key in self._cache:
                self._cached = self._cache[key]
                headers["Vary"], headers["Content-Encoding"] = "Accept-Encoding", "gzip"
                headers["Content-Length"] = str(len(self._cached))
                return status_code, headers, self._next_part(self._cached, chunk, finishing)
        return super().transform_first_chunk(status_code, headers, chunk, finishing)

    def transform_chunk(self, chunk: bytes, finishing: bool) -> bytes:
        """Compress a further part of the answer, and cache the answer when it is complete."""
        if self._cached is not None:
            return self._next_part(self._cached, chunk, finishing)
        compressed = super().transform_chunk(chunk, finishing)
        if self._key is not None and self._gzipping:
            self._parts.append(compressed)
            self._size += len(chunk)
            # Tornado also finishes the answer to a viewer who left, of which only a part was compressed.
            complete = finishing and self._size == self._file_size
            if complete and sum(map(len, self._cache.values())) < _CACHE_LIMIT:
                self._cache[self._key] = b"".join(self._parts)
        return compressed

    def _next_part(self, cached: bytes, chunk: bytes, finishing: bool) -> bytes:
        """
        Return as large a part of the *cached* answer as *chunk* is of the file.

        The file is read as fast as the client reads; all at once would be kept in memory for one that does not.
        """
        self._size += len(chunk)
        end = len(cached) if finishing else len(cached) * self._size // max(self._file_size, 1)
        part, self._sent = cached[self._sent : end], end
        return part
