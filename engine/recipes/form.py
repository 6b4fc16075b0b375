"""A resolved recipe as a form: fields as text with help, edits taken back, and the command line that does the same."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.recipes.keys import Key, Kind, format_value, settable_keys
from engine.recipes.merging import Resolved, merge
from engine.recipes.overrides import override_of
from engine.recipes.places import Place
from engine.recipes.sections import NO_MODEL
from engine.recipes.sources import list_presets

PROGRAM = "mathreason-tui"

NOT_IN_FORM = ("preset", "hardware.models.", "hardware.memory_gb", "hardware.backend")
"""The preset has a list of its own; what follows from it is changed by choosing another one, or with `--set`."""

LABELS = {"problems.source": "problems", "problems.path": "from file", "models.policy": "policy",
          "models.embedder": "embedder", "models.judge": "judge"}  # fmt: skip
"""Where the last part of a key would not say enough, or too much."""


@dataclass(frozen=True, slots=True)
class FormField:
    """One field. `value` is what `apply_edits` takes back; `choices` are all there are, for a model suggestions."""

    key: str
    label: str
    value: str
    kind: Kind
    choices: tuple[str, ...]
    help: str


def editable_fields(resolved: Resolved, before: Resolved | None = None) -> tuple[FormField, ...]:
    """The fields of the recipe form, in order. A stage's own problems and models stand there where the recipe sets
    them, or did `before` an edit took them away."""
    keys = settable_keys(resolved.recipe)
    shown = [key for name, key in keys.items() if not name.startswith(NOT_IN_FORM)]
    written = [version for version in (resolved, before) if version]
    shown = [k for k in shown if not k.shown_where_set or any(_value(v, k) is not None for v in written)]
    if resolved.recipe.problems.source != "jsonl":
        shown = [key for key in shown if not key.name.startswith("problems.columns.")]
    suggestions = _model_suggestions()
    return tuple(_form_field(resolved, key, suggestions) for key in shown)


def apply_edits(resolved: Resolved, edits: Mapping[str, str]) -> Resolved:
    """The recipe with these fields changed (key -> text). Raises UserError that begins with the key."""
    overrides = [override_of(name, text, resolved.recipe, Place(name)) for name, text in edits.items()]
    return merge(resolved.recipe, None, overrides, lambda path: Place(resolved.recipe.name), whole="the form")


def command_line(recipe_name: str, preset: str | None, base: Resolved, edited: Resolved) -> str:
    """The shell command that runs `edited`; `base` is what `recipe_name` on `preset` gives without any --set."""
    words = [PROGRAM, "--batch", recipe_name]
    if preset is not None:
        words += ["--preset", preset]
    for name, key in settable_keys(edited.recipe).items():
        value = _value(edited, key)
        if name != "preset" and value != _value(base, key):
            words += ["--set", f"{name}={format_value(key, value)}"]
    return shlex.join(words)


def _form_field(resolved: Resolved, key: Key, suggestions: Mapping[str, tuple[str, ...]]) -> FormField:
    value = _value(resolved, key)
    text = "" if value is None or value == () else format_value(key, value)
    choices = suggestions.get(str(key.path[-1]), (NO_MODEL,)) if key.kind == "model" else key.choices
    if key.kind == "bool":
        choices = ("true", "false")
    own = " ".join(map(str, key.path[2:])) if key.overrides_recipe else str(key.path[-1])
    label = LABELS.get(key.name, own.replace("_", " "))
    return FormField(key.name, label, text, key.kind, choices, key.field.description or "")


def _value(resolved: Resolved, key: Key) -> Any:
    """The setting at the key's path, read from the models (so that a list is a tuple and nothing is left out)."""
    at: Any = resolved.preset if key.path[0] == "hardware" else resolved.recipe
    for part in key.path[1:] if key.path[0] == "hardware" else key.path:
        at = at[part] if isinstance(part, int) else getattr(at, part, None)  # a threshold that is not set
    return at


def _model_suggestions() -> dict[str, tuple[str, ...]]:
    """For each role, the models that the presets name (and "none")."""
    roles = [preset.models for preset in list_presets()]
    named = {role: [getattr(r, role) for r in roles] for role in ("policy", "embedder", "judge")}
    named["judge"] += named["policy"]
    named["reference"] = named["policy"]
    return {role: (*dict.fromkeys(ref for ref in refs if ref), NO_MODEL) for role, refs in named.items()}
