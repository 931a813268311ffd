"""The contract of whatever keeps the settings, for the file and for the one of the tests."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.memory_settings import MemorySettings
from tracker.core.settings_contract import ABSENT, SettingsConflict
from tracker.runtime.settings_file import SettingsFile


@pytest.fixture(params=["file", "memory"])
def document(request, tmp_path):
    return SettingsFile(tmp_path / "tracker.toml") if request.param == "file" else MemorySettings()


def test_settings_that_nobody_has_written_are_empty_and_the_first_write_makes_them(document):
    assert (document.read().text, document.read().version) == ("", ABSENT)
    written = document.write('span = "6h"\r\n', ABSENT)
    assert written == document.read()
    assert written.text == 'span = "6h"\r\n'


def test_the_version_goes_by_the_content(document):
    versions = [document.write("", ABSENT).version]
    for text in ("a = 1\n", "a = 2\n", "a = 1\n"):
        versions.append(document.write(text, versions[-1]).version)
    assert versions[1] == versions[3]
    assert len({ABSENT, *versions}) == 4


@pytest.mark.parametrize("present", [None, "a = 1\n"])
def test_a_write_on_another_version_changes_nothing(document, present):
    if present is not None:
        document.write(present, ABSENT)
    before = document.read()
    with pytest.raises(SettingsConflict, match="has changed since it was read"):
        document.write("a = 2\n", "another" if present is None else ABSENT)
    assert document.read() == before


def test_of_several_writers_on_one_version_one_wins_and_the_others_are_told(document):
    version, together = document.write("a = 0\n", ABSENT).version, threading.Barrier(4)

    def write(number):
        together.wait(20)
        try:
            return document.write(f"a = {number}\n", version).text
        except SettingsConflict:
            return None

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(write, range(1, 5)))
    [winner] = [text for text in results if text is not None]
    assert document.read().text == winner


def test_a_watch_reports_each_change_until_it_is_ended(document):
    called = threading.Event()
    end = document.watch(called.set)
    version = ABSENT
    for text in ("a = 1\n", "a = 2\n"):
        called.clear()
        version = document.write(text, version).version
        assert called.wait(20)
    end()
    end()


TEXTS = st.text(st.characters(exclude_categories=["Cs"], include_characters="\r\n\ufeff#="))


@settings(max_examples=30)  # each write waits for the disk
@given(texts=st.lists(TEXTS, max_size=3))
def test_any_text_reads_back_as_it_was_written(texts):
    with TemporaryDirectory() as folder:
        document = SettingsFile(Path(folder) / "tracker.toml")
        for text in texts:
            version = document.write(text, document.read().version).version
            assert (document.read().text, document.read().version) == (text, version)
