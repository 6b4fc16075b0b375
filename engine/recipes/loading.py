"""The front door of the room: find, read, merge, check, edit and write down recipes. Front ends and worker use it."""

from __future__ import annotations

from engine.recipes.form import FormField, apply_edits, command_line, editable_fields
from engine.recipes.merging import Resolved, dump_recipe, resolve
from engine.recipes.readiness import require_complete
from engine.recipes.sources import list_presets, list_recipes, load_preset, load_recipe

__all__ = [
    "FormField",
    "Resolved",
    "apply_edits",
    "command_line",
    "dump_recipe",
    "editable_fields",
    "list_presets",
    "list_recipes",
    "load_preset",
    "load_recipe",
    "require_complete",
    "resolve",
]
