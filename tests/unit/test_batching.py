"""Which prompts go together: the same ones for the same recipe, whatever is finished and whoever asks."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from engine.models.batching import in_batches
from engine.models.completion import Message, Prompt

SYSTEM = Message("system", "Be brief.")


def prompt(question: str) -> Prompt:
    return Prompt((SYSTEM, Message("user", question)))


def of_version_1(questions: Sequence[tuple[str, str]], rows: int, seed: int) -> list[list[int]]:
    """How evaluate made its batches of (problem id, question) before policies did: runs of then must go on the same."""
    by_length = sorted(range(len(questions)), key=lambda i: (len(questions[i][1]), questions[i][0], i))
    batches = [by_length[start : start + rows] for start in range(0, len(by_length), rows)]
    random.Random(seed).shuffle(batches)
    return batches


@pytest.mark.parametrize("samples", [1, 3])
@pytest.mark.parametrize("rows", [1, 4, 100])
def test_batches_are_those_that_runs_have_always_had(samples: int, rows: int) -> None:
    draw = random.Random(5)
    problems = [(f"test-{draw.randrange(10**4)}", f"{i} " + "x" * draw.randrange(9)) for i in range(40)]
    items = [problem for problem in problems for _ in range(samples)]
    keys = [p if samples == 1 else f"{p}~{i % samples}" for i, (p, _) in enumerate(items)]
    found = in_batches([prompt(question) for _, question in items], keys, rows, 42)
    assert found == of_version_1(items, rows, 42)
    assert sorted(position for batch in found for position in batch) == list(range(len(items)))


def test_samples_of_one_prompt_stay_together() -> None:
    questions = ["aa", "bb", "aa", "bb", "aa", "bb"]
    batches = in_batches([prompt(q) for q in questions], list("fedcba"), 3, 0)
    assert sorted(batches) == [[0, 2, 4], [1, 3, 5]]


def test_nothing_to_do_makes_no_batch() -> None:
    assert in_batches([], [], 4, 42) == []
