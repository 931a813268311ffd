"""What axe-core finds wrong in a page, by the rules of WCAG 2.2 A and AA."""

from axe_playwright_python.sync_playwright import Axe

from tests.support.browser import Viewer

_RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}


def violations(seen: Viewer) -> list[str]:
    """Return a line for each violation: the rule, the element, and why."""
    results = Axe().run(seen.page, options=_RULES).response["violations"]
    return [
        f"{result['id']}: {node['html'][:120]}: {node['failureSummary'].splitlines()[-1].strip()}"
        for result in results
        for node in result["nodes"]
    ]


def violations_in_light_and_dark(seen: Viewer) -> list[str]:
    """Return the same of both colour schemes; the page is light afterwards."""
    lines = []
    for scheme in ("dark", "light"):
        seen.page.emulate_media(color_scheme=scheme)
        lines += [f"{scheme}: {line}" for line in violations(seen)]
    return lines
