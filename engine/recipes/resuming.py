"""What may be changed of a run that goes on: how it works, never what it measures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from engine.errors import UserError
from engine.recipes.keys import settable_keys
from engine.recipes.merging import Resolved, resolve
from engine.recipes.sources import load_recipe

HOW_NOT_WHAT = frozenset({"batch_size", "threads"})
"""Last parts of the keys that an interrupted run may change: a batch that did not fit must not cost what is done."""


def resolve_again(recipe_file: Path, sets: Sequence[str]) -> Resolved:
    """The resolved recipe of a run with some of HOW_NOT_WHAT changed; UserError for any other key."""
    keys = settable_keys(load_recipe(recipe_file))
    changeable = [name for name, key in keys.items() if key.path[-1] in HOW_NOT_WHAT]
    for argument in sets:
        name = argument.partition("=")[0].strip()
        if name in keys and name not in changeable:
            raise UserError(
                f"--set {name}: a run that goes on keeps what it measures; only {', '.join(changeable)} may change",
                f"start a new run of it: mathreason-tui --batch {recipe_file} --set {argument}",
            )
    return resolve(str(recipe_file), None, sets)
