"""The stage "evaluate" as it is asked for, and whether it can start."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field, ValidationInfo, field_validator

from engine.errors import UserError
from engine.recipes.requirements import refuse_own_judge, require_embedder, require_policy, require_problems
from engine.recipes.sections import Name, OwnModels, OwnProblems
from engine.recipes.stages.section import GoodFrom, JudgeMayBePolicy, StageSection, Variant

if TYPE_CHECKING:
    from engine.recipes.recipe import Recipe


class EvaluateSettings(StageSection):
    """Generate one greedy (or some sampled) solutions a problem, grade them, align them with the gold solution."""

    kind: Literal["evaluate"] = "evaluate"
    name: Name = "evaluate"
    few_shot: int = Field(default=0, ge=0, le=8, description="Worked examples before each question, 0 to 8")
    max_new_tokens: int = Field(default=256, ge=1, le=32768, description="Longest solution, in tokens; then cut off")
    temperature: float = Field(default=0.0, ge=0.0, le=5.0, description="0: greedy, else sampling with the seed")
    top_p: float = Field(default=1.0, gt=0.0, le=1.0, description="Sample from the likeliest tokens of this mass")
    samples: int = Field(
        default=1, ge=1, le=1024, description="Solutions a problem (pass@k, maj@k); above 1 needs a temperature"
    )
    batch_size: int | None = Field(default=None, ge=1, le=4096, description="Rows at once; empty: the preset's")
    variant: Variant = "coverage"
    threshold: GoodFrom = None
    judge_may_be_policy: JudgeMayBePolicy = False
    problems: OwnProblems = OwnProblems()
    models: OwnModels = OwnModels()

    @field_validator("samples")
    @classmethod
    def _samples_differ(cls, samples: int, info: ValidationInfo) -> int:
        if samples > 1 and info.data.get("temperature") == 0.0:
            said = f"{samples} solutions a problem need a temperature above 0: greedy ones would all be the same"
            raise ValueError(said) from UserError(said, "--set evaluate.temperature=0.7, or samples = 1")
        return samples


def complete(stage: EvaluateSettings, recipe: Recipe, runs_dir: Path) -> Recipe:
    """Refuse what could not start: no policy, no embedder, no problems, a judge that is the model under test."""
    require_policy(recipe, stage)
    require_embedder(recipe, stage)
    require_problems(recipe, stage)
    if not stage.judge_may_be_policy:
        refuse_own_judge(recipe, stage, tested=recipe.models_of(stage).policy)
    return recipe
