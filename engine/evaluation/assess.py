"""Assessor: a solution becomes a result row: steps, verdict, alignment, scores, quadrant and versions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import TracebackType

import numpy as np

from engine.alignment.aligner import ALIGNER_VERSION, Pair, align_all, coverages
from engine.alignment.alignment import Alignment
from engine.context import StageContext
from engine.evaluation.attempt import Attempt
from engine.evaluation.rows import Assessment, Scoring, build_row
from engine.grading.grader import GRADER_VERSION, Grader, GradeRequest
from engine.grading.judge import Judge
from engine.problems.problem import Problem
from engine.recipes.stages.evaluate import EvaluateSettings
from engine.recipes.stages.score import ScoreSettings
from engine.rows.graded import GradedRow
from engine.steps.splitting import embedding_text, split_steps
from engine.words import DEFAULT_THRESHOLD


class Assessor:
    """Grades and aligns attempts. Holds the grader's processes: use it as a context manager."""

    def __init__(
        self, settings: EvaluateSettings | ScoreSettings, context: StageContext, versions: Mapping[str, str]
    ) -> None:
        threshold = DEFAULT_THRESHOLD[settings.variant] if settings.threshold is None else settings.threshold
        self._embedder = context.models.embedder()
        self.judge = Judge(context.models.policy("judge")) if context.models.reference("judge") else None
        self._grader = Grader(judge=self.judge, checkpoint=context.checkpoint)
        made_with = {
            "grader": GRADER_VERSION,
            "aligner": ALIGNER_VERSION,
            "embedder": self._embedder.fingerprint,
            **({"judge": self.judge.fingerprint} if self.judge else {}),
            **versions,
        }
        self._scoring = Scoring(settings.variant, threshold, made_with)
        self._foreign: dict[str, tuple[str, ...]] = {}

    def __enter__(self) -> Assessor:
        self._grader.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._grader.__exit__(kind, error, trace)

    def prepare(self, problems: Sequence[Problem]) -> None:
        """Get to know all problems of the run, finished or not, in their order: embed their gold steps in one call, so
        that assessing one later embeds only the student's, and choose the foreign gold of each one's null."""
        self._embedder.embed([embedding_text(step) for problem in problems for step in problem.gold_steps])
        self._foreign = foreign_golds(problems)

    def assess(self, attempts: Sequence[Attempt]) -> list[GradedRow]:
        """Rows in the order of the attempts."""
        verdicts = self._grader.grade(
            [GradeRequest(a.problem.question, a.problem.answer, a.solution) for a in attempts]
        )
        steps = [split_steps(a.solution) for a in attempts]
        aligned = self._align(attempts, steps)
        return [
            build_row(attempt, Assessment(own, verdict, alignment, null), self._scoring)
            for attempt, own, verdict, (alignment, null) in zip(attempts, steps, verdicts, aligned, strict=True)
        ]

    def _align(
        self, attempts: Sequence[Attempt], steps: Sequence[tuple[str, ...]]
    ) -> list[tuple[Alignment | None, float | None]]:
        """(alignment, null) of each attempt, with one embedding call for all; (None, None) without gold steps."""
        foreign = [self._foreign.get(a.problem.id, ()) if a.problem.gold_steps else () for a in attempts]
        golds = [a.problem.gold_steps for a in attempts]
        texts = list(dict.fromkeys(text for chains in (golds, steps, foreign) for chain in chains for text in chain))
        place = {text: row for row, text in enumerate(texts)}
        embedded = self._embedder.embed([embedding_text(t) for t in texts]) if texts else np.zeros((0, 1), np.float32)

        def pair(gold: Sequence[str], own: Sequence[str], question: str) -> Pair:
            rows = [[place[text] for text in chain] for chain in (gold, own)]
            return Pair(gold, own, embedded[rows[0]], embedded[rows[1]], question)

        known = [k for k, gold in enumerate(golds) if gold]
        alignments = align_all([pair(golds[k], steps[k], attempts[k].problem.question) for k in known])
        compared = [k for k in known if foreign[k]]
        nulls = dict(zip(compared, coverages([pair(foreign[k], steps[k], "") for k in compared]), strict=True))
        found: dict[int, Alignment] = dict(zip(known, alignments, strict=True))
        return [(found.get(k), nulls.get(k)) for k in range(len(attempts))]


def foreign_golds(problems: Sequence[Problem]) -> dict[str, tuple[str, ...]]:
    """For each problem's id the gold steps of the next problem that has others, the first after the last.

    It follows from the list of problems alone, so a null is the same in whatever batches and after whatever stop.
    """
    golds = {problem.id: tuple(problem.gold_steps) for problem in problems if problem.gold_steps}
    names = list(golds)
    chosen = {}
    for place, name in enumerate(names):
        others = (golds[other] for other in names[place + 1 :] + names[:place])
        chosen[name] = next((steps for steps in others if steps != golds[name]), ())
    return {name: steps for name, steps in chosen.items() if steps}
