"""Adapters are found by the names of their modules."""

import sys
from inspect import signature
from pathlib import Path
from types import SimpleNamespace

import pytest

from tracker.core import adapters, contracts
from tracker.core.errors import ConfigError
from tracker.core.exchange_contract import ListsPairs, TakesKey
from tracker.core.market import Market
from tracker.runtime.store_url import open_store, store_folder


@pytest.fixture
def stores(tmp_path, monkeypatch):
    """A folder with the modules of two stores; opening one returns its arguments."""
    folder = tmp_path / "stores"
    folder.mkdir()
    for file in (
        "redis.py",
        "__init__.py",
        "_shared.py",
        "notes.txt",
        "csv/__init__.py",
        "csv/store.py",
        "other/a.py",
    ):
        (folder / file).parent.mkdir(exist_ok=True)
        (folder / file).touch()
    monkeypatch.setattr(adapters, "__file__", str(tmp_path / "core" / "adapters.py"))
    for name in ("csv", "redis"):
        module = SimpleNamespace(
            open_store=lambda place, base, known, granularity, name=name: (name, place, base, known),
            local_folder=lambda place, base, name=name: base / place if name == "csv" else None,
        )
        monkeypatch.setitem(sys.modules, f"tracker.stores.{name}", module)


@pytest.mark.usefixtures("stores")
def test_a_file_or_package_is_an_adapter_unless_its_name_begins_with_an_underscore():
    assert adapters.names("stores") == ["csv", "redis"]
    assert adapters.names("coordination") == []


@pytest.mark.usefixtures("stores")
@pytest.mark.parametrize("name", ["cs", "other", "_shared", "../stores/redis", "redis.py", "csv/store", ""])
def test_an_unknown_adapter_is_rejected_with_the_known_ones(name):
    with pytest.raises(ConfigError) as error:
        adapters.load("stores", name)
    assert str(error.value) == f"stores: no {name!r}; there are csv, redis"


@pytest.mark.usefixtures("stores")
@pytest.mark.parametrize(
    ("url", "opened"),
    [
        ("csv:data", ("csv", "data")),
        ("redis:redis://host:1/0", ("redis", "redis://host:1/0")),
    ],
)
def test_the_scheme_of_a_store_s_url_is_the_name_of_its_file_or_package(url, opened):
    known = [Market("kraken", "BTC", "EUR")]
    assert open_store(url, base=Path("/here"), known=known) == (*opened, Path("/here"), tuple(known))


@pytest.mark.usefixtures("stores")
@pytest.mark.parametrize(
    "url", ["", "data", "csv", "csv:", ":data", "cs:data", "s3:bucket", "csv/store:data", "other:data"]
)
def test_a_url_without_a_known_store_is_rejected_with_an_example(url):
    with pytest.raises(ConfigError) as error:
        open_store(url, base=Path())
    assert str(error.value) == f"store {url.partition(':')[0]!r}: expected scheme:place, e.g. csv:data"


@pytest.mark.usefixtures("stores")
def test_a_url_with_a_nul_character_is_rejected():
    with pytest.raises(ConfigError, match="store 'csv': its place contains a NUL character, expected"):
        open_store("csv:da\0ta", base=Path())


@pytest.mark.usefixtures("stores")
def test_only_a_store_on_this_machine_has_a_folder():
    assert store_folder("csv:data", base=Path("/here")) == Path("/here/data")
    assert store_folder("redis:redis://host:1/0", base=Path("/here")) is None


def test_every_store_module_has_the_two_functions_of_its_contract():
    for name in adapters.names("stores"):
        module = adapters.load("stores", name)
        for function in ("open_store", "local_folder"):
            expected = list(signature(getattr(contracts.StoreModule, function)).parameters)[1:]
            assert list(signature(getattr(module, function)).parameters) == expected


@pytest.mark.parametrize("kind", ["exchanges", "stores", "coordination"])
def test_every_adapter_loads(kind):
    for name in adapters.names(kind):
        assert adapters.load(kind, name).__name__ == f"tracker.{kind}.{name}"


@pytest.mark.parametrize("name", adapters.names("exchanges"))
def test_an_exchange_has_both_functions_for_its_list_of_pairs_or_none(name):
    exchange = adapters.load_exchange(name)
    assert isinstance(exchange, ListsPairs) == hasattr(exchange, "pairs_path") == hasattr(exchange, "pairs")
    assert isinstance(exchange, TakesKey) == hasattr(exchange, "headers")


def test_a_function_set_to_none_does_not_count_as_an_optional_function():
    assert not isinstance(SimpleNamespace(pairs_path=None, pairs=None), ListsPairs)
    assert not isinstance(SimpleNamespace(pairs=dict), ListsPairs)
