"""What stages of several kinds cannot start without: models, problems, a judge of their own. Each raises UserError."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from engine.errors import UserError
from engine.recipes.judging import own_judge
from engine.recipes.stages.section import StageSection

if TYPE_CHECKING:
    from engine.recipes.recipe import Recipe


def require_policy(recipe: Recipe, stage: StageSection) -> None:
    """A model that solves the problems."""
    if not recipe.models.policy:
        raise UserError(f"{recipe.name} has no policy model", "name one: --set models.policy=hf:ORG/NAME")


def require_embedder(recipe: Recipe, stage: StageSection) -> None:
    """A model that compares steps."""
    if not recipe.models.embedder:
        raise UserError(
            f"{recipe.name} has no embedder, which compares the steps",
            "name one: --set models.embedder=embedded:all-minilm-l6-v2",
        )


def require_problems(recipe: Recipe, stage: StageSection) -> None:
    """A file of problems where they come from one."""
    problems = recipe.problems
    if problems.source == "jsonl" and problems.path is None:
        raise UserError(f"{recipe.name} needs a file of problems", "name it: --set problems.path=FILE.jsonl")
    if problems.path is not None and not os.path.exists(problems.path):
        raise UserError(f"problems.path: there is no {problems.path}", "correct it: --set problems.path=FILE_OR_FOLDER")


def refuse_own_judge(recipe: Recipe, stage: StageSection, tested: str | None) -> None:
    """A judge that is named like the model under test is refused here; one of the same weights when it is loaded."""
    if recipe.models.judge and recipe.models.judge == tested:
        raise own_judge(recipe.models.judge, stage.name)
