"""The note on markets whose prices are much further apart than the others'."""

from tracker.core.long_intervals import LongIntervals
from tracker.render.format import numbers
from tracker.render.format.long_interval_text import long_intervals_text

MINUTE, HOUR = 60_000, 3_600_000


def test_a_market_is_named_with_its_distance_its_share_and_that_of_the_others():
    assert long_intervals_text({"GBP": LongIntervals(4 * HOUR, 4 * HOUR, 4 * HOUR, 0.7, MINUTE)}) == (
        f"GBP (4 h for {numbers.share(0.7, 1)} of its time) has prices much further apart than others (1 min): "
        "its deviation, volatility and drawdown leave out what happened in between."
    )


def test_intervals_of_several_lengths_are_not_all_called_the_usual_one():
    text = long_intervals_text({"USD": LongIntervals(15 * MINUTE, 4 * HOUR, 4 * HOUR, 0.96, MINUTE)})
    assert text.startswith("USD (15 min to 4 h for 96")


def test_several_markets_share_a_sentence_and_none_needs_none():
    text = long_intervals_text(
        {
            "GBP": LongIntervals(HOUR, HOUR, HOUR, 1.0, MINUTE),
            "JPY": LongIntervals(24 * HOUR, 24 * HOUR, 24 * HOUR, 0.6, MINUTE),
        }
    )
    assert text.startswith("GBP (1 h for 100")
    assert " and JPY (1 d for 60" in text
    assert "have prices much further apart than others (1 min): their deviation" in text
    assert long_intervals_text({}) == ""
