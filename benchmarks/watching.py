"""
What watching rules costs the process that does it: 1,000 rules over 50 markets, a row of each every second.

The processes hold the same parts of a page and work on the same store at the same time: one without any rule, one that
has rules while another one watches, and the one that watches, through the real database, lease and published status. An
event loop runs in each beside that, as a page's does. Reads /proc, so Linux only.
"""

import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks.alerts import CONDITIONS, make_markets, make_rows
from benchmarks.collecting import terminated
from benchmarks.exchange import ROOT
from benchmarks.processes import cpu_seconds, own_memory
from benchmarks.results import Row, table
from benchmarks.watching_process import NO_RULE, TICK
from tests.support.page_server import wait_for
from tests.support.receivers.http import HttpReceiver, Reply, receiving
from tracker.alerts.states.status_document import published
from tracker.coordination.file import FileCoordination
from tracker.core.contracts import Store
from tracker.core.durations import DAY, SECOND
from tracker.core.market import Market
from tracker.core.ticks import Ticks
from tracker.runtime.store_url import open_store

HAS_RULES, WATCHES = "rules, another process watches", "watches"
AFTER_A_MESSAGE = "watches, after a message with a picture"
_SHARE, _MEMORY = "share of a core (%)", "own memory (MB)"
_WAITED, _COMPUTED = "a loop waited at most (ms)", "others computed meanwhile at most (ms)"
_IS_TOLD = 1e6  # price above which the one rule fires that is sent
_PATIENCE = 120.0  # s, for 24 h of all markets to be read


class Feed:
    """
    Appends a row of each market to *store* in time, in a thread; the prices of *rows* begin *past* rows ago.

    Attributes:
        factor: of the next prices.
    """

    def __init__(self, store: Store, rows: Mapping[Market, Ticks], past: int) -> None:
        self._store, self._rows = store, rows
        first = next(iter(rows.values())).time
        self._shift = int(time.time()) * SECOND - int(first[past - 1])
        self._next, self.factor = past, 1.0
        self._ends = threading.Event()
        store.append({market: self._part(market, 0, past) for market in rows})

    def _part(self, market: Market, start: int, stop: int) -> Ticks:
        part = self._rows[market][start:stop]
        return Ticks.of(part.time + self._shift, part.price * self.factor, SECOND)

    @contextmanager
    def going_on(self) -> Iterator[None]:
        """Append until the block ends."""
        thread = threading.Thread(target=self._run)
        thread.start()
        try:
            yield
        finally:
            self._ends.set()
            thread.join()

    def _run(self) -> None:
        first = next(iter(self._rows.values()))
        while self._next < len(first):
            due = (int(first.time[self._next]) + self._shift) / 1000
            if self._ends.wait(max(0.0, due - time.time())):
                return
            self._store.append({market: self._part(market, self._next, self._next + 1) for market in self._rows})
            self._next += 1


def write_settings(folder: Path, markets: Sequence[Market], channel: str) -> int:
    """Write markets, the channel and the rules; of these one is sent. Return their number."""
    lines = [f'store = "csv:{folder / "data"}"']
    for market in markets:
        lines += ["[[markets]]", f'name = "{market}"', 'every = "1s"']
    lines += ["[channels]", f'ops = "{channel}"']
    conditions = [(market, condition, "") for market in markets for condition in CONDITIONS]
    conditions[0] = markets[0], f"price > {_IS_TOLD:.0f}", "ops"
    for number, (market, condition, channel_name) in enumerate(conditions):
        lines += ["[[rules]]", f'name = "{number}"', f'market = "{market}"', f"when = '{condition}'"]
        lines += [f'notify = ["{channel_name}"]'] if channel_name else []
    (folder / "tracker.toml").write_text("\n".join(lines))
    return len(conditions)


