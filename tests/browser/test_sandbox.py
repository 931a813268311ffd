"""A web page that a browser of this machine shows cannot use the sandbox."""

import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.support.browser import tab
from tests.support.sandbox import NOW, post_faults
from tracker.sandbox import Sandbox, Simulated

# A response that the page may not read is opaque; a request that was not answered fails.
_SEND = """async ([url, method]) => {
  const body = method === "POST" ? '{"mode": "html"}' : undefined;
  return (await fetch(url, { method, mode: "no-cors", body })).type;
}"""
_SUBMIT = """url => {
  const form = Object.assign(document.createElement("form"), { action: url, method: "post", enctype: "text/plain" });
  form.append(Object.assign(document.createElement("input"), { name: '{"mode": "html", "path": "', value: '"}' }));
  document.body.append(form);
  form.submit();
}"""


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """The port of another site, which this machine serves."""
    with ThreadingHTTPServer(("127.0.0.1", 0), SimpleHTTPRequestHandler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield server.server_port
        server.shutdown()


@pytest.mark.parametrize("site", ["localhost", "127.0.0.1"])
def test_another_site_neither_switches_faults_nor_uses_them_up(browser, port, site):
    with Sandbox(Simulated(1), lambda: NOW, controls=True) as sandbox:
        fault = post_faults(sandbox, {"mode": "status", "status": 500, "count": 1}).json()
        with tab(browser, f"http://{site}:{port}/") as seen:
            for method, path in (("POST", "/faults"), ("GET", "/faults"), ("GET", "/kraken/0/public/Time")):
                assert seen.page.evaluate(_SEND, [sandbox.url + path, method]) == "opaque"
            with seen.page.expect_navigation():
                seen.page.evaluate(_SUBMIT, f"{sandbox.url}/faults")
            assert "expected a program such as curl" in seen.page.content()
        assert sandbox.faults.show() == fault
        assert sandbox.stats() == {}
