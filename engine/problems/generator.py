"""The embedded generator: unlimited word problems with gold steps, the same for the same seed on every machine.

Promises: problem k of a level depends only on (seed, stream, level, k), so a shorter list is the beginning of a longer
one and an id means the same problem whatever levels were asked for; no question comes twice in a level; questions of
different streams are disjoint for all seeds, because the hash of a question decides which stream may hold it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Sequence
from itertools import cycle, islice
from random import Random
from typing import Literal

from engine.problems.problem import Problem, question_key
from engine.problems.templates import Draft, Template, Unsuitable, draw, templates_of

LEVELS = (1, 2, 3)
SOURCE = "embedded"

Stream = Literal["test", "train", "few-shot"]

# Sixteenths of all questions that each stream may hold; few-shot needs eight problems in all.
_SIXTEENTHS: dict[Stream, range] = {"test": range(8), "train": range(8, 15), "few-shot": range(15, 16)}
_ID_PREFIX: dict[Stream, str] = {"test": SOURCE, "train": f"{SOURCE}-train", "few-shot": f"{SOURCE}-few-shot"}

ATTEMPTS = 3_000  # draws for one problem; the pickiest template needs about 40, in the smallest stream 16 times that


def generate(count: int, seed: int, levels: Sequence[int] = LEVELS, *, stream: Stream = "test") -> list[Problem]:
    """The first `count` problems, the levels taking turns. Raises ValueError for a level that does not exist."""
    return list(islice(iterate(seed, levels, stream=stream), count))


def iterate(seed: int, levels: Sequence[int] = LEVELS, *, stream: Stream = "test") -> Iterator[Problem]:
    """All problems, without end, the levels taking turns. Raises ValueError for a level that does not exist."""
    chosen = tuple(dict.fromkeys(levels))
    if not chosen or not set(chosen) <= set(LEVELS):
        raise ValueError(f"levels are {LEVELS}, not {tuple(levels)}")
    return _in_turn([_level(seed, level, stream) for level in chosen])


def subjects(levels: Collection[int] = LEVELS) -> tuple[str, ...]:
    """The subjects that the levels' templates have, sorted."""
    return tuple(sorted({template.subject for level in levels for template in templates_of(level)}))


def problem_id(level: int, index: int, stream: Stream = "test") -> str:
    """`embedded-2-000017`: the level and the 0-based place in the level's sequence."""
    return f"{_ID_PREFIX[stream]}-{level}-{index:06d}"


def _in_turn(sources: Sequence[Iterator[Problem]]) -> Iterator[Problem]:
    for source in cycle(sources):
        problem = next(source, None)
        if problem is None:  # every template is used up: beyond any number a run could ask for
            return
        yield problem


def _level(seed: int, level: int, stream: Stream) -> Iterator[Problem]:
    """The endless sequence of one level: all templates in a shuffled order, then all again in another."""
    asked: set[str] = set()
    used_up: set[str] = set()  # templates that have asked everything they can; it takes tens of thousands of problems
    index = 0
    for template in _laps(seed, level, stream, used_up):
        draft = _fresh(template, f"{stream}/{seed}/{level}/{index}", stream, asked)
        if draft is None:
            used_up.add(template.name)
        else:
            yield Problem(
                id=problem_id(level, index, stream),
                question=draft.question,
                answer=draft.answer,
                gold_solution="\n".join(draft.steps),
                gold_steps=draft.steps,
                subject=draft.subject,
                level=str(level),
                source=SOURCE,
            )
            index += 1


def _laps(seed: int, level: int, stream: Stream, used_up: set[str]) -> Iterator[Template]:
    number = 0
    while len(used_up) < len(templates_of(level)):
        lap = list(templates_of(level))
        Random(f"{stream}/{seed}/{level}/lap {number}").shuffle(lap)
        yield from (template for template in lap if template.name not in used_up)
        number += 1


def _fresh(template: Template, key: str, stream: Stream, asked: set[str]) -> Draft | None:
    """Draw until the numbers fit, the question belongs to the stream and was not asked before; None: it never is."""
    chance = Random(key)
    for _ in range(ATTEMPTS):
        try:
            draft = draw(template, chance)
        except Unsuitable:
            continue
        normalised = question_key(draft.question)
        if normalised not in asked and _sixteenth(normalised) in _SIXTEENTHS[stream]:
            asked.add(normalised)
            return draft
    return None


def _sixteenth(normalised: str) -> int:
    return hashlib.sha256(normalised.encode("utf-8", "backslashreplace")).digest()[0] % 16
