"""The test suite itself: in CI nothing is skipped, elsewhere a missing browser is no failure; no test hangs."""

import ast
import os
import re
import subprocess
import sys

import pytest

from tests.conftest import SLOW
from tests.support import chromium as chromium_finder
from tests.support.checkout import ROOT

SUITE = {
    "test_skip": "import pytest\ndef test_it(): pytest.skip('no server')",
    "test_mark": "import pytest\n@pytest.mark.skip(reason='no server')\ndef test_it(): pass",
    "test_fixture": "import pytest\n@pytest.fixture\ndef it(): pytest.skip('no server')\ndef test_it(it): pass",
    "test_module": "import pytest\npytest.skip('no server', allow_module_level=True)",
    "test_xfail": "import pytest\n@pytest.mark.xfail(reason='no server')\ndef test_it(): assert False",
    "test_settings": """
        import os
        def test_it(tmp_path):
            assert "TRACKER_STORE" not in os.environ
            assert os.getcwd() == str(tmp_path)
        """,
}
HANGING = """
import subprocess, sys
def test_it():
    silent = [sys.executable, "-c", "input()"]
    with subprocess.Popen(silent, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
def test_next(): pass
"""


@pytest.fixture
def pytest_here(pytester, monkeypatch):
    """Runs pytest under this project's conftest.py, in a process of its own without plugins."""
    for name in ("conftest.py", "tests/__init__.py", "tests/support/__init__.py", "tests/support/chromium.py"):
        (pytester.path / name).parent.mkdir(parents=True, exist_ok=True)
        (pytester.path / name).write_text((ROOT / "tests" / name.removeprefix("tests/")).read_text("utf-8"))
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # importing them takes seconds

    def run(*options: str) -> pytest.RunResult:
        return pytester.runpytest_subprocess("-p", "no:cacheprovider", *options, timeout=60)

    return run


@pytest.fixture
def suite(pytest_here, pytester, monkeypatch):
    """Runs the files of SUITE."""
    pytester.makepyfile(**SUITE)
    monkeypatch.setenv("TRACKER_STORE", "csv:/srv/prices")

    def run(ci: str) -> pytest.RunResult:
        monkeypatch.setenv("CI", ci)
        return pytest_here("--continue-on-collection-errors")

    return run


def test_in_ci_a_skipped_test_fails_with_the_reason(suite):
    result = suite(ci="true")
    assert result.ret != 0
    assert result.parseoutcomes() == {"failed": 2, "errors": 3, "passed": 1}
    for name in ("skip", "mark", "fixture", "xfail"):
        test = f"test_{name}.py::test_it"
        result.stdout.fnmatch_lines([f"CI skips nothing, yet {test} did not run to its end: *no server"])
    result.stdout.fnmatch_lines(["CI skips nothing, yet test_module.py did not run to its end: *no server"])


def test_elsewhere_a_skipped_test_is_no_failure(suite):
    """The passing test asserts that it gets neither a setting from outside nor the folder pytest started in."""
    result = suite(ci="")
    assert result.ret == 0
    assert result.parseoutcomes() == {"skipped": 4, "xfailed": 1, "passed": 1}


@pytest.mark.skipif(sys.platform == "win32", reason="has no SIGALRM")
def test_a_test_that_hangs_fails_at_the_limit_and_the_next_one_runs(pytest_here, pytester):
    pytester.makepyfile(test_hanging=HANGING)
    result = pytest_here("--limit=0.5")
    assert result.parseoutcomes() == {"failed": 1, "passed": 1}
    result.stdout.fnmatch_lines(["*process.stdout.readline()", "*the test took longer than 0.5 s"])


def test_every_file_that_starts_first_exists():
    names = {"/".join(path.parts[-2:]) for path in (ROOT / "tests").rglob("test_*.py")}
    assert [name for name in SLOW if name not in names] == []


POSIX_MODULES = {"fcntl", "grp", "pty", "pwd", "resource", "termios", "tty"}
POSIX_NAMES = {"os.fork", "os.geteuid", "os.getuid", "os.killpg", "os.mkfifo", "signal.SIGALRM", "signal.SIGKILL"}


