"""Wish: left by one process, granted by another, not forgotten in between."""

import asyncio
import json

import pytest
from fakes import FakeClock, run

from tracker.wish import MARK, Wish


def test_a_wish_is_read_by_whoever_looks_into_the_folder(tmp_path):
    assert Wish(tmp_path).read() is None
    assert Wish(tmp_path / "new").leave(5000) == 5000
    assert Wish(tmp_path / "new").read() == 5000


def test_the_earlier_of_two_wishes_holds(tmp_path):
    assert [Wish(tmp_path).leave(since) for since in (5000, 3000, 4000)] == [5000, 3000, 3000]


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"since": "x"}', '{"since": true}', '{"since": -1}', '"a"'])
def test_a_file_that_is_none_is_no_wish(tmp_path, text):
    Wish(tmp_path).path.write_text(text)
    assert (Wish(tmp_path).read(), Wish(tmp_path).state()) == (None, "unknown")


def test_only_what_was_granted_after_it_was_left_is_fulfilled(tmp_path):
    wish = Wish(tmp_path, ["kraken"])
    wish.leave(5000)
    wish.path.unlink()
    assert (wish.state(), wish.fulfilled(5000)) == ("none", False)
    wish.leave(5000)
    wish.granted(5000, "kraken")
    assert (wish.state(), wish.fulfilled(5000), wish.fulfilled(4000)) == ("none", True, False)
    wish.leave(5000)
    assert (wish.state(), wish.fulfilled(5000)) == ("wished", False)


def test_a_file_that_cannot_be_read_is_not_taken_for_none(tmp_path):
    wish = Wish(tmp_path)
    wish.path.mkdir()
    assert (wish.read(), wish.state(), wish.fulfilled(5000)) == (None, "unknown", False)


def test_it_is_fulfilled_when_every_exchange_has_given_all_it_has(tmp_path):
    wish = Wish(tmp_path, ["kraken", "coinbase"])
    wish.leave(5000)
    wish.granted(5000, "kraken")
    assert wish.read() == 5000
    wish.granted(5000, "coinbase")
    assert wish.read() is None
    assert [path.name for path in tmp_path.iterdir()] == [MARK]


def test_one_that_grew_meanwhile_stays(tmp_path):
    wish = Wish(tmp_path, ["kraken"])
    wish.leave(5000)
    Wish(tmp_path).leave(3000)
    wish.granted(5000, "kraken")
    assert wish.read() == 3000
    wish.granted(3000, "kraken")
    assert wish.read() is None


def test_a_look_for_less_that_ends_late_takes_nothing_back(tmp_path):
    wish = Wish(tmp_path, ["kraken", "coinbase"])
    wish.leave(5000)
    Wish(tmp_path).leave(3000)
    wish.granted(3000, "kraken")
    wish.granted(5000, "coinbase")
    wish.granted(5000, "kraken")
    assert wish.read() == 3000
    wish.granted(3000, "coinbase")
    assert wish.read() is None


def test_what_was_given_for_one_wish_does_not_fulfil_the_next(tmp_path):
    wish = Wish(tmp_path, ["kraken", "coinbase"])
    for _ in range(2):
        wish.leave(3000)
        wish.granted(3000, "kraken")
        assert wish.read() == 3000
        wish.granted(3000, "coinbase")
        assert wish.read() is None


def test_a_wish_that_is_left_later_is_noticed(tmp_path):
    async def story():
        clock, seen, wish = FakeClock(), [], Wish(tmp_path)
        watching = asyncio.ensure_future(wish.watch(clock, lambda: seen.append(clock.monotonic())))
        await clock.sleep(3.5)
        wish.path.write_text(json.dumps({"since": 5000}))
        await clock.sleep(5)
        watching.cancel()
        return seen

    assert run(story()) == [4.0]
