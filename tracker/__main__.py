"""The ``tracker`` command."""

import json
import logging
import math
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from tracker.commands import collecting, data, publishing, reporting, terminal
from tracker.core.adapters import names
from tracker.core.durations import parse_duration, parse_moment
from tracker.core.errors import ConfigError, TrackerError
from tracker.core.measures import MEASURES
from tracker.core.ranking import DEFAULT_RANKING, Row, ranking
from tracker.core.window import Window
from tracker.dashboard.server import launcher
from tracker.render.format import numbers
from tracker.runtime.clock import WallClock
from tracker.runtime.settings import Settings, read_settings
from tracker.runtime.stop_signal import StopSignal
from tracker.runtime.store_url import open_configured_store
from tracker.sandbox import Recording, Sandbox, Simulated

RANKED = [name for name, measure in MEASURES.items() if measure.ranked]

app = typer.Typer(
    help="Live BTC prices, kept in plain CSV files.", no_args_is_help=True, pretty_exceptions_enable=False
)

Port = Annotated[int, typer.Option(min=0, max=65535, help="TCP port to serve on.")]
Address = Annotated[str | None, typer.Option("--host", help="Address to serve on.", show_default="127.0.0.1")]
Public = Annotated[bool, typer.Option("--public", help="Serve to others, who must know a token.")]


def main() -> None:
    """Run the command; an error of the user's or the operator's is one line, not a traceback."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    terminal.make_printable()
    status: int | str | None = 1
    try:
        app()
    except SystemExit as end:
        status = end.code
    except TrackerError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        status = 2 if isinstance(error, ConfigError) else 1
    except OSError:
        # What could not be printed may be lost, and only more of it tells that it was that.
        if not _told(terminal.unprinted("\n")):
            raise
    if _told(terminal.unprinted()):
        status = status or 1
    sys.exit(status)


def _told(failure: OSError | None) -> bool:
    """Tell why what was printed could not be written; whether there was anything to tell, or nobody to listen."""
    if failure is not None and not isinstance(failure, BrokenPipeError):
        print(f"StoreError: cannot write standard output: {failure.strerror}", file=sys.stderr)
    return failure is not None


@app.command()
def dashboard(
    port: Port = 8866,
    host: Address = None,
    public: Public = False,
) -> None:
    """Serve the page, and collect as long as it is served."""
    address = launcher.serving_address(host, public=public)
    raise typer.Exit(launcher.serve_page(read_settings(), port, address, public=public))


@app.command()
def demo(port: Port = 8866, host: Address = None, public: Public = False, seed: int = 42) -> None:
    """Serve the page on a simulated market; touches no stored data and no network."""
    address = launcher.serving_address(host, public=public)
    raise typer.Exit(launcher.demo(read_settings(), port, address, seed, public=public))


@app.command()
def replay(
    folder: Annotated[Path, typer.Argument(help="Files like btcusd.csv with lines timestamp,price.")],
    speed: Annotated[float, typer.Option(min=0.01, help="How many times as fast.")] = 60.0,
    at: Annotated[str | None, typer.Option(help="Where to begin, e.g. 2018-04-05T09:00Z.")] = None,
    port: Port = 8866,
    host: Address = None,
    public: Public = False,
) -> None:
    """Serve the page on a recorded day, as if it were now; touches no stored data and no network."""
    address, start = launcher.serving_address(host, public=public), parse_moment(at, "--at")
    raise typer.Exit(launcher.replay(read_settings(), folder, port, address, speed, start, public=public))


@app.command()
def sandbox(
    port: Port = 8081,
    seed: Annotated[int, typer.Option(help="Of the simulated market: the same seed, the same prices.")] = 42,
    replay: Annotated[Path | None, typer.Option(help="Play this folder of timestamp,price files instead.")] = None,
    speed: Annotated[float, typer.Option(min=0.01, help="Of the replay.")] = 1.0,
    at: Annotated[str | None, typer.Option(help="Where the replay begins, e.g. 2018-04-05T09:00Z.")] = None,
) -> None:
    """Run an exchange on loopback: a simulated market, or a recording, with faults on demand."""
    lines = []
    if replay is None:
        served = Sandbox(Simulated(seed), WallClock().now, port=port)
    else:
        recording = Recording(replay)
        clock = launcher.replay_clock(recording, speed, parse_moment(at, "--at"))
        served = Sandbox(recording, clock.now, port=port)
        lines.append(f"export TRACKER_CLOCK='{clock}'")
    with served:
        lines += [f"export TRACKER_EXCHANGES__{name.upper()}__URL={served.url}/{name}" for name in names("exchanges")]
        print(f"Sandbox: {served.url}  (Ctrl-C ends it). In another terminal:", *lines, sep="\n  ", flush=True)
        StopSignal().wait()


@app.command()
def stats(
    span: Annotated[str | None, typer.Option(help="How far back, e.g. 24h; default: the settings' span.")] = None,
    rank_by: Annotated[str, typer.Option(help="One of " + ", ".join(RANKED) + ".")] = DEFAULT_RANKING,
    as_json: Annotated[bool, typer.Option("--json", help="For programs; numbers in full.")] = False,
) -> None:
    """Print how calm each currency was: its measures, coverage and rank."""
    settings = read_settings()
    try:
        length = settings.span if span is None else parse_duration(span)
    except ValueError as error:
        raise ConfigError(f"--span: {error}") from None
    store, now = open_configured_store(settings), settings.make_clock().now()
    windows = {
        market: Window.of(store.read(market, now - length + 1, now + 1), length, now)
        for market in settings.market_list()
    }
    rows = ranking(windows, by=rank_by.replace("-", "_"), floor=settings.coverage_floor)
    if as_json:
        print(json.dumps([_plain(row) for row in rows], indent=1))
    else:
        _print_table(rows, settings, length, rank_by)


def _plain(row: Row) -> dict[str, object]:
    values = {name: value if math.isfinite(value) else None for name, value in row.values.items()}
    return {**asdict(row), "market": str(row.market), "values": values}


def _print_table(rows: list[Row], settings: Settings, length: int, rank_by: str) -> None:
    print(f"The last {length / 3_600_000:g} h, ranked by {rank_by.replace('_', ' ')}; 1 is the calmest")
    table = Table(box=None, padding=(0, 1, 0, 0))
    table.add_column("#", justify="right", no_wrap=True)
    table.add_column("market", no_wrap=True)
    for heading in ("last", "change", "std dev", "relative", "vol/year", "drawdown", "coverage"):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in rows:
        table.add_row("–" if row.rank is None else str(row.rank), str(row.market), *_cells(row))
    console = Console(highlight=False)
    console.print(table)
    if any(row.rank is None for row in rows):
        console.print(f"–  not ranked: prices for less than {settings.coverage_floor:.0%} of the span")


def _cells(row: Row) -> list[str]:
    values = row.values
    return [
        numbers.price(values["last_price"]),
        numbers.signed_percent(100 * values["change"]),
        numbers.significant(values["standard_deviation"]),
        numbers.percent(100 * values["relative_standard_deviation"]),
        numbers.percent(100 * values["realised_volatility"], 0),
        numbers.percent(100 * values["drawdown"]),
        numbers.percent(100 * row.coverage, 0),
    ]


for command in (
    collecting.collect,
    collecting.backfill,
    collecting.check,
    data.export,
    data.purge,
    reporting.report,
    publishing.publish,
):
    app.command()(command)
app.command("import")(data.bring_in)  # import is a word of Python's


if __name__ == "__main__":
    main()
