"""Following the settings: valid ones are handed on, wrong ones change nothing and are told."""

import asyncio
import queue
import threading

import pytest

from tests.support.memory_settings import MemorySettings
from tracker.core.errors import ConfigError
from tracker.core.market import Market
from tracker.runtime.settings import Settings, read_settings
from tracker.runtime.settings_file import settings_in
from tracker.runtime.settings_watch import AT_START, FollowedSettings, SettingsWatch, needs_restart

EUR, USD = "markets = ['kraken:BTC/EUR']\n", "markets = ['kraken:BTC/USD']\n"
SOON = {"settle": 0.01, "patience": 0.05}
NEVER = 60.0  # seconds; a test that waits for them fails


class Followed:
    """A watch of settings in memory, and the states that it hands on."""

    def __init__(self, folder, text, check=lambda settings: None, start=True, arguments=None, **options):
        self.document = MemorySettings(text)
        self.started = settings_in(text or "", read_settings(folder, **arguments or {}))
        self.unchanged = FollowedSettings(self.started, "", self.started)
        self.watch = SettingsWatch(self.document, self.started, check, **{**SOON, **options})
        self.states = queue.Queue()
        self.watch.subscribe(self.states.put)
        if start:
            self.watch.start()

    def put(self, text) -> FollowedSettings:
        """Replace the settings and return the state that follows."""
        self.document.put(text)
        return self.next()

    def await_reading(self, begin):
        """Call *begin* and wait until the text was read three times since, as it takes to take it over."""
        while self.document.reads.acquire(blocking=False):
            pass
        begin()
        for _ in range(3):
            assert self.document.reads.acquire(timeout=20)

    def next(self) -> FollowedSettings:
        return self.states.get(timeout=20)


@pytest.fixture
def follow(tmp_path):
    made = []

    def make(text=EUR, *args, **options):
        made.append(Followed(tmp_path, text, *args, **options))
        return made[-1]

    yield make
    for followed in made:
        followed.watch.stop()


def names(state):
    return [str(market) for market in state.settings.market_list()]


def test_new_settings_are_handed_on(follow):
    followed = follow()
    state = followed.put(USD)
    assert (names(state), state.problem, state.at_next_start) == (["kraken:BTC/USD"], "", ())
    assert followed.watch.state is state


def test_what_changed_before_the_watch_began_is_handed_on(follow):
    followed = follow(start=False)
    followed.document.put(USD)
    followed.watch.start()
    assert names(followed.next()) == ["kraken:BTC/USD"]


def test_settings_that_stay_the_same_are_not_handed_on(follow):
    followed = follow(start=False)
    followed.document.put(f"# the euro\n{EUR}")
    followed.await_reading(followed.watch.start)
    state = followed.put(USD)
    assert (names(state), followed.states.empty()) == (["kraken:BTC/USD"], True)


def test_a_wrong_text_changes_nothing_and_is_told_until_it_is_right_again(follow):
    followed = follow()
    wrong = followed.put("markets = ['kraken:BTCEUR']\n")
    assert names(wrong) == ["kraken:BTC/EUR"]
    assert "markets.0.name: market 'kraken:BTCEUR': expected exchange:BASE/QUOTE" in wrong.problem
    assert followed.put("markets = ").problem != wrong.problem
    assert followed.put(EUR) == followed.unchanged


def test_a_problem_contains_no_secret(follow):
    followed = follow()
    problem = followed.put('[channels]\nops = "SECRET"\n').problem
    assert "channels.ops: not an address" in problem
    assert "SECRET" not in problem


@pytest.mark.parametrize("half", ["markets = ['kraken:BTC/USD", "markets = ['kraken:BTC/']\n", "", None])
def test_a_half_written_text_is_not_told(follow, half):
    followed = follow(patience=NEVER)
    assert names(followed.put(USD)) == ["kraken:BTC/USD"]
    followed.await_reading(lambda: followed.document.put(half))
    assert followed.put(EUR) == followed.unchanged


def test_a_text_counts_once_it_has_stayed_the_same_for_a_while(follow):
    checked = []
    followed = follow(EUR, checked.append, start=False, settle=NEVER)
    followed.document.put(USD)
    followed.watch.start()
    assert followed.document.reads.acquire(timeout=20)
    followed.watch.stop()
    assert checked == []
    assert names(followed.watch.state) == ["kraken:BTC/EUR"]


@pytest.mark.parametrize(("text", "words"), [(None, "was removed"), ("", "is empty"), ("\n \n", "is empty")])
def test_settings_that_vanish_do_not_become_the_defaults(follow, text, words):
    followed = follow()
    assert names(followed.put(USD)) == ["kraken:BTC/USD"]
    state = followed.put(text)
    assert (names(state), state.problem) == (
        ["kraken:BTC/USD"],
        f"memory {words}; expected settings, or a comment for the defaults",
    )
    assert len(names(followed.put("# defaults\n"))) == 7


