"""Runs code with the modules of an older release."""

import os
import subprocess
import sys


def command_of(older, code, *arguments):
    """Arguments for subprocess to run *code* with the older release's modules, not the installed ones."""
    return {
        "args": [sys.executable, "-c", code, *map(str, arguments)],
        "cwd": older,
        "env": {**os.environ, "PYTHONPATH": str(older)},
        "stdout": subprocess.PIPE,
        "text": True,
    }
