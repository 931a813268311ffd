"""The command that serves the page: which notebook, on which address, with which settings."""

import json
import re
import socket
import subprocess
import sys

import pytest
import requests

from tests.support.command import tracker
from tests.support.other_store import add_store
from tests.support.page_server import ONE_VIEWER, ROOT, free_port, mark_as_checkout, settings, voila
from tracker.core.errors import ConfigError
from tracker.dashboard.server.access import Access
from tracker.dashboard.server.launcher import find_notebook, find_server_settings, page_command, page_environment
from tracker.dashboard.server.launcher import free_port as port_for
from tracker.runtime.settings import read_settings


@pytest.mark.checkout
def test_the_projects_notebook_is_preferred_to_the_installed_one(tmp_path, monkeypatch):
    notebook = tmp_path / "notebooks" / "dashboard.ipynb"
    notebook.parent.mkdir()
    notebook.touch()
    mark_as_checkout(tmp_path)
    assert find_notebook(tmp_path) == notebook
    assert find_notebook(tmp_path / "elsewhere") == ROOT / "notebooks" / "dashboard.ipynb"
    monkeypatch.setattr("tracker.dashboard.server.launcher.__file__", str(tmp_path / "lib" / "tracker" / "launch.py"))
    assert find_notebook(tmp_path / "elsewhere").read_bytes()
    nothing_is_installed(tmp_path, monkeypatch)
    with pytest.raises(ConfigError, match=r"dashboard\.ipynb: not in .*prefix"):
        find_notebook(tmp_path / "elsewhere")


def nothing_is_installed(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "prefix"))
    monkeypatch.setattr("sysconfig.get_path", lambda kind: str(tmp_path / "local"))
    monkeypatch.setattr("site.getuserbase", lambda: str(tmp_path / "home"))


@pytest.mark.checkout
def test_a_notebook_of_another_project_is_not_run_and_one_beside_tracker_toml_is(tmp_path):
    notebook = tmp_path / "notebooks" / "dashboard.ipynb"
    notebook.parent.mkdir()
    notebook.touch()
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "theirs"\n')
    assert find_notebook(tmp_path) == ROOT / "notebooks" / "dashboard.ipynb"
    (tmp_path / "tracker.toml").touch()
    assert find_notebook(tmp_path) == notebook


@pytest.mark.parametrize("scheme", ["prefix", "local", "home"])
def test_the_installed_notebook_and_settings_are_found_wherever_pip_puts_data_files(tmp_path, monkeypatch, scheme):
    nothing_is_installed(tmp_path, monkeypatch)
    monkeypatch.setattr("tracker.dashboard.server.launcher.__file__", str(tmp_path / "lib" / "tracker" / "launch.py"))
    installed = tmp_path / scheme / "share" / "btc-price-tracker"
    (installed / "notebooks").mkdir(parents=True)
    (installed / "notebooks" / "dashboard.ipynb").touch()
    (installed / "voila.json").touch()
    assert find_notebook(tmp_path) == installed / "notebooks" / "dashboard.ipynb"
    assert find_server_settings() == installed


@pytest.mark.checkout
def test_one_notebook_is_served_on_the_chosen_address_with_the_settings_of_voila_json(tmp_path):
    command = page_command(tmp_path / "dashboard.ipynb", 9000, Access())
    starts = ["-m", "tracker.runtime.light_start", "--with-parent", "voila", str(tmp_path / "dashboard.ipynb")]
    assert command[1:6] == starts
    assert {"--port=9000", "--Voila.ip=127.0.0.1", "--Voila.base_url=/", "--Voila.log_level=WARN"} <= set(command)
    assert f"--Voila.config_file_paths={ROOT}" in command  # its voila.json is read, wherever the command is started


def test_an_installation_brings_the_servers_settings(tmp_path, monkeypatch):
    monkeypatch.setattr("tracker.dashboard.server.launcher.__file__", str(tmp_path / "lib" / "tracker" / "launch.py"))
    installed = find_server_settings()
    assert (installed / "voila.json").read_bytes() == (ROOT / "voila.json").read_bytes()
    nothing_is_installed(tmp_path, monkeypatch)
    with pytest.raises(ConfigError, match=r"voila\.json: not in .*prefix"):
        find_server_settings()


@pytest.mark.parametrize("command", [["dashboard"], ["demo"], ["replay", "."]])
def test_no_command_exposes_the_page_without_login(tmp_path, command):
    status, _, errors = tracker(*command, "--host=0.0.0.0", f"--port={free_port()}", folder=tmp_path)
    assert (status, errors.count("\n")) == (2, 1)
    assert "add --public to require a token" in errors


def test_a_port_is_found_on_the_ipv6_loopback_address():
    try:
        assert port_for(0, "::1") > 0
    except ConfigError as error:  # a machine without IPv6
        assert "::1" in str(error)  # noqa: PT017
    with pytest.raises(ConfigError, match=r"--host no\.such\.host"):
        port_for(0, "no.such.host")


