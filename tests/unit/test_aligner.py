"""The aligner: Needleman-Wunsch against independent oracles, the scores' promises, values, arithmetic, divergence."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.alignment import needleman_wunsch
from engine.alignment.aligner import EXPLAINS, GAP, Pair, align, align_all, published_scores
from engine.alignment.alignment import Divergence, Move
from engine.alignment.cells import FINAL_WEIGHT, MERGE_PRICE, RESULT_WEIGHT, VALUE_WEIGHT, cells_of
from engine.alignment.needleman_wunsch import Merge, best_paths, solve
from tests.cost import cpu_seconds
from tests.unit.word_chains import WORDS, align_words, word_vectors

Matrix = list[list[float]]


def best_path(cells: Sequence[Sequence[float]], columns: int, gap: float) -> tuple[float, tuple[Move, ...]]:
    """The path through one matrix of `columns` columns."""
    return best_paths([np.asarray(cells, dtype=np.float64).reshape(len(cells), columns)], gap)[0]


def monotone_alignments(n: int, m: int) -> Iterator[tuple[tuple[int, int], ...]]:
    """Every set of pairs that rises in both numbers: all a path can match."""
    for size in range(min(n, m) + 1):
        for rows in itertools.combinations(range(n), size):
            for columns in itertools.combinations(range(m), size):
                yield tuple(zip(rows, columns, strict=True))


matrices = st.integers(1, 6).flatmap(
    lambda n: st.integers(1, 6).flatmap(
        lambda m: st.lists(
            st.lists(st.integers(-20, 20).map(lambda value: value / 20), min_size=m, max_size=m), min_size=n, max_size=n
        )
    )
)


@settings(max_examples=150, deadline=None)
@given(matrices, st.sampled_from([GAP, 0.0, -0.35]))
def test_the_path_is_the_best_of_all_monotone_alignments(cells: Matrix, gap: float) -> None:
    n, m = len(cells), len(cells[0])
    best = max(
        sum(cells[i][j] for i, j in pairs) + gap * (n + m - 2 * len(pairs)) for pairs in monotone_alignments(n, m)
    )
    total, path = best_path(cells, m, gap)
    matched = [(move.gold, move.student) for move in path if move.kind == "match"]
    assert total == pytest.approx(best)
    assert sum(cells[i][j] for i, j in matched if i is not None and j is not None) + gap * (
        n + m - 2 * len(matched)
    ) == pytest.approx(best)
    assert [move.gold for move in path if move.gold is not None] == list(range(n))
    assert [move.student for move in path if move.student is not None] == list(range(m))


@pytest.mark.parametrize("seed", range(30))
def test_the_total_equals_an_independent_implementation(seed: int) -> None:
    pynw = pytest.importorskip("pynw", reason="pynw is a development dependency")
    random = np.random.default_rng(seed)
    cells = random.uniform(-1, 1, size=tuple(random.integers(1, 25, size=2)))
    total, path = best_path(cells.tolist(), cells.shape[1], GAP)
    assert total == pytest.approx(float(pynw.needleman_wunsch_score(cells, gap_penalty=GAP)))
    assert len(path) >= max(cells.shape)


merge_offers = st.lists(
    st.tuples(st.integers(0, 3), st.booleans(), st.integers(0, 3), st.integers(1, 3), st.integers(1, 40)), max_size=6
)


def _merges(offers: list[tuple[int, bool, int, int, int]], n: int, m: int) -> list[Merge]:
    """Merges of both sorts that fit an n x m matrix."""
    made = []
    for i, of_gold, j, apart, worth in offers:
        merge = Merge(i, i + 1, j, j, worth / 20) if of_gold else Merge(i, i, j, j + apart, worth / 20)
        if merge.gold < n and merge.student < m:
            made.append(merge)
    return made


def _best_by_definition(cells: Matrix, gap: float, merges: list[Merge], i: int, j: int) -> float:
    """The best total of the first i gold and j student steps, without a table."""
    if not i or not j:
        return gap * (i + j)
    best = max(
        _best_by_definition(cells, gap, merges, i - 1, j - 1) + cells[i - 1][j - 1],
        _best_by_definition(cells, gap, merges, i - 1, j) + gap,
        _best_by_definition(cells, gap, merges, i, j - 1) + gap,
    )
    for merge in merges:
        if (merge.gold, merge.student) == (i - 1, j - 1):
            before = _best_by_definition(cells, gap, merges, merge.first_gold, merge.first_student)
            best = max(best, before + merge.worth + gap * max(0, merge.student - merge.first_student - 1))
    return best


def _worth_of(path: Sequence[Move], cells: Matrix, gap: float, merges: list[Merge]) -> float:
    """What the moves of a path are worth, added up one by one; a merge replaces the match it belongs to."""
    total, first = 0.0, (0, 0)
    for move in path:
        if move.kind == "match" and move.gold is not None and move.student is not None:
            first = (move.gold, move.student)
            total += cells[move.gold][move.student]
        elif move.kind == "merge":
            fitting = [m.worth for m in merges if (m.first_gold, m.first_student, m.gold, m.student) == (
                *first, move.gold, move.student)]  # fmt: skip
            total += max(fitting) - cells[first[0]][first[1]]
        else:
            total += gap
    return total


@settings(max_examples=120, deadline=None)
@given(matrices.filter(lambda cells: len(cells) <= 4 and len(cells[0]) <= 4), merge_offers, st.sampled_from([GAP, 0.0]))
def test_with_merges_the_path_is_still_the_best(
    cells: Matrix, offers: list[tuple[int, bool, int, int, int]], gap: float
) -> None:
    n, m = len(cells), len(cells[0])
    merges = _merges(offers, n, m)
    ((total, path),) = best_paths([np.array(cells)], gap, [merges])
    assert total == pytest.approx(_best_by_definition(cells, gap, merges, n, m))
    assert total == pytest.approx(_worth_of(path, cells, gap, merges))
    golds = [move.gold for move in path if move.gold is not None]
    students = [move.student for move in path if move.student is not None]
    assert sorted(set(golds)) == list(range(n))
    assert sorted(set(students)) == list(range(m))
    assert golds == sorted(golds)
    assert students == sorted(students)


def test_compiled_loops_choose_what_plain_python_chooses() -> None:
    random = np.random.default_rng(5)
    cells = [np.round(random.uniform(-1, 1, shape), 1) for shape in random.integers(0, 7, size=(300, 2))]  # with ties
    merges = [
        _merges([(i, bool(of_gold), *rest) for i, of_gold, *rest in offers], n, m)
        for (n, m), offers in zip(
            [matrix.shape for matrix in cells],
            random.integers((0, 0, 0, 1, 1), (4, 2, 4, 4, 41), (len(cells), 6, 5)).tolist(),
            strict=True,
        )
    ]
    assert any(merges)
    for gap, offered in itertools.product((GAP, 0.0), (merges, None)):
        compiled, plain = (solve(cells, gap, offered, compiled=choice) for choice in (True, False))
        assert compiled.totals.tolist() == plain.totals.tolist()
        assert compiled.choices.tolist() == plain.choices.tolist()
        assert compiled.lengths.tolist() == plain.lengths.tolist()
    assert not len(solve([], GAP, compiled=True).totals)


def test_the_loops_are_compiled_once_there_is_work_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    kernels = mock.Mock(wraps=needleman_wunsch._kernels)
    monkeypatch.setattr(needleman_wunsch, "_kernels", kernels)
    monkeypatch.setattr(needleman_wunsch, "_work", needleman_wunsch._Work())
    monkeypatch.setattr(needleman_wunsch, "COMPILE_AFTER", 50)
    paths = [best_path(np.eye(4).tolist(), 4, GAP) for _ in range(4)]
    assert paths == paths[:1] * 4
    assert kernels.call_count == 1  # of 16, 32, 48 and 64 cells


def test_ties_go_to_the_match_then_to_skipping_gold_then_student() -> None:
    # Two gaps cost as much as this match: the match wins.
    assert [move.kind for move in best_path([[2 * GAP]], 1, GAP)[1]] == ["match"]
    # Gold 1 or gold 2 may go unmatched at the same total; walking back from the end, the match comes first.
    assert best_path([[0.5], [0.5]], 1, GAP)[1] == (Move("skip-gold", 0, None), Move("match", 1, 0))
    # Nothing matches: from the end, gold is skipped before the student, so the student's skip comes first.
    assert [move.kind for move in best_path([[-1.0]], 1, GAP)[1]] == ["skip-student", "skip-gold"]


def test_published_is_the_mean_raw_cosine_of_the_matched_pairs() -> None:
    meaning = np.array([[0.9, 0.1], [0.2, 0.7], [0.3, 0.3]])
    assert published_scores([meaning])[0] == pytest.approx((0.9 + 0.7) / 2)
    assert published_scores([np.array([[-0.15]])])[0] == 0.0  # matched (better than two gaps), cut to 0
    assert published_scores([np.array([[-0.9]])])[0] == 0.0  # nothing matches
    assert published_scores([np.array([[0.8], [0.1], [0.1]])])[0] == pytest.approx(0.8)  # missing steps cost it nothing


def test_coverage_joins_meaning_and_values() -> None:
    alignment = align_words(["apples 3", "total left"], ["apples 4 3", "total left"])
    cosine = alignment.meaning[0][0]
    # Both find out 3; the student also names 4.
    assert alignment.values[0][0] == pytest.approx(RESULT_WEIGHT / (RESULT_WEIGHT + 1))
    expected = (1 - VALUE_WEIGHT) * cosine + VALUE_WEIGHT * alignment.values[0][0]
    assert alignment.cell[0][0] == pytest.approx(expected)
    assert alignment.cell[1][1] == pytest.approx(alignment.meaning[1][1])  # no values on either side: meaning alone
    weighted = alignment.cell[0][0] + FINAL_WEIGHT * alignment.cell[1][1]
    assert alignment.scores.coverage == pytest.approx(weighted / (1 + FINAL_WEIGHT))


def test_a_wrong_result_costs_more_than_another_way_to_it() -> None:
    gold = ["price 7 * 2 = 14"]
    other_way, wrong = align_words(gold, ["price 28 / 2 = 14"]), align_words(gold, ["price 7 * 2 = 15"])
    assert other_way.values[0][0] > 2 * wrong.values[0][0]


def test_false_arithmetic_explains_nothing_unless_the_gold_claims_it_too() -> None:
    gold = ["apples 3 + 4 = 8"]
    assert align_words(["apples 3 + 4 = 7"], gold).scores.coverage == 0.0
    assert align_words(gold, gold).scores.coverage == pytest.approx(1.0)


def test_a_missing_step_costs_coverage_and_a_repeated_one_is_extra() -> None:
    gold = ["apples 3 + 4 = 7", "price 6 * 2 = 12", "total 90 - 5 = 85"]
    whole, missing = align_words(gold, gold), align_words(gold, [gold[0], gold[2]])
    repeated = align_words(gold, [gold[0], gold[0], gold[1], gold[2]])
    assert whole.scores.coverage == pytest.approx(1.0)
    assert (whole.scores.extra, whole.divergence) == (0.0, None)
    assert missing.scores.coverage == pytest.approx((1 + FINAL_WEIGHT) / (2 + FINAL_WEIGHT))
    assert missing.scores.published == pytest.approx(1.0)  # what the published score cannot see
    assert Move("skip-gold", 1, None) in missing.path
    assert repeated.scores.coverage == pytest.approx(1.0)
    assert repeated.scores.extra == pytest.approx(1 / 4)


def test_two_student_steps_explain_one_gold_step_together() -> None:
    gold = ["boxes 3 * 12 = 36 and eggs 4 * 6 = 24"]
    student = ["boxes 3 * 12 = 36", "left", "eggs 4 * 6 = 24"]
    alignment = align_words(gold, student)
    expected = [Move("match", 0, 0), Move("skip-student", None, 1), Move("merge", 0, 2)]
    assert list(alignment.path) == expected
    assert alignment.scores.extra == pytest.approx(1 / 3)
    assert alignment.scores.coverage > align_words(gold, student[2:]).scores.coverage


def test_one_student_step_explains_two_gold_steps() -> None:
    gold = ["apples 3 + 4 = 7", "total 14 - 5 = 9"]
    alignment = align_words(gold, ["apples total 3 + 4 = 7, 14 - 5 = 9"])
    assert alignment.path == (Move("match", 0, 0), Move("merge", 1, 0))
    assert alignment.scores.coverage > 0.5
    assert alignment.scores.coverage <= 1 - MERGE_PRICE


def test_a_step_that_says_the_same_again_is_never_merged() -> None:
    gold = ["apples 3 + 4 = 7"]
    assert cells_of(gold, gold * 2, np.ones((1, 2))).merges == ()
    assert align_words(gold, gold * 3).scores.extra == pytest.approx(2 / 3)


def test_order_free_ignores_the_order() -> None:
    gold = ["apples 3", "price 7", "total 9"]
    scores = align_words(gold, gold[::-1]).scores
    assert scores.order_free == pytest.approx(1.0)
    assert scores.coverage < 0.8


def test_an_empty_side_is_handled() -> None:
    gold = ["apples 3", "price 7"]
    nothing = align_words(gold, [])
    assert (nothing.scores.coverage, nothing.scores.extra, nothing.scores.published) == (0.0, 0.0, 0.0)
    assert nothing.path == (Move("skip-gold", 0, None), Move("skip-gold", 1, None))
    assert nothing.divergence == Divergence(None, 0, "ends before gold step 1", "missing")
    no_gold = align_words([], gold)
    assert (no_gold.scores.coverage, no_gold.scores.extra, no_gold.divergence) == (0.0, 1.0, None)
    assert [move.kind for move in no_gold.path] == ["skip-student", "skip-student"]
    assert align_words([], []).path == ()


def test_vectors_of_another_count_are_refused() -> None:
    with pytest.raises(ValueError, match="2 gold and 1 student"):
        align(["a", "b"], ["c"], np.ones((1, 3)), np.ones((1, 3)))


steps = st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(" ".join)
numbered = st.tuples(steps, st.integers(0, 9)).map(lambda pair: f"{pair[0]} {pair[1]}")
chains = st.lists(st.one_of(steps, numbered), min_size=0, max_size=7)


@settings(max_examples=200, deadline=None)
@given(chains, chains)
def test_scores_and_cells_stay_in_their_range(gold: list[str], student: list[str]) -> None:
    alignment = align_words(gold, student)
    scores = alignment.scores
    for score in (scores.published, scores.coverage, scores.extra, scores.order_free):
        assert 0.0 <= score <= 1.0
    assert scores.coverage <= scores.order_free + 1e-9
    assert all(0.0 <= cell <= 1.0 for row in alignment.cell for cell in row)
    assert len(alignment.cell) == len(gold)
    assert all(len(row) == len(student) for row in alignment.cell)


@settings(max_examples=200, deadline=None)
@given(chains.filter(bool), chains.filter(bool), st.data())
def test_dropping_a_student_step_never_raises_coverage(
    gold: list[str], student: list[str], data: st.DataObject
) -> None:
    dropped = data.draw(st.integers(0, len(student) - 1))
    rest = student[:dropped] + student[dropped + 1 :]
    assert align_words(gold, rest).scores.coverage <= align_words(gold, student).scores.coverage + 1e-9


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(chains, chains), max_size=8))
def test_a_pair_is_aligned_the_same_alone_and_among_others(pairs: list[tuple[list[str], list[str]]]) -> None:
    together = align_all([Pair(g, s, word_vectors(g), word_vectors(s)) for g, s in pairs])
    assert together == [align_words(g, s) for g, s in pairs]


@settings(max_examples=100, deadline=None)
@given(chains.filter(bool))
def test_a_chain_covers_itself_and_each_dropped_step_is_seen(gold: list[str]) -> None:
    assert align_words(gold, gold).scores.coverage == pytest.approx(1.0)
    for dropped in range(len(gold)):
        rest = gold[:dropped] + gold[dropped + 1 :]
        assert align_words(gold, rest).scores.coverage < 1 - 1e-3


@settings(max_examples=100, deadline=None)
@given(chains.filter(bool), st.data())
def test_each_repeated_step_is_seen_as_extra(gold: list[str], data: st.DataObject) -> None:
    position = data.draw(st.integers(0, len(gold) - 1))
    repeated = [*gold[: position + 1], gold[position], *gold[position + 1 :]]
    assert align_words(gold, repeated).scores.extra >= 1 / len(repeated) - 1e-9


def test_a_matched_step_that_explains_nothing_is_extra() -> None:
    alignment = align_words(["apples 3"], ["price 7"])
    assert alignment.cell[0][0] < EXPLAINS
    assert alignment.scores.extra == 1.0


GOLD = ["apples 3 + 4 = 7", "price 7 * 2 = 14", "total 14 - 5 = 9"]


@pytest.mark.xdist_group("alone")
def test_a_thousand_alignments_take_a_second_or_two() -> None:
    vectors = word_vectors(GOLD)
    assert cpu_seconds(lambda: [align(GOLD, GOLD, vectors, vectors) for _ in range(1_000)], within=4) < 4
