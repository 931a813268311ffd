"""Parts of the page in an analyst's own notebook: each carries its style, in containers of ipywidgets too."""

import pytest

from tests.support.browser import choose, resize, tab, viewer
from tests.support.notebooks import CONTAINERS, write_notebook
from tests.support.page_server import (
    ONE_VIEWER,
    PATIENCE,
    ROOT,
    TOKEN,
    exchange,
    jupyter,
    mark_as_checkout,
    now,
    seed_day,
    settings,
    voila,
)

pytestmark = [pytest.mark.service, pytest.mark.checkout]

LATEST = 3.0  # s until a part that is opened has its full size: one, and what a busy machine adds
HOLES = {"USD": [(300, 270)], "EUR": [(300, 270)], "GBP": [(300, 270)]}

# What is wrong with the parts in sight of the output with this number: empty if each has its style and its size.
_FAULTS = """number => {
  const outputs = [...document.querySelectorAll(".jp-OutputArea-output:has(.bt-page)")];
  const output = outputs[number];
  if (!output) return [`${outputs.length} outputs`];
  const faults = [];
  const seen = selector => [...output.querySelectorAll(selector)].filter(each => each.getClientRects().length);
  const style = (element, name) => getComputedStyle(element)[name];
  const inSight = element => {
    const { top, bottom } = element.getBoundingClientRect();
    return top >= 0 && bottom <= innerHeight;
  };
  const near = (one, other) => Math.abs(one - other) <= 2;
  const expect = (holds, text) => holds || faults.push(text);
  for (const panel of seen(".bt-panel, .bt-header, .bt-footer, .bt-currencies, .bt-spans")) {
    const name = panel.className.match(/bt-[a-z]+/)[0];
    const page = panel.closest(".bt-page");
    expect(page?.dataset.theme, `${name} is not connected`);
    expect(style(panel, "fontSize") === "13px" || page.clientWidth < 768, `${name} has another font size`);
    const box = panel.getBoundingClientRect(), room = page.parentElement.getBoundingClientRect();
    expect(near(box.width, page.clientWidth), `${name} has ${box.width} of ${page.clientWidth} px`);
    expect(box.left >= room.left - 1 && box.right <= room.right + 1, `${name} reaches out of its container`);
    expect(page.parentElement.scrollWidth <= page.parentElement.clientWidth, `${name} makes its container scroll`);
  }
  for (const stack of seen(".bt-chart-stack")) {
    const charts = [...stack.querySelectorAll(".bt-chart")];
    expect(charts.length === 3 && charts.some(inSight), `${charts.length} charts, none of them in sight`);
    for (const chart of charts.filter(inSight)) {
      const [plot, svg] = [".bt-plot", ".bt-figure svg"].map(one => chart.querySelector(one)?.getBoundingClientRect());
      expect(plot && svg && near(plot.width, svg.width) && near(plot.height, svg.height) && plot.width > 150,
        `a plot of ${plot?.width} x ${plot?.height} px is drawn with ${svg?.width} x ${svg?.height} px`);
      const lines = [...chart.querySelectorAll("path.line")].map(path => path.getAttribute("d") ?? "").join("");
      expect(lines.length > 1000, "a line is not drawn");
      const places = [...lines.matchAll(/[ML](-?[\\d.]+),/g)].map(([, x]) => Number(x));
      expect(places.some(x => x > 0.9 * plot?.width), "a line is narrow");
      const gap = chart.querySelector(".bt-gap");
      expect(gap && style(gap, "backgroundImage").startsWith("repeating-linear-gradient"), "a gap is not hatched");
    }
  }
  return faults;
}"""

# How elements are changed once the scripts have seen charts of bqplot, whose d3 all notebooks of JupyterLab share.
_CHANGES = """async script => {
  const { drawAtOnce } = await import(`data:text/javascript,${encodeURIComponent(script)}`);
  class Selection {
    constructor(element) { this.element = element; }
    node() { return this.element; }
    transition(name) { return `animated by ${name}`; }
  }
  document.body.innerHTML = '<div class="bt-charts"><i id="ours"></i></div><i id="other"></i>';
  await drawAtOnce([{ series: [{ lines: [{ views: { one: Promise.resolve({ d3el: new Selection(null) }) } }] }] }]);
  const change = (element) => {
    const selection = new Selection(element);
    const changed = selection.transition("move");
    return changed === selection && changed.duration(500).ease("linear") === selection ? "at once" : changed;
  };
  return ["ours", "other", "none"].map((id) => change(document.getElementById(id)));
}"""


