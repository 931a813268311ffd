"""Whether the viewers of a page may change and mute its alerts."""

import os

EDIT = "TRACKER_EDIT"  # "yes" or "no"; set by `tracker dashboard`, confirmed by the page's server for its kernels


def viewers_may_edit() -> bool:
    """Return whether this kernel's page was started for that: it is never inferred from where a viewer comes from."""
    return os.environ.get(EDIT) == "yes"


def confirm_edits(*, is_closed: bool) -> None:
    """Have the kernels of this server take no change unless it was asked for and the page *is_closed* to strangers."""
    os.environ[EDIT] = "yes" if is_closed and viewers_may_edit() else "no"
