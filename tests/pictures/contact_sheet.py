"""The contact sheet: one HTML file with all pictures of a folder, beside those of an earlier run if there are any."""

import os
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from markupsafe import Markup

_HEAD = Markup("""<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<title>Pictures of the page</title>
<style>
  body { margin: 24px; background: #777; color: #fff; font: 14px/1.4 sans-serif; }
  h2 { margin: 32px 0 8px; } section { display: flex; flex-wrap: wrap; gap: 16px; align-items: flex-start; }
  figure { margin: 0; } figcaption { font-size: 12px; }
  img { display: inline-block; height: 420px; border: 1px solid #000; }
</style>
<h1>Pictures of the page</h1>
""")
_FIGURE = Markup("<figure>{images}<figcaption>{caption}</figcaption></figure>\n")
_IMAGE = Markup('<a href="{0}"><img src="{0}" alt="" loading="lazy"></a> ')


def write(folder: Path, before: Path | None, captions: dict[str, str]) -> Path:
    """
    Write *folder*/index.html with every picture in *folder*, and return its path.

    Args:
        folder: has the pictures, ``7-live-1440-dark-top.png``.
        before: has pictures of an earlier run, which are shown at the left of those with the same names.
        captions: what each scene shows, by its name.
    """
    pictures = sorted(folder.glob("*.png"), key=_order)
    sections = [
        Markup("<h2>{}</h2>\n<section>\n{}</section>\n").format(
            _heading(group, captions), Markup().join(_figure(path, folder, before) for path in paths)
        )
        for group, paths in groupby(pictures, key=lambda path: _order(path)[:2])
    ]
    index = folder / "index.html"
    index.write_text(_HEAD + Markup().join(sections), encoding="utf-8")
    return index


def _parts(path: Path) -> tuple[str, str, str, str, str]:
    """Return number of markets, scene, width, theme and part, all as text."""
    count, _, rest = path.stem.partition("-")
    scene, width, theme, part = rest.rsplit("-", 3)
    return count, scene, width, theme, part


def _order(path: Path) -> tuple[str, int, int, str, str]:
    count, scene, width, theme, part = _parts(path)
    number = int(part) if part.isdigit() else {"top": 0, "pointer": 1, "end": 1_000}[part]  # screens count from 2 on
    return scene, int(count), int(width), theme, number


def _heading(group: Sequence[object], captions: dict[str, str]) -> str:
    scene, count = group
    about = captions.get(str(scene))
    return f"{scene}, {count} market{'' if count == 1 else 's'}" + (f": {about}" if about else "")


def _figure(path: Path, folder: Path, before: Path | None) -> Markup:
    earlier = before / path.name if before else None
    shown = [earlier] if earlier and earlier.is_file() else []
    images = Markup().join(_IMAGE.format(Path(os.path.relpath(image, folder)).as_posix()) for image in [*shown, path])
    _, _, width, theme, part = _parts(path)
    return _FIGURE.format(images=images, caption=f"{width} px, {theme}, {part}{' (left: before)' if shown else ''}")
