"""Attempt: one solution of one problem, from the moment it is wanted until it is a graded row."""

from __future__ import annotations

from dataclasses import dataclass

from engine.evaluation.samples import sample_id
from engine.models.completion import Completion
from engine.problems.problem import Problem
from engine.rows.graded import GradedRow


@dataclass(frozen=True, slots=True)
class Attempt:
    """`index` is its place in the run. `sample` is None where a problem has one solution, `completion` where no model
    ran (yet)."""

    problem: Problem
    index: int
    solution: str = ""
    completion: Completion | None = None
    sample: int | None = None

    @property
    def id(self) -> str:
        """Of the item: the problem's, with the number of the sample where there are several."""
        return self.problem.id if self.sample is None else sample_id(self.problem.id, self.sample)

    @classmethod
    def of(cls, row: GradedRow) -> Attempt:
        """The attempt that a row is about, to be assessed anew: what the model did is kept."""
        problem = Problem(
            row.problem_id, row.question, row.answer, row.gold_solution, row.gold_steps,
            row.subject, row.level, row.source,
        )  # fmt: skip
        did = Completion(0, row.solution, row.tokens, row.prompt_tokens, row.truncated, row.seconds)
        return cls(problem, row.index, row.solution, did, row.sample)
