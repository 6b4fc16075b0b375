"""Structure: the project's own rules for answers that are more than one expression, on parsed trees.

Labelled values ("w = 16, d = 3" and (16, 3)), lists, tuples, vectors and matrices, equations up to a factor, and
renamed arguments of a function. True and False are certain; None leaves the pair to math-verify.
"""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_letters
from typing import Any

from latex2sympy2_extended.logic import And
from sympy import Basic, Eq, FiniteSet, Interval, MatrixBase, S, Set, Symbol, Tuple, fraction, together
from sympy.core.function import AppliedUndef
from sympy.core.relational import Relational

from engine.grading.limits import LIST_LIMIT
from engine.grading.regions import region, same_region
from engine.grading.rewriting import Joint
from engine.grading.values import alike, exact, same_value, sample, sampled, symbol_names

_EQUATION_POINTS = 3


def same(gold: Any, given: Any, joints: tuple[Joint, Joint] = ("", "")) -> bool | None:
    """Whether two trees are the same answer; `joints` are the words that joined the parts of each."""
    gold, given = _single(gold), _single(given)
    if gold == given and not gold.has(S.NaN, S.ComplexInfinity):
        return True
    for rule in (_labelled, _equations):
        found = rule(gold, given)
        if found is not None:
            return found
    if _inequality(gold) or _inequality(given):
        areas = region(gold, joints[0]), region(given, joints[1])
        return None if areas[0] is None or areas[1] is None else same_region(areas[0], areas[1])
    gold, given = _unlabelled_set(gold, given)
    left, right = _parts(gold), _parts(given)
    if left is not None and right is not None:
        return _same_parts(gold, given, left, right)
    if isinstance(gold, Set) and isinstance(given, Set):
        areas = region(gold), region(given)
        return None if areas[0] is None or areas[1] is None else same_region(areas[0], areas[1]) or None
    compound = any(isinstance(tree, (Set, Tuple, MatrixBase, Relational)) for tree in (gold, given))
    return None if compound else same_value(gold, given)


def _single(tree: Any) -> Any:
    """A list of one is its element; a 1x1 matrix is not, because it is written on purpose."""
    while isinstance(tree, FiniteSet) and len(_written(tree)) == 1:
        tree = _written(tree)[0]
    return tree


def _written(tree: Any) -> tuple[Any, ...]:
    """The elements in the order in which they were written; sets forget it, the grammar's own set does not."""
    return tuple(getattr(tree, "_unsorted_args", None) or tree.args)


# Labels


def _labels(tree: Any) -> list[tuple[str, Any]] | None:
    """(name, value) of each part of "x = 1, y = 2" or "(x, y) = (1, 2)", in the order written."""
    if isinstance(tree, Eq):
        left, right = tree.args
        names, values = _parts(left), _parts(right)
        if isinstance(left, Tuple) and names and values and len(names) == len(values) and all(map(_is_name, names)):
            return [(str(name), value) for name, value in zip(names, values, strict=True)]
        return [(str(left), right)] if _is_name(left) else None
    if isinstance(tree, (FiniteSet, And)):
        found = [_labels(part) for part in _written(tree)]
        if all(part is not None and len(part) == 1 for part in found):
            pairs = [part[0] for part in found if part]
            # A chain "a = b = 3" is one label with two values, not two labels.
            chained = isinstance(tree, And) and any(_is_name(value) for _, value in pairs)
            return pairs if len({name for name, _ in pairs}) == len(pairs) and not chained else None
    return None


def _is_name(tree: Any) -> bool:
    return isinstance(tree, (Symbol, AppliedUndef))


def _labelled(gold: Any, given: Any) -> bool | None:
    mine, theirs = _labels(gold), _labels(given)
    if mine and theirs:
        return _same_labels(mine, theirs)
    if mine and len(mine) > 1:
        return _same_order(mine, _listed(given))
    if theirs and len(theirs) > 1:
        return _same_order(theirs, _listed(gold))
    return None


def _same_labels(mine: list[tuple[str, Any]], theirs: list[tuple[str, Any]]) -> bool | None:
    others = dict(theirs)
    if {name for name, _ in mine} == set(others):
        return _all([same(value, others[name]) for name, value in mine])
    if len(mine) == len(theirs) == 1:
        return _renamed(mine[0], theirs[0])
    return None


def _renamed(mine: tuple[str, Any], theirs: tuple[str, Any]) -> bool | None:
    """f(z) = z and f(x) = x are one function, and so is y = x; f(x) = x and g(x) = x are taken to be two."""
    (left, mine_value), (right, their_value) = mine, theirs
    if "y" in (left, right) and "(" in left + right:
        return same(mine_value, their_value)
    name, _, argument = left.partition("(")
    other, _, renamed = right.partition("(")
    if name != other or not argument.endswith(")") or not renamed.endswith(")"):
        return None
    old = [symbol for symbol in their_value.free_symbols if symbol.name == renamed[:-1]]
    taken = {symbol.name for symbol in their_value.free_symbols}
    if argument[:-1] in taken:
        return None
    return same(
        mine_value, their_value.xreplace({symbol: Symbol(argument[:-1], real=symbol.is_real) for symbol in old})
    )


def _same_order(labelled: list[tuple[str, Any]], values: Sequence[Any] | None) -> bool | None:
    """Labelled values against bare ones: in the order written, or that of coordinates (y = 2, x = 1 is (1, 2))."""
    if values is None or len(values) != len(labelled):
        return None
    orders = [labelled]
    names = "".join(sorted(name for name, _ in labelled))
    if len(names) == len(labelled) and names in ascii_letters:  # x, y, z or a, b: letters that follow each other
        orders.append(sorted(labelled, key=lambda pair: pair[0]))
    found = [_all([same(value, bare) for (_, value), bare in zip(order, values, strict=True)]) for order in orders]
    return True if True in found else (None if None in found else False)


