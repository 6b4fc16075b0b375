"""The one vocabulary of the screens: for each status, verdict and quadrant its glyph, its word and its colour.

Colours are names of the theme ($success, ...), so that every theme and NO_COLOR work; the glyph says the same alone.
Muted is $foreground-muted: inside a text $text-muted, which follows the background in CSS, would come out white.
"""

from __future__ import annotations

from typing import NamedTuple

from engine.runs import outcome


class Sign(NamedTuple):
    """How one state looks: `color` is a theme variable without the dollar."""

    glyph: str
    word: str
    color: str

    def __str__(self) -> str:
        return f"{self.glyph} {self.word}"

    @property
    def markup(self) -> str:
        """Glyph and word in the colour, as Textual content markup."""
        return f"[${self.color}]{self.glyph} {self.word}[/]"


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

VERDICT = {
    "right": Sign("✓", "right", "success"),
    "wrong": Sign("✗", "wrong", "error"),
    "unparsed": Sign("?", "unparsed", "warning"),
}

QUADRANT = {
    "robust": Sign("◆", "robust", "success"),
    "near-miss": Sign("▲", "near miss (Hallucination)", "warning"),
    "lucky-guess": Sign("○", "lucky guess", "accent"),
    "failure": Sign("✕", "failure", "error"),
}

STEP = {
    "aligned": Sign("✓", "aligned", "success"),
    "extra": Sign("·", "extra", "foreground-muted"),
    "missing": Sign("–", "not explained", "warning"),
    "divergence": Sign("⚑", "first divergence", "error"),
}

CUT_OFF = Sign("…", "cut off", "warning")
"""The mark of an answer that the token limit ended, whatever its verdict."""

OUTCOME = {**VERDICT, outcome.CUT_OFF: CUT_OFF}
"""What became of an item (`engine.runs.outcome`)."""


def outcome_sign(outcome: str) -> Sign:
    """Of an outcome, or of a verdict of a later version, which keeps its own name."""
    return OUTCOME.get(outcome) or UNKNOWN._replace(word=outcome)


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
