"""From the exchange to the mailbox, by the processes that users start, with receivers on loopback."""

import os
import time
import zoneinfo
from collections import Counter
from contextlib import closing, contextmanager

import pytest

from tests.support.alert_services import shown
from tests.support.command import start_tracker
from tests.support.page_server import now, rows_of, voila, wait_for
from tests.support.receivers.http import Reply, receiving
from tests.support.receivers.mail import CERTIFICATE, PASSWORD, USER, receiving_mail
from tests.support.settable_price import SettablePrice
from tests.support.time_zones import write_zone
from tracker.alerts.database.database import open_database
from tracker.sandbox import Sandbox

pytestmark = pytest.mark.service

HOOK_PASSWORD = "HOOKPASS"
SETTINGS = """
span = "1min"
store = 'csv:FOLDER'

[channels]
mailbox = "env:MAILBOX"
hook = "file:hook_address"
"""
RULES = """
[[markets]]
name = "kraken:BTC/USD"
every = "1s"

[[rules]]
name = "above"
market = "kraken:BTC/USD"
when = "price > 70000"
notify = ["mailbox"]

[[rules]]
name = "passed"
market = "kraken:BTC/USD"
when = "price > 70000"
notify = ["hook"]
"""


@pytest.fixture
def hook():
    with receiving(lambda _: Reply()) as receiver:
        yield receiver


def configure(folder, sandbox, hook, rules):
    """Write tracker.toml, and the address of *hook* beside it; return the variables that belong to them."""
    (folder / "tracker.toml").write_text(SETTINGS.replace("FOLDER", str(folder / "data")) + rules)
    (folder / "hook_address").write_text(f"json://hook:{HOOK_PASSWORD}@127.0.0.1:{hook.port}/prices\n")
    return {
        "TRACKER_CONFIG": str(folder / "tracker.toml"),
        "TRACKER_EXCHANGES__KRAKEN__URL": f"{sandbox.url}/kraken",
    }


def phases(folder):
    """Return the phase of each rule, by name, as published by the process that watches."""
    status = shown(folder)
    return {} if status is None else {state.rule: state.phase.value for state in status.states}


def arrivals(folder):
    """Return how many messages of one event each channel has, as the process that sends has noted."""
    with closing(open_database(folder / "data")) as database:
        return Counter(each.channel for past in database.history(0) for each in past.dispatches if each.sent_at)


def files_with(folder, secret):
    """Return the names of files, logs and databases below *folder* that contain *secret*."""
    return [file.name for file in folder.rglob("*") if file.is_file() and secret.encode() in file.read_bytes()]


@contextmanager
def collecting(folder, environment):
    """Run ``tracker collect``; what it prints is in collect.log afterwards."""
    process = start_tracker("collect", folder=folder, **environment)
    try:
        yield process
    finally:
        process.kill()
        with (folder / "collect.log").open("a") as log:
            log.write("".join(process.communicate()))


def test_a_price_that_crosses_a_threshold_is_told_once_by_two_processes_of_which_one_is_killed(tmp_path, hook):
    price = SettablePrice(69_000)
    hook.answerer = lambda _: None if len(hook.received) == 2 else Reply()
    with receiving_mail() as server, Sandbox(price, now, states_origin=False) as sandbox:
        environment = configure(tmp_path, sandbox, hook, RULES) | {
            "MAILBOX": f"mailtos://{USER}:{PASSWORD}@localhost:{server.port}?mode=starttls&to=bob@example.org",
            "SSL_CERT_FILE": str(CERTIFICATE),
        }
        with collecting(tmp_path, environment) as process:
            wait_for(lambda: phases(tmp_path) == {"above": "armed", "passed": "armed"}, "the rules are watched")
            log = tmp_path / "page.log"
            with voila(log, **environment):  # its kernel in reserve contends, though no page is open
                wait_for(lambda: "is ready for the next viewer" in log.read_text(), "the kernel runs")
                wait_for(lambda: rows_of(tmp_path / "data", "USD"), "there is a price below")
                price.price = 71_000
                wait_for(lambda: arrivals(tmp_path) == {"mailbox": 1, "hook": 1}, "the firing arrives")
                price.price = 69_000
                wait_for(lambda: arrivals(tmp_path)["mailbox"] == 2 and len(hook.received) == 2, "the end is sent")
                process.kill()
                wait_for(lambda: arrivals(tmp_path)["hook"] == 2, "the end comes again")
                price.price = 71_000
                wait_for(lambda: arrivals(tmp_path) == {"mailbox": 3, "hook": 3}, "the second firing arrives")
    started = "one bitcoin costs 71,000.00 USD on kraken, more than 70,000.00"
    ended = "bitcoin in USD on kraken"
    above, passed = f"above: {started}", f"passed: {started}"
    assert [mail["Subject"] for mail in server.mails] == [above, f"Ended: above, {ended}", above]
    assert [request.json["title"] for request in hook.received] == [
        passed,
        f"Ended: passed, {ended}",
        f"Ended: passed, {ended} (repeated)",
        passed,
    ]
    text = server.mails[0].get_body(("plain",)).get_content()
    assert "Rule above: price > 70000." in text.splitlines()
    [picture] = server.mails[0].iter_attachments()
    assert picture.get_content().startswith(b"\x89PNG")
    assert files_with(tmp_path, PASSWORD) == []
    assert files_with(tmp_path, HOOK_PASSWORD) == ["hook_address"]


