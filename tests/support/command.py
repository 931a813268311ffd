"""The ``tracker`` command for tests: run in this process, or started as a process of its own."""

import io
import logging
import os
import subprocess
import sys
from pathlib import Path
from typing import TextIO

import pytest

from tracker.commands import cli

WIDTH = "100"  # columns of the output
PATIENCE = 240.0  # s; a report runs a notebook, which takes more than a minute on a busy machine


def tracker(*words: str, folder: Path, stdin: TextIO | None = None, **environment: str) -> tuple[int, str, str]:
    """
    Run the command in this process: (exit status, output, errors).

    Without *stdin*, standard input is empty and no terminal. For commands that handle signals or whose end as a
    process matters, use tracker_process().
    """
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
    root = logging.getLogger()
    level, handlers = root.level, root.handlers[:]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name, value in ({"COLUMNS": WIDTH} | environment).items():
            patch.setenv(name, value)
        patch.setattr(sys, "argv", ["tracker", *words])
        patch.setattr(sys, "stdin", stdin or io.TextIOWrapper(io.BytesIO()))
        patch.setattr(sys, "stdout", out)
        patch.setattr(sys, "stderr", err)
        patch.setattr(sys, "excepthook", sys.excepthook)  # typer replaces it
        root.handlers.clear()  # pytest's, or the command would add none of its own
        try:
            cli.main()
        except SystemExit as exit_:
            status = exit_.code
        finally:
            root.setLevel(level)
            root.handlers[:] = handlers
    return status, *(stream.buffer.getvalue().decode() for stream in (out, err))


def start_tracker(*words: str, folder: Path, **environment: str) -> "subprocess.Popen[str]":
    """Start the command in *folder* as a process of its own, its output readable line by line."""
    return subprocess.Popen(
        [sys.executable, "-m", "tracker", *words],
        cwd=folder,
        env={**os.environ, "COLUMNS": WIDTH, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def tracker_process(*words: str, folder: Path, **environment: str) -> tuple[int, str, str]:
    """Run the command as a process of its own: (exit status, output, errors)."""
    process = start_tracker(*words, folder=folder, **environment)
    try:
        out, err = process.communicate(timeout=PATIENCE)
    finally:
        process.kill()
    return process.returncode, out, err