def test_where_there_never_was_a_text_none_was_removed(tmp_path):
    started = read_settings(tmp_path)
    watch = SettingsWatch(document := MemorySettings(), started, **SOON)
    for text in (None, "", None, "# all have their defaults"):
        document.put(text)
        watch._follow()
        assert watch.state == FollowedSettings(started, "", started)


def test_the_first_settings_may_be_written_while_the_process_runs(follow):
    used = queue.Queue()
    followed = follow(None, used.put)
    assert len(used.get(timeout=20).markets) == 7
    followed.document.put(None)
    assert len(used.get(timeout=20).markets) == 7, "nothing was removed"
    assert names(followed.put(EUR)) == ["kraken:BTC/EUR"]


def test_the_environment_and_arguments_still_win(follow, monkeypatch):
    monkeypatch.setenv("TRACKER_MARKETS", '["kraken:BTC/CHF"]')
    followed = follow(f'{EUR}span = "1h"\n', arguments={"span": 7_200_000})
    state = followed.put(f'{USD}span = "3h"\nplausible = 0.2\n')
    assert (names(state), state.settings.span, state.settings.plausible) == (["kraken:BTC/CHF"], 7_200_000, 0.2)


def test_what_needs_a_restart_is_told_and_does_not_change(follow):
    followed = follow()
    text = 'granularity = "minute"\nclock = "live"\nplayback = true\nrecording = "day"\n'
    state = followed.put(f'store = "csv:elsewhere"\nstate = "/var/lib/tracker"\n{text}{USD}')
    assert names(state) == ["kraken:BTC/USD"]
    assert state.at_next_start == ("store", "state", "granularity", "playback", "recording")
    assert (state.settings.store, state.settings.state, state.settings.granularity) == ("csv:data", None, "hour")
    assert (state.written.store, state.written.state) == ("csv:elsewhere", "/var/lib/tracker")
    assert followed.put(EUR) == followed.unchanged


def test_what_holds_until_the_process_ends_are_settings_and_is_named_in_one_order(tmp_path):
    old = Settings()
    changed = {key: object() for key in Settings.model_fields}
    new = old.model_copy(update=changed)
    assert AT_START == ("store", "coordination", "state", "granularity", "clock", "playback", "recording")
    assert needs_restart(old, new) == AT_START == tuple(key for key in Settings.model_fields if key in AT_START)
    assert needs_restart(new, new) == ()


def test_settings_that_the_process_cannot_use_are_wrong(follow):
    def check(settings):
        if Market("kraken", "BTC", "USD") in settings.market_list():
            raise ConfigError("no dollars")

    followed = follow(EUR, check)
    state = followed.put(USD)
    assert (names(state), state.problem) == (["kraken:BTC/EUR"], "no dollars")


def test_a_part_that_fails_is_logged_and_the_others_and_later_changes_are_handed_on(follow, caplog):
    followed = follow()
    followed.watch.subscribe(lambda state: state.unknown)
    later = queue.Queue()
    end = followed.watch.subscribe(later.put)
    followed.put(USD)
    assert names(later.get(timeout=20)) == ["kraken:BTC/USD"]
    end()
    followed.put(EUR)
    assert later.empty()
    assert "AttributeError" in caplog.text


def test_an_error_in_a_check_is_logged_and_later_changes_are_handed_on(follow, caplog):
    failed = threading.Event()

    def check(settings):
        if settings.market_list() == (Market("kraken", "BTC", "CHF"),):
            failed.set()
            raise ZeroDivisionError

    followed = follow(EUR, check)
    followed.document.put(USD.replace("USD", "CHF"))
    assert failed.wait(20)
    assert names(followed.put(USD)) == ["kraken:BTC/USD"]
    assert "cannot follow the settings" in caplog.text


def test_a_task_awaits_changes_and_gets_the_newest(follow):
    followed = follow()

    async def main():
        old = followed.watch.state
        changes = followed.watch.changes(since=old)
        waiting = asyncio.ensure_future(anext(changes))
        await asyncio.sleep(0)
        await asyncio.to_thread(followed.put, USD)
        first = await waiting
        await asyncio.to_thread(followed.put, EUR)
        await asyncio.to_thread(followed.put, USD + 'rules = []\nchannels = {ops = "env:OPS"}\n')
        second = await anext(changes)
        await changes.aclose()
        return first, second

    first, second = asyncio.run(asyncio.wait_for(main(), 60))
    assert names(first) == ["kraken:BTC/USD"]
    assert list(second.settings.channels) == ["ops"]


def test_a_task_that_comes_late_gets_at_once_what_has_changed_before(follow):
    followed = follow()
    old = followed.watch.state
    new = followed.put(USD)

    async def main():
        return await anext(followed.watch.changes(since=old))

    assert asyncio.run(asyncio.wait_for(main(), 60)) is new
