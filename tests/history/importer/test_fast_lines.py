"""Reading many lines at once: exactly what reading line by line accepts, or nothing."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.imports import EUR, NOW, OLD, put
from tracker.core.ticks import Ticks
from tracker.history.importer import fast_lines, lines
from tracker.history.importer.fast_lines import read_numbers
from tracker.history.importer.formats import LOOSE, recognise
from tracker.history.importer.line_report import LineReport
from tracker.history.importer.lines import read
from tracker.history.importer.times import IsoTimes

TIMES = st.sampled_from(
    [
        *(f"{OLD}", f"{OLD}.5", f"{OLD}000", f"+{OLD}", f"{OLD}.", "1e9", "1.6E+09", "", "0", "-5", "nan", "inf"),
        *(f" {OLD}", f"{OLD}\t", f"0x{OLD:x}", f"{OLD}000000", "0", "1231006505", f"{OLD}.9999999"),
    ]
)
PRICES = st.sampled_from(
    ["5", "53348.1", "5.", ".5", "+5", "5e3", "8.1e-06", "0", "-5", "nan", "inf", "1e-13", "2e15", "1_0", "x", "", " 5"]
)
LINES = st.tuples(TIMES, PRICES).map(",".join) | st.sampled_from(
    [
        "",
        "\r",
        f"{OLD},5\r",
        f"{OLD},5,6",
        f"a\r{OLD},5",
        '"',
        f'"{OLD}",5',
        f"{OLD},{'0' * 1200}5",
        "\x00",
        "timestamp,price",
    ]
)


@given(st.lists(LINES, min_size=1, max_size=6))
@settings(max_examples=300)
def test_no_line_is_read_that_reading_line_by_line_rejects(texts):
    data = "".join(f"{text}\n" for text in texts).encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fast_lines, "_SMALL", 0)
        fast = read_numbers(data, LOOSE, NOW)
    if fast is not None:
        rows = [LOOSE.row(text.rstrip("\r").encode().split(b","), NOW) for text in texts if text.strip()]
        assert list(zip(fast.times.tolist(), fast.prices.tolist(), strict=True)) == rows


@pytest.mark.parametrize(
    "line",
    [
        f"{OLD},53348.5",
        f"{OLD}.25,53348.5",
        f"{OLD}000,53348.5",
        f"{OLD},53348.5,0.01",
        f"{OLD},53348.5,53400.0,53300.0,53353.6,1.5,42",
        "1601510340000,4.15,4.159,4.15,4.1554,539.23,1601510399999,2240.39860900,13,401.82,1669.98121300,0",
        "51175358,17.80180000,5.69000000,101.29224200,1583709433583,True,True",
        "0,0.20000000,50.00000000,0,0,1735689600010866,False,True",
    ],
)
def test_every_format_of_numbers_is_read_at_once_as_line_by_line(tmp_path, line):
    form = recognise(tmp_path, [line.encode()], IsoTimes(), length=60_000)
    data = f"{line}\r\n".encode() * 2_000
    times, prices, _ = read_numbers(data, form, NOW)
    row = form.row(line.encode().split(b","), NOW)
    assert (set(times.tolist()), set(prices.tolist()), len(times)) == ({row[0]}, {row[1]}, 2_000)


@given(st.lists(st.booleans(), min_size=1, max_size=300), st.sampled_from([10, 200, 5_000]))
@settings(max_examples=50)
def test_malformed_lines_among_many_are_named_by_their_numbers(tmp_path_factory, are_valid, piece):
    texts = [f"{OLD + number},{number + 1}.5" if is_valid else "bad" for number, is_valid in enumerate(are_valid)]
    path = put(tmp_path_factory.mktemp("lines"), "btceur.csv", "\n".join(texts))
    results = []
    for small in (0, math.inf):
        report = LineReport()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(fast_lines, "_SMALL", small)
            patch.setattr(lines, "_PIECE", piece)
            prices = Ticks.concat([part for part, _ in read(path, EUR, report, NOW)])
        results.append((prices.time.tolist(), prices.price.tolist(), report))
    assert results[0] == results[1]
    assert results[0][2].skipped == are_valid.count(False)
    bad = [number for number, is_valid in enumerate(are_valid, 1) if not is_valid]
    assert results[0][2].examples == [f"{path}, line {number}: 'bad'" for number in bad[:5]]
