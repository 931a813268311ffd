"""What a draft would have done over stored prices, for its form and for the charts."""

from tests.support.memory_store import MemoryStore
from tests.support.page_states import EUR, GBP, NOW, prices
from tests.support.rule_rows import price_rule
from tracker.alerts.rules.quiet_hours import QuietHours
from tracker.dashboard.alerts.draft_rehearsal import rehearse_draft
from tracker.runtime.settings import Settings

BOTH = Settings(markets=[str(EUR), str(GBP)])


def rehearsed(rule, rows=None):
    store = MemoryStore()
    store.append(rows or {EUR: prices(100.0), GBP: prices(80.0)})
    return rehearse_draft(rule, BOTH, store, NOW, lambda: False)


def test_it_reads_what_the_page_does_not_at_the_last_row_of_each_market():
    found = rehearsed(price_rule("implied(GBP/EUR) > 2 and low(7d) < 1", markets=(EUR, GBP)))
    assert found.last.keys() == {EUR, GBP}
    row = found.last[EUR]
    assert row.time == NOW
    implied, low = row.readings.values()
    assert implied.value == 1.25
    assert low.value == prices(100.0).price.min()


def test_a_market_without_prices_has_no_last_row():
    assert rehearsed(price_rule(markets=(EUR, GBP)), {EUR: prices(100.0), GBP: prices(80.0)[:0]}).last.keys() == {EUR}


def test_the_level_at_which_it_rearms_counts():
    rows = {EUR: prices(100.0, count=1_000), GBP: prices(80.0)}  # waves from 99 to 101
    often = price_rule("price > 100", markets=(EUR,))
    assert len(rehearsed(often, rows).shown.firings) > 2
    once = price_rule("price > 100", "50", markets=(EUR,))
    assert len(rehearsed(once, rows).shown.firings) == 1


def test_firings_in_quiet_hours_are_counted():
    wave = {EUR: prices(100.0, count=1_000), GBP: prices(80.0)}
    at = rehearsed(price_rule("price > 100", markets=(EUR,)), wave).shown.firings
    minute = (at[-1] // 60_000) % 1_440
    hours = QuietHours.parse(f"{minute // 60:02}:{minute % 60:02}-24:00", "UTC")
    found = rehearsed(price_rule("price > 100", markets=(EUR,), quiet=hours), wave)
    assert (found.shown.firings, found.shown.quiet) == (at, 1)
