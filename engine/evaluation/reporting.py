"""The stage "report": the files that a run is made for, from the rows of its earlier stages."""

from __future__ import annotations

from engine.context import StageContext, StageResult
from engine.errors import RunFailed
from engine.evaluation.report import write_report
from engine.evaluation.statistics import summarise
from engine.recipes.settings import ReportSettings


def run(settings: ReportSettings, context: StageContext) -> StageResult:
    """Write the report; its files are the stage's artifacts, relative to the run."""
    rows = context.rows()
    if not rows:
        raise RunFailed("there are no result rows to report on", "put an evaluate or score stage before the report")
    context.started("report", None, unit="files")
    context.note("drawing figures")
    recipe = context.recipe
    models = {k: v for k, v in recipe.models.model_dump().items() if v}
    table = {
        "run": context.run_id, "recipe": recipe.name, "preset": context.hardware.name, "seed": recipe.seed,
        "problems": recipe.problems.path or recipe.problems.source, **models,
    }  # fmt: skip
    paths = write_report(
        context.folder(), rows, recipe.title, {k: str(v) for k, v in table.items()},
        heat_maps=settings.heat_maps, figures=settings.figures, checkpoint=context.checkpoint,
    )  # fmt: skip
    artifacts = {name: f"{context.stage}/{path}" for name, path in paths.relative().items()}
    return StageResult(summarise(rows).as_dict(), artifacts)
