"""`make pictures`: one picture and its contact sheet, and what the options allow."""

import os
import struct
import subprocess
import sys

import pytest

from tests.pictures import __main__ as pictures
from tests.pictures import camera, contact_sheet, readme
from tests.pictures.market import COUNTS, NAMES, PictureMarket, markets
from tests.pictures.scenes import Scene
from tests.support.browser import tab
from tests.support.checkout import ROOT
from tracker.core.durations import HOUR, MINUTE

END = 1_780_000_000_000


@pytest.mark.service
def test_one_picture_is_taken_as_asked_for_and_is_on_the_contact_sheet(chromium, tmp_path):
    words = ("live", "--markets", "1", "--widths", "390", "--themes", "dark", "--out", str(tmp_path))
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TRACKER_CHROMIUM": chromium}
    command = [sys.executable, "-m", "tests.pictures", *words]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stdout + result.stderr
    names = sorted(path.name for path in tmp_path.glob("*.png"))
    parts = [name.removeprefix("1-live-390-dark-").removesuffix(".png") for name in names]
    assert set(parts) >= {"top", "pointer", "end"}
    assert all(part.isdigit() for part in set(parts) - {"top", "pointer", "end"})
    sheet = (tmp_path / "index.html").read_text("utf-8")
    assert all(f'src="{name}"' in sheet for name in names)
    assert all((tmp_path / name).read_bytes().startswith(b"\x89PNG") for name in names)


def test_a_picture_waits_for_what_its_scene_shows(browser, monkeypatch):
    monkeypatch.setattr(camera, "_PATIENCE", 1.5)
    with tab(browser, "about:blank") as seen:
        seen.page.set_content('<div class="bt-page"><div class="bt-state"><b>LIVE</b></div><p>Charts</p></div>')
        assert camera.wait_until_still(seen, "LIVE")
        assert not camera.wait_until_still(seen, "SIMULATED")
        assert not camera.wait_until_still(seen, "LIVE", ["p", ".is-comparing"])
        seen.page.evaluate("document.querySelector('p').className = 'is-comparing'")
        assert camera.wait_until_still(seen, "LIVE", ["p", ".is-comparing"])


@pytest.mark.parametrize(
    ("height", "is_whole", "pointer", "parts"),
    [
        (500, True, None, ["top"]),
        (2_500, False, None, ["top", "end"]),
        (2_500, True, 0.5, ["top", "pointer", "2", "3", "end"]),
    ],
)
def test_a_page_longer_than_the_window_is_taken_screen_by_screen_where_the_scene_wants_it(
    browser, height, is_whole, pointer, parts
):
    with tab(browser, "about:blank", height=900) as seen:
        seen.page.set_content(f'<body style="margin: 0; height: {height}px"><p class="bt-figure">Prices</p>')
        assert [part for part, _ in camera._parts(seen, Scene("", "", pointer=pointer, is_whole=is_whole))] == parts


def test_the_pointer_is_on_the_first_chart_also_where_that_is_below_the_window(browser):
    with tab(browser, "about:blank", height=900) as seen:
        seen.page.set_content('<body style="height: 5000px"><p class="bt-figure" style="margin-top: 2000px">7')
        pointed = []
        for part, _ in camera._parts(seen, Scene("", "", pointer=0.5)):
            pointed += [part] if seen.page.locator(".bt-figure:hover").count() else []
        assert pointed == ["pointer"]


def test_the_readmes_pictures_are_those_that_their_script_takes():
    for name, (width, height, _theme) in readme.PICTURES.items():
        head = (ROOT / "docs" / f"{name}.png").read_bytes()[:24]
        assert head[:8] == b"\x89PNG\r\n\x1a\n"
        assert struct.unpack(">II", head[16:24]) == (width, height)
        assert f"docs/{name}.png" in (ROOT / "README.md").read_text("utf-8")


def test_the_contact_sheet_shows_the_picture_of_an_earlier_run_at_the_left(tmp_path):
    for name in ("new/7-first-day-390-light-top.png", "new/24-live-390-light-top.png", "old/24-live-390-light-top.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    sheet = contact_sheet.write(tmp_path / "new", tmp_path / "old", {"live": "a <day>"}).read_text("utf-8")
    assert "<h2>first-day, 7 markets</h2>" in sheet
    assert "<h2>live, 24 markets: a &lt;day&gt;</h2>" in sheet
    assert sheet.index('src="../old/24-live-390-light-top.png"') < sheet.index('src="24-live-390-light-top.png"')
    assert sheet.count("<img") == 3


def test_the_screens_of_a_page_are_on_the_contact_sheet_from_top_to_end(tmp_path):
    parts = ("10", "end", "2", "pointer", "top")
    for part in parts:
        (tmp_path / f"7-live-390-light-{part}.png").touch()
    sheet = contact_sheet.write(tmp_path, None, {}).read_text("utf-8")
    assert sorted(parts, key=lambda part: sheet.index(f'src="7-live-390-light-{part}.png"')) == [
        *("top", "pointer", "2", "10", "end"),
    ]


def test_a_scene_that_does_not_exist_is_refused_with_the_names_of_all(capsys):
    with pytest.raises(SystemExit):
        pictures.main(["lvie"])
    assert "no scene lvie; expected some of live, ten-minutes, " in capsys.readouterr().err


def test_the_markets_are_different_and_seven_have_very_large_and_very_small_prices():
    assert len(set(NAMES)) == max(COUNTS) == 24
    [*_, idr, vnd, shib] = (float(PictureMarket(END).latest([market], END)[0]) for market in markets(7))
    assert 1e9 < idr < vnd < 1e10
    assert 1e-11 < shib < 1e-9


def test_prices_are_the_same_in_each_run_and_stand_still_after_its_start():
    [market] = markets(1)
    first, second = PictureMarket(END), PictureMarket(END + 5 * HOUR)
    assert first.latest([market], END - MINUTE) == second.latest([market], END + 5 * HOUR - MINUTE)
    assert first.latest([market], END - MINUTE) != first.latest([market], END)
    assert first.latest([market], END) == first.latest([market], END + HOUR)
