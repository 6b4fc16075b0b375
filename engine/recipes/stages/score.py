"""The stage "score" as it is asked for, and whether it can start."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from engine.errors import Option, UserError
from engine.recipes.columns import USUAL_COLUMNS, column_names, first_rows, has_column
from engine.recipes.requirements import require_embedder, require_problems, written
from engine.recipes.sections import Name, OwnModels, OwnProblems
from engine.recipes.stages.section import GoodFrom, StageSection, Variant
from engine.words import did_you_mean

if TYPE_CHECKING:
    from engine.recipes.recipe import Recipe

COLUMNS_NAMED = 12


class ScoreSettings(StageSection):
    """Grade and align the solutions that the problems' file brings (column `solution`); no policy model."""

    kind: Literal["score"] = "score"
    name: Name = "score"
    variant: Variant = "coverage"
    threshold: GoodFrom = None
    problems: OwnProblems = OwnProblems()
    models: OwnModels = OwnModels()


def complete(stage: ScoreSettings, recipe: Recipe, runs_dir: Path) -> Recipe:
    """Refuse what could not start: no embedder, no problems, a file without solutions."""
    require_embedder(recipe, stage)
    require_problems(recipe, stage)
    require_solutions(recipe, stage)
    return recipe


def require_solutions(recipe: Recipe, stage: ScoreSettings) -> None:
    """Raises UserError where the file certainly has no column of solutions; other doubts are the stage's."""
    problems = recipe.problems_of(stage)
    rows = list(first_rows(problems.path)) if problems.path else []
    named = problems.columns.solution
    wanted = (named,) if named else USUAL_COLUMNS["solution"]
    if not rows or any(has_column(rows, column) for column in wanted):
        return
    known = column_names(rows)
    said = f'has no column "{named}"' if named else f"has no column of solutions: none is named {' or '.join(wanted)}"
    # Nested columns of solutions are easily overlooked, so they are offered first.
    likely = sorted(known, key=lambda column: (not column.endswith("solution"), known.index(column)))
    more = f" and {len(likely) - COLUMNS_NAMED} more" if len(likely) > COLUMNS_NAMED else ""
    column = Option(written(stage, "problems.columns.solution"), "COLUMN", example=True)
    raise UserError(
        f"{problems.path} {said}{did_you_mean(named, known) if named else ''}",
        f"name the column that holds the solutions to score: {column}; there are "
        f"{', '.join(likely[:COLUMNS_NAMED])}{more}",
        options=(column,),
    )
