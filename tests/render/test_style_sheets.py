"""Style sheets: what browsers of 2021 cannot read is compiled away, in every style that is sent."""

import re
from collections.abc import Iterator

import pytest
import tinycss2
from tinycss2.ast import Node

from tests.support.checkout import ROOT, read
from tracker.render.format.theme import compiled, css, light
from tracker.render.html import static_page

COMPILED = {"page": compiled("page"), "report": compiled("report"), "static page": static_page._STYLE}
TEMPLATES = sorted(path for path in (ROOT / "tracker").rglob("*") if path.suffix in (".html", ".j2"))
JINJA = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
STYLES = COMPILED | {
    path.name: "".join(re.findall(r"<style>(.*?)</style>", JINJA.sub("", path.read_text("utf-8")), re.DOTALL))
    for path in TEMPLATES
}
# In Safari 15 and Firefox 102 a rule or declaration with one of these does not exist.
NEW_FUNCTIONS = {"light-dark", "color-mix", "oklch", "oklab", "lab", "lch", "round", "linear"}
NEW_UNITS = {"cqw", "cqh", "cqi", "cqb", "cqmin", "cqmax", "dvh", "svh", "lvh", "dvw"}
CONDITION = re.compile(r"(?:max-width:|width ?<= ?)(\d+)px|(not \(container-type:inline-size\))")
NEW_RULES = {"layer", "scope", "starting-style", "property"}


def nodes(tree: list[Node]) -> Iterator[Node]:
    """Yield all nodes of *tree*, depth first."""
    for node in tree:
        yield node
        for name in ("prelude", "content", "arguments"):
            yield from nodes(getattr(node, name, None) or [])


def rules(content: list[Node], within: tuple[str, ...] = ()) -> Iterator[tuple[Node, tuple[str, ...]]]:
    """Yield each rule of *content*, and what it is within: at-rules by their names, style rules by ``style``."""
    parse = tinycss2.parse_blocks_contents if "style" in within else tinycss2.parse_rule_list
    for node in parse(content, skip_comments=True, skip_whitespace=True):
        kind = {"qualified-rule": "style", "at-rule": getattr(node, "at_keyword", "")}.get(node.type)
        if kind is None:
            continue
        yield node, within
        if node.content is not None and kind != "keyframes":
            yield from rules(node.content, (*within, kind))


def too_new(style: str) -> set[str]:
    """Return what in *style* browsers of 2021 do not know; they skip container queries as a whole."""
    values = tinycss2.parse_component_value_list(style)
    found = {value.name for value in nodes(values) if value.type == "function" and value.lower_name in NEW_FUNCTIONS}
    for rule, within in rules(values):
        if "style" in within or any(token == "&" for token in rule.prelude):
            found.add("nesting")
        found |= {f"@{name}" for name in NEW_RULES & {getattr(rule, "at_keyword", "")}}
        if rule.type == "qualified-rule" and "container" not in within:
            lengths = [value for value in nodes(rule.content) if value.type == "dimension"]
            found |= {value.unit for value in lengths if value.lower_unit in NEW_UNITS}
    return found


@pytest.mark.parametrize("name", STYLES)
def test_a_style_that_is_sent_has_nothing_that_browsers_of_2021_cannot_read(name):
    assert too_new(STYLES[name]) == set()


@pytest.mark.checkout
def test_the_style_sheet_as_it_is_written_has_nesting_and_light_dark():
    """So that the test above is known to find them."""
    assert too_new(read("tracker/render/page.css")) >= {"nesting", "light-dark"}
    assert too_new("a { width: 1cqw } b { color: color-mix(in srgb, red, blue) }") == {"cqw", "color-mix"}
    assert too_new("@media print { .a { color: red; @supports (x: y) { color: blue } } }") == {"nesting"}


@pytest.mark.parametrize("name", ["page", "report"])
def test_where_there_are_no_container_queries_the_same_rules_follow_the_width_of_the_window(name):
    widths: dict[str, set[str]] = {"container": set(), "media": set(), "supports": set()}
    for rule, _ in rules(tinycss2.parse_component_value_list(COMPILED[name])):
        if (kind := getattr(rule, "at_keyword", "")) in widths:
            widths[kind] |= set(CONDITION.findall(tinycss2.serialize(rule.prelude)))
    assert widths["container"]
    assert widths["container"] <= widths["media"]
    assert ("", "not (container-type:inline-size)") in widths["supports"]


def test_both_themes_have_every_colour():
    """Of the two variables one is empty and the other has no value, so that only one of the two colours is left."""
    head = css().partition("}")[0]
    assert head.count("--lightningcss-light,") == head.count("--lightningcss-dark,") > 25
    assert set(re.findall(r"--lightningcss-(?:light|dark): ?(\w*) ?[;!}]", css())) == {"initial", ""}
    assert len(light()) > 40
