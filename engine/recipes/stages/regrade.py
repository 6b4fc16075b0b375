"""The stage "regrade" as it is asked for, and whether it can start."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from engine.errors import Option, UserError
from engine.recipes.requirements import refuse_own_judge, require_embedder
from engine.recipes.sections import Name, OwnModels
from engine.recipes.stages.section import GoodFromAgain, JudgeMayBePolicy, StageSection
from engine.stages import stage_kind
from engine.words import did_you_mean

if TYPE_CHECKING:
    from engine.recipes.recipe import Recipe
    from engine.runs.earlier import EarlierRun


class RegradeSettings(StageSection):
    """Grade the solutions of an earlier run again (`run`, at the top of the recipe); nothing is generated."""

    kind: Literal["regrade"] = "regrade"
    name: Name = "regrade"
    realign: bool = Field(default=False, description="Align again what an aligner of another version has aligned")
    threshold: GoodFromAgain = None
    judge_may_be_policy: JudgeMayBePolicy = False
    models: OwnModels = OwnModels()


def complete(stage: RegradeSettings, recipe: Recipe, runs_dir: Path) -> Recipe:
    """The recipe with its earlier run as a folder and the policy of that run as its own: whose answers they are must
    not depend on what else is kept."""
    from engine.compare.origin import origin_of  # reading runs is not needed to read a recipe

    if stage.realign:
        require_embedder(recipe, stage)
    earlier = earlier_run(recipe, runs_dir)
    policy = origin_of(earlier.run).policy_of(str(earlier.stage.get("name", "")))
    if not stage.judge_may_be_policy:
        refuse_own_judge(recipe, stage, tested=policy)
    update: dict[str, Any] = {"run": str(earlier.run.path)}
    if not any("policy" in stage_kind(other.kind).roles for other in recipe.stages):
        update["models"] = recipe.models.model_copy(update={"policy": policy})
    return recipe.model_copy(update=update)


def earlier_run(recipe: Recipe, runs_dir: Path) -> EarlierRun:
    """The run that `run` names; what was meant where there is none."""
    from engine.runs.directory import UnknownRun, list_runs
    from engine.runs.earlier import newest_graded, open_earlier

    if not recipe.run:
        run = Option("run", "RUN", example=True)
        raise UserError(f"{recipe.name} needs a run to work on: {run}", newest_graded(runs_dir), options=(run,))
    try:
        return open_earlier(runs_dir, recipe.run)
    except UserError as error:
        meant = did_you_mean(recipe.run, [run.id for run in list_runs(runs_dir)])
        hint = newest_graded(runs_dir) if isinstance(error, UnknownRun) else error.next_step
        raise UserError(f"run={recipe.run}: {error.message}{meant}", hint, key="run") from error
