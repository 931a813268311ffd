"""
Takes pictures of the page and writes a contact sheet of them: ``python -m tests.pictures``.

Without options it takes all pictures. An interrupted run leaves those that it took.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

from playwright.sync_api import Browser

from tests.pictures import contact_sheet
from tests.pictures.camera import THEMES, WINDOWS, Picture, take
from tests.pictures.market import COUNTS, NAMES, markets
from tests.pictures.scenes import SCENES, Scene, served
from tests.support import chromium
from tests.support.checkout import ROOT


def main(words: Sequence[str] | None = None) -> int:
    """Take the pictures that *words*, by default the command line's, ask for; return the exit status."""
    parser = _parser()
    options = parser.parse_args(words)
    names = [scene.name for scene in SCENES]
    if unknown := set(options.scenes) - set(names):
        parser.error(f"no scene {', '.join(sorted(unknown))}; expected some of {', '.join(names)}")
    path = chromium.find()
    if path is None:
        print(f"pictures: no Chromium; type: {chromium.how_to_install()}", file=sys.stderr)
        return 1
    # Settings of whoever takes the pictures would change them.
    for name in [name for name in os.environ if name.startswith("TRACKER_") and name != "TRACKER_CHROMIUM"]:
        del os.environ[name]
    options.out.mkdir(parents=True, exist_ok=True)
    scenes = [scene for scene in SCENES if not options.scenes or scene.name in options.scenes]
    moving = []
    with chromium.launched(path) as browser:
        for picture in _pictures(browser, scenes, options):
            print(f"{picture.name}{'' if picture.is_still else ': not as expected after a while'}", flush=True)
            moving += [] if picture.is_still else [picture]
    captions = {scene.name: scene.about for scene in SCENES}
    print(contact_sheet.write(options.out, options.before, captions))
    return 1 if moving else 0


def _pictures(browser: Browser, scenes: Sequence[Scene], options: argparse.Namespace) -> Iterator[Picture]:
    for count in options.markets:
        for stored, group in groupby(scenes, key=lambda scene: scene.stored):
            with (
                tempfile.TemporaryDirectory(prefix="pictures-", ignore_cleanup_errors=True) as scratch,
                served(stored, markets(count), Path(scratch)) as prepare,
            ):
                for scene in group:
                    url = prepare(scene)
                    for width in options.widths:
                        for theme in options.themes:
                            yield from take(browser, url, scene, count, width, theme, options.out)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m tests.pictures", description="Takes pictures of the page.")
    scenes = ", ".join(scene.name for scene in SCENES)
    parser.add_argument("scenes", nargs="*", metavar="SCENE", help=f"of {scenes}; all by default")
    parser.add_argument("--markets", type=_numbers(1, len(NAMES)), default=COUNTS, help="how many, such as 1,7")
    parser.add_argument("--widths", type=_numbers(200, 8000), default=tuple(WINDOWS), help="in px, such as 390,1440")
    parser.add_argument("--themes", type=_themes, default=THEMES, help="light, dark or light,dark")
    parser.add_argument("--out", type=Path, default=ROOT / "test-results/pictures", help="the folder of the pictures")
    parser.add_argument("--before", type=Path, help="a folder of an earlier run, whose pictures are shown beside")
    return parser


def _numbers(least: int, most: int):
    def parse(text: str) -> tuple[int, ...]:
        numbers = tuple(int(word) for word in text.split(","))
        if not all(least <= number <= most for number in numbers):
            raise argparse.ArgumentTypeError(f"{text}: expected numbers from {least} to {most}")
        return numbers

    return parse


def _themes(text: str) -> tuple[str, ...]:
    themes = tuple(text.split(","))
    if not set(themes) <= set(THEMES):
        raise argparse.ArgumentTypeError(f"{text}: expected light, dark or light,dark")
    return themes


if __name__ == "__main__":
    sys.exit(main())
