"""Quadrants: where score and verdict meet."""

from __future__ import annotations

import pytest

from engine.grading.verdict import Label
from engine.words import DEFAULT_THRESHOLD, Quadrant, quadrant


@pytest.mark.parametrize(
    ("score", "label", "expected"),
    [
        (0.8, "right", "robust"),
        (0.8, "wrong", "near-miss"),
        (0.8, "unparsed", "near-miss"),
        (0.6, "right", "lucky-guess"),
        (0.6, "wrong", "failure"),
        (0.6, "unparsed", "failure"),
        (0.7, "right", "lucky-guess"),  # on the threshold is not above it
    ],
)
def test_high_means_above_the_threshold_and_unparsed_is_not_right(
    score: float, label: Label, expected: Quadrant
) -> None:
    assert quadrant(score, label, 0.7) == expected


def test_each_variant_has_a_default_and_the_published_one_is_system_1_s() -> None:
    assert DEFAULT_THRESHOLD["published"] == 0.7
    assert 0 < DEFAULT_THRESHOLD["coverage"] < 1
