"""Recipes and presets as they are written: found by name or path, read, checked, with the place of every mistake.

All errors are UserError and name file and line. What comes with the program lies in the package `presets`.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from engine.errors import UserError
from engine.recipes.complaints import about_thresholds, complaints_of, refuse
from engine.recipes.places import Places, places_in
from engine.recipes.preset import HardwarePreset
from engine.recipes.recipe import Recipe
from engine.recipes.sections import FOLDER, Section
from engine.words import did_you_mean

S = TypeVar("S", bound=Section)

DEVICE_ORDER = ("cpu", "mps", "cuda")
"""Presets are listed from the machine everybody has to the one few have."""

UNNAMED = {"name": "unnamed", "title": ""}
"""Stands in for what a partial [hardware] table lacks while its keys are checked."""


class UnknownName(UserError):
    """No recipe or preset of that name comes with the program."""


@dataclass(frozen=True, slots=True)
class Source:
    """A recipe as it was read; `places` says where a key of it stands."""

    recipe: Recipe
    places: Places


def list_recipes() -> tuple[Recipe, ...]:
    """The recipes that come with the program, by name."""
    return tuple(load_recipe(name) for name in _packaged("recipes"))


def list_presets() -> tuple[HardwarePreset, ...]:
    """The presets that come with the program: CPU, Metal, CUDA, each from small to large."""
    presets = [load_preset(name) for name in _packaged("hardware")]
    return tuple(sorted(presets, key=lambda p: (DEVICE_ORDER.index(p.device), p.memory_gb or 0.0, p.name)))


def load_recipe(name_or_path: str | Path) -> Recipe:
    """A recipe by its name, or from a TOML file, or of a run directory. Not merged with a preset yet (`resolve`)."""
    return read_source(name_or_path).recipe


def load_preset(name_or_path: str | Path) -> HardwarePreset:
    """A hardware preset by its name, or from a TOML file."""
    name, text, folder = _find("hardware", name_or_path, "preset")
    return validate(HardwarePreset, _parse(name, text), places_in(name, text), whole=name, folder=folder)


def read_source(name_or_path: str | Path) -> Source:
    """`load_recipe`, keeping the text for messages about places. Relative paths in it start from its folder."""
    name, text, folder = _find("recipes", name_or_path, "recipe")
    table = _parse(name, text)
    places = places_in(name, text)
    recipe = validate(Recipe, table, places, whole=name, folder=folder)
    if recipe.hardware:
        checked = recipe.hardware if "name" in recipe.hardware else UNNAMED | recipe.hardware
        preset = validate(HardwarePreset, checked, places, whole=name, folder=folder, section=("hardware",))
        given = preset.model_dump(mode="json", exclude_unset=True)
        recipe = recipe.model_copy(update={"hardware": {k: v for k, v in given.items() if k in recipe.hardware}})
    return Source(recipe, places)


def validate(
    model: type[S],
    table: Mapping[str, Any],
    places: Places,
    *,
    whole: str,
    folder: Path,
    section: Sequence[str] = (),
) -> S:
    """The table as `model`; `places` gets paths from the top of a recipe, with `section` in front."""
    try:
        # Through JSON: strict about numbers and booleans, yet a list may become a tuple.
        valid = model.model_validate_json(json.dumps(table, default=str), strict=True, context={FOLDER: folder})
    except ValidationError as error:
        found = complaints_of(error, Recipe if section else model, section)
        raise refuse(found, places, whole) from error
    if isinstance(valid, Recipe) and (found := about_thresholds(valid)):
        raise refuse(found, places, whole)
    return valid


def _packaged(folder: str) -> dict[str, Traversable]:
    entries = sorted(files("presets").joinpath(folder).iterdir(), key=lambda entry: entry.name)
    return {entry.name.removesuffix(".toml"): entry for entry in entries if entry.name.endswith(".toml")}


def _find(folder: str, name_or_path: str | Path, noun: str) -> tuple[str, str, Path]:
    """(name for messages, text, folder that relative paths start from) of a recipe or preset."""
    text = str(name_or_path)
    packaged = _packaged(folder)
    if text in packaged:
        return f"presets/{folder}/{text}.toml", packaged[text].read_text(encoding="utf-8"), Path.cwd()
    path = Path(text).expanduser()
    if path.is_dir() and (path / "recipe.toml").is_file():
        path = path / "recipe.toml"
    if not path.is_file():
        known = f"there are: {', '.join(packaged)}"
        if path.suffix == ".toml" or os.sep in text:
            raise UserError(f"there is no {noun} file {text}", f"correct the path, or take one by name; {known}")
        meant = did_you_mean(text, packaged)
        raise UnknownName(f'no {noun} is called "{text}"{meant}', f"{known}; or name a .toml file")
    try:
        return str(path), path.read_text(encoding="utf-8"), path.resolve().parent
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is not UTF-8 text (byte {error.start})", f"save the {noun} as UTF-8") from error
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}", "check the file and its permissions") from error


def _parse(name: str, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"(.*) \(at (line \d+, column \d+)\)", str(error))
        what, where = found.groups() if found else (str(error), "the end")
        raise UserError(f"{name}, {where}: not valid TOML: {what}", "correct that line") from error
