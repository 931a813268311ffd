"""Requests that the page does not make reach no file, listing or kernel, and change nothing."""

import re
import socket
from uuid import uuid4

import pytest
import requests
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.support.kernels import connected, fine, id_of, is_ready, small_notebook
from tests.support.page_server import kernels, mark_as_checkout, settings, voila, wait_for

pytestmark = pytest.mark.service


@pytest.fixture(scope="module")
def scratch(tmp_path_factory):
    """A project whose folder of notebooks is served."""
    folder = tmp_path_factory.mktemp("project")
    mark_as_checkout(folder)
    (folder / "notebooks").mkdir()
    (folder / "notebooks" / "explore.ipynb").write_text('{"nbformat": 4}')
    return folder


@pytest.fixture(scope="module")
def url(scratch):
    environment = settings(scratch / "data", "http://127.0.0.1:9")
    with voila(scratch / "log", notebook=small_notebook(scratch / "notebooks"), **environment) as address:
        yield address


@pytest.fixture(scope="module")
def theirs(url):
    """The kernel of another viewer, who stays connected."""
    kernel = id_of(requests.get(url, timeout=60).text)
    with connected(url, kernel):
        yield kernel


@pytest.mark.parametrize(
    "path",
    [
        "voila/files/small.ipynb",
        "voila/files/../pyproject.toml",
        "voila/files/..%2fpyproject.toml",
        "voila/files/%2e%2e/pyproject.toml",
        "voila/files//etc/passwd",
        "voila/static/../../../../../../etc/passwd",
        "voila/static/..%2f..%2f..%2f..%2f..%2f..%2fetc/passwd",
        "voila/templates/tracker/static/../../../conf.json",
        "voila/api/contents",
        "voila/api/contents/small.ipynb",
        "voila/tree",
        "voila/render/explore.ipynb",
        "explore.ipynb",
        "api/contents",
        "api/kernels",
        "api/sessions",
        "api/terminals",
        "tracker/",
        "tracker/snapshot/../../pyproject.toml",
        "tracker/snapshot/..%2f..%2fpyproject.toml",
        "tracker/snapshot.html",
    ],
)
def test_no_file_and_no_listing_is_served(url, path):
    request = requests.Request("GET", url).prepare()
    request.url = url + path  # as it is; requests would normalise it
    answer = requests.Session().send(request, timeout=60)
    assert answer.status_code in (400, 403, 404), answer.text[:200]
    assert not re.search(r"root:|\[project\]|nbformat|Traceback|\.ipynb\"", answer.text)


@pytest.mark.parametrize("path", ["login", "logout"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_a_page_without_login_has_none_to_show_and_no_session_to_end(url, method, path):
    assert requests.request(method, url + path, timeout=60).status_code == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
@pytest.mark.parametrize("path", ["", "api/kernels", "voila/api/shutdown/00000000-0000-0000-0000-000000000000"])
def test_nothing_can_be_changed_from_another_page(url, method, path):
    assert requests.request(method, url + path, timeout=60).status_code in (403, 404, 405)


@pytest.mark.parametrize(
    "path", ["", "tracker/snapshot", "tracker/room", "api/kernels/00000000-0000-0000-0000-000000000000"]
)
def test_a_foreign_name_that_resolves_to_this_machine_is_refused(url, scratch, path):
    """A foreign page's name can be made to mean 127.0.0.1, so that the browser would let it read the answers."""
    before = len((scratch / "log").read_text())
    assert requests.get(f"{url}{path}", headers={"Host": "evil.example"}, timeout=60).status_code == 403
    fine(scratch / "log", before)


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Purpose": "prefetch;prerender"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"},
        {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "fencedframe"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"},
    ],
)
def test_a_page_that_is_prefetched_or_embedded_starts_no_kernel(url, scratch, headers):
    wait_for(lambda: any(is_ready(scratch / "log", kernel) for kernel in kernels(scratch / "log")), "none is starting")
    before = kernels(scratch / "log")
    assert requests.get(url, headers=headers, timeout=60).status_code == 403
    assert kernels(scratch / "log") == before


