"""Reading rows of any form with pyarrow: as strict as line by line, and fast for the stamps that programs write."""

from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.csv_files import CASES
from tracker.stores.csv import arrow_rows
from tracker.stores.csv.arrow_rows import read_columns
from tracker.stores.csv.rows import _parse_line_by_line

USUAL = ["1795446010", "1795446010.5", "1795446010.25", "1795446010.125", "1795446010."]
UNUSUAL = ["179544601", "17954460100", "1795446010.1234", "+1795446010", ".5", "1795446010.123456789"]
WRONG = ["1.79545E+09", "1.79545e09", "1795e00006", "1795446010e0", "1795446010.5e0", "1795446010.1795446012"]
ROWS = st.tuples(
    st.sampled_from([*USUAL, *UNUSUAL, *WRONG]),
    st.sampled_from([",5,10,live", ",8.1e-06,10,live@exchange", ",5E4,1e1,backfill"]),
    st.sampled_from(["\n", "\r\n", "\r", "\n\n"]),
)


@settings(CASES, max_examples=300)
@given(st.lists(ROWS, min_size=1, max_size=6))
def test_no_stamp_is_accepted_that_is_rejected_line_by_line(rows):
    text = "".join(map("".join, rows))
    data = (text if text.endswith("\n") else f"{text}\n").encode()
    columns = read_columns(data)
    ticks, malformed = _parse_line_by_line(data)
    if columns is not None:
        assert (malformed, columns.price.tolist()) == ([], ticks.price.tolist())
    assert (columns is None) == any(stamp in WRONG for stamp, *_ in rows)


@pytest.mark.parametrize("stamp", USUAL)
def test_rows_with_stamps_that_programs_write_are_not_searched(stamp, monkeypatch):
    """A search takes longer than all other work."""
    monkeypatch.setattr(arrow_rows, "_WRONG_STAMP", SimpleNamespace(search=lambda data: pytest.fail("searched")))
    rows = f"1795446000,5,10,live\n{stamp},8.1e-06,10,live@exchange\r\n1795446020.125,5E4,10,backfill\n"
    columns = read_columns(rows.encode())
    assert columns is not None
    assert columns.price.tolist() == [5.0, 8.1e-06, 5e4]
