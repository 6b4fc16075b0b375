"""Which items to look at: by quadrant, verdict, the token limit, a human's verdict, and a text in id, prediction or
answer. Verdicts are the graders'."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable
from dataclasses import dataclass

from engine.compare.overrides import Key
from engine.rows.graded import is_merged, is_truncated
from engine.runs.events import Item
from engine.words import CUT_OFF, MERGED, OVERRIDDEN, QUADRANT, VERDICT, Sign

CHOICES: dict[str, Sign] = {**QUADRANT, **VERDICT, "truncated": CUT_OFF, "merged": MERGED, "overridden": OVERRIDDEN}
"""All that can be chosen, in the order of the menu."""


@dataclass(frozen=True, slots=True)
class ItemFilter:
    """Chosen quadrants, verdicts, "truncated", "merged" and "overridden": any within a group, all groups together.
    Empty lets all through."""

    chosen: frozenset[str] = frozenset()
    text: str = ""

    def __bool__(self) -> bool:
        return bool(self.chosen or self.text)

    def matches(self, item: Item, overridden: Container[Key] = ()) -> bool:
        """Whether the item is among those to look at; `overridden` are the items with a human's verdict."""
        quadrants, verdicts = self.chosen & QUADRANT.keys(), self.chosen & VERDICT.keys()
        if quadrants and item.fact("quadrant") not in quadrants:
            return False
        if verdicts and item.fact("verdict") not in verdicts:
            return False
        if "truncated" in self.chosen and not is_truncated(item):
            return False
        if "merged" in self.chosen and not is_merged(item):
            return False
        if "overridden" in self.chosen and item.key not in overridden:
            return False
        return not self.text or contains(item, self.text)

    def describe(self) -> str:
        """The filter in words."""
        parts = [
            " or ".join(CHOICES[name].word for name in CHOICES if name in self.chosen & group)
            for group in (QUADRANT.keys(), VERDICT.keys(), {"truncated"}, {"merged"}, {"overridden"})
            if self.chosen & group
        ]
        return " · ".join(parts + ([f'"{self.text}"'] if self.text else []))


def contains(item: Item, text: str) -> bool:
    """Whether the text (of any case) is in the item's id, prediction or answer."""
    wanted = text.casefold()
    return any(wanted in part.casefold() for part in (item.id, item.fact("predicted"), item.fact("answer")))


def count_choices(items: Iterable[Item], overridden: Container[Key] = ()) -> Counter[str]:
    """How many items each choice alone would show."""
    counts: Counter[str] = Counter()
    for item in items:
        counts[item.fact("quadrant")] += 1
        counts[item.fact("verdict")] += 1
        counts["truncated"] += is_truncated(item)
        counts["merged"] += is_merged(item)
        counts["overridden"] += item.key in overridden
    return counts
