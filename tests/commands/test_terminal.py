"""What is printed comes out, in whatever encoding; where it cannot, that is one line and no traceback."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.commands.test_main import stored_day, tracker

pytestmark = pytest.mark.service

FULL = Path("/dev/full")


def printed(*words, folder, stdout, **environment):
    """Run the command with *stdout*: (exit status, errors)."""
    done = subprocess.run(
        [sys.executable, "-m", "tracker", *words],
        cwd=folder,
        env={**os.environ, "PYTHONUNBUFFERED": "", **environment},  # what is little is written at the end
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stderr


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_signs_that_an_encoding_lacks_are_printed_in_plain_letters(tmp_path, encoding):
    stored_day(tmp_path, lambda share: 100 - share)
    there = {"PYTHONIOENCODING": encoding, "TRACKER_EXCHANGES__KRAKEN__URL": "http://127.0.0.1:9"}
    done = subprocess.run(
        [sys.executable, "-m", "tracker", "stats"],
        cwd=tmp_path,
        env={**os.environ, **there},
        capture_output=True,
        timeout=60,
        check=True,
    )
    lines = done.stdout.decode(encoding).splitlines()
    assert "?" not in done.stdout.decode(encoding)
    assert lines[-1].startswith("–" if encoding == "utf-8" else "-")
    assert len({len(line) for line in lines[1:-1]}) == 1  # the columns stand one below the other
    status, out, err = tracker("check", folder=tmp_path, **{**there, "PYTHONIOENCODING": "ascii"})
    assert (status, err) == (1, "")
    assert "no kraken: 127.0.0.1 refuses the connection" in out
    assert {line.split()[0] for line in out.splitlines()} <= {"ok", "no", "!"}


def test_a_sign_without_plain_letters_is_a_question_mark_and_the_users_own_choice_stays(tmp_path):
    words = "from tracker.commands.terminal import make_printable; make_printable(); print('a\u20ac\u2713')"
    for encoding, expected in (("ascii", "a?ok"), ("ascii:backslashreplace", "a\\u20ac\\u2713")):
        environment = {**os.environ, "PYTHONIOENCODING": encoding}
        done = subprocess.run(
            [sys.executable, "-c", words], env=environment, capture_output=True, text=True, check=True
        )
        assert done.stdout.strip() == expected


@pytest.mark.skipif(not FULL.exists(), reason="no device that is always full")
@pytest.mark.parametrize(
    "words", [["export"], ["stats"], ["stats", "--json"], ["--help"], ["purge", "--before", "1h", "--dry-run"]]
)
def test_a_full_disk_behind_standard_output_is_one_line(tmp_path, words):
    stored_day(tmp_path)
    with FULL.open("w") as full:
        status, err = printed(*words, folder=tmp_path, stdout=full)
    assert (status, err) == (1, "error: cannot write standard output: No space left on device\n")


@pytest.mark.skipif(sys.platform == "win32", reason="pipes close in another way")
@pytest.mark.parametrize("words", [["export", "--last", "2d"], ["stats"], ["stats", "--json"]])
def test_whoever_reads_no_further_gets_no_traceback(tmp_path, words):
    stored_day(tmp_path)
    reading, writing = os.pipe()
    os.close(reading)
    try:
        assert printed(*words, folder=tmp_path, stdout=writing) == (1, "")
    finally:
        os.close(writing)


@pytest.mark.skipif(sys.platform == "win32", reason="done in a shell")
def test_an_export_to_a_closed_output_says_what_to_type(tmp_path):
    stored_day(tmp_path)
    command = f"{sys.executable} -m tracker export >&-"
    done = subprocess.run(["sh", "-c", command], cwd=tmp_path, stderr=subprocess.PIPE, text=True, check=False)
    expected = "error: --out -: standard output is closed; expected a file or a folder\n"
    assert (done.returncode, done.stderr) == (2, expected)


def test_what_is_printed_stays_as_it_was(tmp_path):
    stored_day(tmp_path)
    status, out, err = tracker("stats", "--json", folder=tmp_path)
    assert (status, err, len(json.loads(out))) == (0, "", 7)
