"""Files of problems for tests, as the sets are published, and the call that loads them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from engine.problems.problem_set import ProblemSet, load_problems
from engine.recipes.sections import ProblemSettings


def load(cache: Path, seed: int = 42, *, with_pool: bool = True, **settings: Any) -> ProblemSet:
    return load_problems(ProblemSettings(**settings), seed, cache, with_pool=with_pool)


def gsm8k_row(number: int, word: str = "test") -> dict[str, object]:
    answer = f"There are {number}+1=<<{number}+1={number + 1}>>{number + 1}.\nThat is all.\n#### {number + 1}"
    return {"question": f"What is {word} {number} plus one?", "answer": answer}


def math_row(number: int, level: int, subject: str) -> dict[str, object]:
    return {
        "problem": f"Compute ${number}+{level}$.",
        "solution": f"We add the two. The sum is $\\boxed{{{number + level}}}$.",
        "level": f"Level {level}",
        "type": subject,
    }


def write(path: Path, rows: Sequence[Mapping[str, object] | str]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows))
    return path
