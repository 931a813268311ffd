"""Voila's files are compressed once and served from a cache; answers that may change are not cached."""

import gzip
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tornado.httputil import HTTPHeaders, HTTPServerRequest, RequestStartLine

from tracker.dashboard.server.compression import CachedGzip

SCRIPT = b"export default { render };\n" * 400


class Cache(dict):
    """The compressed answers, and how often one was read."""

    used = 0

    def __getitem__(self, key):
        self.used += 1
        return super().__getitem__(key)


def answer(cache, body, *, path="/voila/static/a.js", encoding="gzip", status=200, cut=(), **more):
    """Return what is sent for *body*, written in parts: (headers, bytes)."""
    line = RequestStartLine("GET", path, "HTTP/1.1")
    request = HTTPServerRequest(start_line=line, headers=HTTPHeaders({"Accept-Encoding": encoding, "Host": "here"}))
    transform = CachedGzip(cache, "/voila/", request)
    headers = {"Content-Type": "text/javascript", "Content-Length": str(len(body)), "Last-Modified": "then", **more}
    ends = sorted({min(at, len(body)) for at in cut} | {0, len(body)})
    parts = [body[start:end] for start, end in pairwise(ends)] or [b""]
    _, sent_headers, sent = transform.transform_first_chunk(status, HTTPHeaders(headers), parts[0], False)
    for part in parts[1:]:
        sent += transform.transform_chunk(part, False)
    return sent_headers, sent + transform.transform_chunk(b"", True)


@given(st.binary(max_size=5_000), st.lists(st.integers(0, 5_000), max_size=4))
def test_an_answer_in_any_parts_is_complete_and_compressed_once(body, cut):
    cache = Cache()
    first, second = answer(cache, body, cut=cut), answer(cache, body)
    for headers, sent in (first, second):
        assert gzip.decompress(sent) == body
        assert headers["Content-Encoding"] == "gzip"
        assert headers["Vary"] == "Accept-Encoding"
    assert second[0]["Content-Length"] == str(len(second[1]))
    assert cache.used == 1


def test_a_cached_answer_is_sent_as_fast_as_its_client_reads_the_file():
    """The file is read in parts, each of which waits until the one before is sent."""
    cache = Cache()
    answer(cache, SCRIPT)
    (compressed,) = cache.values()
    line = RequestStartLine("GET", "/voila/static/a.js", "HTTP/1.1")
    request = HTTPServerRequest(start_line=line, headers=HTTPHeaders({"Accept-Encoding": "gzip", "Host": "here"}))
    transform = CachedGzip(cache, "/voila/", request)
    headers = HTTPHeaders(
        {"Content-Type": "text/javascript", "Content-Length": str(len(SCRIPT)), "Last-Modified": "then"}
    )
    quarter = len(SCRIPT) // 4
    parts = [transform.transform_first_chunk(200, headers, SCRIPT[:quarter], False)[2]]
    parts += [transform.transform_chunk(SCRIPT[:quarter], False) for _ in range(3)]
    assert max(map(len, parts)) <= len(compressed) / 4 + 1
    assert b"".join(parts) + transform.transform_chunk(b"", True) == compressed


def test_a_changed_file_is_compressed_again():
    cache = Cache()
    answer(cache, SCRIPT)
    _, sent = answer(cache, SCRIPT.upper(), **{"Last-Modified": "later"})
    assert gzip.decompress(sent) == SCRIPT.upper()


@given(st.integers(0, len(SCRIPT) - 1))
def test_an_answer_whose_reader_left_in_the_middle_is_not_cached(sent):
    cache = Cache()
    answer(cache, SCRIPT[:sent], **{"Content-Length": str(len(SCRIPT))})
    assert cache == {}
    assert gzip.decompress(answer(cache, SCRIPT)[1]) == SCRIPT


@pytest.mark.parametrize(
    "answered", [{"path": "/tracker/snapshot"}, {"status": 206}, {"Last-Modified": ""}, {"Content-Type": "image/png"}]
)
def test_an_answer_that_is_no_complete_file_of_voilas_is_not_cached(answered):
    cache = Cache()
    answer(cache, SCRIPT, **answered)
    assert cache == {}


@pytest.mark.parametrize("path", ["/voila/static/%61.js", "/voila/static/x/../a.js", "/voila//static/./a%2Ejs"])
def test_a_file_is_compressed_once_in_whatever_way_its_path_is_written(path):
    """Otherwise a client could have the server compress the same file for ever."""
    cache = Cache()
    answer(cache, SCRIPT)
    assert gzip.decompress(answer(cache, SCRIPT, path=path)[1]) == SCRIPT
    assert (cache.used, len(cache)) == (1, 1)


def test_a_part_of_a_file_is_not_compressed():
    headers, sent = answer(Cache(), SCRIPT[5:], status=206)
    assert sent == SCRIPT[5:]
    assert "Content-Encoding" not in headers


def test_a_client_without_gzip_gets_the_uncompressed_file_although_the_other_is_cached():
    cache = Cache()
    answer(cache, SCRIPT)
    headers, sent = answer(cache, SCRIPT, encoding="")
    assert sent == SCRIPT
    assert "Content-Encoding" not in headers


def test_the_cache_stays_within_its_limit(monkeypatch):
    monkeypatch.setattr("tracker.dashboard.server.compression._CACHE_LIMIT", 100)
    cache = Cache()
    for name in range(20):
        answer(cache, SCRIPT, path=f"/voila/static/{name}.js")
    assert 1 <= len(cache) <= 2
