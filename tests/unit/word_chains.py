"""Chains of a few words for the aligner's tests, with a table embedder: no model is needed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.alignment.aligner import align
from engine.alignment.alignment import Alignment

WORDS = ("apples", "boxes", "price", "total", "left", "hours", "miles", "eggs")


def word_vectors(steps: Sequence[str]) -> NDArray[np.float64]:
    """A table embedder: unit bag-of-words vectors over WORDS, one dimension for all other words."""
    vectors = np.full((len(steps), len(WORDS) + 1), 1e-9)
    for row, step in enumerate(steps):
        for word in step.lower().replace(".", " ").split():
            vectors[row, WORDS.index(word) if word in WORDS else -1] += 1.0
    normed: NDArray[np.float64] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return normed


def align_words(gold: Sequence[str], student: Sequence[str], question: str = "") -> Alignment:
    return align(gold, student, word_vectors(gold), word_vectors(student), question=question)
