"""The self-test of the page, which a notebook runs with TRACKER_CHECK=1."""

import pytest

from tests.support.running_app import run_app


async def check(app):
    await app.check()


def test_without_the_variable_it_returns_at_once(tmp_path, unused_url):
    run_app(check, tmp_path, unused_url)


def test_it_passes_once_every_market_has_a_new_price(tmp_path, exchange_url, monkeypatch):
    monkeypatch.setenv("TRACKER_CHECK", "1")
    run_app(check, tmp_path, exchange_url)


def test_it_fails_with_the_status_if_a_price_does_not_come_in_time(tmp_path, unused_url, monkeypatch):
    monkeypatch.setenv("TRACKER_CHECK", "1")
    monkeypatch.setenv("TRACKER_CHECK_SECONDS", "0.5")
    with pytest.raises(AssertionError, match=r"no new price within 0\.5 s"):
        run_app(check, tmp_path, unused_url)
