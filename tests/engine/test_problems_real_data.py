"""The public sets as they are: every row loads, with an answer and gold steps. Skipped where they are not at hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.problems.few_shot import POOL_SIZE
from engine.problems.problem_set import load_problems
from engine.recipes.sections import ProblemSettings

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
EMPTY_BOXES = ["train/number_theory/7115.json", "train/number_theory/7117.json"]  # known: their solution boxes nothing

pytestmark = pytest.mark.skipif(
    not DATA.is_dir(), reason="the public data sets are not beside the checkout (../shared/data)"
)


@pytest.mark.parametrize(
    ("path", "settings", "count"),
    [
        ("gsm8k", {}, 1_319),
        ("gsm8k/test.jsonl", {"source": "gsm8k"}, 1_319),
        ("gsm8k", {"split": "train"}, 7_473),
        ("gsm8k_platinum", {"source": "gsm8k-platinum"}, 1_209),
        ("math", {}, 5_000),
        ("math", {"split": "train", "source": "math"}, 7_500),
        ("math", {"source": "math-hard"}, 1_324),
        ("math/math_hard_test.jsonl", {}, 1_324),
        ("math500", {"source": "math-500"}, 500),
    ],
)
def test_every_row_of_the_public_sets_loads(path: str, settings: dict[str, Any], count: int, tmp_path: Path) -> None:
    found = load_problems(ProblemSettings(path=str(DATA / path), **settings), 42, tmp_path, with_pool=False)
    assert len(found.problems) == len({p.id for p in found.problems}) == count
    assert {p.id for p in found.problems if not p.answer} <= set(EMPTY_BOXES)
    assert all(p.gold_steps and p.question for p in found.problems)
    assert not any("<<" in p.gold_solution or "####" in p.gold_solution for p in found.problems)
    assert found.warnings == ()


@pytest.mark.parametrize("path", ["gsm8k", "math", "gsm8k_platinum", "math500"])
def test_the_pools_of_the_public_sets_are_good_examples_and_not_evaluated(path: str, tmp_path: Path) -> None:
    found = load_problems(ProblemSettings(path=str(DATA / path)), 42, tmp_path)
    assert len(found.pool.examples) == POOL_SIZE
    assert all(len(p.gold_steps) >= 2 and p.answer for p in found.pool.examples)
    assert not {p.question for p in found.pool.examples} & {p.question for p in found.problems}


def test_real_model_solutions_load_by_dotted_columns(tmp_path: Path) -> None:
    settings = ProblemSettings.model_validate(
        {
            "path": str(DATA / "gsm8k" / "example_model_solutions.jsonl"),
            "limit": 300,
            "columns": {"answer": "ground_truth", "solution": "175b_verification.solution"},
        }
    )
    found = load_problems(settings, 42, tmp_path)
    assert len(found.problems) == 300
    gold = load_problems(ProblemSettings(path=str(DATA / "gsm8k"), limit=300), 42, tmp_path)
    assert [p.answer for p in found.problems] == [p.answer for p in gold.problems]
    assert [p.gold_steps for p in found.problems] == [p.gold_steps for p in gold.problems]
    assert all(p.solution and "<<" not in p.solution for p in found.problems)
