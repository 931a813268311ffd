"""The command that writes a report: runs notebooks/report.ipynb and joins its outputs into one file."""

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer
from markupsafe import Markup

from tracker.commands.options import refuse_store_folder
from tracker.core import errors
from tracker.core.errors import ConfigError, StoreError, TrackerError
from tracker.dashboard.server.launcher import find_notebook, page_environment
from tracker.history import exporter
from tracker.render.report.data import ReportData, read_report_data
from tracker.render.report.document import assemble
from tracker.render.report.html import SECTION_TYPE
from tracker.runtime.settings import Settings, read_settings
from tracker.runtime.stop_signal import StopSignal
from tracker.runtime.store_url import open_configured_store

NOTEBOOK = "report.ipynb"
POLL = 0.1  # seconds between two checks whether the notebook has finished


def report(
    day: Annotated[str, typer.Option(help="2018-04-05, today or yesterday; in UTC.")] = "today",
    out: Annotated[Path | None, typer.Option(help="The HTML file; default: btc-2018-04-05.html.")] = None,
    market: Annotated[list[str] | None, typer.Option(help="E.g. kraken:BTC/EUR; repeatable; default: all.")] = None,
    span: Annotated[
        str | None, typer.Option(help="How far back from the day's end, e.g. 7d; default: the day.")
    ] = None,
) -> None:
    """Write the charts, ranking, gaps and sources of a day or a longer time into one self-contained HTML file."""
    if importlib.util.find_spec("papermill") is None:
        raise ConfigError(
            "report needs papermill, which is not installed; type: pip install 'btc-price-tracker[report]'"
        )
    settings = read_settings()
    # Here an error is one line; in the notebook it would be a traceback, seconds later.
    data = read_report_data(settings, open_configured_store(settings), day, market or (), span)
    days = data.period.days
    path = out or Path(f"btc-{days.replace(' ', '-')}.html")
    _check_path(path, settings)
    print(f"{days}: {_count(data)}; running {NOTEBOOK} …", file=sys.stderr)
    parameters = {"day": str(data.period.day), "markets": market or [], "span": span}
    sections = _run(settings, parameters)
    text = assemble(f"BTC prices of {days} (UTC)", sections).encode()
    with exporter.replacing_export(path) as file:
        file.write(text)
    print(f"{path}: {_count(data)}, {len(text) / 1000:,.0f} kB", file=sys.stderr)


def _check_path(path: Path, settings: Settings) -> None:
    """Raise ConfigError if the report may not be written to *path*."""
    if path.suffix.lower() not in (".html", ".htm") or path.is_dir():
        raise ConfigError(f"--out {path}: expected a file whose name ends in .html")
    if not path.absolute().parent.is_dir():
        raise ConfigError(f"--out {path}: there is no folder {path.parent}")
    if not os.access(path.absolute().parent, os.W_OK):  # found out now, not when the notebook has run
        raise ConfigError(f"--out {path}: no right to write to {path.absolute().parent}; expected another folder")
    refuse_store_folder(path, f"--out {path}", settings)


def _count(data: ReportData) -> str:
    return "1 market" if len(data.windows) == 1 else f"{len(data.windows)} markets"


def _run(settings: Settings, parameters: dict[str, Any]) -> list[Markup]:
    """
    Run the notebook; return the HTML that its cells show.

    Raises:
        TrackerError: the error that a cell raised.
        typer.Exit: SIGTERM or Ctrl-C ended it.
    """
    notebook = find_notebook(settings.base, NOTEBOOK)
    with tempfile.TemporaryDirectory(prefix="tracker-report-", ignore_cleanup_errors=True) as folder:
        done = Path(folder) / NOTEBOOK
        command = [
            sys.executable,
            "-m",
            "tracker.runtime.light_start",
            "papermill",
            str(notebook),
            str(done),
            "--no-progress-bar",
        ]
        command += ["--parameters_yaml", json.dumps(parameters)]  # JSON is YAML
        stop = StopSignal()
        with (Path(folder) / "log").open("w+") as log:
            # A process group of its own: the terminal's Ctrl-C reaches this process alone, which ends that one.
            process = subprocess.Popen(  # nosec B603 # no shell; the parameters are one argument
                command, cwd=settings.base, env=page_environment(settings), stdout=log, stderr=log, process_group=0
            )
            while process.poll() is None and not stop.wait(POLL):
                pass
            if process.poll() is None:
                process.terminate()  # its kernel ends with it
                process.wait()
                print("Stopped: no report was written.", file=sys.stderr)
                raise typer.Exit(1)
            log.seek(0)
            lines = log.read().strip().splitlines()
        return _html_outputs(done, lines[-1] if lines else "it printed nothing")


def _html_outputs(done: Path, last_line: str) -> list[Markup]:
    """
    Return the HTML outputs of the notebook *done*.

    Args:
        done: path of the executed notebook.
        last_line: last line that papermill printed, for the error if it wrote no notebook.
    """
    try:
        cells = json.loads(done.read_text("utf-8"))["cells"]
    except (OSError, ValueError):
        raise StoreError(f"{NOTEBOOK} could not be run: {last_line}") from None
    outputs = [output for cell in cells for output in cell.get("outputs", ())]
    for output in outputs:
        if output["output_type"] == "error":
            kind, message = getattr(errors, output["ename"], None), output["evalue"]
            if isinstance(kind, type) and issubclass(kind, TrackerError):
                raise kind(message)
            raise TrackerError(f"{NOTEBOOK} failed: {output['ename']}: {message}")
    bundles = [output.get("data", {}) for output in outputs]
    # A section without its style, which the file has once; or the output of a cell that the user added.
    parts = [bundle.get(SECTION_TYPE) or bundle.get("text/html") for bundle in bundles]
    html = [Markup("".join(part)) for part in parts if part]  # nosec B704 # the user's own notebook
    if not html:
        raise StoreError(f"{NOTEBOOK} shows nothing; expected cells that end with a section of the report")
    return html
