"""The URL of a store made absolute: it names the same store from any base."""

from pathlib import Path

import pytest

from tests.support.other_store import add_store
from tracker.core.adapters import names
from tracker.core.errors import ConfigError
from tracker.runtime.store_url import absolute_store_url, store_folder

HERE, ELSEWHERE = Path("/here"), Path("/elsewhere")


@pytest.mark.parametrize(
    ("url", "absolute"),
    [
        ("csv:data", "csv:/here/data"),
        ("csv:/srv/btc", "csv:/srv/btc"),
        ("csv:~/btc", f"csv:{Path.home()}/btc"),
        ("sq:data/prices.db", "sq:/here/data/prices.db"),
        ("sq:/srv/prices.db", "sq:/srv/prices.db"),
        ("far://user@db:5432/data", "far://user@db:5432/data"),
    ],
)
def test_a_local_path_becomes_absolute_and_the_scheme_stays(monkeypatch, url, absolute):
    add_store(monkeypatch, "sq", lambda path: path.parent)
    add_store(monkeypatch, "far")
    assert absolute_store_url(url, base=HERE) == absolute
    assert absolute_store_url(absolute, base=ELSEWHERE) == absolute


def test_a_relative_base_becomes_absolute_too(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert absolute_store_url("csv:data", base=Path()) == f"csv:{tmp_path / 'data'}"


@pytest.mark.parametrize("name", names("stores"))
def test_the_absolute_url_of_every_store_names_the_same_folder_from_any_base(name):
    url = absolute_store_url(f"{name}:some/place", base=HERE)
    assert url.partition(":")[0] == name
    assert store_folder(url, base=ELSEWHERE) == store_folder(f"{name}:some/place", base=HERE)


@pytest.mark.parametrize("scheme", ["csv", "sq"])
def test_the_folder_of_an_unknown_user_is_refused_and_named(monkeypatch, scheme):
    add_store(monkeypatch, "sq", lambda path: path)
    url = f"{scheme}:~nobody-such-user/data"
    with pytest.raises(ConfigError, match=f"store {url}: no such user's folder, expected e.g. {scheme}:data"):
        absolute_store_url(url, base=HERE)


def test_an_address_that_names_no_store_has_no_absolute_form():
    with pytest.raises(ConfigError, match="store 'cs': expected scheme:place"):
        absolute_store_url("cs:data", base=HERE)
