"""Quadrants: the score of the reasoning against the verdict on the answer, and where "high" begins."""

from __future__ import annotations

from engine.alignment.alignment import Quadrant
from engine.grading.verdict import Label

DEFAULT_THRESHOLD = {
    # Youden's index on half of 5,276 real GSM8K solutions (MiniLM); on the other half it puts 92 % of the right answers
    # above and 91 % of the wrong ones below. The recipe validate-alignment finds it for another embedder.
    "coverage": 0.64,
    "published": 0.7,  # system 1's; a property of its embedding, kept so that results stay comparable
}


def quadrant(score: float, label: Label, threshold: float) -> Quadrant:
    """robust: high and right; near-miss: high, not right; lucky-guess: low and right; failure: low, not right.

    High means score > threshold, as in system 1. An unparsed answer stands on the wrong side: nobody can use it.
    """
    if label == "right":
        return "robust" if score > threshold else "lucky-guess"
    return "near-miss" if score > threshold else "failure"
