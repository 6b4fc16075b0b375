"""The path of an item in words: which steps explain which, alone or merged. Pure functions.

A gold step may be explained by several student steps, and a student step may explain several gold steps: the first pair
is a match, the further ones are merges. Steps that hang together so are one tie.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from textual.content import Content

from engine.rows.alignment import Move
from engine.rows.graded import GradedRow
from engine.words import STEP

Pair = tuple[int, int]


class Tie(NamedTuple):
    """Gold and student steps that belong together, each in order; more than two of them are merged."""

    golds: tuple[int, ...]
    students: tuple[int, ...]

    def __str__(self) -> str:
        return "+".join(f"g{g + 1}" for g in self.golds) + "=" + "+".join(f"s{s + 1}" for s in self.students)


def ties_of(path: Sequence[Move]) -> list[Tie]:
    """The ties of a path in its order."""
    ties: list[tuple[set[int], set[int]]] = []
    for gold, student in (move.pair for move in path if move.pair):
        joined = [tie for tie in ties if gold in tie[0] or student in tie[1]]
        if not joined:
            ties.append(({gold}, {student}))
            continue
        first, *others = joined
        first[0].add(gold)
        first[1].add(student)
        for other in others:  # one move may bring two ties together
            first[0].update(other[0])
            first[1].update(other[1])
            ties.remove(other)
    return [Tie(tuple(sorted(golds)), tuple(sorted(students))) for golds, students in ties]


def pairs_of(item: GradedRow) -> tuple[frozenset[Pair], frozenset[Pair]]:
    """The (gold, student) pairs of the path: those that match first, and those merged into one of them."""
    matched: list[Pair] = []
    merged: list[Pair] = []
    for move in item.path:
        if (pair := move.pair) is None:
            continue
        further = any(pair[0] == gold or pair[1] == student for gold, student in matched)
        (merged if move.kind == "merge" or further else matched).append(pair)
    return frozenset(matched), frozenset(merged)


def path_parts(item: GradedRow) -> list[Content]:
    """The path in order: g1=s1, (s2 extra), g2=s3+s4, g3+g4=s5, (g5 not explained)."""
    ties = ties_of(item.path)
    of_gold = {gold: tie for tie in ties for gold in tie.golds}
    of_student = {student: tie for tie in ties for student in tie.students}
    parts: list[Content] = []
    told: set[Tie] = set()
    for move in item.path:
        if move.pair is not None:
            tie = of_gold[move.pair[0]]
            if tie not in told:
                told.add(tie)
                parts.append(Content.styled(str(tie), "$success"))
        elif move.gold is not None and move.gold not in of_gold:
            parts.append(Content.styled(f"(g{move.gold + 1} {STEP['missing'].word})", "$warning"))
        elif move.gold is None and move.student is not None and move.student not in of_student:
            parts.append(Content.styled(f"(s{move.student + 1} extra)", "$foreground-muted"))
    return parts


def student_note(item: GradedRow, student: int) -> str:
    """What a student step explains: "= g1", or, where it was merged, with which others; empty where nothing."""
    matched, merged = pairs_of(item)
    golds = sorted(g for g, s in matched | merged if s == student)
    if not golds:
        return ""
    if not any(s == student for _, s in matched):
        with_steps = sorted(s for g, s in matched if g in golds)
        together = f" together with step {_listed(with_steps)}" if with_steps else ""
        return f"explains gold {_listed(golds)}{together}"
    return "= " + ", ".join(f"g{g + 1}" for g in golds)


def gold_note(item: GradedRow, gold: int) -> str:
    """With which gold steps a merged one is explained, and by which step; empty where it has a match of its own."""
    matched, merged = pairs_of(item)
    if any(g == gold for g, _ in matched):
        return ""
    students = sorted(s for g, s in merged if g == gold)
    with_golds = sorted(g for g, s in matched if s in students)
    if not students:
        return ""
    together = f" together with gold {_listed(with_golds)}" if with_golds else ""
    return f"explained by step {_listed(students)}{together}"


def on_the_path(item: GradedRow, gold: int, student: int) -> Content:
    """What the path does with the steps of a cell."""
    matched, merged = pairs_of(item)
    pair = f"g{gold + 1}=s{student + 1}"
    if (gold, student) in matched:
        return Content.styled(f"✓ match: {pair}", "$success")
    if (gold, student) in merged:
        return Content.styled(f"✓ merged: {pair}, {student_note(item, student) or gold_note(item, gold)}", "$success")
    pairs = sorted(matched | merged)
    gold_side = _pairs([(g, s) for g, s in pairs if g == gold]) or f"g{gold + 1} {STEP['missing'].word}"
    student_side = _pairs([(g, s) for g, s in pairs if s == student]) or f"s{student + 1} extra"
    return Content.styled(f"not on it: {gold_side}, {student_side}", "$foreground-muted")


def _pairs(pairs: Sequence[Pair]) -> str:
    return ", ".join(f"g{g + 1}=s{s + 1}" for g, s in pairs)


def _listed(steps: Sequence[int]) -> str:
    return " and ".join(str(step + 1) for step in steps)
