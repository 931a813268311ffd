"""The definitions of a report: how each number is computed."""

from tracker.core.downsampling import bucket_width
from tracker.core.measures import MEASURES
from tracker.core.standstill import UNMOVED_ROWS
from tracker.core.window import GAP_FACTOR
from tracker.render.format import numbers, time_text
from tracker.render.report.data import ReportData


def definitions(data: ReportData, compared: str, bucket_counts: tuple[int, int]) -> list[tuple[str, str]]:
    """
    Return (term, definition) for everything that the report shows.

    Args:
        data: the prices of the report.
        compared: HTML, how the comparison between currencies is computed.
        bucket_counts: of a wide and of a narrow picture.
    """
    period = data.period
    floor = numbers.percent(100 * data.floor, 0)
    whole = "A day is 00:00 to 24:00 UTC" if period.whole else "Times are UTC"
    terms = [
        (
            "Time",
            f"{whole}. A price at the very beginning belongs to the time before; one at the very end is included.",
        ),
        (
            "Price",
            "The last trade’s, as the exchange reported it when polled (live), or the close of a candle fetched later "
            "(backfilled). It is valid for its interval: the time since the poll before, or the candle’s length.",
        ),
    ]
    for name in ("last_price", "change", "minimum", "maximum"):
        terms.append((MEASURES[name].label, MEASURES[name].help))
    terms += [
        (
            MEASURES["standard_deviation"].label,
            "√(Σ w (x − m)² / (W − Σ w² / W)): x are the prices, w the time each is valid for, W the sum of w, "
            "m the mean weighted by w. With equal intervals this is the sample standard deviation (n − 1).",
        ),
        ("Relative std", MEASURES["relative_standard_deviation"].help + " The ranking is by it."),
        (
            "Volatility",
            MEASURES["realised_volatility"].help
            + " No return begins or ends in a gap or after the last price; the mean return is taken as 0.",
        ),
        ("Between currencies", compared),
        (
            "Coverage",
            f"The share of the time with a valid price; the number beside it counts the prices. "
            f"A currency with less than {floor} is shown, not ranked.",
        ),
        ("Not traded, not moved", _standstill(data)),
        (
            "Gap",
            f"Time without a valid price, if the next price is more than {GAP_FACTOR:g} of its intervals after the "
            "beginning. No line is drawn across it.",
        ),
    ]
    wide, narrow = (
        time_text.exact_duration(bucket_width(period.end - period.start, count) / 1000) for count in bucket_counts
    )
    drawn = f"Of every {wide}, on a phone of every {narrow}, the first, last, lowest and highest price are drawn."
    return [*terms, ("Charts", f"{drawn} All numbers are of all prices.")]


def _standstill(data: ReportData) -> str:
    after = time_text.exact_duration(data.unmoved_after / 1000)
    return (
        "A currency is not ranked either if its exchange stated that it was not traded at the end, or if its price had "
        f"stood still for {after} and {UNMOVED_ROWS} prices while another one moved."
    )
