"""
Runs a module as ``python -m`` does, without a grammar that costs each start of Jupyter's programs seconds.

``python -m tracker.runtime.light_start voila notebook.ipynb`` is ``python -m voila notebook.ipynb``.
"""

import runpy
import sys


def main() -> None:
    """Run the module that the first argument names, with the arguments after it."""
    # jsonschema reads the grammar of international addresses if it can, for two formats that no schema of
    # Jupyter's events and notebooks uses. It does without if the module cannot be imported.
    sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
