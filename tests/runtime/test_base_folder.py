"""The folder that relative paths start from: of tracker.toml, of the checkout, or the current one."""

from pathlib import Path

import pytest

from tests.support.config import write_config
from tests.support.page_server import mark_as_checkout
from tracker.core.errors import ConfigError
from tracker.runtime.base_folder import find_base, is_checkout


def test_relative_paths_start_at_the_file_else_at_the_project_else_at_the_folder(tmp_path):
    inner = tmp_path / "project" / "notebooks"
    inner.mkdir(parents=True)
    assert find_base(inner) == (inner, None)
    mark_as_checkout(tmp_path / "project")
    assert find_base(inner) == (tmp_path / "project", None)
    path = write_config(tmp_path, "")
    assert find_base(inner) == (tmp_path, path)


@pytest.mark.parametrize(
    "text",
    [
        "",
        '[project]\nname = "another-project"\n',
        "[project]\nname = 5\n",
        '[tool.poetry]\nname = "btc-price-tracker"\n',
        'project = "btc-price-tracker"\n',
        "[project",
    ],
)
def test_the_pyproject_of_another_project_is_ignored(tmp_path, text):
    inner = tmp_path / "package" / "notebooks"
    inner.mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text(text)
    assert find_base(inner) == (inner, None)
    (tmp_path / "package" / "pyproject.toml").write_bytes(b"\xff\xfe")
    assert find_base(inner) == (inner, None)


def test_a_package_inside_a_checkout_does_not_hide_it(tmp_path):
    mark_as_checkout(tmp_path)
    inner = tmp_path / "plugin"
    inner.mkdir()
    (inner / "pyproject.toml").write_text('[project]\nname = "plugin"\n')
    assert find_base(inner) == (tmp_path, None)


def test_this_project_s_own_pyproject_marks_a_checkout():
    assert is_checkout(Path(__file__).resolve().parents[2])


def test_a_file_named_by_the_environment_takes_precedence_and_must_exist(tmp_path, monkeypatch):
    (tmp_path / "elsewhere").mkdir()
    path = write_config(tmp_path / "elsewhere", "")
    monkeypatch.setenv("TRACKER_CONFIG", str(path))
    assert find_base(tmp_path) == (tmp_path / "elsewhere", path)
    monkeypatch.setenv("TRACKER_CONFIG", str(tmp_path / "none.toml"))
    with pytest.raises(ConfigError, match="no file"):
        find_base(tmp_path)
    monkeypatch.setenv("TRACKER_CONFIG", "~nobody-here/none.toml")
    with pytest.raises(ConfigError, match=r"TRACKER_CONFIG ~nobody-here/none.toml: no such user's folder"):
        find_base(tmp_path)
