"""Settings that change reach the parts of a process, if all of them can use these."""

import queue

import pytest

from tests.support.config import write_config
from tracker.alerts.service.settings_changes import check_settings, follow_settings
from tracker.core.errors import ConfigError
from tracker.runtime.settings import read_settings

RULE = '[[rules]]\nname = "high"\nmarket = "kraken:BTC/USD"\nwhen = "price > 70000"\n'


class Part:
    """A collector, or what watches the rules."""

    def __init__(self):
        self.calls = queue.Queue()

    def change(self, settings):
        self.calls.put(settings)

    def refuse(self, problem):
        self.calls.put(problem)


def test_the_collector_gets_new_settings_and_problems_and_alerts_what_they_go_by(tmp_path):
    write_config(tmp_path, "# defaults\n")
    collector, alerts, states = Part(), Part(), queue.Queue()
    watch = follow_settings(read_settings(tmp_path), collector, alerts)
    watch.subscribe(states.put)
    watch.start()
    try:
        path = write_config(tmp_path, f'store = "csv:elsewhere"\n{RULE}')
        written, state = collector.calls.get(timeout=20), states.get(timeout=20)
        assert written == read_settings(tmp_path)
        assert (len(state.settings.rules), state.settings.store, state.at_next_start) == (1, "csv:data", ("store",))
        assert alerts.calls.get(timeout=20) == state.settings
        write_config(tmp_path, RULE.replace("70000", "70.000"))
        problem = collector.calls.get(timeout=20)
        assert problem.startswith(f"{path}: rule 'high': when: at '70.000' (column 9): 70.000 could mean ")
        assert states.get(timeout=20).settings == state.settings
        assert alerts.calls.empty()
    finally:
        watch.stop()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (RULE.replace("price", "prise"), r"rule 'high': when: at 'prise'"),
        ('[[markets]]\nname = "kraken:BTC/USD"\nevery = "100ms"\n', "kraken allows 1.00"),
        ('[exchanges.kraken]\nkey = "SECRET"\n', r"exchanges\.kraken\.key: kraken takes no key; remove it"),
    ],
)
def test_settings_that_one_part_cannot_use_are_wrong(tmp_path, text, message):
    write_config(tmp_path, text)
    with pytest.raises(ConfigError, match=message):
        check_settings(read_settings(tmp_path))
