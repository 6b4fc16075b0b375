"""Result rows: what is built can be read back and used; what is foreign or torn is refused with a reason."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from engine.alignment.alignment import Alignment, Divergence, Move, Scores
from engine.evaluation.attempt import Attempt
from engine.evaluation.rows import Assessment, Scoring, build_row
from engine.grading.verdict import Label, Verdict
from engine.models.completion import Completion
from engine.problems.problem import Problem
from engine.rows.graded import GradedRow
from engine.runs.events import Recorded, decode, encode
from engine.runs.results import Row
from engine.words import outcome_of
from tests.row_table import make_body, make_row, unaligned_row

PROBLEM = Problem("p1", "How many?", "18", "9 left\n18 in all", ("9 left", "18 in all"), "eggs", "2", "table")
MATRIX = ((1 / 3, 0.12345678), (2 / 3, 1.0))


def aligned(coverage: float = 0.61803) -> Alignment:
    path = (Move("match", 0, 0), Move("match", 1, 1))
    return Alignment(MATRIX, MATRIX, MATRIX, path, Scores(0.5, coverage, 0.0, 0.7), Divergence(1, 1, "value 26"))


def build(
    label: Label = "right",
    alignment: Alignment | None = None,
    variant: str = "coverage",
    threshold: float = 0.6,
    completion: Completion | None = None,
) -> GradedRow:
    verdict = Verdict(label, "numeric", "18", "hash", label)
    attempt = Attempt(PROBLEM, 7, "9\n18", completion)
    return build_row(
        attempt, Assessment(("nine", "eighteen"), verdict, alignment), Scoring(variant, threshold, {"grader": "3"})
    )


def test_a_built_row_survives_json_and_is_usable() -> None:
    row = build(alignment=aligned(), completion=Completion(0, "9\n18", 40, 300, True, 1.23456))
    back = json.loads(json.dumps(row.to_json(), allow_nan=False))
    assert back == row.to_json()
    assert GradedRow.from_json(back) == row
    assert (row.tokens, row.prompt_tokens, row.truncated, row.seconds) == (40, 300, True, 1.235)
    assert back["path"] == [["match", 0, 0], ["match", 1, 1]]
    assert back["first_divergence"] == {"student": 1, "gold": 1, "reason": "value 26"}


def test_matrices_and_scores_carry_four_decimals() -> None:
    row = build(alignment=aligned())
    assert row.matrix["cell"] == ((0.3333, 0.1235), (0.6667, 1.0))
    assert row.scores["coverage"] == 0.618


@pytest.mark.parametrize(
    ("label", "coverage", "quadrant"),
    [
        ("right", 0.9, "robust"),
        ("wrong", 0.9, "near-miss"),
        ("unparsed", 0.9, "near-miss"),
        ("right", 0.1, "lucky-guess"),
        ("wrong", 0.1, "failure"),
    ],
)
def test_the_quadrant_follows_the_verdict_and_the_score_of_the_variant(
    label: Label, coverage: float, quadrant: str
) -> None:
    assert build(label, aligned(coverage)).quadrant == quadrant
    published = build(label, aligned(coverage), variant="published", threshold=0.4)
    assert published.quadrant == ("robust" if label == "right" else "near-miss")


def test_the_quadrant_can_be_found_again_from_the_rounded_score() -> None:
    """A reader of the file who applies the threshold to the score must find the quadrant that the row says."""
    just_below = build(alignment=aligned(0.59996), threshold=0.6)
    exactly = build(alignment=aligned(0.6), threshold=0.6)
    assert just_below.scores == exactly.scores
    assert just_below.quadrant == exactly.quadrant


def test_without_gold_solution_there_are_no_scores_and_no_quadrant() -> None:
    row = build()
    assert GradedRow.from_json(row.to_json()) == row
    assert set(row.scores.values()) == {None}
    assert row.quadrant is None
    assert row.to_json()["matrix"] == {"meaning": [], "values": [], "cell": []}
    assert row.to_item("score", 0).fact("quadrant") == ""


def test_a_solution_without_steps_has_rows_of_no_columns() -> None:
    none = ((), ())
    empty = Alignment(none, none, none, (Move("skip-gold", 0, None),), Scores(0, 0, 0, 0), Divergence(None, 0, "ends"))
    verdict = Verdict("unparsed", "no-answer", "", "none", "unparsed")
    row = build_row(Attempt(PROBLEM, 0), Assessment((), verdict, empty), Scoring("coverage", 0.6, {}))
    assert GradedRow.from_json(row.to_json()) == row
    assert row.to_json()["matrix"]["cell"] == [[], []]


def test_every_version_key_is_there_even_when_unknown() -> None:
    assert build().versions == {
        "prompt": "", "few_shot": "", "grader": "3", "aligner": "", "model": "", "embedder": "",
    }  # fmt: skip


def test_the_event_of_a_row_survives_the_event_file() -> None:
    row = build("wrong", aligned())
    sample = row.to_item("evaluate", 4096)
    assert (sample.stage, sample.id, sample.index, sample.offset) == ("evaluate", "p1", 7, 4096)
    assert (sample.score("coverage"), sample.fact("quadrant")) == (0.618, "near-miss")
    assert sample.fact("divergence") == "step 2: value 26"
    assert decode(encode(sample, 3, 1.0)) == Recorded(3, 1.0, sample)


def test_an_endless_answer_does_not_swell_the_event() -> None:
    assert len(make_row(predicted="9" * 100_000).to_item("evaluate", 0).fact("predicted")) <= 200


@pytest.mark.parametrize(
    ("divergence", "text"),
    [
        (None, ""),
        ({"student": 1, "gold": 0, "reason": "value 35 not derivable"}, "step 2: value 35 not derivable"),
        ({"student": None, "gold": 2, "reason": ""}, "ends before gold step 3"),
        ({"student": None, "gold": 2, "reason": "ends before gold step 3"}, "ends before gold step 3"),
        ({"student": None, "gold": None, "reason": ""}, "ends early"),
        ({"student": 0, "gold": None, "reason": ""}, "step 1"),
    ],
)
def test_a_divergence_counts_steps_from_one_for_people(divergence: dict[str, Any] | None, text: str) -> None:
    assert ("" if divergence is None else str(Divergence(**divergence))) == text


def test_cut_off_is_an_outcome_of_its_own_unless_the_answer_was_right() -> None:
    assert [outcome_of(v, True) for v in ("right", "wrong", "unparsed")] == ["right", "truncated", "truncated"]
    assert [outcome_of(v, False) for v in ("right", "wrong", "unparsed")] == ["right", "wrong", "unparsed"]


def replaced(**fields: Any) -> Callable[[Row], object]:
    return lambda row: row | fields


def without(name: str) -> Callable[[Row], object]:
    return lambda row: {key: value for key, value in row.items() if key != name}


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda row: [row], "JSON object"),
        (lambda row: None, "JSON object"),
        (without("verdict"), '"verdict" is missing'),
        (without("scores"), '"scores" is missing'),
        (replaced(verdict="maybe"), "not one of right, wrong, unparsed"),
        (replaced(verdict=["right"]), "not one of right"),
        (replaced(quadrant="lucky"), "quadrant"),
        (replaced(index=True), "count"),
        (replaced(index=-1), "count"),
        (replaced(id=5), '"id"'),
        (replaced(steps="one"), "list of texts"),
        (replaced(steps=["only one"]), "not 2 gold steps x 1 student steps"),
        (replaced(scores={"coverage": 0.5}), 'lacks "published"'),
        (replaced(scores=make_body()["scores"] | {"coverage": float("nan")}), "scores.coverage"),
        (replaced(scores=make_body()["scores"] | {"coverage": 1.2}), "scores.coverage"),
        (replaced(quadrant=None), "do not belong together"),
        (replaced(matrix={"meaning": [], "values": []}), 'lacks "cell"'),
        (replaced(matrix=make_body()["matrix"] | {"cell": [[0.1, "x", 0.2], [0, 0, 0]]}), "not a number"),
        (replaced(path=[["match", 0, 9]]), "not there"),
        (replaced(path=[["jump", 0, 0]]), "path holds"),
        (replaced(path=[["match", None, None]]), "not there"),
        (replaced(first_divergence={"student": 7, "gold": None, "reason": ""}), "first_divergence"),
        (replaced(first_divergence="step 2"), "first_divergence"),
        (replaced(variant="cosine"), "variant"),
        (replaced(threshold=None), "threshold"),
        (replaced(truncated=0), "true or false"),
    ],
)
def test_a_foreign_row_is_refused_with_its_reason(spoil: Callable[[Row], object], says: str) -> None:
    with pytest.raises(ValueError, match=re.escape(says)):
        GradedRow.from_json(spoil(make_body()))


@pytest.mark.parametrize("row", [make_row(), make_row(verdict="unparsed", judge="wrong"), unaligned_row()])
def test_the_rows_of_the_tests_are_usable_themselves(row: GradedRow) -> None:
    assert GradedRow.from_json(row.to_json()) == row
