"""Text made to fit one line of a Line-API widget: printable, cut with an ellipsis, padded to an exact cell width.

Model text holds newlines, tabs, escapes and wide characters; none of them may move what stands beside it.
"""

from __future__ import annotations

import unicodedata
from typing import Literal

from rich.cells import cell_len
from textual.content import Content

Align = Literal["left", "right", "center"]

LOOK_AHEAD = 4
"""Characters kept a cell when a long text is shortened before it is measured: combining marks take no cell at all."""

NEWLINE_SIGN = "⏎"


TURNS_TEXT = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Bidirectional controls: a terminal that obeys them writes the rest of the screen's line backwards."""


def one_line(text: str) -> str:
    """The text without line breaks, tabs and control characters, so that it takes exactly one line."""
    if text.isprintable():
        return text
    text = text.replace("\r\n", "\n").replace("\n", f" {NEWLINE_SIGN} ").replace("\t", " ")
    shown = (c for c in text if c == " " or unicodedata.category(c) not in ("Cc", "Cs", "Zl", "Zp"))
    return "".join(c for c in shown if c not in TURNS_TEXT)


def fit(text: str | Content, width: int, align: Align = "left") -> Content:
    """The text in exactly `width` cells: cut with an ellipsis where it is longer, padded where it is shorter."""
    if width <= 0:
        return Content("")
    content = Content(one_line(text[: width * LOOK_AHEAD])) if isinstance(text, str) else text
    content = _truncate(content, width)
    space = width - content.cell_length
    if space <= 0:
        return content
    left = {"left": 0, "right": space, "center": space // 2}[align]
    return content.pad(left, space - left)


def _truncate(content: Content, width: int) -> Content:
    if content.cell_length <= width:
        return content
    cells, end = 0, 0
    for end, character in enumerate(content.plain):  # noqa: B007 - `end` is where the loop stopped
        cells += cell_len(character)
        if cells > width - 1:
            break
    return content[:end] + Content("…")
