"""
The page's server process: Voila, without a grammar that takes it seconds to load.

``python -m tracker.dashboard.server.voila_process`` takes the arguments of ``python -m voila``.
"""

import sys


def main() -> None:
    """Run Voila with the arguments of the command line."""
    # jsonschema reads the grammar of international addresses if it can, for two formats that no schema of
    # Jupyter's events and notebooks uses. It does without if the module cannot be imported.
    sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]
    from voila.app import main as run_voila

    run_voila()


if __name__ == "__main__":
    main()
