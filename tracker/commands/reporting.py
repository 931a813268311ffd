"""The command that writes a day's report: runs notebooks/report.ipynb and makes one file of what it shows."""

import importlib.util
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer

from tracker.core import errors
from tracker.core.errors import ConfigError, StoreError, TrackerError
from tracker.dashboard.server.launcher import find_notebook, page_environment
from tracker.history import exporter
from tracker.render.report.data import ReportData, read_report_data
from tracker.render.report.document import assemble
from tracker.runtime.settings import Settings, read_settings
from tracker.runtime.stop_signal import StopSignal
from tracker.runtime.store_url import store_folder

NOTEBOOK = "report.ipynb"
LOOK = 0.1  # seconds between two looks whether the notebook has been run


def report(
    day: Annotated[str, typer.Option(help="2018-04-05, today or yesterday; in UTC.")] = "today",
    out: Annotated[Path | None, typer.Option(help="The HTML file; default: btc-2018-04-05.html.")] = None,
    market: Annotated[list[str] | None, typer.Option(help="E.g. kraken:BTC/EUR; repeatable; default: all.")] = None,
    span: Annotated[
        str | None, typer.Option(help="How far back from the day's end, e.g. 7d; default: the day.")
    ] = None,
) -> None:
    """Write a day's charts, ranking, gaps and sources into one HTML file that needs nothing else."""
    if importlib.util.find_spec("papermill") is None:
        raise ConfigError(
            "report needs papermill, which is not installed; type: pip install 'btc-price-tracker[report]'"
        )
    settings = read_settings()
    # Here it is one line; in the notebook it would be a traceback, seconds later.
    subject = read_report_data(settings, day, market or (), span)
    path = out or Path(f"btc-{subject.time.day}.html")
    _check(path, settings)
    print(f"{subject.time.day}: {_currencies(subject)}; running {NOTEBOOK} …", file=sys.stderr)
    parameters = {"day": str(subject.time.day), "markets": market or [], "span": span}
    sections = _run(settings, parameters)
    text = assemble(f"BTC prices of {subject.time.day} (UTC)", sections).encode()
    with exporter.whole(path) as file:
        file.write(text)
    print(f"{path}: {_currencies(subject)}, {len(text) / 1000:,.0f} kB", file=sys.stderr)


def _check(path: Path, settings: Settings) -> None:
    """Raises ConfigError if *path* is no place for a report."""
    if path.suffix.lower() not in (".html", ".htm") or path.is_dir():
        raise ConfigError(f"--out {path}: expected a file whose name ends in .html")
    if not path.absolute().parent.is_dir():
        raise ConfigError(f"--out {path}: there is no folder {path.parent}")
    folder = store_folder(settings.store, base=settings.base)
    if folder is not None and path.resolve().is_relative_to(folder.resolve()):
        raise ConfigError(f"--out {path}: expected a place outside of {folder}, where the prices themselves are kept")


def _currencies(subject: ReportData) -> str:
    return "1 market" if len(subject.windows) == 1 else f"{len(subject.windows)} markets"


def _run(settings: Settings, parameters: dict[str, Any]) -> list[str]:
    """
    Run the notebook; the HTML that its cells show.

    Raises:
        TrackerError: what a cell of it raised.
        typer.Exit: SIGTERM or Ctrl-C has ended it.
    """
    notebook = find_notebook(settings.base, NOTEBOOK)
    with tempfile.TemporaryDirectory(prefix="tracker-report-", ignore_cleanup_errors=True) as folder:
        done = Path(folder) / NOTEBOOK
        command = [sys.executable, "-m", "papermill", str(notebook), str(done), "--no-progress-bar"]
        command += ["--parameters_yaml", json.dumps(parameters)]  # JSON is YAML
        stop = StopSignal()
        with (Path(folder) / "log").open("w+") as log:
            # A process group of its own: the terminal's Ctrl-C reaches this process alone, which ends the other.
            process = subprocess.Popen(
                command, cwd=settings.base, env=page_environment(settings), stdout=log, stderr=log, process_group=0
            )
            while process.poll() is None and not stop.wait(LOOK):
                pass
            if process.poll() is None:
                process.terminate()  # its kernel ends with it
                process.wait()
                print("Ended before it was finished: nothing was written.", file=sys.stderr)
                raise typer.Exit(1)
            log.seek(0)
            said = log.read().strip().splitlines()
        return _shown(done, said[-1] if said else "it said nothing")


def _shown(done: Path, said: str) -> list[str]:
    """The HTML in a notebook that has been run; *said* is papermill's last line, for when there is no notebook."""
    try:
        cells = json.loads(done.read_text("utf-8"))["cells"]
    except (OSError, ValueError):
        raise StoreError(f"{NOTEBOOK} could not be run: {said}") from None
    outputs = [output for cell in cells for output in cell.get("outputs", ())]
    for output in outputs:
        if output["output_type"] == "error":
            kind, message = getattr(errors, output["ename"], None), output["evalue"]
            if isinstance(kind, type) and issubclass(kind, TrackerError):
                raise kind(message)
            raise TrackerError(f"{NOTEBOOK} failed: {output['ename']}: {message}")
    shown = ["".join(output["data"]["text/html"]) for output in outputs if "text/html" in output.get("data", ())]
    if not shown:
        raise StoreError(f"{NOTEBOOK} shows nothing; expected cells that end with a section of the report")
    return shown
