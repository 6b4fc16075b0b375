"""The stage "evaluate": a policy solves the problems; each solution is graded and aligned as soon as it is finished."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

from engine.context import StageContext, StageResult
from engine.evaluation.answer_classes import KEPT, classes_of, with_answer_classes
from engine.evaluation.assess import Assessor
from engine.evaluation.attempt import Attempt
from engine.evaluation.samples import is_sampled
from engine.evaluation.summary import summarise
from engine.grading.judge import Judge, refuse_own_judge, without_judge
from engine.models.completion import GenerationProgress, Policy, Prompt, Sampling
from engine.problems.problem import Problem
from engine.problems.problem_set import ProblemSet, load_problems
from engine.problems.prompts import PROMPT_VERSION, build_prompt
from engine.recipes.stages.evaluate import EvaluateSettings
from engine.rows.graded import GradedRow

SPEED_EVERY_S = 1.0
"""How often the speed panel gets a figure."""


def run(settings: EvaluateSettings, context: StageContext) -> StageResult:
    """Evaluate what an earlier worker of this run has not; the summary is over all rows."""
    problem_set = _problems(settings, context)
    finished = context.finished_rows(GradedRow)
    pool = problem_set.pool
    examples = pool.first(settings.few_shot)
    attempts = _attempts(problem_set.problems, settings.samples)
    context.started("evaluate", len(attempts), sum(attempt.id in finished for attempt in attempts))
    if any(attempt.id not in finished for attempt in attempts):
        prompts = {problem.id: build_prompt(problem, examples) for problem in problem_set.problems}
        _solve(settings, context, attempts, prompts, finished, pool.hash if examples else "")
    rows = sorted(finished.values(), key=lambda row: row.index)
    if is_sampled(rows):
        context.note("comparing answers")
        rows = with_answer_classes(rows, context.checkpoint)
        context.keep(KEPT, classes_of(rows))
    return StageResult(summarise(rows).as_dict(), {"results": f"{context.stage}/results.jsonl"})


def _attempts(problems: Sequence[Problem], samples: int) -> list[Attempt]:
    """The solutions to make, the samples of a problem one after another."""
    numbers = [None] if samples == 1 else list(range(samples))
    wanted = [(problem, sample) for problem in problems for sample in numbers]
    return [Attempt(problem, index, sample=sample) for index, (problem, sample) in enumerate(wanted)]


def _problems(settings: EvaluateSettings, context: StageContext) -> ProblemSet:
    problem_set = load_problems(context.problems, context.recipe.seed, context.cache)
    for warning in problem_set.warnings:
        context.warn(warning)
    pool = problem_set.pool
    context.keep(
        "few_shot_pool.json",
        {
            "hash": pool.hash, "origin": pool.origin, "used": settings.few_shot,
            "examples": [{"id": p.id, "question": p.question, "gold_steps": p.gold_steps, "answer": p.answer}
                         for p in pool.examples],
        },
    )  # fmt: skip
    return problem_set


def _solve(
    settings: EvaluateSettings,
    context: StageContext,
    attempts: Sequence[Attempt],
    prompts: Mapping[str, Prompt],
    finished: dict[str, GradedRow],
    few_shot_hash: str,
) -> None:
    context.note("loading the model")
    policy = context.models.policy()
    for note in policy.notes:
        context.warn(note)
    context.checkpoint()
    context.note("loading the embedder")
    versions = {"prompt": PROMPT_VERSION, "few_shot": few_shot_hash, "model": policy.fingerprint}
    with Assessor(settings, context, versions) as assessor:
        if assessor.judge:
            refuse_own_judge(assessor.judge, {policy.fingerprint}, settings.judge_may_be_policy, context.stage)
        # All of them: what is finished lies in the cache, and a resumed run does what an undisturbed one does.
        assessor.prepare(list({attempt.problem.id: attempt.problem for attempt in attempts}.values()))
        context.note("generating")
        watch = _SpeedWatch(policy, assessor.judge, context)
        for completion in policy.complete(
            [prompts[attempt.problem.id] for attempt in attempts],
            Sampling(settings.max_new_tokens, settings.temperature, settings.top_p, context.recipe.seed),
            # What is drawn for an item follows from the seed and its id, that is, from problem and sample.
            keys=[attempt.id for attempt in attempts],
            rows_at_once=settings.batch_size or context.hardware.batch_size,
            finished=finished.keys(),
            checkpoint=watch.checkpoint,
        ):
            made = replace(attempts[completion.index], solution=completion.text, completion=completion)
            row = assessor.assess([made])[0]
            finished[row.id] = row
            context.save_row(row, "generating")
            context.checkpoint()
        watch.tell()


class _SpeedWatch:
    """A checkpoint that also tells the speed of generation once a second; what a judge generates is not counted."""

    def __init__(self, policy: Policy, judge: Judge | None, context: StageContext) -> None:
        self._policy = policy
        self._judge = judge
        self._context = context
        self._told = time.monotonic()
        self._before = without_judge(policy, judge)

    def checkpoint(self) -> None:
        self._context.checkpoint()
        if time.monotonic() - self._told >= SPEED_EVERY_S:
            self.tell()

    def tell(self) -> None:
        now, counted = time.monotonic(), without_judge(self._policy, self._judge)
        elapsed = now - self._told
        if elapsed > 0:
            self._context.metric(_speed(self._before, counted, elapsed))
        self._told, self._before = now, counted


def _speed(before: GenerationProgress, after: GenerationProgress, elapsed_s: float) -> dict[str, float | None]:
    return {
        "speed.tokens_per_second": round((after.tokens - before.tokens) / elapsed_s, 2),
        "speed.tokens": after.tokens,
        "speed.prompt_tokens": after.prompt_tokens,
        "speed.prefix_tokens_reused": after.prefix_tokens_reused,
    }
