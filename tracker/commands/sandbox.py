"""The command that runs an exchange on loopback: sandbox."""

from pathlib import Path
from typing import Annotated

import typer

from tracker.commands.options import Port
from tracker.commands.terminal import print_skipped
from tracker.core.adapters import names
from tracker.core.durations import parse_moment
from tracker.core.simulated_prices import DEMO_SEED
from tracker.dashboard.server import launcher
from tracker.runtime.clock import WallClock
from tracker.runtime.stop_signal import StopSignal
from tracker.sandbox import Recording, Sandbox, Simulated


def sandbox(
    port: Port = 8081,
    seed: Annotated[
        int, typer.Option(help="Of the simulated market; the same seed gives the same prices.")
    ] = DEMO_SEED,
    replay: Annotated[Path | None, typer.Option(help="Play this folder of timestamp,price files instead.")] = None,
    speed: Annotated[float, typer.Option(min=0.01, help="Of the replay.")] = 1.0,
    at: Annotated[str | None, typer.Option(help="Where the replay begins, e.g. 2018-04-05T09:00Z.")] = None,
) -> None:
    """Run an exchange on loopback: a simulated market, or a recording, with faults on demand."""
    variables = []
    if replay is None:
        exchange = Sandbox(Simulated(seed), WallClock().now, port, controls=True)
    else:
        recording = Recording(replay)
        print_skipped(recording.skipped)
        clock = launcher.replay_clock(recording, speed, parse_moment(at, "--at"))
        exchange = Sandbox(recording, clock.now, port, controls=True)
        variables.append(f"export TRACKER_CLOCK='{clock}'")
    with exchange:
        variables += [
            f"export TRACKER_EXCHANGES__{name.upper()}__URL={exchange.url}/{name}" for name in names("exchanges")
        ]
        print(f"Sandbox: {exchange.url}  (Ctrl-C ends it). In another terminal:", *variables, sep="\n  ", flush=True)
        StopSignal().wait()
