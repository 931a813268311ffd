"""in_thread: results and errors come back, and a hung call holds up nothing."""

import asyncio
import subprocess
import sys
import threading
import time

import pytest

from tracker.threads import in_thread


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
        "from tracker.threads import in_thread\n"
        "async def main():\n"
        "    asyncio.ensure_future(in_thread(threading.Event().wait, 60))\n"
        "    await asyncio.sleep(0.05)\n"
        "asyncio.run(main())\n"
    )
    started = time.monotonic()
    subprocess.run([sys.executable, "-c", code], check=True, timeout=50)
    assert time.monotonic() - started < 30
