"""The symbolic rule: are two answers mathematically equal. Runs only inside a killable process.

Answers are parsed by the LaTeX grammar (`trees`), decided by the project's own rules where those are certain
(`structure`, `regions`, `values`), and left to math-verify's comparison of the same trees where they are not.
"""

from __future__ import annotations

import re
from typing import Literal

from math_verify import verify
from sympy import Eq, pi

from engine.grading.rewriting import ratio_terms
from engine.grading.structure import same
from engine.grading.trees import Reading, case_matters, read
from engine.grading.values import same_value

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
    ratio = _same_ratio(gold, answer)
    if ratio is not None:
        return "same" if ratio else "other"
    keep_case = case_matters(gold, answer)
    expected = read(gold, keep_case=keep_case)
    if not expected.trees:
        return "gold-unreadable"
    given = read(answer, keep_case=keep_case)
    if not given.trees:
        return "unreadable"
    certain = _same_angle(gold, answer, expected, given)
    if certain is None:
        certain = _same_structure(expected, given)
    if certain is not None:
        return "same" if certain else "other"
    return "equal" if verify(list(expected.trees), list(given.trees), timeout_seconds=None) else "different"


def _same_structure(expected: Reading, given: Reading) -> bool | None:
    joints = (expected.joint, given.joint)
    gold, answer = expected.trees[0], given.trees[0]
    return None if isinstance(gold, str) or isinstance(answer, str) else same(gold, answer, joints)


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
