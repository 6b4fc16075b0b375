"""Foreign text made safe to show: what a model, a file or a server wrote must not drive a terminal or move what stands
beside it. Three shapes: `printable` keeps lines, `one_line` marks where they broke, `joined` reads on. Standard library
only.
"""

from __future__ import annotations

import re
import unicodedata

NEWLINE_SIGN = "⏎"

TURNS_TEXT = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Bidirectional controls: a terminal that obeys them writes the rest of the screen's line backwards."""

ESCAPE = re.compile(r"(?:\x1b\[|\x9b)[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)")
"""Terminal sequences (colours, cursor moves, titles) as a whole: without their first byte they would read as noise."""

TAB = 4


def printable(text: str) -> str:
    """The text without escapes, control and bidirectional characters; line breaks stay, tabs become spaces."""
    text = ESCAPE.sub("", text).replace("\r\n", "\n").replace("\r", "\n").expandtabs(TAB)
    if text.replace("\n", "").isprintable():
        return text
    shown = (c for c in text if c == "\n" or unicodedata.category(c) not in ("Cc", "Cs"))
    return "".join(c for c in shown if c not in TURNS_TEXT)


def one_line(text: str) -> str:
    """The text without line breaks, tabs and control characters, so that it takes exactly one line."""
    if text.isprintable():
        return text
    text = text.replace("\r\n", "\n").replace("\n", f" {NEWLINE_SIGN} ").replace("\t", " ")
    shown = (c for c in text if c == " " or unicodedata.category(c) not in ("Cc", "Cs", "Zl", "Zp"))
    return "".join(c for c in shown if c not in TURNS_TEXT)


def joined(text: str) -> str:
    """The text on one line: white space runs become a space, other control and format characters are dropped."""
    together = " ".join(text.split())
    return "".join(c for c in together if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn"))
