"""
The package's errors, by who has to act.

TrackerError
├── ConfigError      the user: edit tracker.toml or the command
├── ExchangeError    nobody: the collector waits and asks again
│   ├── Unreachable        a network, a server or something in between is in trouble
│   ├── RateLimited        too many requests
│   ├── Refused            it declines this request
│   └── UnreadableAnswer   its answer is not of the documented form
├── StoreError       the operator: disk or network; collection resumes by itself
└── LeaseError       nobody: another process has the job

A message contains what was read, what was expected and what to type, and never a secret.
An error is not changed after it is made; see ``ExchangeError.reworded``.
"""

import difflib
import re
from collections.abc import Iterable
from typing import Self

# To the last quotation mark, or to the end: a password may contain whatever could end it.
_ADDRESS = re.compile(r"""(['"]).*://.*\1|[^\s'"(\[,]*://.*""", re.DOTALL)


class TrackerError(Exception):
    """An error that this package reports to its user, with what to do about it."""


class ConfigError(TrackerError):
    """The user asked for something that cannot be: edit tracker.toml or the command."""


class ExchangeError(TrackerError):
    """An exchange returned no price or candle. Raise one of the kinds below, which differ in what may help."""

    def reworded(self, message: str) -> Self:
        """Return an error of the same kind with another *message*."""
        return type(self)(message)


class Unreachable(ExchangeError):
    """
    No answer of the exchange's API arrived; trying again later may help.

    No connection, a time-out, a server error, a firewall, or a body that is no JSON.
    """


class RateLimited(ExchangeError):
    """
    The exchange received too many requests; every request to it has to pause.

    Attributes:
        retry_after: seconds to pause; 0 if the exchange named none.
    """

    def __init__(self, message: str, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after

    def reworded(self, message: str) -> Self:
        return type(self)(message, self.retry_after)


class Refused(ExchangeError):
    """The exchange declined this request; asking for fewer pairs may help, as one may be the reason."""


class UnreadableAnswer(ExchangeError):
    """The exchange answered with JSON of an unexpected form; its next answer may be readable."""


class StoreError(TrackerError):
    """The store cannot be read or written: disk full, read-only, gone, newer format."""


class LeaseError(TrackerError):
    """A lease cannot be requested, or was lost to another process."""


def did_you_mean(word: str, known: Iterable[str], most: int = 1, prefix: str = "", cutoff: float = 0.6) -> str:
    """
    Suggest the names nearest to a misspelt *word*, as the end of a message: ``did you mean 'store'?``.

    Args:
        word: what was typed.
        known: the valid names.
        most: how many to suggest.
        prefix: shown before each, and not compared.
        cutoff: the least similarity of a name that is near, 0 to 1, as difflib measures it.

    Returns:
        An empty string if none of *known* is near.
    """
    near = difflib.get_close_matches(word, list(known), most, cutoff)
    return f"did you mean {' or '.join(repr(prefix + name) for name in near)}?" if near else ""


def without_addresses(text: str) -> str:
    """Return *text* without addresses such as ``mailto://…``: somebody may have typed a secret one at a wrong place."""
    return _ADDRESS.sub(lambda found: "{0}…{0}".format(found[1] or ""), text)


def nearest(word: str, known: Iterable[str]) -> str:
    """Suggest the name nearest to *word*, or list all there are."""
    names = sorted(known)
    return did_you_mean(word, names) or f"there are {', '.join(names)}"
