"""Bars of absolute values, told into opening and closing ones: to the grammar, 3|x| + 2|y| is one value in another."""

from __future__ import annotations

import re

_SIZED = re.compile(r"\\(?P<side>left|right)\s*(?:\||\\vert(?![a-zA-Z]))")
_BAR = re.compile(r"(?<!\\)\||\\vert(?![a-zA-Z])")
_VALUE_ENDS = re.compile(r"[A-Za-z0-9)}\]!|]")  # what an absolute value may end with; a sign in front of a bar opens it


def paired_bars(text: str) -> str:
    """The text with `\\lvert` and `\\rvert` for its bars, as it was where they do not pair (P(A|B), 3|n)."""
    text = _SIZED.sub(lambda bar: "\\lvert " if bar["side"] == "left" else "\\rvert ", text)
    bars = list(_BAR.finditer(text))
    if not bars or len(bars) % 2 or "\\begin" in text:
        return text
    written: list[str] = []
    opened, last = 0, 0
    for bar in bars:
        between = text[last : bar.start()]
        before = between.rstrip()
        closes = opened > 0 and (bool(_VALUE_ENDS.match(before[-1:])) if before else written[-1] == "\\rvert ")
        opened += -1 if closes else 1
        written += [between, "\\rvert " if closes else "\\lvert "]
        last = bar.end()
    return text if opened else "".join(written) + text[last:]
