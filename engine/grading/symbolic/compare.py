"""The symbolic rule: are two answers mathematically equal. This room runs only inside a killable process.

Answers are parsed by the LaTeX grammar (`trees`), decided by the project's own rules where those are certain
(`structure`, `regions`, `values`), and left to math-verify's comparison of the same trees where they are not.
"""

from __future__ import annotations

import re
from typing import Any, Literal

from math_verify import verify
from sympy import Eq, pi
from sympy.core.function import AppliedUndef
from sympy.core.relational import Relational
from sympy.logic.boolalg import BooleanAtom

from engine.grading.spelling import normal_form
from engine.grading.symbolic.asides import aligned, named, same_integers, told_apart
from engine.grading.symbolic.callings import with_functions, without_calls
from engine.grading.symbolic.dress import Part, counted_parts, labelled_parts, names_call, same_primes
from engine.grading.symbolic.lookalikes import case_matters, confused
from engine.grading.symbolic.notation import residues
from engine.grading.symbolic.rewriting import ratio_terms
from engine.grading.symbolic.structure import same
from engine.grading.symbolic.trees import Reading, counts_with_i, read
from engine.grading.symbolic.values import same_value
from engine.grading.symbolic.wording import worded_apart

# same and other: by the project's own rules; equal and different: by math-verify's comparison.
Outcome = Literal["same", "other", "equal", "different", "gold-unreadable", "unreadable"]

# Compared once before the first question: the grammar's tables and sympy's solvers are built by their first use (half a
# second for a sum, which would count against the first answer's time), and children inherit them.
WARM_UP = (
    ("\\frac{1}{2}", "0.5"),
    ("x^2+2x+1", "(x+1)^2"),
    ("(1,2]", "[1,2)"),
    ("\\sqrt{3}\\pi", "x \\leq 2"),
    ("(3,4]", "3<x\\leq 4"),
    ("x^2+y^2=4", "2x^2+2y^2=8"),
    ("a_n=\\sum_{k=0}^{n-1} a_k a_{n-k}", "a_n=\\sum_{k=0}^{n-1} a_{n-k} a_k"),
)


_DEGREES = re.compile(r"\^\s*\{?\s*\\circ|°|\\degree")


def compare(gold: str, answer: str) -> Outcome:
    """Whether `answer` equals `gold`; says which of the two could not be read as mathematics."""
    if confused(gold, answer):
        return "other"
    gold, answer = with_functions(gold), with_functions(answer)
    gold, answer = without_calls(gold, answer) or (gold, answer)
    mine, theirs = _parts(gold), _parts(answer)
    labels = [any(part.label for part in side) for side in (mine, theirs)]
    if all(labels):
        return _compare_labelled(mine, theirs)
    for labelled, side, other in ((labels[0], mine, answer), (labels[1], theirs, gold)):
        # The value of one event is no other's; what is counted cannot be told from bare numbers.
        if labelled and (side[0].counted or ("(" in side[0].label and names_call(other))):
            return "other"
    return _compare_values(_bare(gold, mine), _bare(answer, theirs))


def _parts(text: str) -> tuple[Part, ...]:
    return counted_parts(text) or labelled_parts(text)


def _bare(text: str, parts: tuple[Part, ...]) -> str:
    """The text without the labels in words that it had, as it was where it had none."""
    return ", ".join(part.text for part in parts) if any(part.cut for part in parts) else text


def _compare_labelled(mine: tuple[Part, ...], theirs: tuple[Part, ...]) -> Outcome:
    """Value by value under the same labels; a label that only one side has makes the two different."""
    others = {part.label: part.text for part in theirs}
    if len(mine) != len(theirs) or len(others) != len(theirs) or {part.label for part in mine} != set(others):
        return "other"
    outcomes = [_compare_values(part.text, others[part.label]) for part in mine]
    for outcome in ("gold-unreadable", "unreadable", "other", "different", "equal"):
        if outcome in outcomes:
            return outcome
    return "same"


def _compare_values(gold: str, answer: str) -> Outcome:
    if not same_primes(gold, answer) or worded_apart(gold, answer):
        return "other"
    known = _same_ratio(gold, answer)
    if known is None:
        known = _same_residues(gold, answer)
    if known is not None:
        return "same" if known else "other"
    keep_case, index = case_matters(gold, answer), counts_with_i(gold, answer)
    expected = read(gold, keep_case=keep_case, index=index)
    if not expected.trees:
        return "gold-unreadable"
    given = read(answer, keep_case=keep_case, index=index)
    if not given.trees:
        return "unreadable"
    certain = _same_angle(gold, answer, expected, given)
    if certain is None:
        certain = _same_readings(expected, given)
    if certain is not None:
        return "same" if certain else "other"
    given = aligned(expected, given)
    return "equal" if verify(list(expected.trees), list(given.trees), timeout_seconds=None) else "different"


def _same_readings(expected: Reading, given: Reading) -> bool | None:
    if isinstance(expected.trees[0], str) or isinstance(given.trees[0], str):
        return None
    if _is_statement(expected.trees[0]) and _is_statement(given.trees[0]):
        return False  # 1 = 2 and 3 = 4 are both false, and not one answer
    if told_apart(expected, given, _same_text):
        return False
    listed = same_integers(expected, given)
    if listed is not None:
        return listed
    if bool(expected.names) == bool(given.names):
        gold, answer = expected.trees[0], aligned(expected, given).trees[0]
    else:
        gold, answer = named(expected), named(given)
    return same(gold, answer, (expected.joint, given.joint))


def _is_statement(tree: Any) -> bool:
    """A relation without a variable or an unknown function, true or false by itself."""
    if isinstance(tree, Relational):
        return not tree.free_symbols and not tree.has(AppliedUndef)
    return isinstance(tree, BooleanAtom)


def _same_text(gold: str, answer: str) -> bool:
    return normal_form(gold) == normal_form(answer) or _compare_values(gold, answer) in ("same", "equal")


def _same_residues(gold: str, answer: str) -> bool | None:
    mine, theirs = residues(gold), residues(answer)
    return None if mine is None or theirs is None else mine.same(theirs)


def _same_angle(gold: str, answer: str, expected: Reading, given: Reading) -> bool | None:
    """120 degrees is 2 pi / 3: asked only where one side has the sign of degrees and the other has pi."""
    factors = [pi / 180 if _DEGREES.search(text) else 1 for text in (gold, answer)]
    if factors[0] == factors[1] or "\\pi" not in (answer if factors[0] != 1 else gold).replace("π", "\\pi"):
        return None
    sides = [tree.rhs if isinstance(tree, Eq) else tree for tree in (expected.trees[0], given.trees[0])]
    if not all(getattr(side, "is_number", False) for side in sides):
        return None
    left, right = (side * factor for side, factor in zip(sides, factors, strict=True))
    return same_value(left, right) or None


def _same_ratio(gold: str, answer: str) -> bool | None:
    """3:4:5 is 6:8:10; None unless both are ratios of as many terms."""
    mine, theirs = ratio_terms(gold), ratio_terms(answer)
    if mine is None or theirs is None or len(mine) != len(theirs):
        return None
    left, right = ([tree for term in side for tree in read(term).trees] for side in (mine, theirs))
    if len(left) != len(mine) or len(right) != len(mine):
        return None
    return all(same_value(left[0] * right[place], right[0] * left[place]) is True for place in range(1, len(left)))
