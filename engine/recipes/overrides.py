"""`KEY=VALUE` texts, of `--set` or of the form, as places and values in a recipe's table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.errors import UserError
from engine.recipes.complaints import refuse, unknown_key
from engine.recipes.keys import parse_value, settable_keys, unused_keys
from engine.recipes.places import KeyPath, Place
from engine.recipes.recipe import Recipe


@dataclass(frozen=True, slots=True)
class Override:
    """A value for the key at `path`; `place` is how messages call where it was written."""

    path: KeyPath
    value: Any
    place: Place

    def put(self, table: dict[str, Any]) -> None:
        """Set the value in a recipe's table, which changes."""
        at: Any = table
        for part in self.path[:-1]:
            at = at.setdefault(part, {}) if isinstance(at, dict) else at[part]
        at[self.path[-1]] = self.value


def parse_override(argument: str, recipe: Recipe, place: Place) -> Override:
    """One `--set` argument. Raises UserError for an unknown key or a missing `=`."""
    name, equals, text = argument.partition("=")
    if not equals:
        raise UserError(f"{place}: a key needs a value", "write --set KEY=VALUE, e.g. --set problems.limit=10")
    return override_of(name.strip(), text, recipe, place)


def override_of(name: str, text: str, recipe: Recipe, place: Place) -> Override:
    """A key's written name and the text of its value. Raises UserError for a key that the recipe has no use for."""
    keys = settable_keys(recipe)
    key = keys.get(name)
    if key is None and name in unused_keys(recipe):
        used = ", ".join(n for n, k in keys.items() if not n.startswith("hardware.") and not k.shown_where_set)
        raise UserError(f"{place}: {recipe.name} has no use for {name}", f"leave it out; it uses {used}")
    if key is None:
        raise refuse([unknown_key(name, keys)], lambda path: place, place.source)
    return Override(key.path, parse_value(key, text), place)
