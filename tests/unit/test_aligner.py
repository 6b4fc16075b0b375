"""The aligner: Needleman-Wunsch against independent oracles, the scores' promises, values, arithmetic, divergence."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine.alignment.aligner import EXPLAINS, GAP, VALUE_WEIGHT, align, published_score
from engine.alignment.alignment import Alignment, Divergence, Move
from engine.alignment.arithmetic import claims, evaluate, results
from engine.alignment.needleman_wunsch import best_path
from engine.alignment.steps import split_steps
from engine.alignment.values import step_numbers, step_values, value_similarity

Matrix = list[list[float]]
DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
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


def test_ties_go_to_the_match_then_to_skipping_gold_then_student() -> None:
    # Two gaps cost as much as this match: the match wins.
    assert [move.kind for move in best_path([[2 * GAP]], 1, GAP)[1]] == ["match"]
    # Gold 1 or gold 2 may go unmatched at the same total; walking back from the end, the match comes first.
    assert best_path([[0.5], [0.5]], 1, GAP)[1] == (Move("skip-gold", 0, None), Move("match", 1, 0))
    # Nothing matches: from the end, gold is skipped before the student, so the student's skip comes first.
    assert [move.kind for move in best_path([[-1.0]], 1, GAP)[1]] == ["skip-student", "skip-gold"]


def test_published_is_the_mean_raw_cosine_of_the_matched_pairs() -> None:
    meaning = np.array([[0.9, 0.1], [0.2, 0.7], [0.3, 0.3]])
    assert published_score(meaning) == pytest.approx((0.9 + 0.7) / 2)
    assert published_score(np.array([[-0.15]])) == 0.0  # matched (better than two gaps), cut to 0
    assert published_score(np.array([[-0.9]])) == 0.0  # nothing matches
    assert published_score(np.array([[0.8], [0.1], [0.1]])) == pytest.approx(0.8)  # missing steps cost it nothing


def test_coverage_joins_meaning_and_values() -> None:
    alignment = align_words(["apples 3", "total left"], ["apples 4 3", "total left"])
    cosine = alignment.meaning[0][0]
    assert alignment.values[0][0] == 0.5
    assert alignment.cell[0][0] == pytest.approx((1 - VALUE_WEIGHT) * cosine + VALUE_WEIGHT * 0.5)
    assert alignment.cell[1][1] == pytest.approx(alignment.meaning[1][1])  # no values on either side: meaning alone
    assert alignment.scores.coverage == pytest.approx((alignment.cell[0][0] + alignment.cell[1][1]) / 2)


def test_a_missing_step_costs_coverage_and_a_repeated_one_is_extra() -> None:
    gold = ["apples 3 + 4 = 7", "price 7 * 2 = 14", "total 14 - 5 = 9"]
    whole, missing = align_words(gold, gold), align_words(gold, [gold[0], gold[2]])
    repeated = align_words(gold, [gold[0], gold[0], gold[1], gold[2]])
    assert whole.scores.coverage == pytest.approx(1.0)
    assert (whole.scores.extra, whole.divergence) == (0.0, None)
    assert missing.scores.coverage == pytest.approx(2 / 3)
    assert missing.scores.published == pytest.approx(1.0)  # what the published score cannot see
    assert Move("skip-gold", 1, None) in missing.path
    assert repeated.scores.coverage == pytest.approx(1.0)
    assert repeated.scores.extra == pytest.approx(1 / 4)


def test_order_free_ignores_the_order() -> None:
    gold = ["apples 3", "price 7", "total 9"]
    scores = align_words(gold, gold[::-1]).scores
    assert scores.order_free == pytest.approx(1.0)
    assert scores.coverage < 0.7


def test_an_empty_side_is_handled() -> None:
    gold = ["apples 3", "price 7"]
    nothing = align_words(gold, [])
    assert (nothing.scores.coverage, nothing.scores.extra, nothing.scores.published) == (0.0, 0.0, 0.0)
    assert nothing.path == (Move("skip-gold", 0, None), Move("skip-gold", 1, None))
    assert nothing.divergence == Divergence(None, 0, "ends before gold step 1")
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


@settings(max_examples=100, deadline=None)
@given(chains.filter(bool))
def test_a_chain_covers_itself_and_each_dropped_step_is_seen(gold: list[str]) -> None:
    assert align_words(gold, gold).scores.coverage == pytest.approx(1.0)
    for dropped in range(len(gold)):
        rest = gold[:dropped] + gold[dropped + 1 :]
        assert align_words(gold, rest).scores.coverage <= 1 - 1 / len(gold) + 1e-9


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


def test_values_are_normalised() -> None:
    assert step_values("It costs $1,008.00 and 1008 more, not .5") == {Fraction(1008), Fraction(1, 2)}
    assert step_numbers("16 - 3.50 + 16") == tuple(map(Fraction, ("16", "3.5", "16")))
    assert step_values("so $x = \\frac12$ and $y=\\frac{1}{2}$") >= {"\\frac{1}{2}"}
    assert value_similarity(frozenset(), frozenset()) is None
    assert value_similarity(frozenset({Fraction(3)}), frozenset()) == 0.0


@pytest.mark.parametrize(
    ("step", "left", "claimed", "actual"),
    [
        ("12 * 3 = 35", "12 * 3", "35", "36"),
        ("So 5,600 + 400 = 6,100.", "5,600 + 400", "6100", "6000"),
        ("It is $3 x 4 = $13 in all", "3 * 4", "13", "12"),
        ("We get \\(\\frac{2}{5} \\times 4000 = 800\\).", "((2)/(5)) * 4000", "800", "1600"),
        ("20% of 50 = 12", "20% * 50", "12", "10"),
        ("3 apples + 4 apples = 8 apples", "3 + 4", "8", "7"),
        ("(2 + 3) * 4 - 6 / 3 = 19", "(2 + 3) * 4 - 6 / 3", "19", "18"),
        ("7 / 2 = 3", "7 / 2", "3", "7/2"),
        ("2^3 = 9", "2^3", "9", "8"),
        ("5 times 3 = 16", "5 * 3", "16", "15"),
    ],
)
def test_false_arithmetic_is_found(step: str, left: str, claimed: str, actual: str) -> None:
    (claim,) = claims(step)
    assert (claim.left, claim.claimed, claim.actual, claim.holds) == (left, Fraction(claimed), Fraction(actual), False)


@pytest.mark.parametrize(
    "step",
    [
        "12 * 3 = 36", "10 / 3 = 3.33", "10 / 3 = 3.3", "4 * 60 / 5 = 4 * 12 = 48", "100 - 20 = 80 + 5 = 85",
        "5/20 = 25%", "x + 3 = 5", "2x + 3 = 7", "n - 5 = 10", "f(2) = 3", "3 * 4 = 12x", "1/3 * 18 = 6",
        "half of 10 + 2 = 7", "2:30 = 150", "40 pieces of $1 bills = 40 x $1.00 = $40.00", "a total of 3 + 4 = 7",
        "\\[ 10 - 4 = 1.5x \\] \\[ 6 = 1.5x \\]", "2 * $.50 = $1", "60 minutes/hour * 2 hours = 120 minutes", "1/0 = 3",
        "12 shoes * $60/shoe = $720", "$.20/gallon * 10 gallons = $2.00", "in 3 countries is -48+21+-3 = -30",
        "15 pages x 1/3 = 5 pages", "25 boys + his 1 teacher + 1 himself = 27 people", "12 x 1 and 1/4 = 15",
        "so $AB=\\frac{5}{4}=1\\frac{1}{4}$", "100 / 3 = 33 with 1 remaining", "$1 / 2 = 50 cents", "√(144) = 12",
        "((((", "= = =", "3 + = 4",
    ],
)  # fmt: skip
def test_true_or_unreadable_arithmetic_raises_no_alarm(step: str) -> None:
    assert [claim for claim in claims(step) if not claim.holds] == []


@settings(max_examples=300, deadline=None)
@given(st.recursive(st.integers(0, 99).map(str), lambda inner: st.builds(
    lambda a, sign, b: f"({a} {sign} {b})", inner, st.sampled_from("+-*/"), inner), max_leaves=8))  # fmt: skip
def test_the_evaluator_is_exact(expression: str) -> None:
    numbers = "".join(f"Fraction({part})" if part.isdigit() else part for part in _split_numbers(expression))
    try:
        expected: Fraction | None = Fraction(eval(numbers, {"Fraction": Fraction}))  # our own text, in a test
    except ZeroDivisionError:
        expected = None
    assert evaluate(expression) == expected


def _split_numbers(expression: str) -> list[str]:
    return ["".join(group) for _, group in itertools.groupby(expression, key=str.isdigit)]


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=st.sampled_from("0123456789 .,+-*/^()=%$x\\[]{}fracoftimes"), max_size=120))
def test_any_text_has_claims_and_results_without_an_error(text: str) -> None:
    claims(text)
    results(text)


def test_hostile_steps_cost_little() -> None:
    start = time.process_time()
    for piece in ("(", "9^", "1=", "-", "\\frac{", "1,", "(1+", "x "):
        claims(piece * 20_000)
        step_values(piece * 20_000)
    assert time.process_time() - start < 2.0


GOLD = ["apples 3 + 4 = 7", "price 7 * 2 = 14", "total 14 - 5 = 9"]


@pytest.mark.parametrize(
    ("student", "divergence"),
    [
        (GOLD, None),
        (["apples 4 + 3 = 7", "price 7 x 2 = $14", "total 14 - 5 = 9 left"], None),
        # Merged, split and differently cut steps agree: a gap alone is no divergence.
        (["apples 3 + 4 = 7 and price 7 * 2 = 14", "total 14 - 5 = 9"], None),
        (["price 3 * 2 = 6", "price 4 * 2 = 8", "total 6 + 8 = 14", "left 14 - 5 = 9"], None),
        (["apples 3 + 4 = 8", GOLD[1], GOLD[2]], Divergence(0, 0, "arithmetic: 3 + 4 = 8 (7)")),
        ([GOLD[0], "price 7 * 3 = 21", "total 21 - 5 = 16"], Divergence(1, 1, "differs from gold step 2: 21, not 14")),
        ([GOLD[0], "miles 11 * 10 = 110"], Divergence(1, 2, "differs from gold step 3: 110, not 9")),
        ([GOLD[0], "eggs 11 * 10 = 110", GOLD[1], "total 14 - 4 = 10"], Divergence(1, None, "value 110 not derivable")),
        ([GOLD[0], GOLD[1]], Divergence(None, 2, "ends before gold step 3")),
    ],
)
def test_the_first_divergence_and_its_reason(student: list[str], divergence: Divergence | None) -> None:
    assert align_words(GOLD, student).divergence == divergence


def test_values_of_the_question_are_given() -> None:
    gold = ["apples 5 + 5 = 10"]
    student = ["hours 24 * 2 = 48", "miles 48 - 30 = 18"]
    assert _student(align_words(gold, student)) == 0
    assert _student(align_words(gold, student, "A trip of 48 miles")) == 1


def _student(alignment: Alignment) -> int | None:
    assert alignment.divergence is not None
    return alignment.divergence.student


@pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is not beside this checkout")
@pytest.mark.parametrize(
    ("name", "column", "at_most"), [("gsm8k/test.jsonl", "answer", 4), ("math500/test.jsonl", "solution", 2)]
)
def test_gold_solutions_agree_with_themselves_but_for_slips_of_the_gold(name: str, column: str, at_most: int) -> None:
    """What is left are real slips, such as "$32 - $20 = $300" and "(-4)^2 + 4 * 1 * (-1) = 20"."""
    astray = []
    for line in (DATA / name).open(encoding="utf-8"):
        gold = split_steps(json.loads(line)[column])
        divergence = align_words(gold, gold).divergence
        if divergence is not None:
            astray.append(divergence.reason)
    assert len(astray) <= at_most, astray
    assert all(reason.startswith("arithmetic") for reason in astray)


def test_golds_without_values_diverge_where_the_thought_differs() -> None:
    gold = ["apples boxes", "price total"]
    assert align_words(gold, ["apples boxes", "hours miles"]).divergence == Divergence(1, 1, "differs from gold step 2")
    assert align_words(gold, gold).divergence is None


def test_a_thousand_alignments_take_a_second_or_two() -> None:
    vectors = word_vectors(GOLD)
    start = time.process_time()
    for _ in range(1_000):
        align(GOLD, GOLD, vectors, vectors)
    assert time.process_time() - start < 4.0
