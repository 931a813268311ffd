"""Messages: what a channel is told about firings, before it takes the form of a service."""

from dataclasses import dataclass

from tracker.runtime.rule_settings import Severity


@dataclass(frozen=True, slots=True)
class Message:
    """
    What a channel is told, in plain text; whoever sends it escapes it once for its service.

    Attributes:
        title: one line.
        lines: one statement each, the most important first; a channel with little room takes the first ones.
        spoken: one sentence for a phone call, of letters, digits and plain punctuation.
        severity: the highest of what it is about.
        key: identifies the firing (rule, market, fired_at); of several firings, the first.
        resolves: whether it says of all its firings that they ended.
        picture: PNG of a chart; None if there is none.
        is_summary: whether each line is about another firing, so that those which find no room are counted.
    """

    title: str
    lines: tuple[str, ...]
    spoken: str
    severity: Severity
    key: str
    resolves: bool
    picture: bytes | None = None
    is_summary: bool = False
