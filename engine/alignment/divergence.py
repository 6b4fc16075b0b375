"""First divergence: where a student's chain first leaves what the gold solution allows, and why.

A gap in the path is no divergence while the values agree: people merge and split steps. In the order of the steps:

1. arithmetic that is false by an exact evaluator: "arithmetic: 3 * 12 = 35 (36)";
2. where the chain does not arrive at the gold's final value, a result that supports nothing: it is no value of the gold
   solution (or the question), and no later step that reaches one uses it: "differs from gold step 2: 35, not 36", or
   "value 35 not derivable" where no gold step corresponds. In a chain that does arrive, other intermediates are another
   way to the same place: 2 of 193 sound chains of ProcessBench-GSM8K are flagged so, 15 without this rule;
3. nothing of that, but the gold's final value never appears: "ends before gold step 3";
4. where the gold names no values at all: the first step that is matched but hardly alike: "differs from gold step 2".

An unusual but sound intermediate (3 + 4 = 7, then 16 - 7 = 9 where the gold has 16 - 3 - 4 = 9) is used by a step that
reaches a gold value, so it is supported.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

from engine.alignment.alignment import Divergence, Move
from engine.alignment.arithmetic import Result, claims, results
from engine.alignment.values import step_numbers

UNLIKE = 0.2  # a matched cell below it, without values on either side, is another thought
CORRESPONDS = 0.3  # a cell from which the aligned gold step may be named in the reason
PLACES = 4  # decimals to which values are compared here: 1/3 of 10 is met by 3.3333, and nearly by 3.33
ROUNDED = Fraction(1, 100)  # absolute, for values that one side rounded to cents

_NUMBER_WORDS = {
    word: Fraction(value)
    for word, value in {
        "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8",
        "nine": "9", "ten": "10", "eleven": "11", "twelve": "12", "twenty": "20", "thirty": "30", "forty": "40",
        "fifty": "50", "hundred": "100", "dozen": "12", "twice": "2", "double": "2", "triple": "3", "half": "1/2",
        "third": "1/3", "quarter": "1/4",
    }.items()
}  # fmt: skip


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
        return Divergence(None, 0, "ends before gold step 1") if gold_steps else None
    partner = {move.student: move.gold for move in path if move.student is not None and move.gold is not None}
    gold_values = {value for step in gold_steps for value in step_numbers(step)}
    gold_values.update(result.value for step in gold_steps for result in results(step))
    found = [results(step) for step in student_steps]
    astray = _astray(found, gold_values, set(_given(question)))
    arrives = bool(gold_values) and _same_ending(gold_steps[-1], student_steps[-1])
    for student, step in enumerate(student_steps):
        gold = partner.get(student)
        for claim in claims(step):
            if not claim.holds:
                claimed = f"{claim.left} = {_show(claim.claimed)} ({_show(claim.actual)})"
                return Divergence(student, gold, f"arithmetic: {claimed}")
        for value in [] if arrives else astray[student]:
            return Divergence(student, gold, _unlike_reason(value, gold, student, gold_steps, cells))
    return _ending(gold_steps, student_steps, found) if gold_values else _unlike(cells, partner)


def _astray(found: Sequence[Sequence[Result]], gold: set[Fraction], given: set[Fraction]) -> list[list[Fraction]]:
    """For each step, its results that lead nowhere: no gold value, not given, and used for none of them later.

    Walks back from the end: what a useful result was made from is needed, and what is needed is useful.
    """
    needed: set[Fraction] = set()
    astray: list[list[Fraction]] = [[] for _ in found]
    for index in range(len(found) - 1, -1, -1):
        for result in reversed(found[index]):
            if _among(result.value, gold) or _among(result.value, needed):
                needed |= result.operands
            elif not _among(result.value, given):
                astray[index].insert(0, result.value)
    return astray


def _ending(
    gold_steps: Sequence[str],
    student_steps: Sequence[str],
    found: Sequence[Sequence[Result]],
) -> Divergence | None:
    """None where the gold's final value appears among the student's numbers."""
    stated = {value for step in student_steps for value in step_numbers(step)}
    stated.update(result.value for step in found for result in step)
    if _among(_final(gold_steps[-1]), stated):
        return None
    reached = [index for index, step in enumerate(gold_steps) if _among(_final(step), stated)]
    missing = (reached[-1] if reached else -1) + 1
    return Divergence(None, missing, f"ends before gold step {missing + 1}")


def _same_ending(gold: str, student: str) -> bool:
    """Whether the last steps end in one value; bare numbers count ("she has 8 left")."""
    final = _final(gold)
    own = {result.value for result in results(student)[-1:]} | set(step_numbers(student)[-1:])
    return final is not None and _among(final, own)


def _final(step: str) -> Fraction | None:
    """What a gold step found out: its last result, else the last number that it names."""
    found = results(step)
    numbers = step_numbers(step)
    return found[-1].value if found else numbers[-1] if numbers else None


def _unlike(cells: Sequence[Sequence[float]], partner: dict[int, int]) -> Divergence | None:
    for student, gold in sorted(partner.items()):
        if cells[gold][student] < UNLIKE:
            return Divergence(student, gold, f"differs from gold step {gold + 1}")
    return None


def _unlike_reason(
    value: Fraction, gold: int | None, student: int, gold_steps: Sequence[str], cells: Sequence[Sequence[float]]
) -> str:
    expected = results(gold_steps[gold]) if gold is not None and cells[gold][student] >= CORRESPONDS else ()
    if gold is None or not expected:
        return f"value {_show(value)} not derivable"
    return f"differs from gold step {gold + 1}: {_show(value)}, not {_show(expected[-1].value)}"


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
    return any(abs(size - other) <= ROUNDED for other in known)


def _show(value: Fraction) -> str:
    """A short decimal where there is one, else the fraction."""
    if value.denominator == 1:
        return str(value.numerator)
    decimal = round(value, PLACES)
    if decimal == value:
        return f"{float(decimal):g}" if abs(value) < 10**6 else str(float(decimal))
    return str(value) if len(str(value)) <= 12 else f"{float(decimal):g}"
