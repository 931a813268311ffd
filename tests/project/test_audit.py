"""What `make lint` checks for security: the locked packages by pip-audit, the source by bandit."""

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.support import audit
from tests.support.checkout import ROOT, read
from tests.support.page_server import free_port

pytestmark = pytest.mark.checkout

LOCK = """# a comment
numpy==2.4.6 ; python_full_version < '3.12'
numpy==2.5.5 ; python_full_version >= '3.12'
six==1.17.0
"""
ADVISORY = {"id": "GHSA-test", "summary": "bad", "affected": [], "schema_version": "1.6.0"}


@pytest.fixture
def service():
    """Advisories on loopback: ``vulnerable`` pins have one; ``asked`` for these pins; ``status`` of each answer."""

    class Service(BaseHTTPRequestHandler):
        def do_POST(self):
            query = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            pin = f"{query['package']['name']}=={query['version']}"
            server.asked.append(pin)
            body = json.dumps({"vulns": [ADVISORY]} if pin in server.vulnerable else {}).encode()
            self.send_response(server.status.get(pin, 200))
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Service) as server:
        server.asked, server.vulnerable, server.status = [], {"requests==2.0.0"}, {}
        server.url = f"http://127.0.0.1:{server.server_port}/v1/query"
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield server
        server.shutdown()


def test_every_pin_of_every_python_is_looked_up(service, capsys):
    assert audit.main(LOCK, service.url) == 0
    assert sorted(service.asked[1:]) == ["numpy==2.4.6", "numpy==2.5.5", "six==1.17.0"]
    assert capsys.readouterr().out == "pip-audit: no known vulnerabilities in 3 locked packages\n"


def test_a_known_vulnerability_fails_and_is_named(service, capsys):
    service.vulnerable.add("numpy==2.5.5")
    assert audit.main(LOCK, service.url) == 1
    assert re.search(r"numpy +2\.5\.5 +GHSA-test", capsys.readouterr().out)


def test_an_advisory_that_does_not_concern_the_project_is_ignored(service, monkeypatch):
    service.vulnerable.add("six==1.17.0")
    monkeypatch.setitem(audit.IGNORED, "GHSA-test", "of this test")
    assert audit.main("six==1.17.0", service.url) == 0


@pytest.mark.parametrize("trouble", ["no connection", "an error", "no advisories", "an error later"])
def test_without_advisories_the_audit_is_skipped_in_one_line(service, capsys, trouble):
    url = f"http://127.0.0.1:{free_port()}/v1/query" if trouble == "no connection" else service.url
    if trouble == "no advisories":
        service.vulnerable.clear()
    service.status = {"an error": {"requests==2.0.0": 503}, "an error later": {"six==1.17.0": 503}}.get(trouble, {})
    assert audit.main("six==1.17.0", url) == 0
    assert re.fullmatch(rf"pip-audit: skipped, {url} cannot be reached: [\w ]+\n", capsys.readouterr().out)


def test_a_lock_that_cannot_be_read_fails(service, capsys):
    assert audit.main("six=1.17.0", service.url) == 1
    assert "six=1.17.0" in capsys.readouterr().out


def test_the_whole_lock_is_audited():
    lock = read("requirements.lock")
    pins = [pin for pins in audit.pin_lists(lock) for pin in pins]
    assert sorted(pins) == sorted(re.findall(r"^[^#\s]+==\S+", lock, re.MULTILINE))


def test_each_exception_from_a_rule_of_bandit_names_the_rule_and_the_reason():
    lines = [line for path in (ROOT / "tracker").rglob("*.py") for line in path.read_text("utf-8").splitlines()]
    exceptions = [line for line in lines if re.search(r"#\s*nosec", line)]
    assert exceptions
    assert [line for line in exceptions if not re.search(r"# nosec B\d{3} # \w+", line)] == []
    bandit = read("pyproject.toml").partition("[tool.bandit]\n")[2].partition("\n\n")[0]
    assert re.fullmatch(r'skips = \["B404"\] # .+', bandit)
