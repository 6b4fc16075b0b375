"""Which item of one run is which item of another: paired by stage and id, each item with one partner at most."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from engine.compare.overrides import Key, Override
from engine.errors import UserError
from engine.runs.events import Item
from engine.runs.state import RunState, StageState
from engine.statistics.clusters import problem_of


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two runs: its state, the human verdicts laid over it, and what its items were made with.

    `settings` is the resolved recipe, flat ("problems.source" -> "gsm8k"); `versions` are those of its rows, by stage;
    `caution` is what the file of human verdicts leaves open; `origin` is the run that made the solutions.
    """

    state: RunState
    overrides: Mapping[Key, Override] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    caution: str = ""
    origin: str = ""


class Pair(NamedTuple):
    """An item of both runs; `place_a` and `place_b` are where it stands in RunState.items."""

    place_a: int
    place_b: int
    a: Item
    b: Item


def pair_items(a: RunState, b: RunState) -> list[Pair]:
    """The items of both, in A's order: each has one partner at most, since an id is unique in a stage of a run."""
    partner = pair_stages(a, b)
    of_b = b.items
    places = {item.key: place for place, item in enumerate(of_b)}
    pairs = []
    for place, item in enumerate(a.items):
        other = places.get((partner.get(item.stage, ""), item.id))
        if other is not None:
            pairs.append(Pair(place, other, item, of_b[other]))
    return pairs


def pair_stages(a: RunState, b: RunState) -> dict[str, str]:
    """Stage of A -> the stage of B that made the same items: of the same name and kind, else of the same kind, else
    what is left, in order (an evaluation and its regrade are one of each)."""
    left_a, left_b = graded_stages(a), graded_stages(b)
    found: dict[str, str] = {}
    for same in (_same_name_and_kind, _same_kind, _any_stage):
        for stage in list(left_a):
            other = next((o for o in left_b if same(stage, o)), None)
            if other is not None:
                found[stage.name] = other.name
                left_a.remove(stage)
                left_b.remove(other)
    return found


def why_unlike(name_a: str, a: RunState, name_b: str, b: RunState) -> UserError | None:
    """Why runs over the same problems share no item: a problem has another number of samples. None where it has not."""
    counts_a, counts_b = (Counter((item.stage, problem_of(item.id)) for item in state.items) for state in (a, b))
    shared = {problem for _, problem in counts_a} & {problem for _, problem in counts_b}
    many_a, many_b = max(counts_a.values(), default=0), max(counts_b.values(), default=0)
    if not shared or many_a == many_b:
        return None
    samples = "1 sample" if many_a == 1 else f"{many_a} samples"
    return UserError(
        f"{name_a} has {samples} a problem, {name_b} has {many_b}: their items cannot be paired",
        f"make both with as many: --set evaluate.samples={max(many_a, many_b)} and a temperature above 0",
    )


def graded_stages(state: RunState) -> list[StageState]:
    """The stages with items, in their order."""
    return [stage for stage in state.stages if stage.items]


def _same_name_and_kind(a: StageState, b: StageState) -> bool:
    return a.name == b.name and a.kind == b.kind


def _same_kind(a: StageState, b: StageState) -> bool:
    return a.kind == b.kind


def _any_stage(a: StageState, b: StageState) -> bool:
    return True
