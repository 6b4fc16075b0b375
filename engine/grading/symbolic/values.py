"""Values: whether two parsed expressions are the same, by exact constants, rounded decimals and sampled points.

Trees only, never text. A point decides "different" for certain (two functions that differ somewhere differ), and "same"
exactly where its value is a fraction; what cannot be sampled (sums, integrals, unknown functions) is None: math-verify
decides.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from math_verify.grader import get_pct_val
from sympy import (
    Abs,
    Derivative,
    Float,
    Integral,
    Limit,
    MatrixBase,
    Max,
    Min,
    Mul,
    Pow,
    Product,
    Rational,
    S,
    Sum,
    ceiling,
    floor,
    log,
)
from sympy.core.function import AppliedUndef
from sympy.core.relational import Relational

from engine.grading.limits import EXPONENT_LIMIT, SAMPLE_SYMBOLS
from engine.grading.symbolic.precision import DIGITS, fraction_of, same_number, settled

FAR = 1e-4  # beyond any rounding; math-verify rounds to 6 decimals, which makes all tiny numbers (1/2004!) equal
ROUNDED_RATIO_DIGITS = 3  # significant digits of a decimal that stands for a ratio: 6.67 for 20/3
ROUNDED_ROOT_DIGITS = 5  # and for an irrational number, of which 3.14 says too little

_ROUGH_DIGITS = 15  # enough to see that a constant has a value
_UNSAMPLED = (Sum, Product, Integral, Limit, Derivative, AppliedUndef, Relational)
_PERCENT_READINGS = (S.One, Rational(1, 100), Rational(100))
# On both sides of 0 and 1 (|ln x| is not ln x), of one sign and of two (|x| + |y| is not |x + y|), with parts after the
# point that add up to more than 1 (floors); fractions with large coprime terms, so that no identity holds by accident.
_POINTS = (
    (Rational(547, 911), Rational(811, 1019), Rational(443, 1213), Rational(863, 1511)),
    (Rational(2003, 613), Rational(2099, 434), Rational(389, 1187), Rational(2539, 701)),
    (Rational(-907, 1409), Rational(-1613, 569), Rational(-733, 1061), Rational(-1231, 487)),
    (Rational(-311, 1637), Rational(2411, 619), Rational(-1367, 619), Rational(859, 1999)),
    (Rational(1117, 421), Rational(-977, 1283), Rational(2099, 563), Rational(-1789, 733)),
)
_ONE_SIGN = 3  # the first points; one variable needs no others


def same_value(gold: Any, given: Any) -> bool | None:
    """True or False where it is certain, None where only a simplification could tell."""
    try:
        if _is_number(gold) and _is_number(given):
            return _same_constant(gold, given)
        return _same_function(exact(gold), exact(given))
    except (AttributeError, TypeError, ValueError, ArithmeticError, NotImplementedError):
        return None  # sets, relations, matrices: not numbers


def exact(tree: Any) -> Any:
    """The tree with each decimal as the fraction it writes: 0.1 is 1/10, not the binary number next to it."""
    decimals = tree.atoms(Float)
    return tree.xreplace({number: fraction_of(number) for number in decimals}) if decimals else tree


def points(names: list[str]) -> range:
    """Where expressions in these variables are sampled."""
    return range(len(_POINTS) if len(names) > 1 else _ONE_SIGN)


def sample(tree: Any, names: list[str], point: int) -> Any:
    """The constant that `tree` is at one of the points, a fraction where it is one; None where it has no value."""
    row = _POINTS[point]
    places = {symbol: row[names.index(symbol.name) % len(row)] + names.index(symbol.name) // len(row)
              for symbol in tree.free_symbols}  # fmt: skip
    constant = settled(tree.subs(places, simultaneous=True))
    if constant.is_Rational:
        return constant
    value = constant.evalf(_ROUGH_DIGITS)
    return constant if value.is_finite and not value.free_symbols and _plain(value) else None


def symbol_names(*trees: Any) -> list[str]:
    """The variables of all trees, in a fixed order."""
    return sorted({symbol.name for tree in trees for symbol in tree.free_symbols})


def inside_domain(names: list[str], among: Iterable[int], *trees: Any) -> list[int]:
    """Those of the points at which all roots, powers and logarithms inside have real values."""
    inner = [power.base for tree in trees for power in tree.atoms(Pow) if not power.exp.is_Integer]
    inner += [function.args[0] for tree in trees for function in tree.atoms(log)]
    inner = [part for part in inner if part.free_symbols]
    return [point for point in among if all(_is_positive(sample(part, names, point)) for part in inner)]


def is_real(constant: Any) -> bool:
    return bool(constant.is_Rational or constant.evalf(_ROUGH_DIGITS).as_real_imag()[1] == 0)


def _is_positive(constant: Any) -> bool:
    """Of a sampled value; 0 counts, no value does not."""
    return constant is not None and is_real(constant) and bool(constant.evalf(_ROUGH_DIGITS) >= 0)


def sampled(*trees: Any) -> bool:
    """Whether these are expressions that have a value at a point."""
    return not any(isinstance(tree, MatrixBase) or (not tree.is_Atom and tree.has(*_UNSAMPLED)) for tree in trees)


def _same_function(gold: Any, given: Any) -> bool | None:
    if not sampled(gold, given):
        return None
    names = symbol_names(gold, given)
    if not names or len(names) > SAMPLE_SYMBOLS:
        return None
    agreed: dict[int, bool] = {}
    for point in points(names):
        left, right = sample(gold, names, point), sample(given, names, point)
        if left is not None and right is not None:
            same = same_number(left, right)
            if same is None:
                return None
            agreed[point] = same
    if len(set(agreed.values())) > 1 and not _folded(gold, given):  # log(ab) = log a + log b where all three are real
        inside = {point: agreed[point] for point in inside_domain(names, agreed, gold, given)}
        agreed = inside if len(inside) >= 2 else agreed
    return set(agreed.values()).pop() if len(agreed) >= 2 and len(set(agreed.values())) == 1 else None


def _folded(*trees: Any) -> bool:
    """Whether an absolute value or a rounding stands elsewhere than in ln|x|: few points would see its other side."""
    folds = {fold for tree in trees for fold in tree.atoms(Abs, floor, ceiling, Min, Max)}
    inside = {function.args[0] for tree in trees for function in tree.atoms(log)}
    return not folds.issubset(factor.as_base_exp()[0] for value in inside for factor in Mul.make_args(value))


def _same_constant(gold: Any, given: Any) -> bool | None:
    """Far apart means in each reading of a percent sign: 20 and 20 % are one answer, and so are 0.2 and 20 %."""
    if gold.has(S.ComplexInfinity, S.NaN) or given.has(S.ComplexInfinity, S.NaN):
        return False
    if gold.has(S.Infinity, S.NegativeInfinity) or given.has(S.Infinity, S.NegativeInfinity):
        return bool(gold.doit() == given.doit())
    left, right = exact(gold).doit(), exact(given).doit()
    if same_number(left, right) or _rounds_to(gold, given):
        return True
    size, value = left.evalf(DIGITS), right.evalf(DIGITS)
    if not abs(size).is_comparable:
        return None
    least = FAR * abs(size) if size != 0 else FAR
    if all(abs(size * factor - value) > least * factor for factor in _PERCENT_READINGS):
        return False
    if gold.atoms(Float) or given.atoms(Float):
        return None
    found = [same_number(left * factor, right) for factor in _PERCENT_READINGS]
    return None if True in found or None in found else False


def _rounds_to(gold: Any, given: Any) -> bool:
    """Whether one side is a decimal and the other an endless number that rounds to it."""
    for written, other, least in ((given, gold, ROUNDED_ROOT_DIGITS), (gold, given, ROUNDED_RATIO_DIGITS)):
        decimal, factor = _rounding(written)
        if decimal is not None and not other.atoms(Float):
            endless = (factor * other).doit()
            if endless.is_Rational:
                if _ends(endless.q):
                    return False
                least = ROUNDED_RATIO_DIGITS
            digits = Decimal(repr(float(decimal))).as_tuple()
            places = -int(digits.exponent)
            if len(digits.digits) < least or places < 1:
                return False
            half = Rational(1, 2 * 10**places)
            return bool(abs(endless.evalf(DIGITS) - fraction_of(decimal)) <= half)
    return False


def _rounding(tree: Any) -> tuple[Any, Any]:
    """The decimal in 0.33, 33 % or 3.3 x 10^{-1}, and what a value is multiplied by to be rounded to it; else None."""
    decimal = get_pct_val(tree, tree)
    if isinstance(decimal, Float):
        return decimal, S.One if decimal is tree else Rational(100)
    if isinstance(tree, Mul) and len(tree.args) == 2 and isinstance(tree.args[0], Float):
        ten, power = tree.args[1].as_base_exp()
        if ten == 10 and power.is_Integer and abs(power) <= EXPONENT_LIMIT:
            return tree.args[0], ten**-power
    return None, S.One


def _ends(denominator: int) -> bool:
    """Whether a fraction with this denominator has finitely many decimals."""
    for prime in (2, 5):
        while denominator % prime == 0:
            denominator //= prime
    return denominator == 1


def _is_number(tree: Any) -> bool:
    return bool(getattr(tree, "is_number", False)) and not isinstance(tree, MatrixBase)


def _plain(value: Any) -> bool:
    return all(part.is_Float or part.is_Integer or part.is_Rational for part in value.as_real_imag())
