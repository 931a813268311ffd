"""The token that a page with a login asks for: chosen in the environment, or generated."""

import os
from pathlib import Path

from tracker.core.errors import ConfigError

MIN_LENGTH = 16  # characters; a generated token has 32
_COMMAND = 'python -c "import secrets; print(secrets.token_urlsafe(24))"'


def chosen_token() -> str | None:
    """
    Return the token in JUPYTER_TOKEN or in the file that JUPYTER_TOKEN_FILE names; None if neither is set.

    Blanks around it, such as the newline at the end of a file, do not belong to it.

    Raises:
        ConfigError: it is too short, or the file cannot be read.
    """
    if token := os.environ.get("JUPYTER_TOKEN"):
        return checked_token(token.strip(), "JUPYTER_TOKEN")
    if file := os.environ.get("JUPYTER_TOKEN_FILE"):
        name = f"JUPYTER_TOKEN_FILE={file}"
        try:
            return checked_token(Path(file).read_text(encoding="utf-8").strip(), name)
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{name}: {getattr(error, 'strerror', None) or 'expected text in UTF-8'}") from None
    return None


def checked_token(token: str, name: str) -> str:
    """
    Return *token*, which the user has chosen.

    Raises:
        ConfigError: it could be guessed; the message names it as *name*.
    """
    if len(token) < MIN_LENGTH:
        raise ConfigError(
            f"{name}: expected at least {MIN_LENGTH} characters, as a shorter token can be guessed; "
            f"this one has {len(token)}. To make one: {_COMMAND}"
        )
    return token
