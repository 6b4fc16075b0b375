"""Human verdicts in a comparison: what a human said of an answer counts for the same answer of the other run too.

A verdict is kept with one run only, also where the other one holds the very answer that was judged (a run and its
regrade, or two models that answer alike). Counted on one side alone it would make a difference between equal answers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from engine.compare.overrides import Key, Override
from engine.compare.pairing import Pair, Side
from engine.runs.events import Item


@dataclass(frozen=True, slots=True)
class SharedVerdicts:
    """The verdicts that count in A and in B; `to_a` of A's were said of B's answers, `to_b` of B's of A's."""

    a: Mapping[Key, Override]
    b: Mapping[Key, Override]
    to_a: int = 0
    to_b: int = 0

    @property
    def cautions(self) -> tuple[str, ...]:
        told = (("B", "A", self.to_a), ("A", "B", self.to_b))
        return tuple(_told(number, giver, taker) for giver, taker, number in told if number)


def share_verdicts(a: Side, b: Side, pairs: Sequence[Pair]) -> SharedVerdicts:
    """Each side with the other's verdicts on the same answers, as far as it has none of its own there."""
    if not a.overrides and not b.overrides:
        return SharedVerdicts(a.overrides, b.overrides)
    same_solutions = bool(a.origin) and a.origin == b.origin
    to_a: dict[Key, Override] = {}
    to_b: dict[Key, Override] = {}
    for pair in pairs:
        key_a, key_b = pair.a.key, pair.b.key
        of_a, of_b = a.overrides.get(key_a), b.overrides.get(key_b)
        if (of_a is None) == (of_b is None) or not _same_answer(pair, same_solutions):
            continue
        if of_b is not None:
            to_a[key_a] = replace(of_b, stage=pair.a.stage)
        elif of_a is not None:
            to_b[key_b] = replace(of_a, stage=pair.b.stage)
    return SharedVerdicts({**a.overrides, **to_a}, {**b.overrides, **to_b}, len(to_a), len(to_b))


def _same_answer(pair: Pair, same_solutions: bool) -> bool:
    """Whether both answer the same to the same question. No answer equals none only in the same solution: what a human
    read there may be anything."""
    a, b = pair.a, pair.b
    return _answers(a) == _answers(b) and (bool(a.fact("predicted")) or same_solutions)


def _answers(item: Item) -> tuple[str, str]:
    return item.fact("answer"), item.fact("predicted")


def _told(number: int, giver: str, taker: str) -> str:
    verdicts = f"{number:,} verdict{'s' * (number != 1)} of {giver} {'count' if number != 1 else 'counts'}"
    return f"{verdicts} for {taker} too: the answers are the same"
