"""The benchmark of parsing at a tiny size: it runs and returns every figure of the results. No time is asserted."""

from benchmarks import parsing
from tracker.core.durations import MINUTE


def test_the_share_of_parsing_is_measured_for_each_command(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = parsing.report(1, 10 * MINUTE, with_page=False)
    assert list(tmp_path.iterdir()) == []
    assert "24 h of 8 markets (1,152 rows)" in text
    for name in parsing.COMMANDS:
        assert f"| {name} |" in text
    assert "A copy would save at most" in text


def test_a_copy_matters_from_a_share_of_a_commands_time_on():
    rows = parsing.shares({"stats": 1.0, "export": 0.5}, 0.06)
    assert [round(row["saved (%)"]) for row in rows] == [6, 12]
    assert "none is kept" in parsing.verdict(rows)
    rows = parsing.shares({"stats": 1.0, "export": 0.3}, 0.06)
    assert "save at most 20 %, of `export`: it **matters**" in parsing.verdict([*rows])
