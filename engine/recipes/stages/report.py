"""The stage "report" as it is asked for; it can always start."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from engine.recipes.sections import Name
from engine.recipes.stages.section import StageSection

if TYPE_CHECKING:
    from engine.recipes.recipe import Recipe


class ReportSettings(StageSection):
    """Write realign_benchmark_results.jsonl, summary.csv, figures, report.md, report.tex and table.tex."""

    kind: Literal["report"] = "report"
    name: Name = "report"
    heat_maps: int = Field(default=6, ge=0, le=1000, description="How many items get a heat map of their own")
    figures: bool = Field(default=True, description="Draw the figures (PNG and PDF)")


def complete(stage: ReportSettings, recipe: Recipe, runs_dir: Path) -> Recipe:
    """It works on what the stages before it made."""
    return recipe
