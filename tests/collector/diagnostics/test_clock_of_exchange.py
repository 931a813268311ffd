"""run_checks: the clock is compared with that of each exchange."""

import time

import pytest

from tracker.collector.client.response import Response
from tracker.collector.diagnostics.exchange_check import compare_clock


def test_a_clock_that_is_off_is_reported_with_amount_and_direction(check, sandbox, monkeypatch):
    sandbox.clock = lambda: round((time.time() - 60) * 1000)
    monkeypatch.setattr(type(sandbox.source), "origin", "")  # as if it were a real exchange
    [fault] = [line for line in check() if line.startswith("✗")]
    assert fault.startswith("✗ clock: 60 s ahead of that of kraken; set it") or fault.startswith("✗ clock: 59 s")


def test_a_sandbox_with_another_clock_is_reported_too_as_its_prices_are_not_stored(check, sandbox):
    sandbox.faults.set("clock", seconds=7200)
    [fault] = [line for line in check() if line.startswith("✗")]
    assert fault.startswith("✗ clock: 7199 s behind that of kraken; it is a sandbox") or "7200 s behind" in fault


def test_the_clock_of_a_replay_is_the_one_that_is_compared(check, sandbox):
    started = time.time()
    sandbox.clock = lambda: round(1_522_918_800_000 + 60_000 * (time.time() - started))
    checks = check(TRACKER_CLOCK=f"2018-04-05T09:00:00Z@{started:.3f}x60")
    assert "✓ clock: within 120 s of that of kraken" in checks


@pytest.mark.parametrize(
    ("date", "text"),
    [
        (1000.0, "✓ clock: within 2 s of that of kraken"),
        (1300.0, "✓ clock: within 2 s of that of kraken"),  # the Date was of now, and the Age was added
        (1400.0, "✗ clock: 100 s behind that of kraken"),
        (900.0, "✗ clock: 100 s ahead of that of kraken"),
    ],
)
def test_an_answer_from_a_cache_agrees_by_its_date_or_by_that_plus_its_age(date, text):
    [result] = compare_clock("kraken", Response(None, date=date, age=300.0), 1000.5, 1.0)
    assert f"{result.mark} {result.text}".startswith(text)
