"""Files of kept bars: what was written is read back, exactly."""

import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings

from tests.support.bar_rows import FIRST_DAY, ROWS
from tracker.core.bar_making import make_bars
from tracker.core.bars import MEDIUM, Bars
from tracker.core.ticks import Ticks
from tracker.stores.csv.bar_file import STEPS, KeptPart, read_part, write_part


@settings(max_examples=20)
@given(rows=ROWS)
def test_bars_and_stamps_read_back_exactly(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("bars") / "2026-11.arrow"
    bars = {step: make_bars(rows, step) for step in STEPS}
    stamps = np.array([0, 1, 2**64 - 1, 2**63 + 1], dtype=np.uint64)
    write_part(path, KeptPart(FIRST_DAY, stamps, bars))
    part = read_part(path, STEPS)
    assert part.start == FIRST_DAY
    assert part.stamps.tolist() == stamps.tolist()
    for step in STEPS:
        for field in fields(Bars):
            read, written = getattr(part.bars[step], field.name), getattr(bars[step], field.name)
            np.testing.assert_array_equal(read, written, field.name)
            assert getattr(read, "dtype", None) == getattr(written, "dtype", None), field.name


def test_only_the_steps_that_are_asked_for_are_read(tmp_path):
    bars = {step: make_bars(Ticks.of([FIRST_DAY + 1], [1.0], 1000), step) for step in STEPS}
    write_part(tmp_path / "a.arrow", KeptPart(FIRST_DAY, np.zeros(1, np.uint64), bars))
    assert list(read_part(tmp_path / "a.arrow", [MEDIUM]).bars) == [MEDIUM]
    assert read_part(tmp_path / "a.arrow", ()).bars == {}
    assert read_part(tmp_path / "b.arrow", ()) is None
    assert read_part(tmp_path, ()) is None


@pytest.mark.parametrize("place", [-1, -200, -400, -600])
def test_a_number_that_was_damaged_is_found(tmp_path, place):
    path = tmp_path / "2026-11.arrow"
    bars = {step: make_bars(Ticks.of([FIRST_DAY + 1], [1.0], 1000), step) for step in STEPS}
    write_part(path, KeptPart(FIRST_DAY, np.zeros(1, np.uint64), bars))
    assert read_part(path, STEPS) is not None
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)
    assert read_part(path, STEPS) is None


def test_keeping_and_reading_bars_and_reading_rows_does_not_import_pandas(tmp_path):
    script = """
import sys
from pathlib import Path
from tests.support.csv_files import NOW, USD
from tests.support.kept_bars import assert_right, bar_files, fill, keep_all
from tracker.stores.csv import CsvStore
from tracker.stores.csv.arrow_rows import read_columns
store = CsvStore(Path(sys.argv[1]))
fill(store, hours=2)
keep_all(store)
assert_right(store)
assert bar_files(store)
assert read_columns(b"1795446010,1.5,60,live\\n").price.tolist() == [1.5]
sys.exit("pandas" in sys.modules)
"""
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], cwd=Path(__file__).parents[3], check=True)
