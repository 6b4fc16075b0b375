"""Assessor: a solution becomes a result row: steps, verdict, alignment, scores, quadrant and versions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType

import numpy as np

from engine.alignment.aligner import ALIGNER_VERSION, align
from engine.alignment.alignment import Alignment
from engine.alignment.quadrant import DEFAULT_THRESHOLD
from engine.alignment.steps import embedding_text, split_steps
from engine.context import StageContext
from engine.evaluation.rows import build_row
from engine.grading.grader import GRADER_VERSION, Grader, GradeRequest
from engine.grading.judge import Judge, refuse_own_judge
from engine.models.completion import Completion
from engine.problems.problem import Problem
from engine.recipes.settings import EvaluateSettings, ScoreSettings
from engine.runs.results import Row


@dataclass(frozen=True, slots=True)
class Attempt:
    """A solution to assess; `completion` is None where no model ran."""

    problem: Problem
    index: int
    solution: str
    completion: Completion | None = None


class Assessor:
    """Grades and aligns attempts. Holds the grader's processes: use it as a context manager."""

    def __init__(
        self, settings: EvaluateSettings | ScoreSettings, context: StageContext, versions: Mapping[str, str]
    ) -> None:
        self._variant = settings.variant
        self._threshold = DEFAULT_THRESHOLD[settings.variant] if settings.threshold is None else settings.threshold
        self._embedder = context.models.embedder()
        self.judge = Judge(context.models.policy("judge")) if context.models.reference("judge") else None
        if self.judge and isinstance(settings, EvaluateSettings):
            refuse_own_judge(self.judge, {versions["model"]}, settings.judge_may_be_policy, context.stage)
        self._grader = Grader(judge=self.judge, checkpoint=context.checkpoint)
        self._versions = {
            "grader": GRADER_VERSION,
            "aligner": ALIGNER_VERSION,
            "embedder": self._embedder.fingerprint,
            **({"judge": self.judge.fingerprint} if self.judge else {}),
            **versions,
        }

    def __enter__(self) -> Assessor:
        self._grader.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._grader.__exit__(kind, error, trace)

    def prepare(self, problems: Sequence[Problem]) -> None:
        """Embed the gold steps of all problems in one call, so that assessing one later embeds only the student's."""
        self._embedder.embed([embedding_text(step) for problem in problems for step in problem.gold_steps])

    def assess(self, attempts: Sequence[Attempt]) -> list[Row]:
        """Rows in the order of the attempts."""
        verdicts = self._grader.grade(
            [GradeRequest(a.problem.question, a.problem.answer, a.solution) for a in attempts]
        )
        steps = [split_steps(a.solution) for a in attempts]
        alignments = self._align(attempts, steps)
        return [
            build_row(
                attempt.problem, attempt.index, attempt.solution, own, verdict, alignment,
                variant=self._variant, threshold=self._threshold, versions=self._versions,
                completion=attempt.completion,
            )
            for attempt, own, verdict, alignment in zip(attempts, steps, verdicts, alignments, strict=True)
        ]  # fmt: skip

    def _align(self, attempts: Sequence[Attempt], steps: Sequence[Sequence[str]]) -> list[Alignment | None]:
        """One embedding call for the steps of all attempts, then one alignment each; None without gold steps."""
        all_steps = [t for a, own in zip(attempts, steps, strict=True) for t in (*a.problem.gold_steps, *own)]
        vectors = (
            self._embedder.embed([embedding_text(t) for t in all_steps])
            if all_steps
            else np.zeros((0, 1), dtype=np.float32)
        )
        alignments: list[Alignment | None] = []
        start = 0
        for attempt, own in zip(attempts, steps, strict=True):
            gold = attempt.problem.gold_steps
            middle, end = start + len(gold), start + len(gold) + len(own)
            both = vectors[start:middle], vectors[middle:end]
            alignments.append(align(gold, own, *both, question=attempt.problem.question) if gold else None)
            start = end
        return alignments
