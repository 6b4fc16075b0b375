"""Whether a recipe can start: asked just before a launch, so that no run is made that could only fail."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from engine.recipes.merging import Resolved
from engine.stages import resolve_lazy, stage_kind


def require_complete(resolved: Resolved, runs_dir: Path = Path("runs")) -> Resolved:
    """The recipe with nothing left to find out, as the readiness checks of its stages complete it one after another
    (an earlier run becomes a folder).

    Raises UserError where the recipe cannot start for want of a model, a file or a run. `runs_dir` is where runs lie.
    """
    recipe = resolved.recipe
    for stage in recipe.stages:
        recipe = resolve_lazy(stage_kind(stage.kind).readiness)(stage, recipe, runs_dir)
    return replace(resolved, recipe=recipe)
