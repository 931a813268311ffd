"""The benchmark of rehearsals at a tiny size: each rule fires as it does row by row."""

from benchmarks import rehearsal


def test_the_report_has_a_line_for_each_rule():
    text = rehearsal.report(days=1, slow_rows=60)
    assert "in 8 markets over 1 days, a row every 10 s, 69,120 rows" in text
    assert all(f"| {condition} |" in text for condition in rehearsal.CONDITIONS)
