"""The command as a whole: help, exit status, errors of one line, what it loads."""

import errno
import logging
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
import typer

from tests.support.command import tracker, tracker_process
from tracker.__main__ import main as start
from tracker.commands import cli
from tracker.commands.cli import app


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["stats", "--span", "24"], "error: --span: '24' is not a duration; expected a number and a unit"),
        (["stats", "--rank-by", "drawdwn"], "did you mean 'drawdown'?"),
        (["replay", "nowhere"], "error: recording nowhere: expected a folder with files like btcusd.csv"),
        (["sandbox", "--replay", ".", "--port", "0"], "error: recording"),
    ],
)
def test_a_mistake_is_a_one_line_error_with_status_2(tmp_path, words, message):
    status, out, err = tracker(*words, folder=tmp_path)
    assert (status, out) == (2, "")
    assert message in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["stats", "--bogus"], "error: No such option: --bogus; type: tracker stats --help\n"),
        (["stats", "--jsn"], "error: No such option: --jsn "),
        (["statz"], "error: No such command 'statz'"),
        (["purge"], "error: Missing option '--before'; type: tracker purge --help\n"),
        (["publish"], "error: Missing argument 'DIR'; type: tracker publish --help\n"),
        (["stats", "more"], "error: Got unexpected extra argument"),
        (["stats", "--span"], "error: Option '--span' requires an argument; type: tracker stats --help\n"),
        (["sandbox", "--port", "many"], "error: Invalid value for '--port': "),
        (["--bogus"], "error: No such option: --bogus; type: tracker --help\n"),
    ],
    ids=" ".join,
)
def test_a_mistyped_command_or_option_is_a_one_line_error_that_names_the_help(tmp_path, words, message):
    status, out, err = tracker(*words, folder=tmp_path, COLUMNS="40")
    assert (status, out) == (2, "")
    assert err.startswith(message)
    assert "; type: tracker " in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize("package", ["pytest", "tracker", ""])
def test_an_error_names_the_command_in_whatever_program_it_runs(tmp_path, monkeypatch, package):
    """Started as ``python -m pytest``, ``python -m tracker`` or ``tracker``."""
    monkeypatch.setattr(sys.modules["__main__"], "__package__", package)
    err = tracker("purge", folder=tmp_path)[2]
    assert err == "error: Missing option '--before'; type: tracker purge --help\n"


def test_an_error_of_the_system_is_one_line_with_the_file_that_it_is_about(tmp_path, monkeypatch):
    def denied():
        raise PermissionError(errno.EACCES, "Permission denied", "/srv/tracker.toml")

    monkeypatch.setattr("tracker.commands.stats.read_settings", denied)
    assert tracker("stats", folder=tmp_path) == (1, "", "error: /srv/tracker.toml: Permission denied\n")


def test_without_a_command_the_help_is_printed_with_status_2(tmp_path):
    status, out, err = tracker(folder=tmp_path)
    help_status, help_text, _ = tracker("--help", folder=tmp_path)
    assert (status, help_status, err) == (2, 0, "")
    assert out.split() == help_text.split()


def test_a_command_that_is_interrupted_or_not_answered_ends_with_its_status(tmp_path, monkeypatch):
    """Ctrl-C is 130, as of every program in a shell; a question that gets no answer is an error."""

    def interrupted():
        raise KeyboardInterrupt

    monkeypatch.setattr("tracker.commands.stats.read_settings", interrupted)
    assert tracker("stats", folder=tmp_path)[0] == 130
    monkeypatch.setattr("tracker.commands.stats.read_settings", lambda: typer.confirm("Really?", abort=True))
    status, _, err = tracker("stats", folder=tmp_path)
    assert (status, err) == (1, "error: aborted\n")


class _Interrupted:
    """Fulfils the protocol of importers as Ctrl-C would while a module is loaded."""

    def find_spec(self, *_: object) -> None:
        raise KeyboardInterrupt


def test_ctrl_c_while_the_command_is_still_loaded_ends_it_without_a_traceback(monkeypatch):
    monkeypatch.delitem(sys.modules, "tracker.commands.cli")
    monkeypatch.setattr(sys, "meta_path", [_Interrupted()])
    with pytest.raises(SystemExit) as ended:
        start()
    assert ended.value.code == 130


@pytest.mark.skipif(sys.platform == "win32", reason="~name means no user there")
@pytest.mark.parametrize(
    ("store", "message"),
    [
        ("csv:da\\u0000ta", "error: store 'csv': its place contains a NUL character, expected e.g. csv:data"),
        ("csv:~nobody-called-so/ta", "error: store csv:~nobody-called-so/ta: no such user's folder, expected"),
    ],
)
def test_an_impossible_folder_of_the_store_is_a_one_line_error(tmp_path, store, message):
    (tmp_path / "tracker.toml").write_text(f'store = "{store}"\n')
    status, out, err = tracker("stats", folder=tmp_path)
    assert (status, out, len(err.splitlines())) == (2, "", 1)
    assert err.startswith(message)


@pytest.mark.parametrize("command", ["collect", "dashboard", "backfill"])
def test_a_cadence_beyond_the_exchanges_limit_is_refused_at_the_start_with_the_arithmetic(tmp_path, command):
    (tmp_path / "tracker.toml").write_text('[[markets]]\nname = "kraken:BTC/USD"\nevery = "500ms"\n')
    status, _, err = tracker(command, folder=tmp_path)
    assert status == 2
    assert "1 market, 50 in a request, take 2.00 requests a second; kraken allows 1.00" in err
    assert 'every = "1s"' in err


def test_the_version_is_printed(tmp_path):
    status, out, errors = tracker("--version", folder=tmp_path)
    assert (status, out, errors) == (0, f"btc-price-tracker {version('btc-price-tracker')}\n", "")


def test_help_lists_every_command(tmp_path):
    status, out, _ = tracker("--help", folder=tmp_path)
    assert status == 0
    names = {command.name or command.callback.__name__ for command in app.registered_commands}
    assert {"dashboard", "demo", "replay", "collect", "sandbox", "stats", "backfill", "check"} <= names
    assert names <= set(re.findall(r"\w+", out))


@pytest.mark.service
def test_an_unreadable_store_ends_the_process_with_one_line_and_status_1(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "FORMAT").write_text("999\n")
    status, _, err = tracker_process("stats", folder=tmp_path)
    assert status == 1
    assert err.startswith("error: ")
    assert len(err.splitlines()) == 1


@pytest.mark.service
def test_the_installed_command_is_this_one():
    command = Path(sys.executable).with_name("tracker")
    result = subprocess.run([command, "--help"], capture_output=True, text=True, timeout=60, check=True)
    assert "collect" in result.stdout


@pytest.mark.service
def test_commands_without_charts_load_no_chart_or_table_library():
    """Loading them would double the time to start."""
    code = "import sys, tracker.__main__; print(sorted({'bqplot', 'ipywidgets', 'pandas'} & set(sys.modules)))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert result.stdout.strip() == "[]"


def test_what_a_command_logs_begins_no_line_of_its_own(tmp_path, monkeypatch):
    log = logging.getLogger("tracker")
    monkeypatch.setattr(cli, "app", lambda *_, **__: log.warning("%s", "refused\nFAKE\x1b[31m"))
    assert tracker(folder=tmp_path)[2].rstrip().endswith(r"WARNING refused\nFAKE\x1b[31m")
