"""What Launch is about to start: a recipe on a preset with the user's edits, as one immutable draft.

The functions block (files, pydantic) and are called in a thread; `engine.recipes` is imported only then, because the
first paint must not wait for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.errors import UserError

if TYPE_CHECKING:
    from engine.recipes.loading import FormField, Resolved
    from engine.recipes.preset import HardwarePreset
    from engine.recipes.recipe import Recipe


@dataclass(frozen=True, slots=True)
class Shelf:
    """The recipes and presets that come with the program."""

    recipes: tuple[Recipe, ...]
    presets: tuple[HardwarePreset, ...]


@dataclass(frozen=True, slots=True)
class Draft:
    """A recipe as written, resolved on a preset (`base`), with `edits` (key -> text) applied (`edited`)."""

    recipe: Recipe
    preset: str
    base: Resolved
    edited: Resolved
    edits: Mapping[str, str]
    fields: tuple[FormField, ...]
    originals: Mapping[str, str]
    """What the fields say without the edits."""
    command: str


def load_shelf() -> Shelf:
    """Raises UserError for a file that cannot be used, with its place."""
    from engine.recipes.loading import list_presets, list_recipes

    recipes = sorted(list_recipes(), key=lambda recipe: (recipe.name != "demo", recipe.name))
    return Shelf(tuple(recipes), list_presets())


def make_draft(recipe: Recipe, preset: str | None, edits: Mapping[str, str]) -> Draft:
    """The draft of these choices; edits that change nothing are dropped. Raises UserError that begins with the key."""
    from engine.recipes.loading import apply_edits, command_line, editable_fields, resolve

    preset = preset or recipe.preset
    base = resolve(recipe.name, preset)
    originals = {field.key: field.value for field in editable_fields(base)}
    edited = apply_edits(base, edits) if edits else base
    fields = editable_fields(edited, base)
    values = {field.key: field.value for field in fields}
    kept = {key: text for key, text in edits.items() if values.get(key) != originals.get(key)}
    return Draft(recipe, preset, base, edited, kept, fields, originals, command_line(recipe.name, preset, base, edited))


def in_words_of_the_form(error: UserError, draft: Draft) -> tuple[UserError, str]:
    """The error with fields of the form where it names options of the command line, and the key it is about
    ("": none): who fills in a form has no use for `--set`."""
    fields = {field.key: field for field in draft.fields}
    message, next_step = error.message, error.next_step
    for option in error.options:
        if (field := fields.get(option.key)) is None:
            continue
        section = field.key.rpartition(".")[0].partition(".")[0]
        words = f'the field "{field.label}"' + (f" of {section}" if section else "")
        words += "" if option.example else f" = {option.value}"
        message, next_step = (text.replace(str(option), words) for text in (message, next_step))
    about = (error.key, *(option.key for option in error.options))
    return UserError(message, next_step), next((key for key in about if key in fields), "")


def memory_question(draft: Draft, shelf: Shelf, hardware: Mapping[str, Any] | None) -> dict[str, Any]:
    """The question to `engine.consult estimate`: the draft on every preset.

    A model that neither the recipe nor the user chose is left open, so that each preset answers for its own.
    """
    body = draft.edited.recipe.model_dump(mode="json")
    for role, ref in draft.recipe.models.model_dump(mode="json").items():
        if ref is None and f"models.{role}" not in draft.edits:
            body["models"][role] = None
    changed = {key.partition(".")[2] for key in draft.edits if key.startswith("hardware.")}
    own = draft.edited.preset.model_dump(mode="json")
    body["hardware"] = {**draft.recipe.hardware, **{key: own[key] for key in changed if key in own}}
    presets = [preset.model_dump(mode="json") for preset in shelf.presets]
    question: dict[str, Any] = {"recipe": body, "presets": presets}
    if hardware:
        question["hardware"] = dict(hardware)
    return question
