"""From a recipe as written to one with nothing left open: recipe, preset and overrides merged, and written down again.

Precedence: recipe file < --preset < --set; a role's model in the recipe stands before the preset's default. A recipe's
`[hardware]` table overrides single keys of whichever preset is used, unless it has a `name`: then it is a preset of its
own, which an explicit --preset replaces. A resolved recipe holds its preset this way, so it runs the same for ever.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomli_w

from engine.errors import UserError
from engine.recipes.overrides import Override, parse_override
from engine.recipes.places import KeyPath, Place, Places
from engine.recipes.preset import HardwarePreset
from engine.recipes.recipe import Recipe
from engine.recipes.sections import NO_MODEL, ModelRoles, UsualModels, overlay
from engine.recipes.sources import UnknownName, load_preset, read_source, validate


@dataclass(frozen=True, slots=True)
class Resolved:
    """A recipe with nothing left open (every role filled, `hardware` the whole preset) and its preset."""

    recipe: Recipe
    preset: HardwarePreset


def resolve(name_or_path: str | Path, preset: str | None = None, sets: Sequence[str] = ()) -> Resolved:
    """The recipe on its preset with the `--set` arguments (`KEY=VALUE`) applied."""
    source = read_source(name_or_path)
    overrides = [parse_override(text, source.recipe, Place(f"--set {text}")) for text in sets]
    return merge(source.recipe, preset, overrides, source.places)


def merge(
    recipe: Recipe,
    preset: str | None,
    overrides: Sequence[Override],
    origin: Places,
    whole: str = "the command line",
) -> Resolved:
    """Recipe < preset < overrides; `origin` names the place of what the recipe says, `whole` that of the overrides."""

    def place(path: KeyPath) -> Place:
        around = [o for o in overrides if o.path == path[: len(o.path)]]
        return around[-1].place if around else origin(path)

    table = recipe.model_dump(mode="json", exclude_none=True, exclude={"hardware"})
    table["hardware"] = {}
    preset_place = place(("preset",)) if preset is None else Place(f"--preset {preset}")
    for override in overrides:
        if override.path == ("preset",):
            preset, preset_place = str(override.value), override.place
        else:
            override.put(table)
    set_hardware = table.pop("hardware")
    cwd = Path.cwd()
    checked = validate(Recipe, table, place, whole=whole, folder=cwd)
    hardware = overlay(_preset_table(recipe, preset, preset_place), set_hardware)
    chosen = validate(HardwarePreset, hardware, place, whole=whole, folder=cwd, section=("hardware",))
    defaults = {role: ref or "" for role, ref in chosen.models.model_dump().items()}
    filled = defaults | checked.models.model_dump(exclude_none=True)
    update = {
        "models": ModelRoles(**filled),
        "preset": chosen.name,
        "hardware": chosen.model_dump(mode="json", exclude_none=True),
    }
    return Resolved(checked.model_copy(update=update), chosen)


def dump_recipe(resolved: Resolved | Recipe) -> str:
    """The recipe as TOML that `load_recipe` reads back equal; keys without a value are left out."""
    recipe = resolved.recipe if isinstance(resolved, Resolved) else resolved
    table = recipe.model_dump(mode="json", exclude_none=True)
    for around in (table, *table["stages"]):
        for name in ("problems", "models"):
            if isinstance(around.get(name), dict):
                around[name] = {key: value for key, value in around[name].items() if value != {}}
    table["stages"] = [{key: value for key, value in stage.items() if value != {}} for stage in table["stages"]]
    table = {key: value for key, value in table.items() if value != {}}
    # Empty roles of a recipe that no preset fills go without saying; a stage's own are empty for a reason.
    rare = {role for role, ref in table.get("models", {}).items() if not ref} - set(UsualModels.model_fields)
    for role in rare:
        del table["models"][role]
    for around in (table, table.get("hardware", {}), *table["stages"]):
        roles = around.get("models", {})
        roles.update({role: ref or NO_MODEL for role, ref in roles.items()})
    return tomli_w.dumps(table)


def _preset_table(recipe: Recipe, explicit: str | None, place: Place) -> dict[str, Any]:
    """The preset's table with the recipe's own hardware keys laid over it; `place` is where its name was written."""
    own = recipe.hardware
    if "name" in own and explicit is None:
        return dict(own)
    try:
        named = load_preset(recipe.preset if explicit is None else explicit)
    except UnknownName as error:
        raise UserError(f"{place}: {error.message}", error.next_step) from error
    return overlay(named.model_dump(mode="json", exclude_none=True), {} if "name" in own else own)
