"""``tracker rules test``: what a rule would have done over what is stored."""

import json
import re
from datetime import datetime

import pytest

from tests.support.command import tracker
from tests.support.stored_prices import EUR, HOUR, store_day
from tracker.commands import rehearsing

RULES = """
[[rules]]
name = "EUR rises"
market = "kraken:BTC/EUR"
when = "price > 105"

[[rules]]
name = "never"
market = ["kraken:BTC/EUR", "kraken:BTC/USD"]
when = "drawdown(20h) > 50%"
"""


@pytest.fixture
def folder(tmp_path):
    """A day of EUR, which rises from 100 to 110, and of USD, and two rules."""
    (tmp_path / "tracker.toml").write_text(RULES)
    store_day(tmp_path)
    return tmp_path


def ms(text):
    return round(1000 * datetime.fromisoformat(text).timestamp())


def test_a_rule_is_rehearsed_over_what_is_stored(folder):
    status, out, _ = tracker("rules", "test", "EUR rises", folder=folder)
    assert status == 0
    assert "On your record (1 d" in out
    assert "it would have fired once, with 1 message" in out
    assert re.search(r"kraken:BTC/EUR  price 105\.\d+  still firing at the end$", out, re.MULTILINE)
    assert "kraken:BTC/EUR: 1 firing in" in out
    assert "100\N{NARROW NO-BREAK SPACE}% of the time" in out


def test_a_rule_that_never_fired_says_so_and_what_could_not_be_told(folder):
    _, out, _ = tracker("rules", "test", "never", "--last", "10d", folder=folder)
    assert "it would never have fired" in out
    assert out.count("nothing could be told, as prices covered too little of the span") == 2


def test_it_prints_all_as_json(folder):
    status, out, _ = tracker("rules", "test", "EUR rises", "--json", folder=folder)
    found = json.loads(out)
    assert (status, found["rule"], found["when"], found["messages"]) == (0, "EUR rises", "price > 105", 1)
    [market] = found["markets"]
    [firing] = market["firings"]
    assert (market["market"], firing["kind"], firing["ended_at"]) == (str(EUR), "fired", None)
    assert market["untold"] == {}
    assert 0 < ms(firing["since"]) - ms(market["begin"]) < 13 * HOUR
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", firing["fired_at"])
    assert firing["numbers"][0]["value"] > 105
    assert firing["numbers"][0]["measure"] == "price"


def test_what_cannot_be_told_follows_from_the_settings(folder, monkeypatch):
    given = []
    monkeypatch.setattr(rehearsing, "rehearse", lambda *_, **more: given.append(more))
    path = folder / "tracker.toml"
    path.write_text(f'coverage_floor = 0.3\nunmoved_after = "7d"\n{path.read_text()}')
    tracker("rules", "test", "never", folder=folder)
    assert given == [{"floor": 0.3, "unmoved_after": 7 * 24 * HOUR}]


def test_another_rule_that_cannot_be_read_does_not_matter(folder):
    path = folder / "tracker.toml"
    path.write_text(path.read_text().replace("drawdown", "drawdwon"))
    assert tracker("rules", "test", "EUR rises", "--last", "1h", folder=folder)[0] == 0
    assert "'never': when: at 'drawdwon'" in tracker("rules", "test", "never", folder=folder)[2]
    path.write_text(path.read_text().replace('"kraken:BTC/USD"]', '"kraken:BTC/SEK"]'))
    assert tracker("rules", "test", "EUR rises", "--last", "1h", folder=folder)[0] == 0
    assert "'never': market: 'kraken:BTC/SEK' is not" in tracker("rules", "test", "never", folder=folder)[2]


def test_a_name_may_be_typed_with_blanks_around_it(folder):
    assert tracker("rules", "test", " EUR rises ", "--last", "1h", folder=folder)[0] == 0


def test_another_period_is_another_record(folder):
    _, out, _ = tracker("rules", "test", "EUR rises", "--since", "5h", "--until", "2h", "--json", folder=folder)
    found = json.loads(out)
    assert abs(ms(found["end"]) - ms(found["begin"]) - 3 * HOUR) <= 20_000
    assert found["markets"][0]["firings"][0]["kind"] == "already_true"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["EUR falls"], "no rule 'EUR falls'; there are EUR rises, never"),
        (["never", "--last", "soon"], "--last 'soon'"),
        (["never", "--since", ""], "--since ''"),
        (["never", "--until", ""], "--until ''"),
        (["never", "--last", "1h", "--since", "2h"], "type only one of --last and --since"),
        (["never", "--since", "1h", "--until", "2h"], "is no period"),
    ],
)
def test_what_cannot_be_rehearsed_is_one_line(folder, words, message):
    status, _, err = tracker("rules", "test", *words, folder=folder)
    assert status == 2
    assert err.startswith("error:")
    assert message in err


def test_without_rules_and_without_prices_it_says_so(tmp_path):
    status, _, err = tracker("rules", "test", "high", folder=tmp_path)
    assert (status, "there is none yet" in err) == (2, True)
    (tmp_path / "tracker.toml").write_text(RULES)
    status, out, _ = tracker("rules", "test", "never", folder=tmp_path)
    assert status == 0
    assert "Nothing is stored of its markets in this period" in out
