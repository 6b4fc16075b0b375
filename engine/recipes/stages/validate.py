"""The stage "validate" as it is asked for, and whether it can start."""

from __future__ import annotations

import difflib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from engine.errors import Option, UserError
from engine.recipes.labelled_sets import LABELLED_SETS, missing_sets
from engine.recipes.requirements import require_embedder
from engine.recipes.sections import FilePath, Name, OwnModels
from engine.recipes.stages.section import StageSection

if TYPE_CHECKING:
    from engine.recipes.recipe import Recipe

CLOSE = 0.75
"""How alike a folder's name is that was probably meant: names are short, and chance alone makes them half alike."""


class ValidateSettings(StageSection):
    """Measure how far the alignment scores can be trusted with the run's embedder; needs no problems and no policy."""

    kind: Literal["validate"] = "validate"
    name: Name = "validate"
    data: FilePath | None = Field(
        default=None, description="Folder with labelled chains; empty: algebra and edits only"
    )
    sample: int | None = Field(default=None, ge=2, description="GSM8K questions, four solutions each; empty: all")
    problems: int = Field(default=60, ge=2, le=10_000, description="Generated problems whose gold chains are edited")
    models: OwnModels = OwnModels()


def complete(stage: ValidateSettings, recipe: Recipe, runs_dir: Path) -> Recipe:
    """Refuse what could not start: no embedder, a folder of labelled chains that is none."""
    require_embedder(recipe, stage)
    require_data(stage)
    return recipe


def require_data(stage: ValidateSettings) -> None:
    """Raises UserError where the named folder of labelled chains is none, or holds none of the sets; one that lacks
    some of them is for the table."""
    if stage.data is None:
        return
    data = Option(f"{stage.name}.data", "DIR", example=True)
    helps = (
        f"name the folder that holds gsm8k/, processbench/ and champ/ (or some of them): {data}, "
        "or leave it out to measure algebra and edits only"
    )
    if os.path.isdir(stage.data):
        if len(missing_sets(stage.data)) == len(LABELLED_SETS):
            raise UserError(f"{data.key}: {stage.data} holds none of the labelled sets", helps, options=(data,))
        return
    what = "is a file, not a folder" if os.path.exists(stage.data) else "is not there"
    above = Path(stage.data).parent
    beside = [name for name in sorted(os.listdir(above)) if (above / name).is_dir()] if above.is_dir() else []
    meant = difflib.get_close_matches(Path(stage.data).name, beside, n=1, cutoff=CLOSE)  # all share what lies above
    near = f': did you mean "{above / meant[0]}"?' if meant else ""
    raise UserError(f"{data.key}: {stage.data} {what}{near}", helps, options=(data,))
