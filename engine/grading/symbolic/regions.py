"""Regions: inequalities, intervals and unions as one set of real numbers, so that 3 < x <= 4 is (3, 4]."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from latex2sympy2_extended.logic import And
from sympy import Abs, Complement, Eq, FiniteSet, Intersection, Interval, Reals, S, Set, Symbol, Union, ceiling, floor
from sympy.core.relational import Relational

from engine.grading.limits import LIST_LIMIT
from engine.grading.symbolic.rewriting import Joint
from engine.grading.symbolic.values import exact, same_value

Runs = tuple[tuple[int | None, int | None], ...]


@dataclass(frozen=True, slots=True)
class Region:
    """`pieces` from left to right, none touching another; `name` of the variable, "" for a bare set."""

    pieces: tuple[Any, ...]
    name: str = ""


def region(tree: Any, joint: Joint = "") -> Region | None:
    """The region that a tree describes; None where it is none, or depends on a second variable."""
    try:
        names = _names(tree)
        if len(names) > 1:
            return None
        points = _points(tree, joint)
        pieces = None if points is None else _pieces(points)
    except (AttributeError, TypeError, ValueError, ArithmeticError, NotImplementedError):
        return None
    return None if pieces is None else Region(pieces, next(iter(names), ""))


def same_region(gold: Region, given: Region) -> bool:
    """The same pieces with the same ends; x < 3 and y < 3 are two answers."""
    if gold.name and given.name and gold.name != given.name:
        return False
    return len(gold.pieces) == len(given.pieces) and all(map(_same_piece, gold.pieces, given.pieces))


def runs(area: Region, least: int | None) -> Runs | None:
    """The integers of a region from `least` on, as runs that do not touch; an open end is None."""
    found: list[tuple[int | None, int | None]] = []
    try:
        for piece in area.pieces:
            low, high = _run(piece)
            if least is not None:
                low = least if low is None else max(low, least)
            if low is not None and high is not None and low > high:
                continue
            if found and found[-1][1] is not None and low is not None and low <= found[-1][1] + 1:
                low = found.pop()[0]
            found.append((low, high))
    except (AttributeError, TypeError, ValueError, ArithmeticError, NotImplementedError):
        return None
    return tuple(found)


def _run(piece: Any) -> tuple[int | None, int | None]:
    if isinstance(piece, FiniteSet):
        value = piece.args[0]
        return int(ceiling(value)), int(floor(value))
    low = None if piece.start == S.NegativeInfinity else int(ceiling(piece.start))
    high = None if piece.end == S.Infinity else int(floor(piece.end))
    if low is not None and piece.left_open and piece.start == low:
        low += 1
    if high is not None and piece.right_open and piece.end == high:
        high -= 1
    return low, high


def _names(tree: Any) -> set[str]:
    return {symbol.name for symbol in getattr(tree, "free_symbols", ())}


def _points(tree: Any, joint: Joint) -> Any:
    if isinstance(tree, Relational):
        return _solved(tree)
    if isinstance(tree, And):
        return _all_of([_points(part, "") for part in tree.args])
    if isinstance(tree, FiniteSet) and any(isinstance(part, (Relational, And)) for part in tree.args):
        parts = [_points(part, "") for part in tree.args]
        if None in parts:
            return None
        both = _all_of(parts)
        # "x < 2 and x > 3" is how people write what is either; a comma means both where both is possible.
        return Union(*parts) if joint == "or" or (both is S.EmptySet and joint != "system") else both
    if isinstance(tree, Set) and not tree.free_symbols:
        return tree.doit() if isinstance(tree, (Intersection, Complement)) else tree
    return None


def _all_of(parts: list[Any]) -> Any:
    return None if None in parts else Intersection(*parts).doit()


def _solved(relation: Any) -> Any:
    """The real numbers for which a relation in one variable holds."""
    if isinstance(relation, Eq):
        if isinstance(relation.rhs, Set):
            return _points(relation.rhs, "")
        return FiniteSet(relation.rhs) if isinstance(relation.lhs, Symbol) and relation.rhs.is_number else None
    if len(relation.free_symbols) != 1:
        return None
    real = Symbol("x", real=True)
    old = next(iter(relation.free_symbols))
    sides = [exact(side).doit().xreplace({old: real}) for side in relation.args]
    if not all(side.is_rational_function(real) or side.has(Abs, S.Infinity) for side in sides):
        return None  # roots and logarithms may take longer than there is time: math-verify's turn
    return relation.func(*sides).as_set()


def _pieces(points: Any) -> tuple[Any, ...] | None:
    if points is S.EmptySet:
        return ()
    if points is Reals or points is S.Reals:
        points = Interval(S.NegativeInfinity, S.Infinity)
    found: list[Any] = []
    for part in points.args if isinstance(points, Union) else (points,):
        if isinstance(part, FiniteSet):
            found.extend(FiniteSet(value) for value in part.args)
        elif isinstance(part, Interval):
            found.append(part)
        else:
            return None
    return tuple(sorted(found, key=_start)) if len(found) <= LIST_LIMIT else None


def _start(piece: Any) -> float:
    return float((piece.start if isinstance(piece, Interval) else piece.args[0]).evalf())


def _same_piece(gold: Any, given: Any) -> bool:
    if isinstance(gold, FiniteSet) or isinstance(given, FiniteSet):
        return type(gold) is type(given) and bool(same_value(gold.args[0], given.args[0]))
    ends = (gold.left_open, gold.right_open) == (given.left_open, given.right_open)
    return ends and all(
        left == right or bool(same_value(left, right))
        for left, right in ((gold.start, given.start), (gold.end, given.end))
    )
