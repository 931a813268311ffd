"""The real server, started again with the same token: who is still signed in."""

from contextlib import contextmanager

import pytest
import requests

from tests.support.kernels import small_notebook
from tests.support.page_server import ONE_VIEWER, free_port, settings, voila

pytestmark = pytest.mark.service

TOKEN = "the-token-of-this-test"


@pytest.fixture(autouse=True)
def runtime(tmp_path, monkeypatch):
    """Jupyter's runtime folder."""
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))
    return tmp_path / "runtime"


@pytest.fixture
def server(tmp_path):
    """Start the server on one port, with a token."""
    notebook, port = small_notebook(tmp_path), free_port()

    @contextmanager
    def start(token=TOKEN):
        options = (*ONE_VIEWER, f"--Voila.token={token}")
        environment = settings(tmp_path / "data", "http://127.0.0.1:9")
        with voila(tmp_path / "log", *options, notebook=notebook, port=port, **environment) as url:
            yield url

    return start


def log_in(url):
    viewer = requests.Session()
    viewer.get(f"{url}login", timeout=60)
    form = {"password": TOKEN, "_xsrf": viewer.cookies["_xsrf"]}
    assert viewer.post(f"{url}login", form, allow_redirects=False, timeout=60).status_code == 302
    return viewer


def is_logged_in(url, viewer):
    return viewer.get(f"{url}tracker/room", timeout=60, allow_redirects=False).status_code == 204


def test_viewers_stay_signed_in_but_those_who_logged_out_do_not_nor_with_another_token(server, runtime, tmp_path):
    with server() as url:
        stays, leaves = log_in(url), log_in(url)
        copy = requests.Session()
        copy.cookies.update(leaves.cookies)
        assert leaves.get(f"{url}logout", timeout=60).status_code == 200
    with server() as url:
        assert is_logged_in(url, stays)
        assert not is_logged_in(url, copy)
        assert not is_logged_in(url, leaves)
    with server("another-token-of-this-test") as url:
        assert not is_logged_in(url, stays)
    assert (runtime / "btc-price-tracker-cookie-secret").stat().st_mode & 0o777 == 0o600
    assert not any("secret" in path.name for path in (tmp_path / "data").rglob("*"))
