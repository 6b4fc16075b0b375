"""The null: each item beside the gold of another problem, chosen from the list of problems alone."""

from __future__ import annotations

from engine.evaluation.assess import foreign_golds
from engine.problems.problem import Problem


def problem(name: str, *steps: str) -> Problem:
    return Problem(id=name, question=name, answer="1", gold_solution=" ".join(steps), gold_steps=steps)


def test_each_problem_gets_the_gold_of_the_next_one_that_has_another() -> None:
    problems = [problem("a", "x"), problem("b", "x"), problem("none"), problem("c", "y"), problem("d", "z")]
    assert foreign_golds(problems) == {"a": ("y",), "b": ("y",), "c": ("z",), "d": ("x",)}


def test_a_lone_gold_has_no_foreign_one() -> None:
    assert foreign_golds([problem("a", "x"), problem("none")]) == {}
