"""Verdict: what the graders said of one answer, and by which rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Label = Literal["right", "wrong", "unparsed"]
ParsedFrom = Literal["hash", "boxed", "answer-tag", "answer-line", "last-formula", "last-number", "none"]


@dataclass(frozen=True, slots=True)
class Extraction:
    """The final answer found in a solution (None where there is none) and which pattern found it."""

    text: str | None
    parsed_from: ParsedFrom


@dataclass(frozen=True, slots=True)
class Verdict:
    """`label` is the final word; `symbolic` and `judge` are the two graders apart (judge None: not asked).

    `rule` names what decided: numeric, string, math-verify, judge, no-answer, timeout, too-long ...
    """

    label: Label
    rule: str
    predicted: str
    parsed_from: ParsedFrom
    symbolic: Label
    judge: Label | None = None
