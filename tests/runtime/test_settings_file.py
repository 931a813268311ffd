"""The settings file: what a write keeps of it, where the first one goes, and what cannot be written."""

import codecs
import errno
import os
import stat
import sys
from pathlib import Path

import pytest

from tests.support.config import write_config
from tracker.core.errors import ConfigError, StoreError
from tracker.core.settings_contract import ABSENT
from tracker.runtime import files, settings_file
from tracker.runtime.settings import read_settings
from tracker.runtime.settings_file import SettingsFile, refuse_vanished, settings_in, settings_path

NEW = 'span = "6h"\r\nstore = "csv:é"\r\n'

needs_links = pytest.mark.skipif(sys.platform == "win32", reason="links and modes are other ones there")


def rewrite(path, text=NEW):
    document = SettingsFile(path)
    return document.write(text, document.read().version)


def test_the_first_write_creates_the_file_that_is_read_from_then_on(tmp_path):
    before = read_settings(tmp_path)
    rewrite(settings_path(before))
    settings = read_settings(tmp_path)
    assert (settings.span, settings.base) == (6 * 3_600_000, before.base)
    assert settings.file == settings_path(before) == settings_path(settings)


def test_a_write_outlasts_a_power_cut(tmp_path, monkeypatch):
    synced = []
    monkeypatch.setattr(files, "fsync", lambda path: synced.append(path.name))
    rewrite(tmp_path / "tracker.toml")
    assert synced[-1] == tmp_path.name, "the folder, after the file itself"
    assert len(synced) == 2


def test_a_write_leaves_no_other_file(tmp_path):
    rewrite(tmp_path / "tracker.toml")
    rewrite(tmp_path / "tracker.toml", "")
    assert [path.name for path in tmp_path.iterdir()] == ["tracker.toml"]


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (b"", "utf-8"),
    ],
)
def test_a_write_keeps_the_encoding_and_the_byte_order_mark(tmp_path, mark, encoding):
    path = tmp_path / "tracker.toml"
    path.write_bytes(mark + 'store = "csv:ö"'.encode(encoding))
    assert SettingsFile(path).read().text == 'store = "csv:ö"'
    written = rewrite(path)
    assert path.read_bytes() == mark + NEW.encode(encoding)
    assert SettingsFile(path).read() == written
    assert read_settings(tmp_path).store == "csv:é"


@needs_links
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664])
def test_a_write_keeps_the_mode_and_shows_the_content_to_nobody_else_meanwhile(tmp_path, monkeypatch, mode):
    path = write_config(tmp_path, "")
    path.chmod(mode)
    modes = []
    real = settings_file._take_over_owner

    def observed(former, handle):
        modes.append(stat.S_IMODE(os.fstat(handle).st_mode))
        real(former, handle)

    monkeypatch.setattr(settings_file, "_take_over_owner", observed)
    rewrite(path)
    assert [*modes, stat.S_IMODE(path.stat().st_mode)] == [0o600, mode]


@needs_links
@pytest.mark.parametrize(("mode", "kept"), [(0o640, 0o600), (0o664, 0o644), (0o600, 0o600)])
def test_where_the_group_cannot_be_kept_another_one_may_do_no_more_than_everybody(tmp_path, monkeypatch, mode, kept):
    path = write_config(tmp_path, "")
    path.chmod(mode)

    def refused(*_):
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "fchown", refused)
    rewrite(path)
    assert stat.S_IMODE(path.stat().st_mode) == kept


@needs_links
def test_a_link_stays_one_and_what_it_leads_to_is_replaced(tmp_path):
    (tmp_path / "dotfiles").mkdir()
    target = tmp_path / "dotfiles" / "tracker"
    target.write_text("")
    link = tmp_path / "tracker.toml"
    link.symlink_to(Path("dotfiles") / "tracker")
    rewrite(link)
    assert link.is_symlink()
    assert target.read_bytes() == NEW.encode()
    assert [path.name for path in target.parent.iterdir()] == ["tracker"]


def test_the_same_content_is_not_written_again(tmp_path):
    rewrite(tmp_path / "tracker.toml")
    before = (tmp_path / "tracker.toml").stat()
    rewrite(tmp_path / "tracker.toml")
    assert (tmp_path / "tracker.toml").stat().st_ino == before.st_ino


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "No space left on device"),
        (errno.EBUSY, "Device or resource busy; a file that is mounted alone cannot be replaced: mount its folder"),
    ],
)
def test_a_file_that_cannot_be_replaced_stays_as_it_was(tmp_path, monkeypatch, number, words):
    path = write_config(tmp_path, 'span = "1h"')

    def fails(*_):
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", fails)
        with pytest.raises(StoreError) as error:
            rewrite(path)
    assert str(error.value) == f"cannot write {path}: {words}"
    assert path.read_text() == 'span = "1h"'
    assert [entry.name for entry in tmp_path.iterdir()] == ["tracker.toml"]


def test_a_file_that_its_owner_has_protected_is_not_written(tmp_path, monkeypatch):
    path = write_config(tmp_path, 'span = "1h"')
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write whatever the mode is
    with pytest.raises(StoreError, match=r"^cannot write .*tracker\.toml: Permission denied$"):
        rewrite(path)
    assert path.read_text() == 'span = "1h"'


def test_what_is_no_text_is_named_and_not_written(tmp_path):
    path = tmp_path / "tracker.toml"
    with pytest.raises(ConfigError, match="cannot write a character that is none; nothing was written"):
        SettingsFile(path).write("a = '\udcff'", ABSENT)
    assert not path.exists()
    path.write_bytes('store = "csv:é"'.encode("latin-1"))
    with pytest.raises(ConfigError, match=r"tracker\.toml: .*; expected UTF-8: save it with that encoding$"):
        SettingsFile(path).read()
    path.unlink()
    path.mkdir()
    with pytest.raises(ConfigError, match=r"tracker\.toml: Is a directory$|Permission denied$"):
        SettingsFile(path).read()


def test_settings_of_another_text_are_what_reading_it_would_give(tmp_path, monkeypatch):
    write_config(tmp_path, 'span = "1h"\nplausible = 0.3')
    before = read_settings(tmp_path, retention=7 * 86_400_000)
    monkeypatch.setenv("TRACKER_PLAUSIBLE", "0.2")
    text = 'span = "6h"\nplausible = 0.4\nretention = "forever"\n'
    settings = settings_in(text, before)
    assert (settings.span, settings.plausible, settings.retention) == (6 * 3_600_000, 0.2, 7 * 86_400_000)
    write_config(tmp_path, text)
    assert settings == read_settings(tmp_path, retention=7 * 86_400_000)
    assert settings_in(text, settings) == settings
    with pytest.raises(ConfigError, match=r"tracker\.toml: spann: unknown key 'spann'; did you mean 'span'\?"):
        settings_in("spann = 1", before)


@pytest.mark.parametrize("text", ["", " \n"])
def test_settings_in_use_whose_file_has_vanished_are_not_replaced_by_a_change(tmp_path, text):
    write_config(tmp_path, 'span = "6h"')
    with pytest.raises(ConfigError, match=r"tracker\.toml was removed or is empty; expected the settings .* in use"):
        refuse_vanished(text, read_settings(tmp_path))
    refuse_vanished('span = "7h"', read_settings(tmp_path))


@pytest.mark.parametrize("text", [None, "", "# comment"])
def test_the_first_settings_may_be_written_into_an_empty_file_or_none(tmp_path, text):
    if text is not None:
        write_config(tmp_path, text)
    refuse_vanished("", read_settings(tmp_path, span=6 * 3_600_000))
