"""Equations: two are one where their sides' differences are a constant multiple of each other, everywhere.

A call of an unknown function is one more variable, another for each of its arguments: f(0) = 3 is not f(1) = 3.
"""

from __future__ import annotations

from typing import Any

from sympy import Basic, Eq, S, Set, Symbol, Tuple, cancel, degree, fraction, together
from sympy.core.function import AppliedUndef

from engine.grading.symbolic.precision import same_number
from engine.grading.symbolic.values import exact, sample, sampled, symbol_names

_POINTS = 3


def same_equation(gold: Any, given: Any) -> bool | None:
    """Whether two trees are one equation; None where they are none, or where only solving could tell."""
    if not (isinstance(gold, Eq) and isinstance(given, Eq)):
        return None
    sides = _difference(gold), _difference(given)
    if sides[0] is None or sides[1] is None:
        return None
    left, right = _calls_as_variables(*sides)
    if _proportional(left, right) or _proportional(_top(left), _top(right)):
        return True
    if not all(side.is_polynomial() for side in (left, right)):
        return None
    # x^2 = x and x = 1, x = 0 may be meant alike; two linear equations with other solutions may not.
    symbols = sorted(left.free_symbols | right.free_symbols, key=str)
    return False if len(symbols) > 1 or all(degree(side, *symbols) == 1 for side in (left, right)) else None


def _top(difference: Any) -> Any:
    """What must be 0: the top of the reduced fraction, so that no solution comes from multiplying out its bottom."""
    return fraction(cancel(together(difference)))[0]


def _difference(equation: Any) -> Any:
    sides = (exact(side) for side in equation.args if isinstance(side, Basic) and not isinstance(side, (Set, Tuple)))
    try:
        left, right = sides
        return left - right
    except (TypeError, ValueError):
        return None


def _calls_as_variables(left: Any, right: Any) -> tuple[Any, Any]:
    calls = sorted(left.atoms(AppliedUndef) | right.atoms(AppliedUndef), key=str)
    variables = {call: Symbol(f"{call}") for call in calls}
    return left.xreplace(variables), right.xreplace(variables)


def _proportional(left: Any, right: Any) -> bool | None:
    names = symbol_names(left, right)
    if not names or not sampled(left, right) or symbol_names(left) != symbol_names(right):
        return None
    pairs: list[tuple[Any, Any]] = []
    for point in range(_POINTS):
        mine, theirs = sample(left, names, point), sample(right, names, point)
        if mine is None or theirs is None or same_number(mine, S.Zero) or same_number(theirs, S.Zero):
            return None
        pairs.append((mine, theirs))
    first, second = pairs[0]
    return all(same_number(mine * second, theirs * first) is True for mine, theirs in pairs[1:])
