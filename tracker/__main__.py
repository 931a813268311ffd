"""Starts the ``tracker`` command: ``python -m tracker``."""

from tracker.commands.cli import main

if __name__ == "__main__":
    main()
