"""First divergence: where a student's chain first leaves what the gold solution allows, and why.

A gap in the path is no divergence while the values agree: people merge and split steps. In the order of the steps:

1. arithmetic that is false by an exact evaluator: "arithmetic: 3 * 12 = 35 (36)".
A chain that arrives at the gold's final value is asked nothing more: other intermediates are another way to the same
place. In a chain that does not arrive:
2. a result that supports nothing: neither found by the gold (partial sums of its sums included) nor used for a result
   that is: "differs from gold step 2: 35, not 36", or "value 35 not derivable" where no gold step corresponds. The
   wrong answer itself supports nothing, even where it equals an intermediate of the gold; nor does finding again what
   was found before. Where the step before only set up the equation that this one solves, it is the one to blame;
3. a number from nowhere: not in the question, not in the gold, not found so far: "value 30 not derivable";
4. nothing of that: the step that first states the wrong answer, else "ends before gold step 3";
5. where the gold names no values at all: the first step that is matched but hardly alike: "differs from gold step 2".

What it cannot see: a wrong plan or reading of the question in words whose numbers come later (the label is then a step
or two before the first number that shows it), a sound detour of a chain that errs later, and right answers by wrong
ways. On ProcessBench-GSM8K these are nearly all of what is missed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from engine.alignment.alignment import Divergence, Move
from engine.alignment.arithmetic import Result, claims, partial_sums, results
from engine.alignment.values import step_numbers

UNLIKE = 0.2  # a matched cell below it, without values on either side, is another thought
CORRESPONDS = 0.3  # a cell from which the aligned gold step may be named in the reason
PLACES = 4  # decimals to which values are shown
ROUNDED = Fraction(1, 100)  # absolute, for values that one side rounded to cents
SMALL = 2  # whole numbers up to it need no origin
SET_UP_WITHIN = 2  # steps back in which the equation that a step solves was set up

_NUMBER_WORDS = {
    word: Fraction(value)
    for word, value in {
        "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8",
        "nine": "9", "ten": "10", "eleven": "11", "twelve": "12", "twenty": "20", "thirty": "30", "forty": "40",
        "fifty": "50", "hundred": "100", "dozen": "12", "twice": "2", "double": "2", "triple": "3", "half": "1/2",
        "third": "1/3", "quarter": "1/4",
    }.items()
}  # fmt: skip
_BOXED = re.compile(r"boxed\{([^{}]*)\}")
_STEP_MARK = re.compile(r"\bstep\s*[0-9]+", re.IGNORECASE)
_SIGN = re.compile(r"[-=+*/]")
_PERCENT = Fraction(100)


@dataclass(frozen=True, slots=True)
class _Gold:
    """What the gold solution allows: `found` by its steps (`ways`: from which operands), `named` anywhere, `final`."""

    ways: set[tuple[Fraction, frozenset[Fraction]]]
    found: set[Fraction]
    named: set[Fraction]
    final: Fraction | None


@dataclass(frozen=True, slots=True)
class _Student:
    """The results of every step, whether the chain arrives at the gold's final value, and the answer it states."""

    found: Sequence[Sequence[Result]]
    arrives: bool
    wrong: Fraction | None


def first_divergence(
    gold_steps: Sequence[str],
    student_steps: Sequence[str],
    cells: Sequence[Sequence[float]],
    path: Sequence[Move],
    *,
    question: str = "",
) -> Divergence | None:
    """The first step that diverges, or None for a chain that agrees (or has nothing to compare)."""
    if not gold_steps or not student_steps:
        return Divergence(None, 0, "ends before gold step 1", "missing") if gold_steps else None
    partner = {move.student: move.gold for move in reversed(path) if move.student is not None and move.gold is not None}
    gold = _read_gold(gold_steps)
    given = set(_given(question))
    student = _read_student(student_steps, gold)
    astray = [[] for _ in student_steps] if student.arrives else _astray(student, gold, given)
    known = given | gold.named | {Fraction(1), _PERCENT}
    for place, step in enumerate(student_steps):
        for claim in claims(step):
            if not claim.holds:
                claimed = f"{claim.left} = {_show(claim.claimed)} ({_show(claim.actual)})"
                return Divergence(place, partner.get(place), f"arithmetic: {claimed}", "arithmetic")
        if student.arrives or not gold.named:
            continue
        origin = _without_origin(step, student.found[place], known)
        if origin is not None:
            return Divergence(place, partner.get(place), f"value {_show(origin)} not derivable", "underivable")
        if astray[place]:
            blamed = _set_up(astray[place][0], place, student_steps, student.found)
            return _unlike_value(astray[place][0].value, blamed, partner.get(blamed), gold_steps, cells)
        known |= {result.value for result in student.found[place]} | set(step_numbers(step))
    if not gold.named:
        return _unlike(cells, partner)
    return _ending(gold_steps, student_steps, student, gold, partner, cells)


