"""The public suites: only listed exceptions disagree, and no wrong pair passes that math-verify rejects."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.grading.grader import Grader
from tests.validity.grading import (
    DATA,
    EXCEPTIONS,
    SUITES,
    Pair,
    answer_of,
    math_verify_accepts,
    our_verdicts,
    read_suite,
    table,
    tally,
)

needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is not beside this checkout")


@needs_data
@pytest.mark.parametrize(("suite", "agreed"), [("nemo_skills", 29), ("hendrycks_math", 14), ("math_verify", 252)])
def test_only_listed_exceptions_disagree_with_a_suite(grader: Grader, suite: str, agreed: int) -> None:
    pairs = read_suite(DATA / f"grader_cases/{suite}.jsonl")
    verdicts = our_verdicts(grader, pairs)
    others = [pair for pair, given in zip(pairs, verdicts, strict=True) if (given.label == "right") != pair.equal]
    assert [pair for pair in others if (pair.suite, pair.line) not in EXCEPTIONS] == []
    assert len(pairs) - len(others) >= agreed


@needs_data
def test_no_wrong_pair_is_accepted_that_math_verify_rejects(grader: Grader) -> None:
    for suite in SUITES:
        wrong = [pair for pair in read_suite(DATA / f"grader_cases/{suite}.jsonl") if not pair.equal]
        accepted = [
            pair for pair, given in zip(wrong, our_verdicts(grader, wrong), strict=True) if given.label == "right"
        ]
        alone = [pair for pair in accepted if not math_verify_accepts(pair)]
        assert [pair for pair in alone if (pair.suite, pair.line) not in EXCEPTIONS] == []


def test_prose_is_extracted_and_mathematics_is_not() -> None:
    assert answer_of(Pair("s", 0, "5", "Therefore $x > 5$ is it.", True)).text == "x > 5"
    assert answer_of(Pair("s", 0, "5", "\\frac{1}{2} \\text{ miles}", True)).text == "\\frac{1}{2} \\text{ miles}"


def test_the_tally_counts_both_directions() -> None:
    pairs = [Pair("s", line, "", "", line < 3) for line in range(5)]
    assert str(tally(pairs, [True, True, False, True, False])).split() == ["2/3", "1/2"]


def test_the_table_names_what_it_disagrees_with(grader: Grader, tmp_path: Path) -> None:
    path = tmp_path / "own.jsonl"
    path.write_text(
        "\n".join(json.dumps({"gold": gold, "pred": "7", "expected": True}) for gold in ("7", "8")), encoding="utf-8"
    )
    lines = table(grader, [read_suite(path)])
    assert "1/2" in lines[2]
    assert lines[-1] == "  own:1 expects equal: not decided as the suite says"
