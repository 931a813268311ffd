"""The command that writes a report: failures and signals leave no file behind."""

import json
import signal
import sys
from pathlib import Path

import pytest
from markupsafe import Markup

from tests.support.command import start_tracker, tracker, tracker_process
from tests.support.page_server import wait_for
from tests.support.reports import project
from tracker.commands import reporting
from tracker.core.errors import ConfigError, TrackerError

pytestmark = [pytest.mark.service, pytest.mark.checkout]


def test_a_report_of_an_empty_store_names_the_command_to_type(tmp_path):
    status, _, err = tracker("report", folder=tmp_path)
    assert (status, err) == (2, "error: no prices are stored yet; type: tracker collect\n")


def test_missing_papermill_names_the_command_to_type(monkeypatch):
    monkeypatch.setitem(sys.modules, "papermill", None)  # marks the module as missing
    with pytest.raises(ConfigError, match=r"papermill.*type: pip install 'btc-price-tracker\[report\]'"):
        reporting.report()


def test_the_file_of_a_year_is_named_after_its_first_and_last_day_as_is_its_title(tmp_path, monkeypatch):
    folder = project(tmp_path)
    monkeypatch.setattr(reporting, "_run", lambda settings, parameters: [Markup("<p>charts</p>")])
    status, _, err = tracker("report", "--day", "2018-04-05", "--span", "365d", folder=folder)
    assert (status, err.splitlines()[0]) == (0, "2017-04-06 to 2018-04-05: 3 markets; running report.ipynb …")
    file = folder / "btc-2017-04-06-to-2018-04-05.html"
    assert "<title>BTC prices of 2017-04-06 to 2018-04-05 (UTC)</title>" in file.read_text("utf-8")


def test_a_folder_that_cannot_be_written_is_named_before_the_notebook_runs(tmp_path, monkeypatch):
    folder = project(tmp_path)
    monkeypatch.setattr(reporting.os, "access", lambda path, mode: path != folder)
    status, _, err = tracker("report", "--day", "2018-04-05", folder=folder)
    assert (status, err) == (
        2,
        f"error: --out btc-2018-04-05.html: no right to write to {folder}; expected another folder\n",
    )


def replace_last_cell(folder: Path, code: str) -> None:
    """Make the notebook's last cell run *code*."""
    path = folder / "notebooks" / "report.ipynb"
    notebook = json.loads(path.read_text("utf-8"))
    notebook["cells"][-1]["source"] = [code]
    path.write_text(json.dumps(notebook))


def test_a_failing_notebook_keeps_the_existing_file(tmp_path):
    folder = project(tmp_path)
    (folder / "day.html").write_text("the report of yesterday")
    replace_last_cell(folder, "from tracker.core.errors import StoreError\nraise StoreError('disk gone')")
    status, _, err = tracker_process("report", "--day", "2018-04-05", "--out", "day.html", folder=folder)
    assert (status, err.splitlines()[1:]) == (1, ["error: disk gone"])
    assert (folder / "day.html").read_text() == "the report of yesterday"
    assert sorted(path.name for path in folder.iterdir()) == ["data", "day.html", "notebooks", "pyproject.toml"]


def test_an_error_that_is_not_the_projects_names_its_class(tmp_path):
    error = {"output_type": "error", "ename": "ZeroDivisionError", "evalue": "division by zero", "traceback": []}
    (tmp_path / "done.ipynb").write_text(json.dumps({"cells": [{"cell_type": "code", "outputs": [error]}]}))
    with pytest.raises(TrackerError, match=r"^report\.ipynb failed: ZeroDivisionError: division by zero$"):
        reporting._html_outputs(tmp_path / "done.ipynb", "")


def test_a_signal_ends_the_command_and_its_children_and_writes_nothing(tmp_path):
    folder = project(tmp_path)
    replace_last_cell(folder, "import time\ntime.sleep(600)")
    command = start_tracker("report", "--day", "2018-04-05", "--out", "day.html", folder=folder)
    assert "running report.ipynb" in command.stderr.readline()
    children = Path(f"/proc/{command.pid}/task/{command.pid}/children")
    wait_for(lambda: children.read_text().split(), "papermill runs")
    [child] = children.read_text().split()
    grandchildren = Path(f"/proc/{child}/task/{child}/children")
    wait_for(lambda: grandchildren.read_text().split(), "its kernel runs")
    kernels = grandchildren.read_text().split()
    command.send_signal(signal.SIGTERM)
    _, err = command.communicate(timeout=30)
    assert (command.returncode, err) == (1, "Stopped: no report was written.\n")
    wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in (child, *kernels)), "nothing is left running")
    assert sorted(path.name for path in folder.iterdir()) == ["data", "notebooks", "pyproject.toml"]