def _read_gold(steps: Sequence[str]) -> _Gold:
    found = {result.value for step in steps for result in results(step)}
    named = found | {value for step in steps for value in step_numbers(step)}
    reached = found | {value for step in steps if (value := _final(step)) is not None}
    sums = {value for step in steps for value in partial_sums(step)}
    ways = {(result.value, result.operands) for step in steps for result in results(step)}
    return _Gold(ways, reached | sums | set(_complements(steps)), named | sums, final_value(steps))


def _complements(steps: Sequence[str]) -> Iterable[Fraction]:
    """What is left of an operand when a gold result is taken from it: 80 % of 400 leaves 80, that is 20 %."""
    for step in steps:
        for result in results(step):
            yield from (operand - result.value for operand in result.operands if operand > result.value > 0)


def _read_student(steps: Sequence[str], gold: _Gold) -> _Student:
    found = [results(step) for step in steps]
    last = steps[-1]
    boxed = _BOXED.findall(last)
    own = {result.value for result in found[-1][-1:]} | set(step_numbers(last)[-1:])
    if boxed and step_numbers(boxed[-1]):
        own = set(step_numbers(boxed[-1]))
    elif not found[-1]:
        own |= set(step_numbers(last))
    if (final := final_value(steps)) is not None:
        own.add(final)
    arrives = bool(gold.named) and gold.final is not None and _among(gold.final, own)
    stated = next((value for step in reversed(steps) if (value := _final(step)) is not None), None)
    missed = stated is not None and gold.final is not None and not _among(gold.final, {stated})
    follows = all(_among(result.value, gold.named) for step in found for result in step)
    stops_early = follows and any((result.value, result.operands) in gold.ways for result in found[-1][-1:])
    return _Student(found, arrives, stated if missed and not arrives and not stops_early else None)


def _astray(student: _Student, gold: _Gold, given: set[Fraction]) -> list[list[Result]]:
    """For each step, its results that lead nowhere: not the gold's, not given, and used for none of them later.

    Walks back from the end: what a useful result was made from is needed, and what is needed is useful.
    """
    needed: set[Fraction] = set()
    astray: list[list[Result]] = [[] for _ in student.found]
    for index in range(len(student.found) - 1, -1, -1):
        before = {result.value for step in student.found[:index] for result in step}
        for result in reversed(student.found[index]):
            computed = len(result.operands) > 1
            if result.value == student.wrong:
                useful = result.value in given and not result.operands
            else:
                allowed = gold.found if computed else gold.named
                useful = _among(result.value, allowed) or _among(result.value, needed)
            if useful and result.value not in before:
                needed |= result.operands
            elif not useful and (result.operands or not _among(result.value, given)):
                astray[index].insert(0, result)
    return astray


def _without_origin(step: str, found: Sequence[Result], known: set[Fraction]) -> Fraction | None:
    """A whole number of the step that is neither known nor part of one of its own equations."""
    own = {result.value for result in found} | {operand for result in found for operand in result.operands}
    for value in step_numbers(_STEP_MARK.sub("", step)):
        if value.denominator == 1 and value > SMALL and not _among(value, known) and not _among(value, own):
            return value
    return None


def _set_up(result: Result, place: int, steps: Sequence[str], found: Sequence[Sequence[Result]]) -> int:
    """The step that set up what step `place` computes: it names all the operands in a formula but finds nothing."""
    if len(result.operands) > 1:
        for earlier in range(max(0, place - SET_UP_WITHIN), place):
            names = result.operands <= set(step_numbers(steps[earlier]))
            if names and not found[earlier] and _SIGN.search(steps[earlier]):
                return earlier
    return place