@pytest.mark.parametrize("name", ["localhost", "LOCALHOST", "prices.localhost", "127.0.0.1", "[::1]"])
def test_loopback_names_are_answered(url, name):
    port = url.split(":")[-1].strip("/")
    assert requests.get(f"{url}tracker/room", headers={"Host": f"{name}:{port}"}, timeout=60).status_code == 204


def test_another_viewers_address_is_not_revealed(url, theirs):
    """Voila would send it, with any token in it, to a client that knows the kernel's id."""
    for kernel in (theirs, str(uuid4())):
        with pytest.raises(InvalidStatus) as refused:
            connect(f"{url.replace('http', 'ws')}voila/query/{kernel}", open_timeout=60)
        assert refused.value.response.status_code == 404


@pytest.mark.parametrize(
    ("cookie", "token", "origin"),
    [
        ("", "", None),
        ("", "a1b2c3d4", None),
        ("a1b2c3d4", "", None),
        ("a1b2c3d4", "d4c3b2a1", None),
        ("a1b2c3d4", "a1b2c3d4", "https://elsewhere.example"),
    ],
)
def test_another_viewers_kernel_cannot_be_ended_from_a_foreign_page(url, theirs, cookie, token, origin):
    """Not even by a client that knows its id."""
    headers = {"Cookie": f"_xsrf={cookie}"} | ({"Origin": origin} if origin else {})
    answer = requests.post(f"{url}voila/api/shutdown/{theirs}", data={"_xsrf": token}, headers=headers, timeout=60)
    assert answer.status_code in (403, 404)
    assert requests.get(f"{url}api/kernels/{theirs}", timeout=60).status_code == 200


def send_raw(url, *lines):
    """Send a request as it is, where clients would normalise it; wait until it is answered."""
    with socket.create_connection(("127.0.0.1", int(url.split(":")[-1].strip("/"))), timeout=60) as connection:
        connection.sendall("\r\n".join([*lines, "Host: localhost", "Connection: close", "", ""]).encode("latin-1"))
        while connection.recv(65_536):
            pass


def test_no_request_forges_a_line_of_the_log_or_controls_its_terminal(url, scratch):
    send_raw(url, "GET /voila/static/a%0a[Voila]%20FAKE%1b[31m%0d%c2%9b HTTP/1.1")  # refused before it is logged
    send_raw(url, "GET /voila/static/a%e2%80%a8[Voila]%20FAKE%e2%80%ae HTTP/1.1")
    send_raw(url, "GET /voila/static/a HTTP/1.1", "Referer: http://x/\x1b[31m\x9b")
    wait_for(lambda: r"\u2028[Voila] FAKE\u202e" in (scratch / "log").read_text(), "the path is logged")
    log = (scratch / "log").read_text()
    assert "\n[Voila] FAKE" not in log
    assert log.replace("\n", "").isprintable()


@pytest.mark.parametrize("path", ["voila/static/a", "voila/templates/a", "api/kernels", "tracker/room", ""])
def test_a_token_in_the_address_or_a_header_of_a_failing_request_is_not_logged(url, scratch, path):
    query = "?a=1&token=not-to-be-logged&password=not-to-be-logged"
    headers = {"Host": "foreign.example", "Referer": f"http://localhost/{query}", "User-Agent": f"browser {query}"}
    logged = len((scratch / "log").read_text())
    for more in ({}, headers):
        requests.get(url + path + query, headers=more, timeout=60)
        requests.post(url + path + query, headers=more, timeout=60)
    assert "not-to-be-logged" not in (scratch / "log").read_text()[logged:]


def test_the_address_of_the_page_is_logged_as_people_read_it(url, scratch):
    """Before the filter of the log is installed."""
    assert f"Voilà is running at {url.replace('127.0.0.1', 'localhost')}" in (scratch / "log").read_text()