@pytest.fixture(scope="module")
def variables(tmp_path_factory):
    """Variables for kernels with a stored day, which a market on loopback continues."""
    folder = tmp_path_factory.mktemp("prices")
    seed_day(folder / "data", now(), HOLES)
    with exchange() as address:
        yield {**settings(folder / "data", address), "TRACKER_SPAN": "10min"}  # so that the hole is not backfilled


def faults(seen, number):
    return seen.page.evaluate(_FAULTS, number)


def wait_for_parts(seen, number, patience=PATIENCE):
    """Wait until what is in sight of the output with this *number* has no faults."""
    found = ["not looked at"]

    def is_whole():
        found[:] = faults(seen, number)
        return not found

    try:
        seen.wait(is_whole, "each part has its style and size", patience)
    except AssertionError:
        raise AssertionError(f"output {number}: {found}") from None


def scroll_to(part):
    """Bring *part* to the top of what is in sight."""
    part.evaluate("part => part.scrollIntoView({ block: 'start' })")


def check_containers(seen):
    """Look at the parts in each container, and at those that are opened later."""
    page = seen.page
    wait_for_parts(seen, 2)
    page.get_by_role("button", name="24 h", exact=True).click()
    scroll_to(page.locator(".jupyter-widget-tab"))
    wait_for_parts(seen, 0)
    page.locator(".jupyter-widget-tab .lm-TabBar-tab", has_text="Charts").click()
    wait_for_parts(seen, 0, LATEST)
    seen.shoot("containers-tab")
    lines = page.locator(".jupyter-widget-Collapse-header", has_text="Lines")
    lines.click()
    scroll_to(lines)
    wait_for_parts(seen, 1, LATEST)
    scroll_to(page.get_by_text("Mine", exact=True))
    wait_for_parts(seen, 3)
    seen.shoot("containers")
    assert seen.errors == []
    assert seen.elsewhere == []


def check_charts_shown_twice(seen):
    """Hide charts that are in sight in another container, too: those are drawn further."""
    resize(seen.page, 1440, 2600)
    twice = seen.page.locator(".bt-chart-0:visible")
    seen.wait(lambda: twice.count() == 3, "the charts are in three containers")
    seen.page.locator(".jupyter-widget-Collapse-header", has_text="Lines").click()
    seen.wait(lambda: twice.count() == 2, "they are hidden in one of them")
    seen.page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    for _ in range(2):  # the first may have come before
        before = seen.drawn("USD")
        seen.wait(lambda before=before: seen.drawn("USD") != before, "a new price is drawn", 15)


def test_charts_are_drawn_at_once_and_other_notebooks_keep_the_animation_of_their_figures(browser):
    script = (ROOT / "tracker/dashboard/browser/instant_drawing.js").read_text(encoding="utf-8")
    with tab(browser, "about:blank") as seen:
        assert seen.page.evaluate(_CHANGES, script) == ["at once", "animated by move", "animated by move"]


def test_parts_in_containers_have_their_style_and_size_under_voila(browser, tmp_path, variables):
    notebook = write_notebook(tmp_path / "mine.ipynb", *CONTAINERS)
    with (
        voila(tmp_path / "log", *ONE_VIEWER, notebook=str(notebook), **variables) as url,
        viewer(browser, url) as seen,
    ):
        check_containers(seen)
        check_charts_shown_twice(seen)


def test_parts_in_containers_have_their_style_and_size_in_jupyterlab(browser, tmp_path, variables):
    mark_as_checkout(tmp_path)
    write_notebook(tmp_path / "mine.ipynb", *CONTAINERS)
    with (
        jupyter(tmp_path / "log", "lab", cwd=tmp_path, **variables) as address,
        tab(browser, f"{address}lab/tree/mine.ipynb?token={TOKEN}") as seen,
    ):
        seen.page.get_by_text("Python 3 (ipykernel) | Idle").wait_for(timeout=PATIENCE * 1000)
        choose(seen.page, "Run", "Run All Cells")
        check_containers(seen)