def _listed(tree: Any) -> Sequence[Any] | None:
    if isinstance(tree, FiniteSet):
        return _written(tree)
    return _parts(tree)


def _unlabelled_set(gold: Any, given: Any) -> tuple[Any, Any]:
    """Solutions of one variable as a set: "x = 1 or x = 2", "x = \\pm 2" and "x \\in \\{1, 2\\}" against "1, 2"."""
    return (_solutions(gold) or gold), (_solutions(given) or given)


def _solutions(tree: Any) -> Any:
    if isinstance(tree, Eq) and isinstance(tree.lhs, Symbol) and isinstance(tree.rhs, (FiniteSet, Interval, Set)):
        return tree.rhs
    if isinstance(tree, FiniteSet) and len(tree.args) > 1:
        parts = _written(tree)
        if (
            all(isinstance(part, Eq) and isinstance(part.lhs, Symbol) for part in parts)
            and len({part.lhs for part in parts}) == 1
        ):
            values: list[Any] = []
            for part in parts:
                values.extend(part.rhs.args if isinstance(part.rhs, FiniteSet) else [part.rhs])
            return FiniteSet(*values)
    return None


# Lists, tuples, vectors, matrices


def _parts(tree: Any) -> tuple[Any, ...] | None:
    """The elements of what has elements; the grammar reads a pair (1, 2) as an open interval."""
    if isinstance(tree, Interval):
        return (tree.start, tree.end) if tree.left_open and tree.right_open else None
    if isinstance(tree, Tuple):
        return tuple(tree.args)
    if isinstance(tree, FiniteSet):
        return _written(tree)
    if isinstance(tree, MatrixBase):
        return tuple(tree.flat())
    return None


def _same_parts(gold: Any, given: Any, left: tuple[Any, ...], right: tuple[Any, ...]) -> bool | None:
    if max(len(left), len(right)) > LIST_LIMIT:
        return None
    if isinstance(gold, FiniteSet) and isinstance(given, FiniteSet):
        return _same_elements(left, right)
    if isinstance(gold, MatrixBase) != isinstance(given, MatrixBase):
        matrix = gold if isinstance(gold, MatrixBase) else given
        if 1 not in matrix.shape or isinstance(gold, FiniteSet) or isinstance(given, FiniteSet):
            return None
    elif isinstance(gold, MatrixBase) and gold.shape != given.shape:
        return False
    if len(left) != len(right):
        return None if isinstance(gold, FiniteSet) or isinstance(given, FiniteSet) else False
    found = _all([same(mine, theirs) for mine, theirs in zip(left, right, strict=True)])
    return found or (None if isinstance(gold, FiniteSet) or isinstance(given, FiniteSet) else found)


def _all(found: Sequence[bool | None]) -> bool | None:
    """False where one part differs, True where all are the same, else None."""
    return False if False in found else (None if None in found else True)


def _same_elements(left: tuple[Any, ...], right: tuple[Any, ...]) -> bool | None:
    """Each element of one has its own partner in the other; repeated elements count once, as in any set."""
    left, right = _distinct(left), _distinct(right)
    if len(left) != len(right):
        return False if all(_certain(part) for part in left + right) else None
    unsure = False
    rest = list(right)
    for mine in left:
        verdicts = [same(mine, theirs) for theirs in rest]
        if True in verdicts:
            rest.pop(verdicts.index(True))
        elif None in verdicts:
            unsure = True
        else:
            return False
    return None if unsure else True


def _distinct(parts: tuple[Any, ...]) -> tuple[Any, ...]:
    found: list[Any] = []
    for part in parts:
        if not any(part == other for other in found):
            found.append(part)
    return tuple(found)


def _certain(part: Any) -> bool:
    return bool(getattr(part, "is_Number", False) or getattr(part, "is_Symbol", False))


# Relations


def _inequality(tree: Any) -> bool:
    if isinstance(tree, Relational):
        return not isinstance(tree, Eq)
    if isinstance(tree, (And, FiniteSet)):
        return any(_inequality(part) for part in tree.args)
    return False


def _equations(gold: Any, given: Any) -> bool | None:
    """Two equations are one where their sides' differences are a constant multiple of each other, everywhere."""
    if not (isinstance(gold, Eq) and isinstance(given, Eq)):
        return None
    left, right = _difference(gold), _difference(given)
    if left is None or right is None:
        return None
    for pair in ((left, right), (fraction(together(left))[0], fraction(together(right))[0])):
        found = _proportional(*pair)
        if found:
            return True
    several = len(symbol_names(gold, given)) > 1
    return False if several and all(side.is_polynomial() for side in (left, right)) else None


def _difference(equation: Any) -> Any:
    sides = (exact(side) for side in equation.args if isinstance(side, Basic) and not isinstance(side, (Set, Tuple)))
    try:
        left, right = sides
        # An unknown function counts as one more variable: f(x) = 2x is the equation of f and x.
        difference = left - right
        return difference.xreplace({call: Symbol(f"{call.func}") for call in difference.atoms(AppliedUndef)})
    except (TypeError, ValueError):
        return None


def _proportional(left: Any, right: Any) -> bool | None:
    names = symbol_names(left, right)
    if not names or not sampled(left, right) or symbol_names(left) != symbol_names(right):
        return None
    ratios: list[Any] = []
    for point in range(_EQUATION_POINTS):
        mine, theirs = sample(left, names, point), sample(right, names, point)
        if mine is None or theirs is None or mine == 0 or theirs == 0:
            return None
        ratios.append(mine / theirs)
    if left.is_number or ratios[0] == S.Zero:
        return None
    return all(alike(ratios[0], ratio) for ratio in ratios[1:])
