"""Defines the ``tracker`` command and turns errors into one line and an exit status."""

import logging
import sys
from typing import Annotated

import typer

from tracker import __version__
from tracker.commands import (
    channels,
    checking,
    collecting,
    data,
    importing,
    publishing,
    rehearsing,
    reporting,
    rule_history,
    rule_muting,
    rules,
    sandbox,
    serving,
    stats,
    terminal,
)
from tracker.core.errors import ConfigError, TrackerError
from tracker.runtime.log_filter import LOG_FORMAT, LOG_TIME, install_log_filter

app = typer.Typer(pretty_exceptions_enable=False)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"btc-price-tracker {__version__}")
        raise typer.Exit


@app.callback()
def _tracker(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Live BTC prices, kept in plain CSV files."""


for command in (
    serving.dashboard,
    serving.demo,
    serving.replay,
    sandbox.sandbox,
    stats.stats,
    collecting.collect,
    collecting.backfill,
    checking.check,
    data.export,
    data.purge,
    reporting.report,
    publishing.publish,
):
    app.command()(command)
app.command("import")(importing.import_files)  # "import" is a Python keyword
rules.rules.command("test")(rehearsing.rehearse_rule)
rules.rules.command("mute")(rule_muting.mute)
rules.rules.command("history")(rule_history.history)
app.add_typer(rules.rules, name="rules")
app.add_typer(channels.channels, name="channels")


def main() -> None:
    """
    Run the command that was typed and exit.

    The exit status is 2 for an error of the user's (ConfigError, unknown options), 1 for any other expected error.
    Both are one line on standard error that begins with ``error:``, without a traceback.
    """
    logging.basicConfig(level=logging.INFO, format=LOG_FORMAT, datefmt=LOG_TIME, stream=sys.stderr)
    install_log_filter()
    terminal.make_printable()
    status: int | str | None = 1
    try:
        status = _run_typed()
    except SystemExit as end:
        status = end.code
    except TrackerError as error:
        print(f"error: {error}", file=sys.stderr)
        status = 2 if isinstance(error, ConfigError) else 1
    except OSError as error:
        # Without a file, standard output may have failed while the command printed; writing once more shows whether.
        if error.filename is not None or not _report(terminal.flush_output("\n")):
            place = f"{error.filename}: " if error.filename else ""
            print(f"error: {place}{error.strerror or error}", file=sys.stderr)
    if _report(terminal.flush_output()):
        status = status or 1
    sys.exit(status)


def _run_typed() -> int:
    """Run what was typed and return its exit status; a mistake in it is reported as every error is."""
    words = sys.argv[1:]
    try:
        # Its own name, as the program may have been started as ``python -m tracker``, or within another one.
        status = app(words or ["--help"], prog_name="tracker", standalone_mode=False)
    except typer.Abort:
        print("error: aborted", file=sys.stderr)
        return 1
    except Exception as error:
        # Typer's errors of this kind have no public class in all of its versions.
        if not hasattr(error, "format_message"):
            raise
        context = getattr(error, "ctx", None)
        command = context.command_path if context is not None else " ".join(["tracker", *words[:1]])
        message = " ".join(error.format_message().split()).rstrip(".")
        print(f"error: {message}; type: {command} --help", file=sys.stderr)
        return int(getattr(error, "exit_code", 2))
    return int(status or 0) if words else 2


def _report(failure: OSError | None) -> bool:
    """
    Print why standard output could not be written; return whether it failed.

    A closed pipe is not reported: its reader has ended on purpose.
    """
    if failure is not None and not isinstance(failure, BrokenPipeError):
        print(f"error: cannot write standard output: {failure.strerror}", file=sys.stderr)
    return failure is not None
