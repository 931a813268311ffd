"""What a process prints reaches its output in any encoding; an output that fails is one line and no traceback."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.stored_prices import store_day

pytestmark = pytest.mark.service

FULL = Path("/dev/full")


def run(*words, folder, stdout, **environment):
    """Run the command as a process with *stdout*: (exit status, output as bytes if it is a pipe, errors)."""
    result = subprocess.run(
        [sys.executable, "-m", "tracker", *words],
        cwd=folder,
        env={**os.environ, "PYTHONUNBUFFERED": "", **environment},  # short output is written at the end
        stdout=stdout,
        stderr=subprocess.PIPE,
        timeout=60,
        check=False,
    )
    return result.returncode, result.stdout, result.stderr.decode()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a day of prices, which no test changes."""
    folder = tmp_path_factory.mktemp("stored")
    store_day(folder)
    return folder


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_characters_that_an_encoding_lacks_are_printed_as_ascii(folder, encoding):
    status, out, err = run("stats", folder=folder, stdout=subprocess.PIPE, PYTHONIOENCODING=encoding)
    text = out.decode(encoding)
    lines = text.splitlines()
    assert (status, err) == (0, "")
    assert "?" not in text
    assert lines[-1].startswith("–" if encoding == "utf-8" else "-")
    assert len({len(line) for line in lines[1:-1]}) == 1, "the columns are aligned"


def test_the_marks_of_a_check_are_words_in_ascii(folder):
    environment = {"PYTHONIOENCODING": "ascii", "TRACKER_EXCHANGES__KRAKEN__URL": "http://127.0.0.1:9"}
    status, out, err = run("check", folder=folder, stdout=subprocess.PIPE, **environment)
    assert (status, err) == (1, "")
    assert b"no kraken: 127.0.0.1 refuses the connection" in out
    assert {line.split()[0] for line in out.splitlines()} <= {b"ok", b"no", b"!"}


@pytest.mark.parametrize(("encoding", "printed"), [("ascii", "a?ok"), ("ascii:backslashreplace", "a\\u20ac\\u2713")])
def test_a_character_without_replacement_is_a_question_mark_unless_the_user_chose_another_handler(encoding, printed):
    code = "from tracker.commands.terminal import make_printable; make_printable(); print('a\u20ac\u2713')"
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    result = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == printed


@pytest.mark.skipif(not FULL.exists(), reason="no device that is always full")
@pytest.mark.parametrize(
    "words", [["export"], ["stats"], ["stats", "--json"], ["--help"], ["purge", "--before", "1h", "--dry-run"]]
)
def test_a_full_disk_behind_standard_output_is_a_one_line_error(folder, words):
    with FULL.open("w") as full:
        status, _, err = run(*words, folder=folder, stdout=full)
    assert (status, err) == (1, "error: cannot write standard output: No space left on device\n")


@pytest.mark.skipif(sys.platform == "win32", reason="pipes close in another way")
@pytest.mark.parametrize("words", [["export", "--last", "2d"], ["stats"], ["stats", "--json"]])
def test_a_closed_pipe_ends_the_command_without_a_traceback(folder, words):
    read_end, write_end = os.pipe()
    os.close(read_end)
    try:
        status, _, err = run(*words, folder=folder, stdout=write_end)
    finally:
        os.close(write_end)
    assert (status, err) == (1, "")


@pytest.mark.skipif(sys.platform == "win32", reason="run in a shell")
def test_an_export_to_a_closed_output_names_what_is_expected(folder):
    command = f"{sys.executable} -m tracker export >&-"
    result = subprocess.run(["sh", "-c", command], cwd=folder, stderr=subprocess.PIPE, text=True, check=False)
    message = "error: --out -: standard output is closed; expected a file or a folder\n"
    assert (result.returncode, result.stderr) == (2, message)
