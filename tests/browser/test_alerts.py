"""The panel of alerts in a real Chromium: beside the charts and below them, by keyboard, and the form."""

import tomllib

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.support.browser import resize, viewer
from tests.support.page_server import ONE_VIEWER, now, seed_day, settings, voila
from tracker.sandbox import Sandbox, Simulated

pytestmark = pytest.mark.service

RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}
LAST_IN_SIGHT = """(() => {
  const [list, row] = [".bt-alert-list", ".bt-rule:last-child"].map(each => document.querySelector(each));
  return row.getBoundingClientRect().bottom <= list.getBoundingClientRect().bottom + 1;
})()"""
TOML = """[channels]
ops = "json://127.0.0.1:9/"
family = "json://127.0.0.1:9/family"

[[rules]]
name = "high"
market = "*"
when = "age < 1d or change(10s) > 50%"
notify = ["ops"]
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("page")


@pytest.fixture(scope="module")
def seen(browser, folder):
    (folder / "tracker.toml").write_text(TOML)
    seed_day(folder / "data", now(), {})
    more = {"TRACKER_CONFIG": str(folder / "tracker.toml"), "TRACKER_EDIT": "yes", "TRACKER_SPAN": "1h"}
    # Rows that are marked as simulated would be watched by no rule.
    with Sandbox(Simulated(7), now, states_origin=False) as sandbox:
        variables = settings(folder / "data", f"{sandbox.url}/kraken") | more
        with (
            voila(folder / "log", *ONE_VIEWER, **variables) as url,
            viewer(browser, url, width=1366, height=900) as opened,
        ):
            opened.wait(lambda: len(opened.drawn("USD")) > 500, "the charts are drawn")
            yield opened
            assert opened.errors == opened.elsewhere == []


def faults(seen):
    """What axe-core finds wrong in the page, a line each: the rule and the element."""
    results = Axe().run(seen.page, options=RULES).response["violations"]
    return [f"{result['id']}: {node['html'][:160]}" for result in results for node in result["nodes"]]


def place(seen, selector):
    box = seen.boxes(selector)[0]
    return {side: box[side] for side in ("x", "y", "width", "height")}  # without its text, which has the prices


def test_the_panel_stands_beside_the_charts_and_moves_nothing(seen):
    charts, panel = place(seen, ".bt-charts"), place(seen, ".bt-alerts")
    assert panel["x"] >= charts["x"] + charts["width"]
    assert (panel["y"], panel["height"]) == (charts["y"], charts["height"])
    seen.page.get_by_role("button", name="Add an alert").click()
    seen.page.get_by_label("Price in USD").wait_for()
    assert place(seen, ".bt-charts") == charts
    seen.wait(lambda: seen.page.get_by_text("Not sent since").count() == 1, "a dead channel is shown")
    seen.page.locator(".bt-form-more > summary").focus()
    seen.page.keyboard.press("Enter")
    assert seen.page.get_by_label("Quiet hours").is_visible()
    assert faults(seen) == []
    resize(seen.page, 1280, 800)
    try:  # beside the card of the channel and the form there is room for half a row
        rows, form = place(seen, ".bt-alert-list"), place(seen, ".bt-alert-foot")
        assert rows["y"] + rows["height"] <= form["y"]
        assert seen.page.evaluate("getComputedStyle(document.querySelector('.bt-alert-list')).overflowY") == "auto"
    finally:
        resize(seen.page, 1366, 900)
    seen.page.keyboard.press("Escape")
    seen.page.get_by_role("button", name="Add an alert").wait_for()
    assert seen.page.evaluate("document.activeElement.textContent") == "Add an alert"


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1100, "light")])
def test_on_a_narrow_screen_it_stands_below_the_charts(seen, width, scheme):
    seen.page.emulate_media(color_scheme=scheme)
    resize(seen.page, width, 844)
    try:
        charts, panel = place(seen, ".bt-charts"), place(seen, ".bt-alerts")
        assert panel["y"] >= charts["y"] + charts["height"]
        assert panel["width"] == pytest.approx(charts["width"], abs=1)
        assert seen.page.evaluate("document.documentElement.scrollWidth") <= width
        assert faults(seen) == []
    finally:
        seen.page.emulate_media(color_scheme="light")
        resize(seen.page, 1366, 900)


def test_the_charts_have_their_height_before_a_script_has_measured_it(seen):
    measured, reserved = seen.page.evaluate(
        """() => {
          const charts = document.querySelector("#rendered_cells .bt-charts");
          const reserved = getComputedStyle(charts).getPropertyValue("--bt-usual-room");
          return [charts.style.getPropertyValue("--bt-room-above"), reserved].map(Number);
        }"""
    )
    assert measured == reserved


def test_a_test_goes_to_the_channel_that_was_ticked_just_before(seen):
    page = seen.page
    page.get_by_role("button", name="Add an alert").click()
    page.get_by_label("ops").wait_for()
    page.evaluate(
        """() => {
          const form = document.querySelector(".bt-alert-form");
          for (const name of ["ops", "family"]) form.elements[`channel ${name}`].click();
          form.querySelector("[data-do=test]").click();
        }"""
    )
    seen.wait(lambda: page.get_by_text("family").count() > 1, "it is sent to family", 10)
    assert page.get_by_text("Sending to ops").count() == 0
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Add an alert").wait_for()


def test_a_rule_is_written_by_keyboard_while_the_form_says_what_it_means(seen, folder):
    page = seen.page
    page.get_by_role("button", name="Add an alert").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Currency").wait_for()
    seen.wait(lambda: page.evaluate("document.activeElement.name") == "market", "the first field has the focus", 5)
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    fields = place(seen, ".bt-alert-form [name=value]")
    page.keyboard.type("15.300")
    seen.wait(lambda: "which?" in page.locator(".bt-field-error").inner_text(), "it asks which number is meant", 10)
    assert page.evaluate("document.activeElement.value") == "15.300", "typing is not disturbed"
    page.keyboard.press("Control+A")
    page.keyboard.type("1000")
    seen.wait(lambda: "1,000.00 USD" in page.locator(".bt-meaning").inner_text(), "it says what the rule means", 10)
    seen.wait(lambda: "would not have fired" in page.locator(".bt-meaning").inner_text(), "it is rehearsed", 30)
    assert place(seen, ".bt-alert-form [name=value]") == fields, "the field stays where it is while one types"
    page.evaluate(
        """() => {
          const quiet = document.querySelector(".bt-alert-form [name=quiet]");
          quiet.value = "22-7";
          quiet.dispatchEvent(new Event("input", { bubbles: true }));
        }"""
    )
    seen.wait(lambda: page.get_by_label("Quiet hours").is_visible(), "what is wrong is not hidden", 10)
    page.get_by_label("Quiet hours").fill("22:00-07:00")
    seen.wait(lambda: "not between 22:00 and 07:00" in page.locator(".bt-meaning").inner_text(), "it is said", 10)
    seen.shoot("alerts-form")
    page.evaluate("document.querySelector('.bt-alert-list').style = 'height: 110px; overflow-y: auto'")
    page.keyboard.press("Enter")
    seen.wait(lambda: page.locator(".bt-rule").count() == 2, "the rule is listed")
    seen.wait(lambda: page.evaluate(LAST_IN_SIGHT), "and in sight", 5)
    page.evaluate("document.querySelector('.bt-alert-list').style = ''")
    rules = tomllib.loads((folder / "tracker.toml").read_text())["rules"]
    assert [rule["name"] for rule in rules] == ["high", "USD below 1,000"]
    assert rules[1]["quiet"] == "22:00-07:00"
    seen.shoot("alerts")
    focused = "document.activeElement.getAttribute('aria-label')"
    for _ in range(2):
        page.get_by_role("button", name="Edit high").click()
        page.get_by_role("button", name="Save").wait_for()
        page.keyboard.press("Escape")
        seen.wait(lambda: page.evaluate(focused) == "Edit high", "the focus is where it was before the form", 5)


def test_what_a_rule_of_several_markets_shows_stays_open_while_prices_arrive(seen):
    page = seen.page
    page.locator(".bt-rule-details:has(li) > summary").focus()
    page.keyboard.press("Enter")
    assert page.locator(".bt-rule-details[open] code").inner_text().startswith("age < "), "its condition is shown"
    row = page.locator(".bt-rule-details li").first
    row.evaluate("row => { row.isKept = true; getSelection().selectAllChildren(row.querySelector('b')); }")
    before = row.inner_text()
    seen.wait(lambda: row.inner_text() != before, "its number follows the price")
    assert row.is_visible()
    assert row.evaluate("row => row.isKept && String(getSelection()) === row.querySelector('b').textContent")
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"


def test_a_rule_is_muted_and_unmuted(seen, folder):
    page = seen.page
    page.get_by_role("button", name="Mute high", exact=True).click()
    page.get_by_role("button", name="For an hour").click()
    muted = page.locator(".bt-rule.is-muted")
    seen.wait(lambda: muted.count() == 1, "it is muted")
    assert page.evaluate("document.activeElement.textContent") == "Unmute", "the focus stays in the row"
    page.get_by_role("button", name="Unmute high", exact=True).click()
    seen.wait(lambda: not muted.count(), "it is unmuted")
    page.evaluate("document.querySelector('.bt-rule-details:has(li)').open = true")
    page.get_by_role("button", name="Mute high in EUR").click()
    page.get_by_role("button", name="For an hour").click()
    seen.wait(lambda: page.locator("li.is-muted").count() == 1, "one market is muted alone")
    assert page.evaluate("document.activeElement.textContent") == "Unmute", "the focus stays in the row"
    assert not muted.count()
    assert str(folder) not in page.locator(".bt-alerts").inner_html()
