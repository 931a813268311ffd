"""Commands that serve the live page: dashboard, demo, replay."""

from pathlib import Path
from typing import Annotated

import typer

from tracker.commands.options import BehindHttps, Host, Port, Prefix, Public
from tracker.commands.terminal import print_skipped
from tracker.core.durations import parse_moment
from tracker.core.errors import ConfigError
from tracker.core.simulated_prices import DEMO_SEED
from tracker.dashboard.server import launcher
from tracker.dashboard.server.access import choose_access
from tracker.history.playback import FASTEST
from tracker.runtime.settings import Settings, read_settings
from tracker.runtime.store_url import store_folder
from tracker.sandbox import Recording


def dashboard(
    port: Port = 8866,
    host: Host = None,
    public: Public = False,
    behind_https: BehindHttps = False,
    prefix: Prefix = "/",
    edit: Annotated[
        bool | None,
        typer.Option(
            "--edit/--no-edit",
            help="Let viewers change and mute alerts.",
            show_default="without --public",
        ),
    ] = None,
) -> None:
    """Serve the page, and collect as long as it is served."""
    may_edit = not public if edit is None else edit
    access = choose_access(host, public=public, behind_https=behind_https, prefix=prefix, edit=may_edit)
    raise typer.Exit(launcher.serve_page(read_settings(), port, access))


def demo(
    port: Port = 8866,
    host: Host = None,
    public: Public = False,
    behind_https: BehindHttps = False,
    prefix: Prefix = "/",
    seed: int = DEMO_SEED,
) -> None:
    """Serve the page on a simulated market; needs no network and leaves stored prices alone."""
    access = choose_access(host, public=public, behind_https=behind_https, prefix=prefix)
    raise typer.Exit(launcher.demo(read_settings(), port, access, seed))


def replay(
    folder: Annotated[Path, typer.Argument(help="Files like btcusd.csv with lines timestamp,price.")],
    speed: Annotated[float, typer.Option(min=0.01, max=FASTEST, help="How many times faster than real time.")] = 60.0,
    at: Annotated[str | None, typer.Option(help="Where to begin, e.g. 2018-04-05T09:00Z.")] = None,
    port: Port = 8866,
    host: Host = None,
    public: Public = False,
    behind_https: BehindHttps = False,
    prefix: Prefix = "/",
) -> None:
    """Serve the page on a recorded day, as if it were now; needs no network and leaves stored prices alone."""
    access = choose_access(host, public=public, behind_https=behind_https, prefix=prefix)
    settings, start = read_settings(), parse_moment(at, "--at")
    recording = _recording(folder, settings)
    print_skipped(recording.skipped)
    raise typer.Exit(launcher.replay(settings, recording, port, access, speed, start))


def _recording(folder: Path, settings: Settings) -> Recording:
    """Return the recording in *folder*. Raises ConfigError; for stored prices, it says how they are replayed."""
    try:
        return Recording(folder)
    except ConfigError:
        stored = store_folder(settings.store, base=settings.base)
        if stored is None or not folder.resolve().is_relative_to(stored.resolve()):
            raise
        raise ConfigError(
            f"{folder}: holds stored prices, no recording; to replay them, type: tracker dashboard, "
            "and click Replay stored prices"
        ) from None
