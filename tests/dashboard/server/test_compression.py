"""What is compressed once is given as it is, again and again; what may change is not remembered."""

import gzip
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tornado.httputil import HTTPHeaders, HTTPServerRequest, RequestStartLine

from tracker.dashboard.server.compression import CachedGzip

SCRIPT = b"export default { render };\n" * 400


class Spy(dict):
    """What is remembered, and how often it was used."""

    used = 0

    def __getitem__(self, key):
        self.used += 1
        return super().__getitem__(key)


def answer(known, body, *, path="/voila/static/a.js", encoding="gzip", status=200, cut=(), **more):
    """What goes over the wire for *body*, written in parts: (headers, bytes)."""
    line = RequestStartLine("GET", path, "HTTP/1.1")
    request = HTTPServerRequest(start_line=line, headers=HTTPHeaders({"Accept-Encoding": encoding, "Host": "here"}))
    transform = CachedGzip(known, "/voila/", request)
    headers = {"Content-Type": "text/javascript", "Content-Length": str(len(body)), "Last-Modified": "then", **more}
    ends = sorted({min(each, len(body)) for each in cut} | {0, len(body)})
    parts = [body[start:end] for start, end in pairwise(ends)] or [b""]
    _, told, sent = transform.transform_first_chunk(status, HTTPHeaders(headers), parts[0], False)
    for part in parts[1:]:
        sent += transform.transform_chunk(part, False)
    return told, sent + transform.transform_chunk(b"", True)


@given(st.binary(max_size=5_000), st.lists(st.integers(0, 5_000), max_size=4))
def test_whatever_the_parts_it_is_the_same_again_and_compressed_once(body, cut):
    known = Spy()
    first, second = answer(known, body, cut=cut), answer(known, body)
    for headers, sent in (first, second):
        assert gzip.decompress(sent) == body
        assert headers["Content-Encoding"] == "gzip"
        assert headers["Vary"] == "Accept-Encoding"
    assert second[0]["Content-Length"] == str(len(second[1]))
    assert known.used == 1


def test_a_file_that_was_changed_is_compressed_anew():
    known = Spy()
    answer(known, SCRIPT)
    _, sent = answer(known, SCRIPT.upper(), **{"Last-Modified": "later"})
    assert gzip.decompress(sent) == SCRIPT.upper()


@given(st.integers(0, len(SCRIPT) - 1))
def test_a_file_whose_reader_left_in_the_middle_is_not_remembered(sent):
    known = Spy()
    answer(known, SCRIPT[:sent], **{"Content-Length": str(len(SCRIPT))})
    assert known == {}
    assert gzip.decompress(answer(known, SCRIPT)[1]) == SCRIPT


@pytest.mark.parametrize(
    "odd", [{"path": "/tracker/snapshot"}, {"status": 206}, {"Last-Modified": ""}, {"Content-Type": "image/png"}]
)
def test_what_is_no_file_of_voilas_is_not_remembered(odd):
    known = Spy()
    answer(known, SCRIPT, **odd)
    assert known == {}


def test_who_takes_no_compression_gets_none_even_if_it_is_remembered():
    known = Spy()
    answer(known, SCRIPT)
    headers, sent = answer(known, SCRIPT, encoding="")
    assert sent == SCRIPT
    assert "Content-Encoding" not in headers


def test_no_more_is_remembered_than_there_is_room_for(monkeypatch):
    monkeypatch.setattr("tracker.dashboard.server.compression._CACHE_LIMIT", 100)
    known = Spy()
    for name in range(20):
        answer(known, SCRIPT, path=f"/voila/static/{name}.js")
    assert 1 <= len(known) <= 2
