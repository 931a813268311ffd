"""Recognises the copies that sync programs make of a file that two devices have changed."""

import re

# Syncthing; Dropbox and Nextcloud; ownCloud; browsers, Windows and Google Drive.
_COPY = re.compile(
    r"(\.sync-conflict-\d{8}-\d{6}(-\w+)?| ?\([^()]*conflicted copy[^()]*\)|_conflict-[\w-]+| \(\d+\))$", re.IGNORECASE
)


def original_stem(stem: str) -> str:
    """Return the name of the original of a file, both without their ending; *stem* itself if the file is no copy."""
    return _COPY.sub("", stem)
