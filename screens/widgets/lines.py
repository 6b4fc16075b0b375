"""Text made to fit one line of a Line-API widget: printable, cut with an ellipsis, padded to an exact cell width.

Model text holds newlines, tabs, escapes and wide characters; none of them may move what stands beside it.
"""

from __future__ import annotations

from typing import Literal

from rich.cells import cell_len
from textual.content import Content

from engine.printable import one_line

Align = Literal["left", "right", "center"]

LOOK_AHEAD = 4
"""Characters kept a cell when a long text is shortened before it is measured: combining marks take no cell at all."""


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
