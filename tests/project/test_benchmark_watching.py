"""The benchmark of watching at a tiny size: each process has its figures, and a picture is received."""

import pytest

from benchmarks import watching
from benchmarks.watching_process import NO_RULE

pytestmark = pytest.mark.service


def test_the_report_has_a_line_for_each_process():
    text = watching.report(markets=1, past=60, seconds=0.1)
    assert "20 rules over 1 markets" in text
    for label in (NO_RULE, watching.HAS_RULES, watching.WATCHES, watching.AFTER_A_MESSAGE):
        assert f"| {label} |" in text
