"""in_thread: results and errors come back, and a hung call holds up nothing."""

import asyncio
import subprocess
import sys
import threading
import time

import pytest

from tracker.runtime.threads import in_thread


def test_the_result_comes_back_from_another_thread():
    assert asyncio.run(in_thread(threading.current_thread)) is not threading.current_thread()


def test_an_error_comes_back_as_it_was_raised():
    with pytest.raises(ZeroDivisionError):
        asyncio.run(in_thread(divmod, 1, 0))


def test_a_cancelled_caller_does_not_wait_and_the_late_outcome_is_dropped():
    release = threading.Event()

    async def story():
        task = asyncio.ensure_future(in_thread(release.wait, 30))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        release.set()
        await in_thread(int)

    asyncio.run(story())


def test_a_call_that_hangs_does_not_keep_the_process_from_ending():
    code = (
        "import asyncio, threading\n"
        "from tracker.runtime.threads import in_thread\n"
        "async def main():\n"
        "    asyncio.ensure_future(in_thread(threading.Event().wait, 60))\n"
        "    await asyncio.sleep(0.05)\n"
        "asyncio.run(main())\n"
    )
    started = time.monotonic()
    subprocess.run([sys.executable, "-c", code], check=True, timeout=50)
    assert time.monotonic() - started < 30


ENDS = """
import os, signal, sys
from tracker.runtime.stop_signal import StopSignal

end, left = StopSignal(), int(sys.argv[1])

def at_each_line(frame, event, argument):
    global left
    if event == "line":
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGTERM)
    return at_each_line

sys.settrace(at_each_line)
came = end.wait(5) and end.wait()
sys.settrace(None)
print(came)
"""


def test_a_signal_that_comes_while_waiting_begins_ends_it_and_stays_known():
    """threading.Event.set in a handler hangs when the signal comes at the first lines of Event.wait."""
    done = subprocess.run([sys.executable, "-c", ENDS, "1"], capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout == "True\n"


def test_waiting_ends_by_itself_after_so_long():
    code = "from tracker.runtime.stop_signal import StopSignal; print(StopSignal().wait(0.01))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
