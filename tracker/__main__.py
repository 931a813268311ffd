"""Starts the ``tracker`` command: ``python -m tracker``."""

import sys

INTERRUPTED = 130  # exit status: 128 and the number of the signal, as of every program that Ctrl-C ends


def main() -> None:
    """Load the command, which takes a moment, and run it; Ctrl-C ends either without a traceback."""
    try:
        from tracker.commands.cli import main as run

        run()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
