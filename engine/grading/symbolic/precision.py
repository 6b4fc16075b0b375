"""Precision: whether two constants are one number: fractions exactly, all else to the digits that their parts call for.

2^200 and 2^200 - 1 agree to 60 digits, and so do 1 and 1 - 1/51!. Two irrational constants are the same only where
their difference vanishes below the largest and the smallest number that either of them is built of.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sympy import Derivative, Float, Integral, Limit, Pow, Product, Rational, Sum, preorder_traversal

from engine.grading.limits import POWER_LIMIT

DIGITS = 50  # of a first look, and those that must agree beyond the size of the parts
PRECISION_LIMIT = 2_000  # digits before or behind the point of the largest part; 2^6000 has 1,800
_CLEARLY = 1e-12  # a relative difference at DIGITS digits that needs no second look
_SLACK = 10  # last digits of a value, lost to rounding
_ROUGH = 3  # digits that tell the size of a part
_UNENDING = (Sum, Product, Integral, Limit, Derivative)  # what is left of them has no digits on demand


def settled(tree: Any) -> Any:
    """The tree with what can be worked out worked out; powers beyond the limit stay as they are."""
    heights = (power.exp for power in tree.atoms(Pow) if power.exp.is_number)
    return tree.doit() if all(abs(height.evalf(_ROUGH)) <= POWER_LIMIT for height in heights) else tree


def same_number(left: Any, right: Any) -> bool | None:
    """Whether two settled constants are equal; None where their digits cannot tell."""
    if left == right:
        return True
    if left.is_Rational and right.is_Rational:
        return False
    size, difference = _size_and_difference(left, right, DIGITS)
    if difference > _CLEARLY * size:
        return False
    if left.has(*_UNENDING) or right.has(*_UNENDING):
        return None
    span = max(_span(left), _span(right))
    if span > PRECISION_LIMIT:
        return None
    digits = DIGITS + 2 * span
    difference = _size_and_difference(left, right, digits)[1]
    return bool(difference <= Rational(1, 10 ** (DIGITS + span - _SLACK)))


def _size_and_difference(left: Any, right: Any, digits: int) -> tuple[Any, Any]:
    mine, theirs = left.evalf(digits), right.evalf(digits)
    return max(abs(mine), abs(theirs)), abs(mine - theirs)


def _span(tree: Any) -> int:
    """The decimal digits before or behind the point that the largest or smallest part of a constant has."""
    span = 0
    for part in preorder_traversal(tree):
        if getattr(part, "is_number", False) and not (part.is_Integer and -10 < part < 10):
            size = abs(part.evalf(_ROUGH))
            if size.is_Float and size != 0:
                span = max(span, abs(Decimal(str(size)).adjusted()))
    return span


def fraction_of(number: Any) -> Any:
    """The fraction that a decimal writes, all its digits counted."""
    written = str(number) if number._prec > Float(0.5)._prec else repr(float(number))
    top, bottom = Decimal(written).as_integer_ratio()
    return Rational(top, bottom)
