"""The validity table's own arithmetic, and that coverage beats the published score even with a lexical embedder."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.alignment.alignment import Alignment, Divergence, Scores
from tests.validity.alignment import align_all, best_threshold, first_error, judge_threshold, table, with_foreign_gold
from tests.validity.labelled import DATA, Chain, openai_solutions

DIMENSIONS = 512
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is not beside this checkout")


def hashed_words(texts: Sequence[str]) -> NDArray[np.float32]:
    """A lexical embedder: words hashed into DIMENSIONS, unit rows. Needs no model."""
    vectors = np.full((len(texts), DIMENSIONS), 1e-6, dtype=np.float32)
    for row, text in enumerate(texts):
        for word in text.lower().split():
            vectors[row, zlib.crc32(word.encode()) % DIMENSIONS] += 1.0
    normed: NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return normed


def test_the_threshold_separates_what_can_be_separated() -> None:
    threshold = best_threshold([0.1, 0.2, 0.3, 0.8, 0.9], [False, False, False, True, True])
    assert threshold.value == pytest.approx(0.55)
    assert threshold.youden == 1.0
    judged = judge_threshold(0.25, [0.1, 0.3, 0.2, 0.9], [False, False, True, True])
    assert (judged.sensitivity, judged.specificity) == (0.5, 0.5)


def test_first_error_counts_both_kinds_of_chain() -> None:
    scores = Scores(1, 1, 0, 1)
    steps = ("a", "b", "c")

    def result(divergence: Divergence | None) -> Alignment:
        return Alignment((), (), (), (), scores, divergence)

    chains = [
        Chain(0, "", steps, steps, right=False, sound=False, first_error=1),
        Chain(1, "", steps, steps, right=False, sound=False, first_error=2),
        Chain(2, "", steps, steps, right=True, sound=True),
        Chain(3, "", steps, steps, right=True, sound=True),
    ]
    found = first_error(
        chains,
        [
            result(Divergence(0, 0, "")),
            result(Divergence(None, 2, "")),  # it ended early: its last step is blamed
            result(None),
            result(None),
        ],
    )
    assert (found.erroneous, found.sound) == (0.5, 1.0)
    assert found.f1 == pytest.approx(2 / 3)


def test_the_null_gives_every_chain_another_question_s_gold() -> None:
    chains = [Chain(group, "", (f"gold {group}",), ("s",), right=True) for group in (0, 0, 2, 5)]
    assert [chain.gold for chain in with_foreign_gold(chains)] == [("gold 2",), ("gold 2",), ("gold 5",), ("gold 0",)]


@needs_data
def test_coverage_tells_right_from_wrong_better_than_the_published_score() -> None:
    chains = openai_solutions(DATA, sample=150)
    alignments = align_all(chains, hashed_words)
    right = [chain.right for chain in chains]
    areas = {
        name: _area([getattr(alignment.scores, name) for alignment in alignments], right)
        for name in ("coverage", "published")
    }
    assert areas["coverage"] > 0.85
    assert areas["coverage"] > areas["published"] + 0.05


@needs_data
def test_the_table_prints_every_score() -> None:
    lines = table(DATA, 30, hashed_words)
    text = "\n".join(lines)
    for name in ("coverage", "published", "order_free", "null: foreign gold", "first wrong step"):
        assert name in text


def _area(scores: Sequence[float], right: Sequence[bool]) -> float:
    positive = [score for score, label in zip(scores, right, strict=True) if label]
    negative = [score for score, label in zip(scores, right, strict=True) if not label]
    wins = sum((p > n) + (p == n) / 2 for p in positive for n in negative)
    return wins / (len(positive) * len(negative))
