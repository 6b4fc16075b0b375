"""Where in a text its answer stands: the place is found again from what the row says was read, and from which pattern.

The row holds the answer tidied (no bold, no dollar signs, no spaces in a number), so the place is the last one of the
pattern's that holds it; where none does, the pattern's own place is shown, and where that is gone too, nothing is
marked.
"""

from __future__ import annotations

import re
from collections import deque
from typing import NamedTuple

from engine.rows.graded import GradedRow

BEFORE = 1200
"""Characters shown before the place, and half as many after it: the steps that led to it. The whole solution is the
raw one (key r of the item)."""
SEARCHED = 200_000
"""Characters searched, from the end: where the grader reads too."""
LINE, REGION, MARKERS = 400, 8192, 40
"""Characters of a line and of a box in which an answer is looked for, and markers looked at, from the last one on: what
is searched stays small whatever a model wrote."""
LOOSE = 80
"""Characters of an answer that is found with blanks between them; a longer one is found only as it is."""

Span = tuple[int, int]

_MARKERS = {
    "hash": re.compile(r"#{4}(?!#)[ \t]*\n?"),
    "boxed": re.compile(r"\\(?:boxed|fbox)\s*"),
    "answer-tag": re.compile(r"<answer>", re.IGNORECASE),
    "answer-line": re.compile(
        r"\banswer\b|^[ \t>#*_-]{0,8}(?:a|ans)[*_]{0,3}[ \t]{0,3}:", re.IGNORECASE | re.MULTILINE
    ),
}


class Passage(NamedTuple):
    """A part of a text: `mark` is what stands out in it, `before` and `after` count what is left out."""

    text: str
    mark: Span | None = None
    before: int = 0
    after: int = 0
    note: str = ""


def student_passage(item: GradedRow, before: int = BEFORE) -> Passage:
    """The solution around the extracted answer."""
    text = item.solution
    if not item.predicted:
        return _around(text, None, before, "nothing was read from this text")
    span = find_answer(text, item.predicted, item.parsed_from)
    return _around(text, span, before, "what was read does not stand in this text as it was read")


def gold_passage(item: GradedRow, before: int = BEFORE) -> Passage:
    """The gold solution around the gold answer; the answer alone where there is no solution."""
    text = item.gold_solution or item.answer
    return _around(text, _literal(text, item.answer, last=True) if item.answer else None, before, "")


def find_answer(text: str, predicted: str, parsed_from: str) -> Span | None:
    """Start and end of what was read as the answer; of the whole pattern where it was tidied too much to be found."""
    offset = max(0, len(text) - SEARCHED)
    searched, marker = text[offset:], _MARKERS.get(parsed_from)
    span: Span | None = None
    if marker is None:
        span = _literal(searched, predicted, last=True)
    else:
        markers = deque(marker.finditer(searched), MARKERS)
        regions = [_region(searched, match, parsed_from) for match in markers]
        for start, end in reversed(regions):
            found = _literal(searched[start:end], predicted, last=parsed_from == "answer-tag")
            if found is not None:
                span = (start + found[0], start + found[1])
                break
        if span is None and regions:
            span = _trimmed(searched, regions[-1])
    return None if span is None else (offset + span[0], offset + span[1])


def _region(text: str, match: re.Match[str], parsed_from: str) -> Span:
    """Where the answer of a marker may stand."""
    start = match.end()
    if parsed_from == "boxed":
        return start, _closing_brace(text, start)
    if parsed_from == "answer-tag":
        closing = re.search(r"</answer>", text[start : start + REGION], re.IGNORECASE)
        return start, start + closing.start() if closing else min(len(text), start + REGION)
    end = text.find("\n", start)
    return start, min(len(text) if end < 0 else end, start + LINE)


def _closing_brace(text: str, start: int) -> int:
    depth = 0
    for match in re.compile(r"\\.|[{}]", re.DOTALL).finditer(text, start, start + REGION):
        if match.group() == "{":
            depth += 1
        elif match.group() == "}":
            depth -= 1
            if depth <= 0:
                return match.end()
    end = text.find("\n", start, start + LINE)
    return min(len(text), start + LINE) if end < 0 else end


def _literal(text: str, wanted: str, *, last: bool) -> Span | None:
    """The first or last place of the wanted text that is no part of a longer number or word; blanks in the text do
    not count."""
    if len(wanted) > LOOSE:
        place = text.rfind(wanted) if last else text.find(wanted)
        return None if place < 0 else (place, place + len(wanted))
    body = r"[ \t]*".join(re.escape(c) for c in wanted if c not in " \t")
    left = r"(?<![\w.])" if wanted[:1].isalnum() else ""
    right = r"(?![\w]|[.,]\d)" if wanted[-1:].isalnum() else ""
    for bounded in (left + body + right, body):
        found: Span | None = None
        for match in re.finditer(bounded, text):
            found = match.span()
            if not last:
                break
        if found is not None:
            return found
    return None


def _trimmed(text: str, span: Span) -> Span | None:
    start, end = span
    inside = text[start:end]
    start += len(inside) - len(inside.lstrip())
    end -= len(inside) - len(inside.rstrip())
    return (start, end) if start < end else None


def _around(text: str, mark: Span | None, before: int, note: str) -> Passage:
    """The text around the mark, else its end, cut at the beginning of a line or word where one is near."""
    first, last = mark or (len(text), len(text))
    start, stop = max(0, first - before), min(len(text), last + before // 2)
    if start > 0:
        near = re.compile(r"\n|\s").search(text, start, min(first, start + 80))
        start = near.end() if near else start
    if stop < len(text):
        near_end = text.rfind(" ", max(last, stop - 80), stop)
        stop = near_end if near_end > 0 else stop
    shown = text[start:stop]
    moved = (mark[0] - start, mark[1] - start) if mark else None
    return Passage(shown, moved, start, len(text) - stop, note)
