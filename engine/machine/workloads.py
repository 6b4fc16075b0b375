"""What each kind of stage asks of a machine: the heaviest batch of every model that it uses.

`engine.stages` names a function of these for each kind: `(stage, recipe, preset) -> Workload`. What a workload takes in
GB is the arithmetic of `engine.machine.memory_terms`. No learning library is imported.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.recipes.preset import HardwarePreset
from engine.recipes.recipe import Recipe
from engine.recipes.sections import ProblemSettings
from engine.recipes.stages.evaluate import EvaluateSettings
from engine.recipes.stages.regrade import RegradeSettings
from engine.recipes.stages.report import ReportSettings
from engine.recipes.stages.score import ScoreSettings
from engine.recipes.stages.validate import ValidateSettings

# Tokens of a long question (99th percentile of each set, with the chat template) and of a worked example (mean).
# jsonl may hold anything: as long as MATH.
LONG_QUESTION_TOKENS = {"embedded": 160, "gsm8k": 180, "gsm8k-platinum": 180}
LONG_QUESTION_TOKENS_OTHER = 640
EXAMPLE_TOKENS = {"embedded": 150, "gsm8k": 175, "gsm8k-platinum": 175}
EXAMPLE_TOKENS_OTHER = 340
# A judge reads the question, the gold answer and the solution, and answers with a word or a sentence.
JUDGE_NEW_TOKENS = 64
SCORED_SOLUTION_TOKENS = 512
STEP_TOKENS = 64
# Allocators round up, and blocks that were freed are not always reused at once.
ALLOCATOR_SLACK = 1.25
# Labelled sets hold steps of a paragraph, cut at what the embedder reads. Of batches of ever longer texts the allocator
# keeps several: measured 1.8 GB at the peak of validate-alignment, which is three of the longest beside the libraries.
LABELLED_STEP_TOKENS = 256
LABELLED_SLACK = 3


@dataclass(frozen=True, slots=True)
class MemoryTerm:
    """One part of the sum and how it came about."""

    name: str
    gb: float
    why: str


@dataclass(frozen=True, slots=True)
class Generation:
    """The heaviest batch that a model answers: `rows` prompts of `suffix` tokens of their own after `prefix` shared."""

    rows: int
    prefix: int
    suffix: int
    new: int
    sampled: bool = False


@dataclass(frozen=True, slots=True)
class Embedding:
    """The longest steps that the embedder reads, and how many times their working memory is held."""

    tokens: int = STEP_TOKENS
    slack: float = ALLOCATOR_SLACK


@dataclass(frozen=True, slots=True)
class Workload:
    """What one stage asks: the heaviest batch of each generating role, the embedder's (None: it is not used), whether
    answers are graded, and what else it takes while it works (gradients, an optimizer)."""

    batches: Mapping[str, Generation] = field(default_factory=dict)
    embedding: Embedding | None = None
    grades: bool = False
    beside: tuple[MemoryTerm, ...] = ()


def of_evaluate(stage: EvaluateSettings, recipe: Recipe, preset: HardwarePreset) -> Workload:
    """The policy's batch; a judge reads whole solutions."""
    problems = recipe.problems_of(stage)
    batches = {"policy": policy_batch(stage, problems, preset), "judge": judge_batch(stage.max_new_tokens, problems)}
    return Workload(batches, Embedding(), grades=True)


def of_score(stage: ScoreSettings, recipe: Recipe, preset: HardwarePreset) -> Workload:
    """A judge and the embedder over solutions that are there."""
    return Workload({"judge": judge_batch(SCORED_SOLUTION_TOKENS, recipe.problems_of(stage))}, Embedding(), grades=True)


def of_regrade(stage: RegradeSettings, recipe: Recipe, preset: HardwarePreset) -> Workload:
    """A judge; the embedder only where solutions are aligned again."""
    batches = {"judge": judge_batch(SCORED_SOLUTION_TOKENS, recipe.problems_of(stage))}
    return Workload(batches, Embedding() if stage.realign else None, grades=True)


def of_report(stage: ReportSettings, recipe: Recipe, preset: HardwarePreset) -> Workload:
    """Nothing to speak of."""
    return Workload()


def of_validate(stage: ValidateSettings, recipe: Recipe, preset: HardwarePreset) -> Workload:
    """The embedder, over steps of a paragraph where labelled sets are read."""
    return Workload(embedding=Embedding(LABELLED_STEP_TOKENS, LABELLED_SLACK) if stage.data else Embedding())


def policy_batch(stage: EvaluateSettings, problems: ProblemSettings, preset: HardwarePreset) -> Generation:
    """The heaviest batch of an evaluation: as many rows as go together, all with a long question, none ending early."""
    rows = stage.batch_size or preset.batch_size
    return Generation(
        rows=min(rows, problems.limit * stage.samples) if problems.limit else rows,
        prefix=stage.few_shot * EXAMPLE_TOKENS.get(problems.source, EXAMPLE_TOKENS_OTHER),
        suffix=LONG_QUESTION_TOKENS.get(problems.source, LONG_QUESTION_TOKENS_OTHER),
        new=stage.max_new_tokens,
        sampled=stage.temperature > 0,
    )


def judge_batch(solution_tokens: int, problems: ProblemSettings) -> Generation:
    """A judge answers about one solution at a time."""
    question = LONG_QUESTION_TOKENS.get(problems.source, LONG_QUESTION_TOKENS_OTHER)
    return Generation(rows=1, prefix=0, suffix=question + solution_tokens, new=JUDGE_NEW_TOKENS)
