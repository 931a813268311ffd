"""The test suite's own promises: in CI nothing is skipped, elsewhere a missing browser is no failure."""

import os
import re
from pathlib import Path

import pytest

from tests.support import chromium as chromium_finder

ROOT = Path(__file__).resolve().parents[2]

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


@pytest.fixture
def suite(pytester, monkeypatch):
    """Runs the files of SUITE under this project's conftest.py, in a process of its own."""
    for name in ("conftest.py", "tests/__init__.py", "tests/support/__init__.py", "tests/support/chromium.py"):
        (pytester.path / name).parent.mkdir(parents=True, exist_ok=True)
        (pytester.path / name).write_text((ROOT / "tests" / name.removeprefix("tests/")).read_text("utf-8"))
    pytester.makepyfile(**SUITE)
    monkeypatch.setenv("TRACKER_STORE", "csv:/srv/prices")

    def run(ci: str) -> pytest.RunResult:
        monkeypatch.setenv("CI", ci)
        return pytester.runpytest_subprocess("-p", "no:cacheprovider", "--continue-on-collection-errors")

    return run


def test_in_ci_whatever_skips_fails_and_says_why(suite):
    done = suite(ci="true")
    assert done.ret != 0
    assert done.parseoutcomes() == {"failed": 2, "errors": 3, "passed": 1}
    for name in ("skip", "mark", "fixture", "xfail"):
        done.stdout.fnmatch_lines([f"CI skips nothing, yet test_{name}.py::test_it did not run to its end: *no server"])
    done.stdout.fnmatch_lines(["CI skips nothing, yet test_module.py did not run to its end: *no server"])


def test_elsewhere_skipping_is_no_failure(suite):
    """The one that passes asserts that no setting, and no folder, of the person at the keyboard reaches a test."""
    done = suite(ci="")
    assert done.ret == 0
    assert done.parseoutcomes() == {"skipped": 4, "xfailed": 1, "passed": 1}


def test_only_the_browser_tests_need_playwright():
    """So `pytest tests/core` runs where no browser driver is installed."""
    needs = re.compile(r"^ *(?:from|import) (?:playwright|tests\.support\.(?:browser|chart_driver))\b", re.MULTILINE)
    importing = {path.parent.name for path in (ROOT / "tests").rglob("*.py") if needs.search(path.read_text("utf-8"))}
    assert importing == {"browser", "support"}


def test_the_browser_named_by_hand_comes_first(monkeypatch, tmp_path):
    named = tmp_path / "my-chromium"
    named.touch(mode=0o755)
    monkeypatch.setenv("TRACKER_CHROMIUM", str(named))
    assert chromium_finder.find() == str(named)


def test_without_a_browser_an_ordinary_user_is_told_what_to_type(monkeypatch, capsys):
    monkeypatch.setattr(chromium_finder, "find", lambda: None)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(chromium_finder.subprocess, "run", lambda *_, **__: pytest.fail("must not install"))
    chromium_finder.main()
    said = capsys.readouterr().err
    assert said.startswith("No Chromium: the browser tests will be skipped. Type: ")
    assert said.count("\n") == 1


def test_root_on_debian_gets_a_browser_and_is_told_so(monkeypatch, capsys):
    ran = []
    monkeypatch.setattr(chromium_finder, "find", lambda: None)
    monkeypatch.setattr(chromium_finder.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(chromium_finder.subprocess, "run", lambda command, **_: ran.append(command[:2]))
    chromium_finder.main()
    assert ran == [["apt-get", "update"], ["apt-get", "install"]]
    assert "installing chromium and fonts-liberation with apt-get" in capsys.readouterr().out


def test_without_a_browser_nobody_is_asked_to_sudo(monkeypatch):
    monkeypatch.setattr(chromium_finder.shutil, "which", lambda _: None)
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", "/nowhere")
    assert chromium_finder.find() is None
    assert "sudo" not in chromium_finder.how_to_install()
