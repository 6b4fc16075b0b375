"""What a model said apart from what it thought: text up to the last `</think>` is never graded."""

from __future__ import annotations

import re

_END = re.compile(r"</think(?:ing)?>", re.IGNORECASE)
_START = re.compile(r"<think(?:ing)?>", re.IGNORECASE)


def split_thought(text: str) -> tuple[str, str]:
    """(said, thought). A thought that was cut off by the token limit is still a thought, not an answer.

    Chat templates often open the thought in the prompt, so a text may hold only the closing tag.
    """
    said, thought = text, ""
    ends = list(_END.finditer(text))
    if ends:
        thought, said = text[: ends[-1].start()], text[ends[-1].end() :]
    opening = _START.search(said)
    if opening:
        said, thought = said[: opening.start()], thought + said[opening.end() :]
    return said, thought
