"""How each number of a report is computed, in words."""

from html import escape

from tracker.core.downsampling import bucket_width
from tracker.core.measures import MEASURES
from tracker.core.window import GAP_FACTOR
from tracker.render.format import numbers, time_text
from tracker.render.report.data import ReportData


def definitions(subject: ReportData, compared: str, widths: tuple[int, int]) -> list[tuple[str, str]]:
    """
    (term, HTML) of everything that the report shows.

    *compared* is how what several currencies say together is computed, *widths* the buckets of a wide and of a
    narrow picture.
    """
    time = subject.time
    floor = numbers.percent(100 * subject.floor, 0)
    whole = "A day is 00:00 to 24:00 UTC" if time.whole else "Times are UTC"
    found = [
        ("Time", f"{whole}. A price at the very beginning belongs to the time before, one at the very end to this."),
        (
            "Price",
            "The last trade’s, as the exchange told it when it was asked (live), or the close of a candle that was "
            "fetched later (backfilled). It stands for its interval: the time up to it since it was last asked, or "
            "the candle’s length.",
        ),
    ]
    for name in ("last_price", "change", "minimum", "maximum"):
        found.append((MEASURES[name].label, escape(MEASURES[name].help)))
    found += [
        (
            MEASURES["standard_deviation"].label,
            "√(Σ w (x − m)² / (W − Σ w² / W)): x are the prices, w the time each stands for, W the sum of w, "
            "m the mean weighed by w. With equal intervals that is the ordinary one of a sample (n − 1).",
        ),
        ("Relative std", escape(MEASURES["relative_standard_deviation"].help) + " The ranking is by it."),
        (
            "Volatility",
            escape(MEASURES["realised_volatility"].help)
            + " No return reaches over a gap; the mean return is taken as 0.",
        ),
        ("Between currencies", compared),
        (
            "Coverage",
            f"The share of the time that prices stand for; the number beside it counts them. "
            f"A currency with less than {floor} is shown, not ranked.",
        ),
        (
            "Gap",
            f"Time for which no price stands, if from its beginning to the next price are more than {GAP_FACTOR:g} of "
            "that price’s intervals. No line is drawn across it.",
        ),
    ]
    wide, narrow = (time_text.exact_duration(bucket_width(time.end - time.start, width) / 1000) for width in widths)
    drawn = f"Of every {wide}, on a phone of every {narrow}, the first, last, lowest and highest price are drawn."
    return [*found, ("Charts", f"{drawn} All numbers are of all prices.")]
