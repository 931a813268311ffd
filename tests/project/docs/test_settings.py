"""The documentation of settings, compared with the code: keys, variables, defaults, examples, limits."""

import json
import re
import tomllib
from typing import Any

import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from tests.support.checkout import read
from tests.support.markdown import IDS, PAGES, fenced, rows, section, table
from tracker.alerts.rules.rule import make_rules
from tracker.collector.factory import check_cadences, configured_feeds
from tracker.core.adapters import load, names
from tracker.dashboard.server.http_limits import HttpLimits
from tracker.dashboard.server.identity import TrackerIdentityProvider
from tracker.dashboard.server.kernels import WatchedKernels
from tracker.dashboard.server.websocket import GuardedConnection
from tracker.runtime import settings
from tracker.runtime.channel_settings import ChannelSettings
from tracker.runtime.rule_settings import RuleSettings
from tracker.runtime.setting_types import ExchangeSettings, MarketSettings
from tracker.runtime.settings import Settings, foreign_variables, read_settings

pytestmark = pytest.mark.checkout


def keys(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """Return the fields of *model* by the names that they have in tracker.toml."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


def setting_default(name: str) -> str:
    """Return the default of a setting as the table writes it; empty if it is derived from another one."""
    default = Settings.model_fields[name].get_default(call_default_factory=True)
    if name in ("unmoved_after", "firings_kept"):
        return {"unmoved_after": f"`{default // 60_000}m`", "firings_kept": f"`{default // 86_400_000}d`"}[name]
    if name in ("markets", "span", "retention"):
        return {"markets": "see below", "span": f"`{default // 3_600_000}h`" if name == "span" else ""}.get(
            name, "`forever`" if default is None else str(default)
        )
    return "" if default is None else f"`{json.dumps(default).strip(chr(34))}`"


def test_every_setting_is_described_with_its_variable_and_default_and_no_other_is():
    described = {name: row[1:3] for name, row in table(section("docs/configuration.md", "## Settings")).items()}
    expected = {
        name: [f"`TRACKER_{name.upper()}`", setting_default(name)]
        for name, field in Settings.model_fields.items()
        if not field.exclude
    }
    nested = {
        name for model in (MarketSettings, ExchangeSettings, ChannelSettings, RuleSettings) for name in keys(model)
    }
    assert {name: cells for name, cells in described.items() if name not in nested} == expected


@pytest.mark.parametrize(
    ("heading", "model"),
    [
        ("### Each of `[[markets]]`", MarketSettings),
        ("### Each of `[exchanges.NAME]`", ExchangeSettings),
        ("### Each of `[channels.NAME]`", ChannelSettings),
        ("### Each of `[[rules]]`", RuleSettings),
    ],
)
def test_every_key_of_a_table_is_described_with_its_default_and_no_other_is(heading, model):
    described = {name: row[1] for name, row in table(section("docs/configuration.md", heading)).items()}

    def default(value: Any) -> str:
        if value is PydanticUndefined:
            return "required"
        if isinstance(value, int) and not isinstance(value, bool):
            return f"`{value // 1000}s`" if value else ""
        return "" if value is None else f"`{json.dumps(value).strip(chr(34))}`"

    assert described == {name: default(field.default) for name, field in keys(model).items()}


def test_every_further_variable_is_described():
    described = table(section("docs/configuration.md", "## Environment variables"))
    assert list(described) == [f"TRACKER_{name}" for name in settings._OTHER_VARIABLES]


UNKNOWN = {"TRACKER_RETENTON", "TRACKER_TOKEN"}  # examples of a misspelt variable and of another program's


@pytest.mark.parametrize("path", PAGES, ids=IDS)
def test_every_variable_in_the_documentation_is_known(path, monkeypatch):
    """Checked as the tracker checks them at its start; some pages also name one that is not."""
    for name in set(re.findall(r"\bTRACKER_[A-Z_]+[A-Z]\b(?!…)", path.read_text("utf-8"))) - UNKNOWN:
        monkeypatch.setenv(name, "1")
    assert foreign_variables() == []


TOML = [(path, body) for path in PAGES for body in fenced(path.read_text("utf-8"), "toml")]


@pytest.mark.parametrize(("path", "body"), TOML, ids=[path.name for path, _ in TOML])
def test_every_example_of_tracker_toml_is_read_and_its_cadences_are_allowed(path, body, tmp_path):
    (tmp_path / "tracker.toml").write_text(body, "utf-8")
    example = read_settings(tmp_path)
    check_cadences(example)
    make_rules(example)
    if "[[markets]]" in body:
        assert configured_feeds(example)[0].exchanges == ("kraken", "coinbase")


def test_the_first_example_shows_the_defaults():
    [body, *_] = fenced(read("docs/configuration.md"), "toml")
    shown = {name: value for name, value in tomllib.loads(body).items() if not isinstance(value, list | dict)}
    assert {name: setting_default(name) for name in shown} == {name: f"`{value}`" for name, value in shown.items()}


def test_the_table_of_exchanges_has_each_with_its_batch_and_its_limits():
    described = {name: row[2:4] for name, row in table(section("docs/configuration.md", "## Exchanges")).items()}
    units = {1.0: "second", 60.0: "minute", 600.0: "10 min"}

    def limits(exchange: Any) -> str:
        words = [f"{count:,} {'in' if ' ' in units[span] else 'a'} {units[span]}" for count, span in exchange.LIMITS]
        return ", ".join(words)

    exchanges = {name: load("exchanges", name) for name in names("exchanges")}
    expected = {name: [f"{exchange.MAX_BATCH:,}", limits(exchange)] for name, exchange in exchanges.items()}
    assert {name: row for name, row in described.items() if name in expected} == expected


def test_the_limit_of_viewers_is_the_one_that_the_documentation_names():
    [trait] = re.findall(r'"WatchedKernels": \{"(\w+)": ', read("docs/deploying.md"))
    limit = WatchedKernels.class_traits()[trait].default_value
    for page in ("docs/deploying.md", "docs/using-the-page.md"):
        assert f"At most {limit} viewers" in read(page), page


def bounds_of_the_server() -> dict[str, float]:
    """Return the default of each setting that bounds what a client may cost."""
    classes = (WatchedKernels, GuardedConnection, HttpLimits, TrackerIdentityProvider)
    own = [
        (kind, trait)
        for kind in classes
        for parent in kind.__mro__
        if parent.__module__.startswith("tracker.")
        for trait in parent.class_own_traits(config=True).values()
        if trait.help and trait.name != "check_interval"
    ]
    return {
        f"{kind.__name__}.{trait.name}": HttpLimits().max_connections
        if trait.name == "max_connections" and kind is HttpLimits
        else trait.default_value
        for kind, trait in own
    }


def ways_to_write(value: float) -> set[str]:
    """Return *value* as a number, a size or a time, as a table may have it."""
    return {f"{value:,g}", f"{value / 1e6:g} MB", f"{value / 1024:g} kB", f"{value:g} s", f"{value / 60:g} min"}


def test_security_names_every_bound_of_the_server_with_its_default():
    described = {}
    for _, bound, setting, _ in rows(section("SECURITY.md", "## What is bounded")):
        kind = ""
        for name in re.findall(r"`([\w.]+)`", setting):
            kind = name.rpartition(".")[0] or kind
            described[f"{kind}.{name.rpartition('.')[2]}"] = bound
    bounds = bounds_of_the_server()
    assert set(bounds) <= set(described)
    for name, default in bounds.items():
        numbers = set(re.findall(r"\d[\d,.]*\b(?: (?:MB|kB|s|min)\b)?", described[name]))
        numbers |= {number.split()[0] for number in numbers}
        assert numbers & ways_to_write(default), (name, default, described[name])
