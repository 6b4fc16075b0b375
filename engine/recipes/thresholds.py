"""Thresholds by `stage.figure`: which figures a recipe's stages have, which of them it asks for, and which were missed.

A bare name ("accuracy") means the last stage that has the figure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.errors import ThresholdNotReached
from engine.recipes.recipe import Recipe
from engine.stages import stage_kind


@dataclass(frozen=True, slots=True)
class Threshold:
    """The least that a figure must reach; `key` is how the recipe names it."""

    key: str
    stage: str
    figure: str
    least: float

    @property
    def name(self) -> str:
        return f"{self.stage}.{self.figure}"


def figures_by_stage(recipe: Recipe) -> dict[str, tuple[str, ...]]:
    """The figures of each stage that has any, in the order of the stages."""
    found = {stage.name: tuple(stage_kind(stage.kind).figures) for stage in recipe.stages}
    return {name: figures for name, figures in found.items() if figures}


def thresholds_of(recipe: Recipe) -> tuple[Threshold, ...]:
    """What the recipe asks for; names that mean nothing in it are left to `complaints.about_thresholds`."""
    there = figures_by_stage(recipe)
    found = []
    for name, least in recipe.thresholds.asked().items():
        stage, _, figure = name.rpartition(".")
        stage = stage or next((last for last in reversed(there) if figure in there[last]), "")
        if figure in there.get(stage, ()):
            found.append(Threshold(f"thresholds.{name}", stage, figure, least))
    return tuple(found)


def figures_of(recipe: Recipe, summaries: Mapping[str, Mapping[str, Any]]) -> dict[str, float]:
    """ "stage.figure" -> its value, from the summaries of the finished stages; what is undefined is left out."""
    found: dict[str, float] = {}
    for stage in recipe.stages:
        for figure, place in stage_kind(stage.kind).figures.items():
            value = _value_at(summaries.get(stage.name, {}), place)
            if value is not None:
                found[f"{stage.name}.{figure}"] = value
    return found


def missed(recipe: Recipe, figures: Mapping[str, float]) -> ThresholdNotReached | None:
    """The error that names every threshold that was not reached; None where all were."""
    below = [wanted for wanted in thresholds_of(recipe) if figures.get(wanted.name, -1.0) < wanted.least]
    if not below:
        return None
    return ThresholdNotReached(
        "; ".join(f"{_said(t.name, figures)} is below the recipe's threshold {t.least:.3f}" for t in below),
        f"the run is complete; lower {', '.join(t.key for t in below)} or change the model",
    )


def _said(name: str, figures: Mapping[str, float]) -> str:
    return f"{name} {figures[name]:.3f}" if name in figures else f"{name}, which has no value,"


def _value_at(summary: Mapping[str, Any], place: str) -> float | None:
    """The number at a dotted place of a summary, or that of the figure which stands there."""
    found: Any = summary
    for part in place.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    value = found.get("value") if isinstance(found, Mapping) else found
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