def needed_on_import(code: str) -> set[str]:
    """Return the modules and names that only POSIX has and that *code* uses outside of its functions."""
    needed, nodes = set(), list(ast.parse(code).body)
    for node in nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            nodes += getattr(node, "decorator_list", [])
            continue
        nodes += ast.iter_child_nodes(node)
        if isinstance(node, ast.Import):
            needed |= {alias.name for alias in node.names} & POSIX_MODULES
        elif isinstance(node, ast.ImportFrom):
            needed |= {node.module} & POSIX_MODULES
        elif isinstance(node, ast.Attribute):
            needed |= {ast.unparse(node)} & POSIX_NAMES
    return needed


def test_the_tests_can_be_collected_on_windows():
    """One module that cannot be imported ends the whole run."""
    needed = {path: needed_on_import(path.read_text("utf-8")) for path in (ROOT / "tests").rglob("test_*.py")}
    assert {path.name: names for path, names in needed.items() if names} == {}
    assert needed_on_import("import os, pty\n@mark(os.fork)\ndef f(): os.getuid()") == {"pty", "os.fork"}


def test_only_the_browser_tests_need_playwright():
    """`pytest tests/core` runs without a browser driver; pictures and the soak have processes of their own."""
    imports = re.compile(r"^ *(?:from|import) (?:playwright|tests\.support\.(?:browser|chart_driver))\b", re.MULTILINE)
    importing = {path.parent.name for path in (ROOT / "tests").rglob("*.py") if imports.search(path.read_text("utf-8"))}
    assert importing == {"browser", "pictures", "soak", "support"}


def test_the_browser_in_the_environment_variable_comes_first(monkeypatch, tmp_path):
    browser = tmp_path / "my-chromium"
    browser.touch(mode=0o755)
    monkeypatch.setenv("TRACKER_CHROMIUM", str(browser))
    assert chromium_finder.find() == str(browser)


def test_without_a_browser_an_ordinary_user_reads_what_to_type(monkeypatch, capsys):
    monkeypatch.setattr(chromium_finder, "find", lambda: None)
    monkeypatch.setattr(os, "geteuid", lambda: 1000, raising=False)  # Windows has none
    monkeypatch.setattr(chromium_finder.subprocess, "run", lambda *_, **__: pytest.fail("must not install"))
    chromium_finder.main()
    message = capsys.readouterr().err
    assert message.startswith("No Chromium: the browser tests will be skipped. Type: ")
    assert message.count("\n") == 1


class Commands:
    """What the installation starts, in place of subprocess.run."""

    KNOWN = ("apt-get update", "apt-get install", "playwright install")

    def __init__(self) -> None:
        self.started: list[str] = []
        self.failing: set[str] = set()

    def run(self, command, check, env):
        [name] = [known for known in self.KNOWN if known in " ".join(command)]
        self.started.append(name)
        if check and name in self.failing:
            raise subprocess.CalledProcessError(100, command)
        return subprocess.CompletedProcess(command, 100 if name in self.failing else 0)


@pytest.fixture
def commands(monkeypatch):
    """The commands that the installation by root starts on a machine with apt-get and without a browser."""
    commands = Commands()
    monkeypatch.setattr(chromium_finder, "find", lambda: None)
    monkeypatch.setattr(chromium_finder.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(os, "geteuid", lambda: 0, raising=False)
    monkeypatch.setattr(chromium_finder.subprocess, "run", commands.run)
    return commands


def test_root_on_debian_gets_a_browser_and_a_message(commands, capsys):
    chromium_finder.main()
    assert commands.started == ["apt-get update", "apt-get install"]
    assert "installing chromium and fonts-liberation with apt-get" in capsys.readouterr().out


def test_root_gets_playwrights_browser_where_apt_get_has_none_as_on_ubuntu(commands, capsys):
    commands.failing = {"apt-get install"}
    chromium_finder.main()
    assert commands.started == ["apt-get update", "apt-get install", "playwright install"]
    assert capsys.readouterr().err == ""


def test_root_without_a_network_reads_what_to_type(commands, capsys):
    commands.failing = {"apt-get update", "playwright install"}
    chromium_finder.main()
    message = capsys.readouterr().err
    assert message.startswith("No Chromium: the browser tests will be skipped. Type: apt-get install chromium ")
    assert message.count("\n") == 1


def test_how_to_install_a_browser_needs_no_sudo_without_apt(monkeypatch):
    monkeypatch.setattr(chromium_finder.shutil, "which", lambda _: None)
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", "/nowhere")
    assert chromium_finder.find() is None
    assert "sudo" not in chromium_finder.how_to_install()