@pytest.mark.service
def test_the_login_is_under_the_pages_base_url(tmp_path):
    options = (
        "--Voila.base_url=/btc/",
        "--Voila.token=a-token-of-ones-own",
        "--VoilaConfiguration.preheat_kernel=False",
    )
    with voila(tmp_path / "log", *options, **settings(tmp_path / "data", "http://127.0.0.1:9")) as url:
        answer = requests.get(f"{url}btc/", timeout=60)
        assert (answer.status_code, "/btc/login" in answer.url, "<form" in answer.text) == (200, True, True)
        without_slash = requests.get(f"{url}btc?token=1&zone=UTC", allow_redirects=False, timeout=60)
        assert (without_slash.status_code, without_slash.headers["Location"]) == (302, "/btc/?token=1&zone=UTC")
        cookies = requests.get(f"{url}btc/login", timeout=60).headers["Set-Cookie"]
        assert re.search(r"^_xsrf=[^;]*; Path=/btc/;", cookies)
        script = requests.get(f"{url}btc/voila/labextensions/bqplot/package.json", timeout=60)
        assert "immutable" in script.headers["Cache-Control"]


@pytest.mark.service
def test_the_login_is_where_a_proxy_that_drops_the_base_url_passes_it_on_to(tmp_path):
    token = "a-token-of-ones-own"
    options = (*ONE_VIEWER, "--Voila.base_url=/btc/", "--Voila.server_url=/", f"--Voila.token={token}")
    with voila(tmp_path / "log", *options, **settings(tmp_path / "data", "http://127.0.0.1:9")) as url:
        refused = requests.get(url, allow_redirects=False, timeout=60)
        assert refused.headers["Location"].startswith("/btc/login?")
        form = requests.get(f"{url}login", allow_redirects=False, timeout=60)
        assert (form.status_code, 'action="/btc/login' in form.text) == (200, True)
        word = form.cookies["_xsrf"]
        more = {"headers": {"Cookie": f"_xsrf={word}"}, "allow_redirects": False, "timeout": 60}
        seen = requests.post(f"{url}login?next=%2F", {"password": token, "_xsrf": word}, **more)
        assert (seen.status_code, seen.headers["Location"]) == (302, "/btc/")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
def test_the_server_raises_the_limit_of_open_files():
    lower = "import sys, resource as r; sys.modules['rfc3987_syntax'] = None  # as light_start does\n"
    lower += "r.setrlimit(r.RLIMIT_NOFILE, (256, r.getrlimit(r.RLIMIT_NOFILE)[1]))"
    then = "from tracker.dashboard.server.server_setup import _raise_file_limit as o; o()"
    then += "; print(r.getrlimit(r.RLIMIT_NOFILE)[0])"
    result = subprocess.run([sys.executable, "-c", f"{lower}; {then}"], capture_output=True, text=True, check=True)
    assert int(result.stdout) > 1_024


def test_kernels_get_absolute_folders(tmp_path):
    environment = page_environment(read_settings(tmp_path, state="notes"))
    assert environment["TRACKER_STORE"] == f"csv:{tmp_path / 'data'}"
    assert environment["TRACKER_COORDINATION"] == f"file:{tmp_path / 'data'}"
    assert environment["TRACKER_STATE"] == str(tmp_path / "notes")


@pytest.mark.parametrize("store", ["sq:data/prices.db", "far://db:5432/data"])
def test_kernels_open_the_store_of_the_settings_whatever_its_scheme(tmp_path, monkeypatch, store):
    add_store(monkeypatch, "sq", lambda path: path.parent)
    add_store(monkeypatch, "far")
    absolute = store.replace("sq:", f"sq:{tmp_path}/")
    assert page_environment(read_settings(tmp_path, store=store))["TRACKER_STORE"] == absolute


def test_a_variable_of_another_program_is_not_passed_to_kernels(tmp_path, monkeypatch):
    monkeypatch.setenv("TRACKER_DEBUG", "1")
    monkeypatch.setenv("TRACKER_SPAN", "1h")
    environment = page_environment(read_settings(tmp_path))
    assert "TRACKER_DEBUG" not in environment
    assert environment["TRACKER_SPAN"] == "1h"


def test_kernels_read_the_same_tracker_toml(tmp_path):
    (tmp_path / "tracker.toml").write_text('span = "1h"')
    assert page_environment(read_settings(tmp_path))["TRACKER_CONFIG"] == str(tmp_path / "tracker.toml")


def test_a_port_in_use_is_an_error_and_0_takes_a_free_one():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=f"port {port} on 127.0.0.1: .*take another one with --port"):
            port_for(port, "127.0.0.1")
    assert port_for(0, "127.0.0.1") > 0


def test_the_makefiles_targets_pass_the_port_on():
    text = (ROOT / "Makefile").read_text()
    assert "tracker dashboard --port $(PORT)" in text
    assert "tracker demo --port $(PORT)" in text
    assert json.loads((ROOT / "voila.json").read_text())["VoilaConfiguration"]["template"] == "tracker"
