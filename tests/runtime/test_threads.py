"""in_thread: results and exceptions are returned, and a call that hangs delays nothing."""

import asyncio
import subprocess
import sys
import threading
import time

import pytest

from tracker.runtime.threads import in_thread


def test_the_call_runs_in_another_thread_and_its_result_is_returned():
    assert asyncio.run(in_thread(threading.current_thread)) is not threading.current_thread()


def test_an_exception_is_raised_in_the_caller():
    with pytest.raises(ZeroDivisionError):
        asyncio.run(in_thread(divmod, 1, 0))


def test_a_cancelled_caller_does_not_wait_and_the_late_outcome_is_dropped():
    release = threading.Event()

    async def cancel():
        task = asyncio.ensure_future(in_thread(release.wait, 30))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        release.set()
        await in_thread(int)

    asyncio.run(cancel())


def test_a_call_that_hangs_does_not_delay_the_exit_of_the_process():
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
