"""Which problems of a source are taken: filters by id, level and subject, then shuffle, then limit."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice
from random import Random

from engine.errors import UserError
from engine.problems import generator
from engine.problems.columns import closest
from engine.problems.problem import Problem, question_key
from engine.recipes.sections import ProblemSettings

EMBEDDED_COUNT = 24  # how many the endless generator gives where no limit is set: the size of the demo
LAST_EMBEDDED = 99_999  # the last number of an id; problems are generated in order, so a far one takes a while

_EMBEDDED_ID = re.compile(r"embedded-(?:(train)-)?([1-3])-(\d{6})")


@dataclass(slots=True)
class Seen:
    """What went by, for messages when nothing is left."""

    problems: int = 0
    ids: list[str] = field(default_factory=list)
    levels: set[str] = field(default_factory=set)
    subjects: dict[str, str] = field(default_factory=dict)
    complete: bool = False
    left_out: int = 0


def select(
    problems: Iterable[Problem], settings: ProblemSettings, seed: int, origin: str, pool: frozenset[str] = frozenset()
) -> tuple[list[Problem], Seen]:
    """The problems asked for, without those whose question is in the few-shot pool; reads no further than it must.

    Raises UserError when something asked for does not exist or nothing is left.
    """
    seen = Seen()
    ids, levels = set(settings.ids), {str(level) for level in settings.levels}
    subjects = {_folded(subject) for subject in settings.subjects}
    stop = None if settings.shuffle else settings.limit
    kept: list[Problem] = []
    pooled_ids: set[str] = set()
    for problem in problems:
        seen.problems += 1
        seen.levels.add(problem.level)
        seen.subjects.setdefault(_folded(problem.subject), problem.subject)
        if ids:
            seen.ids.append(problem.id)
        wanted = (not ids or problem.id in ids) and (not levels or problem.level in levels)
        if not wanted or (subjects and _folded(problem.subject) not in subjects):
            continue
        if question_key(problem.question) in pool:
            seen.left_out += 1
            pooled_ids.add(problem.id)
            continue
        kept.append(problem)
        if len(kept) == stop:
            break
    else:
        seen.complete = True
        _check(settings, seen, origin, pooled_ids)
    if not kept:
        raise _nothing_left(seen, origin)
    if settings.shuffle:
        Random(seed).shuffle(kept)
    return kept[: settings.limit], seen


def select_embedded(settings: ProblemSettings, seed: int) -> list[Problem]:
    """Problems of the generator; with ids only those, else `limit` (24 where there is none) of the levels and subjects.

    Raises UserError for a level, subject or id that the generator does not have.
    """
    levels = settings.levels or generator.LEVELS
    if bad := [level for level in levels if level not in generator.LEVELS]:
        raise UserError(f"the embedded problems have no level {bad[0]}", "--set problems.levels=1,2,3")
    known = {_folded(subject): subject for subject in generator.subjects(levels)}
    for subject in settings.subjects:
        if _folded(subject) not in known:
            there = ", ".join(known.values())
            raise UserError(
                f'the embedded problems of level {_and(levels)} have no subject "{subject}"{closest(subject, known)}',
                f"their subjects: {there}",
            )
    subjects = {_folded(subject) for subject in settings.subjects}
    if settings.ids:
        chosen = [p for p in _by_id(settings, seed) if int(p.level) in levels]
        kept = [p for p in chosen if not subjects or _folded(p.subject) in subjects]
        if not kept:
            raise UserError(
                "no embedded problem has one of the ids and one of the levels and subjects", "drop a filter"
            )
        kept = kept[: settings.limit] if not settings.shuffle else kept
    else:
        endless = generator.iterate(seed, levels, stream=settings.split)
        fitting = (p for p in endless if not subjects or _folded(p.subject) in subjects)
        kept = list(islice(fitting, settings.limit or EMBEDDED_COUNT))
    if settings.shuffle:
        Random(seed).shuffle(kept)
    return kept[: settings.limit]


def _by_id(settings: ProblemSettings, seed: int) -> list[Problem]:
    """The problems of the ids, in the order they are generated."""
    last: dict[int, int] = {}
    for wanted in settings.ids:
        match = _EMBEDDED_ID.fullmatch(wanted)
        if match is None or (match[1] or "test") != settings.split or int(match[3]) > LAST_EMBEDDED:
            example = generator.problem_id(2, 17, settings.split)
            raise UserError(f'no embedded {settings.split} problem has the id "{wanted}"', f"ids look like {example}")
        level = int(match[2])
        last[level] = max(last.get(level, 0), int(match[3]))
    ids = set(settings.ids)
    generated = (generator.generate(last[level] + 1, seed, (level,), stream=settings.split) for level in sorted(last))
    return [problem for problems in generated for problem in problems if problem.id in ids]


def _check(settings: ProblemSettings, seen: Seen, origin: str, pooled_ids: set[str]) -> None:
    """Raise UserError for a filter that matches nothing in the whole source: most likely a slip of the pen."""
    if not seen.problems:
        raise UserError(f"{origin} holds no problems", "give another file, or another set: --set problems.source=NAME")
    for wanted in settings.ids:
        if wanted in pooled_ids:
            raise UserError(
                f'problem "{wanted}" of {origin} is one of the few-shot examples, which are never evaluated',
                "leave its id out",
            )
        if wanted not in seen.ids:
            raise UserError(
                f'no problem of {origin} has the id "{wanted}"{closest(wanted, seen.ids[:5_000])}',
                f"ids there look like {seen.ids[0]}",
            )
    for level in settings.levels:
        if str(level) not in seen.levels:
            there = _and(sorted(name for name in seen.levels if name)) or "its problems have no levels"
            raise UserError(f"no problem of {origin} has the level {level}", f"levels there: {there}")
    for subject in settings.subjects:
        if _folded(subject) not in seen.subjects:
            there = _and(sorted(name for name in seen.subjects.values() if name)) or "its problems have no subjects"
            raise UserError(
                f'no problem of {origin} has the subject "{subject}"{closest(subject, seen.subjects.values())}',
                f"subjects there: {there}",
            )


def _nothing_left(seen: Seen, origin: str) -> UserError:
    if seen.left_out:
        return UserError(
            f"nothing of {origin} is left: what was asked for are few-shot examples, which are never evaluated",
            "ask for other problems",
        )
    return UserError(
        f"nothing of {origin} is left: no problem fits all of the ids, levels and subjects asked for",
        "drop one of the filters problems.ids, problems.levels, problems.subjects",
    )


def _folded(subject: str) -> str:
    """`Counting & Probability`, `counting_and_probability` and `counting and probability` are one subject."""
    return " ".join(re.findall(r"\w+", subject.lower().replace("&", " and ").replace("_", " ")))


def _and(items: Iterable[object]) -> str:
    return ", ".join(str(item) for item in items)
