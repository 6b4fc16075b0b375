"""The keys that `--set KEY=VALUE` and the form may change, with the type each one takes; values from and to text.

A key is written from the top (`problems.limit`, `hardware.batch_size`) or, for a stage, by its name
(`evaluate.max_new_tokens`). `format_value` is the inverse of `parse_value`, so that a command line can be shown
for every edit.
"""

from __future__ import annotations

import json
import tomllib
import types
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, cast, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from engine.recipes.places import KeyPath
from engine.recipes.preset import HardwarePreset
from engine.recipes.recipe import STAGE_CLASSES, Recipe
from engine.recipes.sections import NO_MODEL, Least, ModelRoles, Thresholds
from engine.recipes.stages.section import StageSection
from engine.recipes.thresholds import figures_by_stage
from engine.stages import stage_kind

Kind = Literal["text", "int", "float", "choice", "bool", "list", "model"]

SCALAR_KINDS: dict[Any, Kind] = {bool: "bool", int: "int", float: "float"}

FIXED = frozenset({"name", "title", "description", "minutes", "kind"})
"""What a recipe, stage or preset is, rather than how it runs: changed in a file only."""


ALWAYS = frozenset({"seed", "preset"})
"""Keys that every recipe has a use for, beside those of its stages."""


@dataclass(frozen=True, slots=True)
class Key:
    """One settable key: its written name, where it lies in the recipe's table, and its field."""

    name: str
    path: KeyPath
    field: FieldInfo

    @property
    def nullable(self) -> bool:
        return type(None) in get_args(self.field.annotation)

    @property
    def kind(self) -> Kind:
        if self.path[-2:-1] == ("models",):
            return "model"
        plain = _plain(self.field.annotation)
        if get_origin(plain) is Literal:
            return "choice"
        if get_origin(plain) is tuple:
            return "list"
        return SCALAR_KINDS.get(plain, "text")

    @property
    def shown_where_set(self) -> bool:
        """Whether a form has it only where the recipe sets it."""
        rare = self.path[:1] == ("thresholds",) and self.path[-1] not in Thresholds.model_fields
        return rare or self.overrides_recipe

    @property
    def overrides_recipe(self) -> bool:
        """Whether it lies in a stage's own table of problems or models."""
        return self.path[:1] == ("stages",) and len(self.path) > 3

    @property
    def item_is_number(self) -> bool:
        """For a list: whether its items are whole numbers (else text)."""
        return get_args(_plain(self.field.annotation))[:1] == (int,)

    @property
    def choices(self) -> tuple[str, ...]:
        plain = _plain(self.field.annotation)
        return tuple(str(value) for value in get_args(plain)) if get_origin(plain) is Literal else ()


def settable_keys(recipe: Recipe) -> dict[str, Key]:
    """All settable keys of a recipe by their written name, in the order of the form: what its stages use."""
    uses = {used for stage in recipe.stages for used in stage_kind(stage.kind).keys}
    around = [key for key in _keys_around_stages() if _is_used(key.name, uses)]
    place = next(number for number, key in enumerate(around) if key.name == "seed") + 1
    own: list[Key] = []
    for number, stage in enumerate(recipe.stages):
        unused = {f"{stage.name}.models.{role}" for role in ModelRoles.model_fields} - _roles_of(stage)
        keys = _section_keys(type(stage), stage.name, ("stages", number))
        own += [key for key in keys if key.name not in unused]
    found = {key.name: key for key in [*around[:place], *own, *around[place:]]}
    return found | {key.name: key for key in _threshold_keys(recipe) if key.name not in found}


def _threshold_keys(recipe: Recipe) -> Iterator[Key]:
    """A key for each figure of each stage, and one for the figure of the last stage that has it."""
    field = FieldInfo.from_annotation(cast(Any, Least))
    for stage, figures in figures_by_stage(recipe).items():
        for name in (*figures, *(f"{stage}.{figure}" for figure in figures)):
            yield Key(f"thresholds.{name}", ("thresholds", name), field)


