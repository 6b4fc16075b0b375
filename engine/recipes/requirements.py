"""What stages of several kinds cannot start without: models, problems, a judge of their own. Each raises UserError."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from engine.errors import Option, UserError
from engine.recipes.judging import own_judge
from engine.recipes.stages.section import StageSection

if TYPE_CHECKING:
    from engine.recipes.recipe import Recipe


def require_policy(recipe: Recipe, stage: StageSection) -> None:
    """A model that solves the problems."""
    if not recipe.models_of(stage).policy:
        policy = Option("models.policy", "hf:ORG/NAME")
        raise UserError(f"{recipe.name} has no policy model", f"name one: {policy}", options=(policy,))


def require_embedder(recipe: Recipe, stage: StageSection) -> None:
    """A model that compares steps."""
    if not recipe.models_of(stage).embedder:
        embedder = Option("models.embedder", "embedded:all-minilm-l6-v2")
        said = f"{recipe.name} has no embedder, which compares the steps"
        raise UserError(said, f"name one: {embedder}", options=(embedder,))


def require_problems(recipe: Recipe, stage: StageSection) -> None:
    """A file of problems where they come from one."""
    problems = recipe.problems_of(stage)
    if problems.source == "jsonl" and problems.path is None:
        file = Option("problems.path", "FILE.jsonl", example=True)
        raise UserError(f"{recipe.name} needs a file of problems", f"name it: {file}", options=(file,))
    if problems.path is not None and not os.path.exists(problems.path):
        other = Option(written(stage, "problems.path"), "FILE_OR_FOLDER", example=True)
        raise UserError(f"{other.key}: there is no {problems.path}", f"correct it: {other}", options=(other,))


def written(stage: StageSection, key: str) -> str:
    """The key where it is set: the stage's own, else the recipe's."""
    return f"{stage.name}.{key}" if stage.sets(key) else key


def refuse_own_judge(recipe: Recipe, stage: StageSection, tested: str | None) -> None:
    """A judge that is named like the model under test is refused here; one of the same weights when it is loaded."""
    judge = recipe.models_of(stage).judge
    if judge and judge == tested:
        raise own_judge(judge, stage.name)
