"""Importing files of any content: read, or refused with the reason, and never a crash."""

from datetime import UTC

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.imports import NOW, OLD, import_folder, put
from tests.support.memory_store import MemoryStore
from tracker.history.importer import fast_lines

FIELDS = st.sampled_from(
    [
        *(f"{OLD}", f"{OLD + 60}", f"{OLD}000", f"{OLD + 60}000000", "2021-10-30T21:44:30Z", "2021-10-31 02:30", "1e9"),
        *(
            "53348.1",
            "52.000",
            "999",
            "1.000.000",
            "0",
            "-1",
            "nan",
            "5e3",
            "",
            " 5",
            "True",
            "False",
            "live",
            "10",
            "x",
        ),
        *("timestamp", "price", "time", '"5"', "é", "\x00", "\r", ";", "\t"),
    ]
)
LINES = st.lists(FIELDS, min_size=1, max_size=12).map(",".join) | st.sampled_from(
    [
        *(f"{OLD},53348.1", f"{OLD + 60},53349", f"{OLD + 120},999", f"{OLD + 180},52.000", f"{OLD + 60},97.0,0.1"),
        *(f"{OLD + 7},5,10,live", f"{OLD},53348.1,53400,53300,53353.6,1.5,42", "2021-10-30 21:44,5"),
        f"{OLD}000,4.15,4.2,4.1,4.1554,539.23,{OLD + 59}999,2240.39,13,401.82,1669.98,0",
    ]
)
NAMES = st.sampled_from(["btceur.csv", "XBTEUR_1.csv", "btceur/2021-10-30-14.csv", "kraken/btceur/2021-10-30-14.csv"])


@given(
    st.lists(LINES, min_size=1, max_size=3).flatmap(lambda few: st.lists(st.sampled_from(few), max_size=30)),
    NAMES,
    st.sampled_from(["utf-8", "utf-16", "utf-16-le"]),
    st.sampled_from(["", ".", "none"]),
    st.sampled_from([None, 10_000, 60_000]),
    st.sampled_from([None, UTC]),
)
@settings(max_examples=300)
def test_any_file_is_read_or_refused_and_each_line_counted_once(
    tmp_path_factory, texts, name, encoding, thousands, every, zone
):
    folder = tmp_path_factory.mktemp("any")
    put(folder, name, "\n".join(texts).encode(encoding))
    store = MemoryStore()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fast_lines, "_SMALL", 0)
        _, summaries = import_folder(folder, store, every=every, zone=zone, thousands=thousands)
        for summary in summaries.values():
            lines = summary.lines
            assert lines.read + lines.too_new + lines.too_old + lines.skipped <= len(texts)
            assert summary.written + summary.already_stored + summary.duplicates == lines.read
        again = import_folder(folder, store, every=every, zone=zone, thousands=thousands)[1]
    assert all(summary.written == 0 for summary in again.values())
    assert all(0 < time < NOW for _, ticks in store.rows for time in ticks.time.tolist())
