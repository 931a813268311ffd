"""Short messages: the signs that they can carry, and how long they are."""

from tracker.alerts.channels.services import Plugin

# GSM 03.38: the signs of one septet, and those of two. A single other sign makes the whole message UCS-2, of 70 signs
# in place of 160, and some services refuse it.
_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = frozenset("\f^{}\\[~]|€")
_PLAIN = str.maketrans(
    {
        "−": "-",
        "–": "-",
        "—": "-",
        "‑": "-",
        "‐": "-",
        "…": "...",
        "×": "x",
        "·": "-",
        "•": "-",
        "≥": ">=",
        "≤": "<=",
        "≠": "<>",
        "≈": "~",
        "±": "+/-",
        "→": "->",
        "↑": "up",
        "↓": "down",
        "“": '"',
        "”": '"',
        "„": '"',
        "‘": "'",
        "’": "'",
        "‚": "'",
        "°": " deg",
    }
)


def is_sms(plugin: Plugin) -> bool:
    """Return whether *plugin* sends to phones by text; some others that do so take its plain signs, too."""
    return plugin.title_maxlen == 0 and any(token.startswith("target_phone") for token in plugin.template_tokens)


def with_plain_signs(text: str) -> str:
    """Return *text* on one line, with signs that every phone and service takes where there are such."""
    plain = "".join(sign if sign.isprintable() else " " for sign in text.translate(_PLAIN))
    return " ".join(plain.split())


def sms_length(text: str) -> int:
    """Return the length of *text* in septets; a sign of UCS-2, which a single other sign makes necessary, has 16:7."""
    if all(sign in _BASIC or sign in _EXTENSION for sign in text):
        return sum(1 if sign in _BASIC else 2 for sign in text)
    units = len(text.encode("utf-16-le", "replace")) // 2
    return -(-units * 16 // 7)
