"""The few-shot pool: drawn the same way always, saved with its hash, made again when the file is damaged."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from random import Random

import pytest

from engine.errors import UserError
from engine.models.completion import Message
from engine.problems.few_shot import (
    EXAMPLE_CHARACTERS,
    POOL_SIZE,
    Candidate,
    FewShotPool,
    draw_pool,
    pool_hash,
    saved_pool,
)
from engine.problems.problem import Problem
from engine.problems.prompts import PROMPT_VERSION, build_prompt, worked_solution


def problem(number: int, steps: int = 2, answer: str = "7") -> Problem:
    texts = tuple(f"Step {step} of {number}." for step in range(steps))
    return Problem(f"p{number}", f"Question {number}?", answer, "\n".join(texts), texts, source="mine")


def candidates(problems: Iterable[Problem | None]) -> Callable[[], Iterable[Candidate]]:
    kept = list(problems)

    def make(found: Problem | None) -> Callable[[], Problem | None]:
        return lambda: found

    return lambda: [(found.question if found else "bad row", make(found)) for found in kept]


def test_the_draw_does_not_depend_on_the_order_of_the_rows() -> None:
    problems = [problem(number) for number in range(200)]
    drawn = draw_pool(candidates(problems))
    assert len(drawn) == POOL_SIZE
    Random(1).shuffle(problems)
    assert draw_pool(candidates(problems)) == drawn
    assert len({example.id for example in drawn}) == POOL_SIZE


def test_the_draw_is_spread_over_the_rows() -> None:
    numbers = [int(example.id[1:]) for example in draw_pool(candidates(problem(number) for number in range(1_000)))]
    assert numbers != sorted(numbers)
    assert min(numbers) < 400 < 600 < max(numbers)


def test_examples_have_steps_and_an_answer_and_no_question_twice() -> None:
    useless = [problem(number, steps=0) for number in range(50)] + [
        problem(number, answer="") for number in range(50, 100)
    ]
    good = [problem(number) for number in range(100, 120)]
    drawn = draw_pool(candidates([*useless, None, *good, *good]))
    assert len(drawn) == len({example.question for example in drawn}) == POOL_SIZE
    assert all(example in good for example in drawn)


def test_short_examples_with_several_steps_are_preferred_but_not_required() -> None:
    long = [Problem(f"l{n}", "x" * EXAMPLE_CHARACTERS + str(n), "1", "a\nb", ("a", "b")) for n in range(30)]
    single = [problem(number, steps=1) for number in range(30)]
    handy = [problem(number) for number in range(100, 100 + POOL_SIZE)]
    assert set(draw_pool(candidates([*long, *single, *handy]))) == set(handy)
    assert len(draw_pool(candidates([*long, *single, *handy[:5]]))) == POOL_SIZE


def test_the_pool_is_made_once_and_used_again(tmp_path: Path) -> None:
    examples = tuple(problem(number) for number in range(POOL_SIZE))
    calls: list[int] = []

    def make() -> tuple[Problem, ...]:
        calls.append(1)
        return examples

    first, warnings = saved_pool(tmp_path, "mine", "f" * 64, "here", make)
    again, more = saved_pool(tmp_path, "mine", "f" * 64, "here", make)
    assert (len(calls), warnings, more) == (1, [], [])
    assert first == again == FewShotPool(examples, pool_hash(examples), "here")
    (path,) = (tmp_path / "few_shot").iterdir()
    saved = json.loads(path.read_text())
    assert (saved["seed"], saved["hash"]) == (42, first.hash)
    saved_pool(tmp_path, "mine", "0" * 64, "here", make)
    assert len(calls) == 2, "other content is another pool"


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: "",
        lambda text: text[: len(text) // 2],
        lambda text: text.replace("Question 3", "Question 4"),
        lambda text: text.replace('"answer": "7"', '"answer": "8"', 1),
        lambda text: "[]",
        lambda text: '{"hash": "", "examples": []}',
        lambda text: text.replace('"gold_steps"', '"steps"'),
    ],
)
def test_a_damaged_file_is_made_again_with_a_warning(tmp_path: Path, damage: Callable[[str], str]) -> None:
    examples = tuple(problem(number) for number in range(POOL_SIZE))
    saved_pool(tmp_path, "mine", "f" * 64, "here", lambda: examples)
    (path,) = (tmp_path / "few_shot").iterdir()
    good = path.read_text()
    path.write_text(damage(good))
    pool, warnings = saved_pool(tmp_path, "mine", "f" * 64, "here", lambda: examples)
    assert pool.examples == examples
    assert len(warnings) == 1
    assert str(path) in warnings[0]
    assert path.read_text() == good
    assert [file.name for file in path.parent.iterdir()] == [path.name], "no part is left behind"


def test_a_cache_that_cannot_be_written_costs_a_warning_only(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    pool, warnings = saved_pool(blocked, "mine", "f" * 64, "here", lambda: (problem(1),))
    assert pool.examples == (problem(1),)
    assert "could not be saved" in warnings[0]


def test_an_empty_pool_is_not_saved_and_asking_it_for_examples_says_what_to_do(tmp_path: Path) -> None:
    pool, warnings = saved_pool(tmp_path, "mine", "f" * 64, "mine.jsonl", lambda: ())
    assert (pool.hash, warnings, list(tmp_path.iterdir())) == ("", [], [])
    assert pool.first(0) == ()
    with pytest.raises(UserError, match=r"mine\.jsonl") as caught:
        pool.first(3)
    assert "few_shot=0" in caught.value.next_step


def test_a_prompt_has_the_instruction_the_examples_as_turns_and_the_question_last() -> None:
    examples = [problem(1), problem(2)]
    messages = build_prompt(problem(3), examples).messages
    assert [message.role for message in messages] == ["system", "user", "assistant", "user", "assistant", "user"]
    assert messages[2] == Message("assistant", "Step 0 of 1.\nStep 1 of 1.\n#### 7")
    assert messages[-1].content == "Question 3?"
    assert "####" in messages[0].content
    assert PROMPT_VERSION


def test_everything_before_the_question_is_the_same_for_every_problem() -> None:
    examples = [problem(1), problem(2)]
    first, second = (build_prompt(problem(number), examples).messages for number in (3, 4))
    assert first[:-1] == second[:-1]
    assert first[-1] != second[-1]


def test_no_answer_of_the_problem_leaks_into_its_prompt() -> None:
    asked = Problem("x", "How many?", "987654", "gold words", ("gold words",))
    text = " ".join(message.content for message in build_prompt(asked, [problem(1)]).messages)
    assert "987654" not in text
    assert "gold words" not in text
    assert worked_solution(asked) == "gold words\n#### 987654"
