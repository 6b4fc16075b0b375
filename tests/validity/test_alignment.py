"""The validity table's own arithmetic, and that coverage beats the published score even with a lexical embedder."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.alignment.alignment import Alignment, Divergence, Scores
from engine.statistics.estimates import area_under_curve
from engine.statistics.figure import Figure
from engine.validation import algebra, labelled
from engine.validation.labelled import Chain, masked, openai_solutions, with_foreign_gold
from engine.validation.measures import area, best_threshold, first_error, judge_threshold
from engine.validation.table import Line, align_chains, figures
from engine.validation.validate import markdown_table, text_table

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"

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
    assert (threshold.sensitivity, threshold.specificity) == (1.0, 1.0)
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


def test_masking_takes_each_chain_s_own_final_value() -> None:
    chain = Chain(0, "", ("3 * 4 = 12", "12 + 6 = 18"), ("3 * 4 = 12", "so 12 and 18"), right=True)
    hidden = masked(replace(chain, student=("3 * 4 = 13", "13 + 18 = 31")))
    assert hidden.gold == ("3 * 4 = 12", "12 + 6 = x")
    assert hidden.student == ("3 * 4 = 13", "13 + 18 = x")


def test_the_interval_is_of_whole_questions() -> None:
    # Four equal chains a question: resampling single ones would pretend to four times the knowledge.
    chains = [Chain(k // 4, "", (), (), right=k // 4 % 2 == 0) for k in range(160)]
    scores = [0.4 + 0.01 * (k // 4 % 7) + 0.03 * chain.right for k, chain in enumerate(chains)]
    lone = [chain for k, chain in enumerate(chains) if k % 4 == 0]
    wide = area(lone, scores[::4], [chain.right for chain in lone])
    same = area(chains, scores, [chain.right for chain in chains])
    assert wide.value == pytest.approx(same.value)
    assert (wide.low, wide.high) == pytest.approx((same.low, same.high))


def test_the_area_that_is_resampled_is_that_of_the_reports() -> None:
    scores = [k * 37 % 41 / 41 for k in range(80)]
    positive = [k * k % 7 < 3 for k in range(80)]
    chains = [Chain(k, "", (), (), right=right) for k, right in enumerate(positive)]
    expected = area_under_curve(scores, positive).value
    assert area(chains, scores, positive).value == pytest.approx(expected)


def test_the_independent_recursion_agrees_with_brute_force() -> None:
    for matrix in algebra.drawn_matrices(20, 5, seed=3):
        for gap in algebra.GAPS:
            assert algebra.recursive(matrix, gap) == pytest.approx(algebra.brute_force(matrix, gap))


def test_without_data_algebra_and_edits_hold_and_the_rest_says_why() -> None:
    made = [figure for section in figures(hashed_words, None, 30, 20, seed=1) for figure in section]
    measured = [figure for figure in made if figure.figure.value is not None]
    assert {figure.figure.value for figure in measured} == {1.0}, measured
    assert {figure.section for figure in measured} == {"algebra", "edits"}
    assert [figure.note for figure in made if figure.figure.value is None] == [
        "no folder named: --set validate.data=DIR"
    ] * 3


def test_a_folder_without_a_set_names_the_files(tmp_path: Path) -> None:
    made = [figure for section in figures(hashed_words, tmp_path, 30, 3, seed=1) for figure in section]
    notes = " ".join(figure.note for figure in made)
    for name in (*labelled.OPENAI, *labelled.PROCESS_BENCH, *labelled.CHAMP):
        assert name in notes


def test_the_table_is_text_and_markdown() -> None:
    made = [Line("a set", "AUC", Figure(0.9, 0.8, 0.95, 40), "note"), Line("other", "not measured", note="why")]
    assert "AUC           0.900 [0.800, 0.950]    40\n    note\n" in text_table("head", made)
    assert "  not measured: why\n" in text_table("head", made)
    assert "| a set | AUC | 0.900 [0.800, 0.950] | 40 | note |" in markdown_table("head", made)


@needs_data
def test_coverage_tells_right_from_wrong_better_than_the_published_score() -> None:
    chains = openai_solutions(DATA, sample=150)
    right = [chain.right for chain in chains]
    found = align_chains(chains, hashed_words)
    areas = {
        name: area(chains, [getattr(one.scores, name) for one in found], right).value
        for name in ("coverage", "published")
    }
    assert areas["coverage"] is not None
    assert areas["published"] is not None
    assert areas["coverage"] > 0.93
    assert areas["coverage"] > areas["published"] + 0.1


@needs_data
def test_every_labelled_set_is_measured() -> None:
    made = {(f.section, f.name): f for section in figures(hashed_words, DATA, 60, 3, seed=1) for f in section}
    assert all(figure.figure.value is not None for figure in made.values())
    wrong_step = made["ProcessBench-GSM8K", "first wrong step, F1"]
    assert wrong_step.figure.value is not None
    assert wrong_step.figure.value > 0.6
