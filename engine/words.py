"""The one vocabulary of engine and screens: glyph, word and colour of every status, verdict, outcome and quadrant; the
quadrant rule; times as people read them; "did you mean". Standard library only.

A glyph always stands beside its word or a legend: neither colour nor shape carries meaning alone. Colours are names of
the theme ($success, ...), so that every theme and NO_COLOR work. Muted is $foreground-muted: inside a text $text-muted,
which follows the background in CSS, would come out white.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Literal, NamedTuple

ANSI = {"success": "32", "error": "31", "warning": "33", "accent": "36", "primary": "34", "foreground-muted": "2"}
"""SGR codes of the colours, for text outside of the terminal application."""


class Sign(NamedTuple):
    """How one state looks: `color` is a theme variable without the dollar; `brief` fits a table column, `full` is the
    name in a report ("": the word)."""

    glyph: str
    word: str
    color: str
    brief: str = ""
    full: str = ""

    def __str__(self) -> str:
        return f"{self.glyph} {self.word}"

    @property
    def short(self) -> str:
        return self.brief or self.word

    @property
    def long(self) -> str:
        return self.full or self.word

    @property
    def ansi(self) -> str:
        return ANSI.get(self.color, "")


UNKNOWN = Sign("·", "–", "foreground-muted")

STATUS = {
    "starting": Sign("◌", "starting", "accent"),
    "running": Sign("▶", "running", "primary"),
    "paused": Sign("‖", "paused", "warning"),
    "cancelling": Sign("◌", "cancelling", "warning"),
    "stalled": Sign("!", "stalled", "warning"),
    "done": Sign("✓", "done", "success"),
    "failed": Sign("✕", "failed", "error"),
    "cancelled": Sign("■", "cancelled", "warning"),
    "threshold": Sign("▽", "below threshold", "warning"),
    "crashed": Sign("✕", "crashed", "error"),
    "unreadable": Sign("?", "unreadable", "error"),
}

Verdict = Literal["right", "wrong", "unparsed"]

VERDICT = {
    "right": Sign("✓", "right", "success"),
    "wrong": Sign("✗", "wrong", "error"),
    "unparsed": Sign("?", "unparsed", "warning", full="no answer found (unparsed)"),
}

TRUNCATED = "truncated"
"""The outcome of an answer that the token limit ended before it could be right; people read "cut off"."""

CUT_OFF = Sign("…", "cut off", "warning", full="cut off by the token limit")
"""The mark of an answer that the token limit ended, whatever its verdict."""

OUTCOME = {**VERDICT, TRUNCATED: CUT_OFF}
"""What became of an item, each item exactly one (`outcome_of`)."""

Quadrant = Literal["robust", "near-miss", "lucky-guess", "failure"]

QUADRANT = {
    "robust": Sign("◆", "robust", "success"),
    "near-miss": Sign("▲", "near miss (Hallucination)", "warning", brief="near miss"),
    "lucky-guess": Sign("○", "lucky guess", "accent"),
    "failure": Sign("✕", "failure", "error"),
}

UNALIGNED = Sign("·", "not aligned", "foreground-muted", full="not aligned (no gold solution)")

STEP = {
    "aligned": Sign("✓", "aligned", "success"),
    "extra": Sign("·", "extra", "foreground-muted"),
    "missing": Sign("–", "not explained", "warning"),
    "divergence": Sign("⚑", "first divergence", "error"),
}

MERGED = Sign("(", "merged steps", "success")
"""A step that explains another together with its neighbour: in round brackets in the matrix."""

OVERRIDDEN = Sign("→", "overridden", "accent")
"""Leads from the graders' verdict to a human's; the former stays beside it."""

FLIP = {
    "lost": Sign("↓", "right → not right", "error"),
    "gained": Sign("↑", "not right → right", "success"),
    "changed": Sign("~", "not right, another way", "warning"),
    "settled": Sign("=", "no flip to a human", "accent"),
}
"""What became of an item between two compared runs."""

FIT = {
    "fits": Sign("✓", "fits", "success"),
    "tight": Sign("≈", "tight", "warning"),
    "does not fit": Sign("✗", "does not fit", "error"),
    "no device": Sign("–", "no such device here", "foreground-muted"),
}


# -- outcomes


def outcome_of(verdict: str, truncated: bool) -> str:
    """The verdict; an item that is not right and hit the token limit is cut off, whatever was parsed from it."""
    return TRUNCATED if truncated and verdict != "right" else verdict


def outcome_sign(verdict: str, truncated: bool = False) -> Sign:
    """Of an outcome, or of a verdict with what the token limit did; one of a later version keeps its own name."""
    outcome = outcome_of(verdict, truncated)
    return OUTCOME.get(outcome) or Sign("?", outcome, UNKNOWN.color)


# -- quadrants

DEFAULT_THRESHOLD = {
    # Youden's index on half of 5,276 real GSM8K solutions (MiniLM); on the other half it puts 92 % of the right answers
    # above and 91 % of the wrong ones below. The recipe validate-alignment finds it for another embedder.
    "coverage": 0.64,
    "published": 0.7,  # system 1's; a property of its embedding, kept so that results stay comparable
}
"""Where reasoning begins to count as good, by the score that decides."""


def is_high(score: float, threshold: float) -> bool:
    """Whether a score counts as aligned: above the threshold, as in system 1."""
    return score > threshold


def quadrant_of(verdict: str, high: bool) -> Quadrant:
    """robust: high and right; near-miss: high, not right; lucky-guess: low and right; failure: low, not right.

    An unparsed answer stands on the wrong side: nobody can use it.
    """
    if verdict == "right":
        return "robust" if high else "lucky-guess"
    return "near-miss" if high else "failure"


def quadrant(score: float, verdict: str, threshold: float) -> Quadrant:
    """The quadrant of a score at a threshold."""
    return quadrant_of(verdict, is_high(score, threshold))


def quadrant_sign(name: str | None) -> Sign:
    """Of a quadrant; None or "" is an item without gold solution, one of a later version keeps its own name."""
    if not name:
        return UNALIGNED
    return QUADRANT.get(name) or Sign("·", name, UNKNOWN.color)


# -- times


def duration(seconds: float | None) -> str:
    """0:48, 12:05, 3:02:11, 2 d 4 h; "–" for none."""
    if seconds is None or seconds < 0:
        return "–"
    whole = int(seconds)
    if whole >= 86400:
        return f"{whole // 86400} d {whole % 86400 // 3600} h"
    hours, minutes, rest = whole // 3600, whole % 3600 // 60, whole % 60
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def moment(unix_time: float | None) -> str:
    """Month, day and clock time: 11-21 10:02; "–" for none."""
    return time.strftime("%m-%d %H:%M", time.localtime(unix_time)) if unix_time else "–"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """': did you mean "x"?' or nothing."""
    import difflib  # no screen waits for it before somebody mistypes a word

    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f': did you mean "{near[0]}"?' if near else ""


# -- bars

BAR_FULL, BAR_EMPTY = "█", "░"


def bar_parts(share: float, cells: int) -> tuple[str, str]:
    """The full and the empty part of a bar of so many cells."""
    full = round(max(0.0, min(1.0, share)) * cells)
    return BAR_FULL * full, BAR_EMPTY * (cells - full)
