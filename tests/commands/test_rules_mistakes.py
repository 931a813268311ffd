"""What ``tracker rules`` says to mistakes in what was typed."""

import pytest

from tests.commands.test_rules import ADD, TEXT
from tests.support.command import tracker
from tests.support.config import write_config


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((*ADD[:-1], "price > 70.000"), "error: --when: at '70.000' (column 9): 70.000 could mean "),
        ((*ADD[:-1], ""), 'error: --when: expected a condition, e.g. --when "change(10m) < -2%"'),
        ((*ADD, "--notify", "opps"), "error: --notify: no channel 'opps'; did you mean 'ops'?"),
        (
            (*ADD, "--notify", "a b"),
            'error: --notify: expected names of channels, whose addresses stand below [channels], e.g. --notify "ops"',
        ),
        (
            (*ADD, "--quiet", "22:00-07:00"),
            'error: --quiet needs the time zone that is meant; type e.g. --zone "Europe/Berlin"',
        ),
        ((*ADD, "--for", "30"), "error: --for: '30' is not a duration; "),
        ((*ADD, "--severity", "high"), "error: --severity: expected 'info', 'warning' or 'critical'"),
        ((*ADD[:-1], "price > 1 and age > 1s", "--rearm", "3"), "thresholds; leave --rearm out, so that each gets"),
        (
            (*ADD, "--market", "*/EUR"),
            "error: --market: PRICE>70000 counts in the quote currency, which here is USD or",
        ),
        (
            ("rules", "add", "EUR drops", *ADD[3:]),
            "error: name: an earlier rule has this name too; each needs its own",
        ),
        (
            ("rules", "add", " ", *ADD[3:]),
            'error: name: expected a name of 1 to 100 characters on one line, e.g. "EUR drops"',
        ),
        (("rules", "remove", "EURdrops"), "no rule 'EURdrops'; did you mean 'EUR drops'?"),
        (("rules", "add", "high"), "Missing option '--market'; type: tracker rules add --help"),
        (("rules", "ad"), "No such command 'ad'"),
        (("rules",), "Missing command; type: tracker rules --help"),
    ],
)
def test_a_mistake_is_one_line_and_changes_nothing(tmp_path, words, message):
    path = write_config(tmp_path, TEXT)
    status, out, err = tracker(*words, folder=tmp_path)
    errors = [line for line in err.splitlines() if line.startswith("error: ")]
    assert (status, out, len(errors)) == (2, "", 1)
    assert message in errors[0]
    assert path.read_text() == TEXT


def test_what_is_wrong_with_another_rule_is_said_as_the_file_has_it(tmp_path):
    path = write_config(tmp_path, TEXT.replace("change(10m)", "chang(10m)"))
    assert tracker(*ADD, folder=tmp_path)[2].startswith(f"error: {path}: rule 'EUR drops': when: at 'chang' (column 1)")
