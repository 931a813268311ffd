"""Plain sentences: lists of words, and error texts without the folders of this machine."""

import re

# Not inside a URL or a longer path; "a/b", a fraction or two names, is no path.
_PATH = re.compile(r"(?<![\w:/.])(?:/[^\s/:'\"<>]+)+/([^\s/:'\"<>]+)")

# As Python writes a path in an error, where it may have blanks.
_QUOTED_PATH = re.compile(r"""(?<!\w)(['"])/(?:(?:(?!\1)[^/])*/)*((?:(?!\1)[^/])+)/?\1""")


def hide_folders(text: str) -> str:
    """Return *text* with each absolute path reduced to its file name."""
    return _PATH.sub(r"\1", _QUOTED_PATH.sub(r"\1\2\1", text))


def join_words(words: list[str]) -> str:
    """Return ``EUR``, ``EUR and GBP`` or ``EUR, GBP and USD``."""
    return " and ".join(part for part in (", ".join(words[:-1]), *words[-1:]) if part)


def sentence(text: str) -> str:
    """Return *text* as a sentence that ends, if only with a question."""
    return text if text.endswith(("?", ".")) else f"{text}."