def _roles_of(stage: StageSection) -> set[str]:
    return {f"{stage.name}.models.{role}" for role in stage_kind(stage.kind).roles}


def unused_keys(recipe: Recipe) -> frozenset[str]:
    """Keys that mean something in other recipes and nothing in this one."""
    return frozenset(key.name for key in _keys_around_stages()) - settable_keys(recipe).keys()


def _keys_around_stages() -> list[Key]:
    """Every key that is not of a stage, in the order of the form."""
    fields = Recipe.model_fields
    return [
        Key("run", ("run",), fields["run"]),
        *_section_keys(fields["models"].annotation, "models", ("models",)),
        *_section_keys(fields["problems"].annotation, "problems", ("problems",)),
        Key("seed", ("seed",), fields["seed"]),
        *_section_keys(HardwarePreset, "hardware", ("hardware",)),
        *_section_keys(fields["thresholds"].annotation, "thresholds", ("thresholds",)),
        Key("preset", ("preset",), fields["preset"]),
    ]


def _is_used(name: str, uses: Collection[str]) -> bool:
    return name in ALWAYS or any(name == used or name.startswith(f"{used}.") for used in uses)


def parse_value(key: Key, text: str) -> Any:
    """The value meant by `text`, as TOML would give it; text that does not fit is returned as it is, for validation
    to complain about. "none" or nothing at all clears a key that may be empty."""
    stripped = text.strip()
    if key.nullable and key.kind != "model" and stripped in ("", "none"):
        return None
    match key.kind:
        case "choice":
            return stripped
        case "text" | "model":
            return _toml(stripped, text) if stripped.startswith(('"', "'")) else text
        case "list":
            return _parse_list(key, stripped)
        case _:
            return _toml(stripped, text)


def format_value(key: Key, value: Any) -> str:
    """The text from which `parse_value` makes `value` again; the plainest one that does."""
    if value is None or (key.kind == "model" and value == ""):
        return NO_MODEL if key.kind == "model" else "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple | list):
        plain = ",".join(str(item) for item in value)
        return plain if value and parse_value(key, plain) == list(value) else json.dumps(value, ensure_ascii=False)
    plain = str(value)
    return plain if parse_value(key, plain) == value else json.dumps(plain, ensure_ascii=False)


def section_class(path: Sequence[str | int], kind: str = "", root: type[BaseModel] = Recipe) -> type[BaseModel] | None:
    """The settings class of the table at `path` of a recipe (or `root`); `kind` is that of a stage on the path.
    None where keys are not known."""
    at: type[BaseModel] | Any = root
    for part in path:
        if part == "stages":
            continue
        if part == "hardware":
            at = HardwarePreset
        elif isinstance(part, int):
            at = STAGE_CLASSES.get(kind)
        else:
            field = at.model_fields.get(part)
            at = field.annotation if field is not None else None
        if not (isinstance(at, type) and issubclass(at, BaseModel)):
            return None
    return at


def _section_keys(section: Any, prefix: str, path: KeyPath) -> Iterator[Key]:
    for name, field in section.model_fields.items():
        if name in FIXED:
            continue
        annotation = field.annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            yield from _section_keys(annotation, f"{prefix}.{name}", (*path, name))
        else:
            yield Key(f"{prefix}.{name}", (*path, name), field)


def _plain(annotation: Any) -> Any:
    """The type without None and Annotated."""
    if get_origin(annotation) is Annotated:
        return _plain(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        return _plain(next(arg for arg in get_args(annotation) if arg is not type(None)))
    return annotation


def _toml(text: str, otherwise: Any) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"] if "\n" not in text else otherwise
    except tomllib.TOMLDecodeError:
        return otherwise


def _parse_list(key: Key, text: str) -> Any:
    if text.startswith("["):
        return _toml(text, text)
    items = [item.strip() for item in text.split(",") if item.strip()]
    return [_toml(item, item) for item in items] if key.item_is_number else items