def _ending(
    gold_steps: Sequence[str], student_steps: Sequence[str], student: _Student, gold: _Gold,
    partner: dict[int, int], cells: Sequence[Sequence[float]],
) -> Divergence | None:  # fmt: skip
    """Where a wrong answer was first stated, or what is missing; None where the gold's final value appears."""
    stated = {value for step in student_steps for value in step_numbers(step)}
    stated.update(result.value for step in student.found for result in step)
    missing = _first_missing(gold_steps, stated)
    if student.wrong is not None:
        for place, step in enumerate(student_steps):
            if student.wrong in step_numbers(step):
                return _unlike_value(student.wrong, place, partner.get(place), gold_steps, cells)
    if _among(gold.final, stated):
        return None
    return Divergence(None, missing, f"ends before gold step {missing + 1}", "missing")


def _first_missing(gold_steps: Sequence[str], stated: set[Fraction]) -> int:
    reached = [index for index, step in enumerate(gold_steps) if _among(_final(step), stated)]
    return min((reached[-1] if reached else -1) + 1, len(gold_steps) - 1)


def _final(step: str) -> Fraction | None:
    """What a step found out: its last result, else the last number that it names."""
    found = results(step)
    numbers = step_numbers(step)
    return found[-1].value if found else numbers[-1] if numbers else None


def final_value(steps: Sequence[str]) -> Fraction | None:
    """The gold's final value. A last step that only speaks names it among other numbers: the one found before counts,
    and of several the one named most often, then last."""
    boxed = _BOXED.findall(steps[-1])
    if boxed and step_numbers(boxed[-1]):
        return step_numbers(boxed[-1])[-1]
    if results(steps[-1]):
        return _final(steps[-1])
    found = {result.value for step in steps[:-1] for result in results(step)}
    numbers = step_numbers(steps[-1])
    named = [value for value in numbers if value in found]
    if not named:
        return _final(steps[-1])
    return max(enumerate(named), key=lambda one: (numbers.count(one[1]), one[0]))[1]


def _unlike(cells: Sequence[Sequence[float]], partner: dict[int, int]) -> Divergence | None:
    for student, gold in sorted(partner.items()):
        if cells[gold][student] < UNLIKE:
            return Divergence(student, gold, f"differs from gold step {gold + 1}", "unlike")
    return None


def _unlike_value(
    value: Fraction, student: int, gold: int | None, gold_steps: Sequence[str], cells: Sequence[Sequence[float]]
) -> Divergence:
    expected = results(gold_steps[gold]) if gold is not None and cells[gold][student] >= CORRESPONDS else ()
    if gold is None or not expected or expected[-1].value == value:
        return Divergence(student, gold, f"value {_show(value)} not derivable", "underivable")
    reason = f"differs from gold step {gold + 1}: {_show(value)}, not {_show(expected[-1].value)}"
    return Divergence(student, gold, reason, "contradiction")


def _given(question: str) -> Iterable[Fraction]:
    yield from step_numbers(question)
    for word in question.lower().replace("-", " ").split():
        if word.strip(".,;:?!") in _NUMBER_WORDS:
            yield _NUMBER_WORDS[word.strip(".,;:?!")]


def _among(value: Fraction | None, known: Iterable[Fraction]) -> bool:
    """Whether the value is known: exactly, as a percentage, without its sign, or rounded to cents."""
    if value is None:
        return True
    if value in known:
        return True
    size = abs(value)
    if size in known or size * 100 in known or size / 100 in known:
        return True
    if size.denominator == 1:
        return False
    whole = _in_cents(size)
    return any(abs(size - other) <= ROUNDED and not (whole and _in_cents(other)) for other in known)


def _in_cents(value: Fraction) -> bool:
    """Such a value had nothing to round: 14.99 is not 15."""
    return (value * 100).denominator == 1


def _show(value: Fraction) -> str:
    """A short decimal where there is one, else the fraction."""
    if value.denominator == 1:
        return str(value.numerator)
    decimal = round(value, PLACES)
    if decimal == value:
        return f"{float(decimal):g}" if abs(value) < 10**6 else str(float(decimal))
    return str(value) if len(str(value)) <= 12 else f"{float(decimal):g}"
