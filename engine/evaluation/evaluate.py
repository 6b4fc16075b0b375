"""The stage "evaluate": a policy solves the problems; each solution is graded and aligned as soon as it is finished."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Mapping, Sequence

from engine.context import StageContext, StageResult
from engine.evaluation.assess import Assessor, Attempt
from engine.evaluation.statistics import summarise
from engine.models.completion import Completion, GenerationProgress, Policy, Prompt, Sampling
from engine.models.reference import parse_model_ref
from engine.problems.loading import ProblemSet, load_problems
from engine.problems.problem import Problem
from engine.problems.prompts import PROMPT_VERSION, build_prompt
from engine.recipes.settings import EvaluateSettings
from engine.runs.results import Row

SPEED_EVERY_S = 1.0
"""How often the speed panel gets a figure."""


def run(settings: EvaluateSettings, context: StageContext) -> StageResult:
    """Evaluate what an earlier worker of this run has not; the summary is over all rows."""
    problem_set = _problems(settings, context)
    problems = problem_set.problems
    finished = context.finished_rows()
    context.started("evaluate", len(problems), sum(p.id in finished for p in problems))
    pool = problem_set.pool
    examples = pool.first(settings.few_shot)
    prompts = [build_prompt(problem, examples) for problem in problems]
    if any(p.id not in finished for p in problems):
        _solve(settings, context, problems, prompts, finished, pool.hash if examples else "")
    rows = sorted(finished.values(), key=lambda row: row["index"])
    return StageResult(summarise(rows).as_dict(), {"results": f"{context.stage}/results.jsonl"})


def _problems(settings: EvaluateSettings, context: StageContext) -> ProblemSet:
    problem_set = load_problems(context.recipe.problems, context.recipe.seed, context.cache)
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
    problems: Sequence[Problem],
    prompts: Sequence[Prompt],
    finished: dict[str, Row],
    few_shot_hash: str,
) -> None:
    context.note("loading the model")
    rows = settings.batch_size or context.hardware.batch_size
    policy = context.models.policy(rows_at_once=rows)
    for note in policy.notes:
        context.warn(note)
    context.checkpoint()
    context.note("loading the embedder")
    versions = {"prompt": PROMPT_VERSION, "few_shot": few_shot_hash, "model": policy.fingerprint}
    with Assessor(settings, context, versions) as assessor:
        assessor.prepare([p for p in problems if p.id not in finished])
        context.note("generating")
        for position, completion in _completions(settings, context, policy, problems, prompts, finished):
            problem = problems[position]
            if problem.id in finished:
                continue  # made again only because its batch was
            row = assessor.assess([Attempt(problem, position, completion.text, completion)])[0]
            finished[problem.id] = row
            context.save_row(row, "generating")
            context.checkpoint()


def _completions(
    settings: EvaluateSettings,
    context: StageContext,
    policy: Policy,
    problems: Sequence[Problem],
    prompts: Sequence[Prompt],
    finished: dict[str, Row],
) -> Iterator[tuple[int, Completion]]:
    """(position, completion) of every problem in a batch that has an unfinished one.

    The batches follow from the recipe alone: a resumed run makes the same ones, and so the same tokens.
    """
    sampling = Sampling(settings.max_new_tokens, settings.temperature, settings.top_p, context.recipe.seed)
    watch = _SpeedWatch(policy, context)
    rows = settings.batch_size or context.hardware.batch_size
    for batch in _batches(context, problems, prompts, rows, finished):
        if all(problems[position].id in finished for position in batch):
            continue
        chosen = [prompts[position] for position in batch]
        keys = [problems[position].id for position in batch]
        for completion in policy.complete(chosen, sampling, keys=keys, checkpoint=watch.checkpoint):
            yield batch[completion.index], completion
    watch.tell()


def _batches(
    context: StageContext,
    problems: Sequence[Problem],
    prompts: Sequence[Prompt],
    rows: int,
    finished: Mapping[str, Row],
) -> list[list[int]]:
    """Positions of prompts of like length together (less padding), the batches themselves in seeded order, so that the
    accuracy so far is no picture of the short problems only. A remote server batches by itself, and every row there
    stands alone: one batch of what is not finished."""
    positions = range(len(problems))
    if parse_model_ref(context.models.reference("policy") or "").kind == "openai":
        return [[i for i in positions if problems[i].id not in finished]]
    by_length = sorted(positions, key=lambda i: (len(prompts[i].messages[-1].content), problems[i].id))
    batches = [by_length[start : start + rows] for start in range(0, len(by_length), rows)]
    random.Random(context.recipe.seed).shuffle(batches)
    return batches


class _SpeedWatch:
    """A checkpoint that also tells the speed of generation once a second."""

    def __init__(self, policy: Policy, context: StageContext) -> None:
        self._policy = policy
        self._context = context
        self._told = time.monotonic()
        self._before = policy.progress()

    def checkpoint(self) -> None:
        self._context.checkpoint()
        if time.monotonic() - self._told >= SPEED_EVERY_S:
            self.tell()

    def tell(self) -> None:
        now, counted = time.monotonic(), self._policy.progress()
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
