"""--list: recipes and presets, which presets fit this machine, the settings of a recipe. --status: runs of a folder."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.consulting import ask
from engine.compare.overrides import Overlay, count_words
from engine.compare.overviews import OverviewReader, RunLine
from engine.errors import MathReasonError, UserError
from engine.runs.directory import find_run
from engine.runs.overview import RunOverview
from engine.statistics.wording import WHOLE_PERCENT, shown
from engine.words import FIT, STATUS, duration

if TYPE_CHECKING:
    from engine.recipes.loading import FormField

FIT_RECIPE = "realign"
"""The recipe whose need is shown beside a preset: it takes the preset's own model."""


def show_list(*, as_json: bool) -> int:
    """Recipes and presets; where the machine cannot be asked, the fit is unknown and the list still comes."""
    from engine.recipes.loading import list_presets, list_recipes, load_recipe

    recipes, presets = list_recipes(), list_presets()
    try:
        question = {
            "recipe": load_recipe(FIT_RECIPE).model_dump(mode="json"),
            "presets": [preset.model_dump(mode="json") for preset in presets],
        }
        estimates, trouble = ask("estimate", question).get("estimates", {}), ""
    except MathReasonError as error:
        estimates, trouble = {}, error.message
    if as_json:
        for recipe in recipes:
            _print_json("recipe", **recipe.model_dump(mode="json"))
        for preset in presets:
            _print_json("preset", **preset.model_dump(mode="json"), estimate=estimates.get(preset.name))
        return 0
    print("Recipes (mathreason-tui --batch NAME)")
    _print_columns(
        (recipe.name, f"{recipe.minutes:g} min" if recipe.minutes else "", recipe.title,
         ", ".join(stage.kind for stage in recipe.stages))
        for recipe in recipes
    )  # fmt: skip
    print(f"\nPresets (--preset NAME), with the memory that {FIT_RECIPE} needs on them")
    _print_columns((preset.name, *fit_cells(estimates.get(preset.name)), preset.title) for preset in presets)
    if trouble:
        print(f"\nfit unknown: {trouble}")
    return 0


def show_settings(recipe: str, *, as_json: bool) -> int:
    """What `--set` can change in a recipe: each key with its value and meaning."""
    from engine.recipes.loading import editable_fields, resolve

    resolved = resolve(recipe)
    fields = editable_fields(resolved)
    if as_json:
        for field in fields:
            _print_json("setting", **asdict(field))
        return 0
    print(f"{resolved.recipe.title}\n{resolved.recipe.description}\n\nsettings (--set KEY=VALUE)")
    _print_columns((field.key, field.value or "(empty)", _meaning(field)) for field in fields)
    return 0


def _meaning(field: FormField) -> str:
    shown = field.kind in ("choice", "bool") and f" [{', '.join(field.choices)}]"
    return field.help + (shown or "")


def fit_cells(estimate: dict[str, Any] | None) -> tuple[str, str]:
    """("✓ fits", "1.4 of 23.4 GB"); what cannot be told is said to be unknown."""
    if estimate is None or "fit" not in estimate:
        return "? unknown", str((estimate or {}).get("error", ""))
    need = f"{estimate['total_gb']:.1f}"
    return str(FIT[estimate["fit"]]), f"{need} of {estimate['capacity_gb']:.1f} GB"


def show_status(runs: Path, text: str, *, as_json: bool) -> int:
    """A line about every run of the folder, or only about the run that `text` names."""
    if text:
        run = find_run(runs, text)
        lines = [line for line in OverviewReader(run.path.parent).read() if line.run.path == run.path]
    else:
        lines = OverviewReader(runs).read()
        if not lines and not runs.exists():
            raise UserError(f"there is no folder of runs at {runs}", "name it with --runs DIR, or start a run first")
    if as_json:
        for line in lines:
            _print_json("run", **_run_facts(line))
        return 0
    if not lines:
        print(f"no runs in {runs}")
    _print_columns(_run_cells(line) for line in lines)
    for line in lines:
        if line.overlay.caution:
            print(f"! {line.run.id}: {line.overlay.caution}")
    return 0


def _run_cells(line: RunLine) -> tuple[str, ...]:
    found = line.overview
    accuracy = "" if line.accuracy.value is None else f"right {shown(line.accuracy, WHOLE_PERCENT)}"
    if counts := count_words(line.overlay.changed, line.overlay.confirmed):
        human = f" → {shown(line.overlay.accuracy_with, WHOLE_PERCENT)}" if line.overlay.changed else ""
        accuracy += f"{human} ({counts} by a human)"
    return (line.run.id, str(STATUS[found.status]), _progress(found), duration(found.duration_s), accuracy,
            line.note or line.apart, line.reason.split("\n")[0])  # fmt: skip


def _progress(found: RunOverview) -> str:
    if found.status in ("done", "threshold"):
        return f"{found.total} {found.unit}" if found.total else ""
    unit = "" if found.unit == "items" else f" {found.unit}"
    return f"{found.stage} {found.done}/{found.total}{unit}" if found.total else found.stage


def _run_facts(line: RunLine) -> dict[str, Any]:
    found = line.overview
    return {
        "id": line.run.id, "path": str(line.run.path), "status": found.status, "stage": found.stage,
        "done": found.done, "total": found.total, "unit": found.unit, "seconds": found.duration_s,
        "policy": line.policy, "accuracy": line.accuracy.value, "reason": line.reason, "note": line.note,
        **_overlay_facts(line.overlay),
    }  # fmt: skip


def _overlay_facts(overlay: Overlay) -> dict[str, Any]:
    return {
        "overridden": overlay.overridden, "changed": overlay.changed, "confirmed": overlay.confirmed,
        "accuracy_overridden": overlay.accuracy_with.value, "caution": overlay.caution,
    }  # fmt: skip


def _print_columns(rows: Iterator[Sequence[str]]) -> None:
    """The rows as columns two spaces apart, indented; a column that is empty throughout is left out."""
    table = [list(row) for row in rows]
    widths = [max(len(cell) for cell in column) for column in zip(*table, strict=True)]
    for row in table:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True) if width]
        print("  " + "  ".join(cells).rstrip())


def _print_json(kind: str, /, **fields: Any) -> None:
    print(json.dumps({"type": kind, **fields}, ensure_ascii=False))
