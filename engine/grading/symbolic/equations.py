"""Equations: two are one where their sides' differences are a constant multiple of each other, everywhere.

So are two inequalities in several variables, if the multiple is positive; those in one variable are solved (`regions`).

A call of an unknown function is one more variable, another for each of its arguments: f(0) = 3 is not f(1) = 3.
"""

from __future__ import annotations

from typing import Any

from sympy import Basic, Eq, Ge, Gt, Le, Lt, S, Set, Symbol, Tuple, cancel, degree, fraction, together, total_degree
from sympy.core.function import AppliedUndef

from engine.grading.symbolic.precision import same_number
from engine.grading.symbolic.values import exact, inside_domain, is_real, points, sample, sampled, symbol_names

_ABOVE, _BELOW, _STRICT = (Gt, Ge), (Lt, Le), (Gt, Lt)


def same_equation(gold: Any, given: Any) -> bool | None:
    """Whether two trees are one equation; None where they are none, or where only solving could tell."""
    if not (isinstance(gold, Eq) and isinstance(given, Eq)):
        return None
    sides = _differences(gold, given)
    if sides is None:
        return None
    left, right = sides
    if _proportional(left, right) or _proportional(_top(left), _top(right)):
        return True
    if not all(side.is_polynomial() for side in (left, right)):
        return None
    # x^2 = x and x = 1, x = 0 may be meant alike; two linear equations with other solutions may not.
    symbols = sorted(left.free_symbols | right.free_symbols, key=str)
    return False if len(symbols) > 1 or all(degree(side, *symbols) == 1 for side in (left, right)) else None


def same_inequality(gold: Any, given: Any) -> bool | None:
    """Whether two trees are one inequality in several variables; None where only solving could tell."""
    if not all(isinstance(tree, (*_ABOVE, *_BELOW)) and len(tree.free_symbols) > 1 for tree in (gold, given)):
        return None
    sides = _differences(gold, given)
    if sides is None:
        return None
    left, right = (-side if isinstance(tree, _ABOVE) else side for tree, side in zip((gold, given), sides, strict=True))
    if _proportional(left, right, upright=True):
        return isinstance(gold, _STRICT) == isinstance(given, _STRICT)
    linear = all(side.is_polynomial() and total_degree(side) == 1 for side in (left, right))
    return False if linear else None


def _top(difference: Any) -> Any:
    """What must be 0: the top of the reduced fraction, so that no solution comes from multiplying out its bottom."""
    return fraction(cancel(together(difference)))[0]


def _differences(gold: Any, given: Any) -> tuple[Any, Any] | None:
    """What each relation compares with 0, unknown calls as variables; None where a side is no expression."""
    left, right = _difference(gold), _difference(given)
    return None if left is None or right is None else _calls_as_variables(left, right)


def _difference(relation: Any) -> Any:
    sides = (exact(side) for side in relation.args if isinstance(side, Basic) and not isinstance(side, (Set, Tuple)))
    try:
        left, right = sides
        return left - right
    except (TypeError, ValueError):
        return None


def _calls_as_variables(left: Any, right: Any) -> tuple[Any, Any]:
    calls = sorted(left.atoms(AppliedUndef) | right.atoms(AppliedUndef), key=str)
    variables = {call: Symbol(f"{call}") for call in calls}
    return left.xreplace(variables), right.xreplace(variables)


def _proportional(left: Any, right: Any, *, upright: bool = False) -> bool | None:
    """Whether one is a constant multiple of the other; `upright`: a positive one."""
    names = symbol_names(left, right)
    if not names or not sampled(left, right) or symbol_names(left) != symbol_names(right):
        return None
    found: dict[int, tuple[Any, Any]] = {}
    for point in points(names):
        mine, theirs = sample(left, names, point), sample(right, names, point)
        if mine is None or theirs is None or same_number(mine, S.Zero) or same_number(theirs, S.Zero):
            return None
        found[point] = mine, theirs
    inside = [found[point] for point in inside_domain(names, found, left, right)]
    # Where no point is inside the domain of a root, equations are compared by their complex values.
    pairs = inside if upright or len(inside) >= 2 else list(found.values())
    if len(pairs) < 2 or (upright and not all(map(is_real, pairs[0]))):
        return None
    first, second = pairs[0]
    if upright and not (first * second).evalf() > 0:
        return False
    return all(same_number(mine * second, theirs * first) is True for mine, theirs in pairs[1:])
