"""The stage "score": solutions that the problems' file brings are graded and aligned; no policy model runs."""

from __future__ import annotations

from collections.abc import Sequence

from engine.context import StageContext, StageResult
from engine.errors import UserError
from engine.evaluation.assess import Assessor
from engine.evaluation.attempt import Attempt
from engine.evaluation.summary import summarise
from engine.problems.problem import Problem
from engine.problems.problem_set import load_problems
from engine.recipes.stages.score import ScoreSettings
from engine.rows.graded import GradedRow

CHUNK = 64
"""Attempts assessed at once, with one embedding call; what is under way is lost when the worker is killed."""
JUDGED_CHUNK = 8
"""The same where a judge may take seconds for each."""


def run(settings: ScoreSettings, context: StageContext) -> StageResult:
    """Score what an earlier worker of this run has not; the summary is over all rows."""
    problem_set = load_problems(context.problems, context.recipe.seed, context.cache)
    for warning in problem_set.warnings:
        context.warn(warning)
    problems = problem_set.problems
    _require_solutions(problems)
    finished = context.finished_rows(GradedRow)
    context.started("score", len(problems), sum(p.id in finished for p in problems))
    waiting = [(i, p) for i, p in enumerate(problems) if p.id not in finished]
    if waiting:
        context.note("loading the embedder")
        _score(settings, context, problems, waiting, finished)
    rows = sorted(finished.values(), key=lambda row: row.index)
    return StageResult(summarise(rows).as_dict(), {"results": f"{context.stage}/results.jsonl"})


def _score(
    settings: ScoreSettings,
    context: StageContext,
    problems: Sequence[Problem],
    waiting: Sequence[tuple[int, Problem]],
    finished: dict[str, GradedRow],
) -> None:
    with Assessor(settings, context, {}) as assessor:
        assessor.prepare(problems)
        size = JUDGED_CHUNK if context.models.reference("judge") else CHUNK
        for start in range(0, len(waiting), size):
            context.checkpoint()
            chunk = waiting[start : start + size]
            for row in assessor.assess([Attempt(p, i, p.solution or "") for i, p in chunk]):
                finished[row.id] = row
                context.save_row(row, "grading and aligning")


def _require_solutions(problems: Sequence[Problem]) -> None:
    without = next((p for p in problems if p.solution is None), None)
    if without is not None:
        raise UserError(
            f'problem "{without.id}" brings no solution to score',
            "name the column that holds the solutions: --set problems.columns.solution=COLUMN",
        )