@contextmanager
def running(folder: Path, label: str) -> Iterator["subprocess.Popen[str]"]:
    """Run ``serve`` in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.watching_process", str(folder), label]
    pipe = subprocess.PIPE
    with (
        subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True) as started,
        terminated(started) as process,
    ):
        yield process


def waits(process: "subprocess.Popen[str]") -> Row:
    """Return how the event loop of *process* fared since this was last asked."""
    assert process.stdin
    assert process.stdout
    process.stdin.write("\n")
    process.stdin.flush()
    longest, most_computed = map(float, process.stdout.readline().split())
    return {_WAITED: 1000 * longest, _COMPUTED: 1000 * most_computed}


def figures(processes: Mapping[str, "subprocess.Popen[str]"], seconds: float) -> dict[str, Row]:
    """Return the figures of *processes* over *seconds* from now on, by their labels."""
    for process in processes.values():
        waits(process)
    began = time.perf_counter()
    before = {label: cpu_seconds(process.pid) for label, process in processes.items()}
    time.sleep(seconds)
    passed = time.perf_counter() - began
    return {
        label: {
            _SHARE: 100 * (cpu_seconds(process.pid) - before[label]) / passed,
            _MEMORY: own_memory(process.pid),
            **waits(process),
        }
        for label, process in processes.items()
    }


def measure(folder: Path, markets: int, past: int, seconds: float) -> tuple[int, dict[str, Row]]:
    """
    Return the number of rules, and the figures of each process over *seconds*, with *past* rows of each market before.

    Raises:
        RuntimeError: the message that was received has no picture.
    """
    names = make_markets(markets)
    rows = make_rows(names, past + int(seconds) + 600, SECOND)
    store = open_store(f"csv:{folder / 'data'}", base=folder, known=names)
    with receiving(lambda _: Reply()) as receiver:
        count = write_settings(folder, names, receiver.base.replace("http", "json"))
        feed = Feed(store, rows, past)
        with feed.going_on(), ExitStack() as stack:
            processes = {WATCHES: stack.enter_context(running(folder, WATCHES))}
            wait_for(lambda: is_watched(folder), "rules are evaluated", _PATIENCE)
            for label in (HAS_RULES, NO_RULE):
                processes[label] = stack.enter_context(running(folder, label))
            for process in processes.values():
                waits(process)  # it has started
            found = figures(processes, seconds)
            feed.factor = 10 * _IS_TOLD
            found |= {AFTER_A_MESSAGE: told(receiver, processes[WATCHES])}
    store.close()
    return count, found


def is_watched(folder: Path) -> bool:
    """Return whether a rule was evaluated at a row."""
    status = published(FileCoordination(folder / "data"))
    return status is not None and any(state.numbers for state in status.states)


def told(receiver: HttpReceiver, process: "subprocess.Popen[str]") -> Row:
    """Return the figures of *process* once *receiver* has got its message."""
    waits(process)
    if not receiver.has_received.wait(_PATIENCE):
        raise RuntimeError("no message has come")
    if b"image/png" not in receiver.received[0].body:
        raise RuntimeError("a message without a picture has come")
    time.sleep(1)  # for what is freed after that
    return {_MEMORY: own_memory(process.pid), **waits(process)}


def report(markets: int = 50, past: int = DAY // SECOND, seconds: float = 310) -> str:
    """Return the section of the results."""
    with tempfile.TemporaryDirectory() as folder:
        count, found = measure(Path(folder), markets, past, seconds)
    least = found[NO_RULE]
    lines: list[Row] = [
        {
            "process": label,
            _SHARE: row.get(_SHARE, ""),
            _MEMORY: row[_MEMORY],
            "more (MB)": row[_MEMORY] - least[_MEMORY],
            _WAITED: row[_WAITED],
            _COMPUTED: row[_COMPUTED],
        }
        for label, row in ((label, found[label]) for label in (NO_RULE, HAS_RULES, WATCHES, AFTER_A_MESSAGE))
    ]
    share = found[WATCHES][_SHARE] - least[_SHARE]
    return (
        f"{count:,} rules over {markets} markets, a row of each every second in the CSV store, {past / 3600:.3g} h of "
        f"them before; all processes at the same time over {seconds:g} s. Own memory: what a process shares with no "
        f"other. A loop: beside it in the same process, for {1000 * TICK:g} ms at a time; others: the threads of that "
        f"process, by their CPU time. Watching takes {share:.2g} % of a core more than no rule.\n\n{table(lines)}"
    )
