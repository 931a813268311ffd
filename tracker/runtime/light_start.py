"""
Runs a module as ``python -m`` does, without a grammar that costs each start of Jupyter's programs seconds.

``python -m tracker.runtime.light_start voila notebook.ipynb`` is ``python -m voila notebook.ipynb``. With
``--with-parent`` before the module, the process ends with the one that started it and holds a pipe to its standard
input.
"""

import runpy
import sys

from tracker.runtime.parent_watch import end_with_parent

WITH_PARENT = "--with-parent"


def main() -> None:
    """Run the module that the first argument names, with the arguments after it."""
    # jsonschema reads the grammar of international addresses if it can, for two formats that no schema of
    # Jupyter's events and notebooks uses. It does without if the module cannot be imported.
    sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]
    del sys.argv[0]
    if sys.argv[0] == WITH_PARENT:
        del sys.argv[0]
        end_with_parent()
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
