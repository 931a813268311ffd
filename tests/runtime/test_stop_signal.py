"""StopSignal: waits end at a signal, or after their time."""

import subprocess
import sys

SIGNAL_AT_LINE = """
import os, signal, sys
from tracker.runtime.stop_signal import StopSignal

stop, lines_left = StopSignal(), int(sys.argv[1])

def at_each_line(frame, event, argument):
    global lines_left
    if event == "line":
        lines_left -= 1
        if lines_left == 0:
            os.kill(os.getpid(), signal.SIGTERM)
    return at_each_line

sys.settrace(at_each_line)
has_arrived = stop.wait(5) and stop.wait()
sys.settrace(None)
print(has_arrived)
"""


def test_a_signal_at_the_start_of_a_wait_ends_it_and_is_remembered():
    """threading.Event.set in a handler would hang if the signal arrives in the first lines of Event.wait."""
    done = subprocess.run(
        [sys.executable, "-c", SIGNAL_AT_LINE, "1"], capture_output=True, text=True, timeout=30, check=True
    )
    assert done.stdout == "True\n"


def test_a_wait_ends_after_its_time():
    code = "from tracker.runtime.stop_signal import StopSignal; print(StopSignal().wait(0.01))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