NIGHT = """
[[markets]]
name = "kraken:BTC/USD"
every = "1s"

[[markets]]
name = "coinbase:BTC/USD"
every = "1s"

[[rules]]
name = "above"
market = "kraken:BTC/USD"
when = "price > 70000"
notify = ["hook"]
quiet = "22:00-07:00"
zone = "Test/Night"

[[rules]]
name = "far above"
market = "kraken:BTC/USD"
when = "price > 70500"
notify = ["hook"]
quiet = "22:00-07:00"
zone = "Test/Night"

[[rules]]
name = "simulated"
market = "coinbase:BTC/USD"
when = "price > 1"
notify = ["hook"]

[[rules]]
name = "simulated age"
market = "coinbase:BTC/USD"
when = "age > 1ms"
notify = ["hook"]
"""


def test_what_quiet_hours_hold_back_outlives_a_kill_and_comes_as_one_summary_and_nothing_of_simulated_prices_does(
    tmp_path, hook
):
    price, asked_at, zones = SettablePrice(69_000), [], tmp_path / "zones"

    def answer(_):
        asked_at.append(time.monotonic())
        return Reply(429, b"", {"Retry-After": "1"}) if len(asked_at) == 1 else Reply()

    def have_states(real):
        states = {"above": real, "far above": real, "simulated": "armed", "simulated age": "armed"}
        return lambda: phases(tmp_path) == states

    hook.answerer = answer
    write_zone(zones, "Test/Night", "23:00:00")
    with Sandbox(price, now, states_origin=False) as sandbox, Sandbox(price, now) as simulation:
        environment = configure(tmp_path, sandbox, hook, NIGHT) | {
            "TRACKER_EXCHANGES__COINBASE__URL": f"{simulation.url}/coinbase",
            "PYTHONTZPATH": os.pathsep.join([str(zones), *zoneinfo.TZPATH]),
        }
        with collecting(tmp_path, environment):
            wait_for(have_states("armed"), "the rules are watched")
            price.price = 71_000
            wait_for(have_states("firing"), "both rules about real prices fire")
        assert hook.received == []
        with collecting(tmp_path, environment) as process:
            wait_for(lambda: f"(pid {process.pid})" in shown(tmp_path).watcher, "the rules are watched again")
            ends_at = time.monotonic() + 1  # at the earliest, as the zone has whole seconds
            write_zone(zones, "Test/Morning", "06:59:58")
            file = tmp_path / "tracker.toml"
            file.write_text(file.read_text().replace("Test/Night", "Test/Morning"))
            wait_for(lambda: arrivals(tmp_path) == {"hook": 2}, "the summary arrives")
            wait_for(lambda: len(rows_of(tmp_path / "data", "USD", "coinbase")) > 2, "simulated prices are stored")
            assert have_states("firing")()
    titles = [request.json["title"].removesuffix(", held back until now") for request in hook.received]
    assert titles == ["2 alerts firing"] * 2  # none is repeated, and nothing else came
    assert ends_at <= asked_at[0] <= asked_at[1] - 1
    taken = hook.received[1].json
    assert [line.partition(":")[0] for line in taken["message"].splitlines()] == ["above", "far above"]
    assert [picture["mimetype"] for picture in taken["attachments"]] == ["image/png"]
    log = (tmp_path / "collect.log").read_text()
    assert "channel hook: a message about above, far above was sent: the webhook took the message (200)" in log
