"""Glyph and word of each verdict, outcome and quadrant, as the engine prints them (reports, figures, --batch).

Stdlib only. A glyph always stands beside its word or a legend: neither colour nor shape carries meaning alone.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.runs.outcome import CUT_OFF, outcome_of


@dataclass(frozen=True, slots=True)
class Word:
    """`short` fits a table column, `long` is the display name, `ansi` the SGR code of a colour that themes keep."""

    glyph: str
    short: str
    long: str
    ansi: str = ""


VERDICTS: dict[str, Word] = {
    "right": Word("✓", "right", "right", "32"),
    "wrong": Word("✗", "wrong", "wrong", "31"),
    "unparsed": Word("?", "unparsed", "no answer found (unparsed)", "33"),
}

OUTCOMES: dict[str, Word] = {**VERDICTS, CUT_OFF: Word("…", "cut off", "cut off by the token limit", "33")}
"""What became of an item, each item exactly one: a verdict, or cut off (`outcome_of`)."""

QUADRANTS: dict[str, Word] = {
    "robust": Word("◆", "robust", "robust", "32"),
    "near-miss": Word("▲", "near miss", "near miss (Hallucination)", "33"),
    "lucky-guess": Word("○", "lucky guess", "lucky guess", "36"),
    "failure": Word("✕", "failure", "failure", "31"),
}

UNALIGNED = Word("·", "not aligned", "not aligned (no gold solution)", "2")


def outcome_word(verdict: str, truncated: bool) -> Word:
    """The word of `outcome_of`; a verdict of a later version is shown by its own name."""
    outcome = outcome_of(verdict, truncated)
    return OUTCOMES.get(outcome, Word("?", outcome, outcome))


def quadrant_word(quadrant: str | None) -> Word:
    """The word of a quadrant; None or "" is an item without gold solution."""
    if not quadrant:
        return UNALIGNED
    return QUADRANTS.get(quadrant, Word("·", quadrant, quadrant))


def divergence_text(divergence: Mapping[str, Any] | None) -> str:
    """A row's `first_divergence` for people, counted from 1: "step 2: value 35 not derivable"; "" for none."""
    if not divergence:
        return ""
    student, gold, reason = divergence.get("student"), divergence.get("gold"), divergence.get("reason") or ""
    if student is not None:
        return f"step {student + 1}: {reason}" if reason else f"step {student + 1}"
    # A chain that ended early has no step to name; its reason says already before which gold step.
    return reason or (f"ends before gold step {gold + 1}" if gold is not None else "ends early")


def printable(text: str) -> str:
    """The text on one line: white space runs become a space, other control and format characters are dropped."""
    joined = " ".join(text.split())
    return "".join(c for c in joined if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn"))
