"""Structure: the project's own rules for answers that are more than one expression, on parsed trees.

Labelled values ("w = 16, d = 3" and (16, 3)), lists, tuples, vectors and matrices, equations up to a factor, and
renamed arguments of a function. True and False are certain; None leaves the pair to math-verify.
"""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_letters
from typing import Any

from latex2sympy2_extended.logic import And
from sympy import Eq, FiniteSet, Interval, MatrixBase, S, Set, Symbol, Tuple
from sympy.core.function import AppliedUndef
from sympy.core.relational import Relational

from engine.grading.limits import LIST_LIMIT, SYSTEM_LIMIT
from engine.grading.symbolic.equations import same_equation, same_inequality
from engine.grading.symbolic.regions import region, same_region
from engine.grading.symbolic.rewriting import Joint
from engine.grading.symbolic.values import same_value

_CUSTOMARY = "xyztnuvw"  # letters of arguments


def same(gold: Any, given: Any, joints: tuple[Joint, Joint] = ("", "")) -> bool | None:
    """Whether two trees are the same answer; `joints` are the words that joined the parts of each."""
    gold, given = _single(gold), _single(given)
    # The same inequalities are another region with another word between them.
    rejoined = len(set(joints)) > 1 and _inequality(gold)
    if gold == given and not rejoined and not gold.has(S.NaN, S.ComplexInfinity):
        return True
    for rule in (_labelled, same_equation, same_inequality):
        found = rule(gold, given)
        if found is not None:
            return found
    if _inequality(gold) or _inequality(given):
        areas = region(gold, joints[0]), region(given, joints[1])
        if areas[0] is None or areas[1] is None:
            return _same_system(gold, given, joints)
        return same_region(areas[0], areas[1])
    if _subject(gold) and _subject(given) and _subject(gold) != _subject(given):
        return False
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
    """A list of one is its element; a 1x1 matrix and the set of a set are not, because they are written on purpose."""
    while isinstance(tree, FiniteSet) and len(_written(tree)) == 1 and _written(tree)[0] is not S.EmptySet:
        tree = _written(tree)[0]
    return tree


def _written(tree: Any) -> tuple[Any, ...]:
    """The elements in the order in which they were written; sets forget it, the grammar's own set does not."""
    return tuple(getattr(tree, "_unsorted_args", None) or tree.args)


# Labels


def _labels(tree: Any) -> list[tuple[Any, Any]] | None:
    """(name, value) of each part of "x = 1, y = 2" or "(x, y) = (1, 2)", in the order written."""
    if isinstance(tree, Eq):
        left, right = tree.args
        names, values = _parts(left), _parts(right)
        if isinstance(left, Tuple) and names and values and len(names) == len(values) and all(map(_is_name, names)):
            return list(zip(names, values, strict=True))
        return [(left, right)] if _is_name(left) else None
    if isinstance(tree, (FiniteSet, And)):
        found = [_labels(part) for part in _written(tree)]
        if all(part is not None and len(part) == 1 for part in found):
            pairs = [part[0] for part in found if part]
            # A chain "a = b = 3" is one label with two values, not two labels.
            chained = isinstance(tree, And) and any(_is_name(value) for _, value in pairs)
            return pairs if len({str(name) for name, _ in pairs}) == len(pairs) and not chained else None
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


def _same_labels(mine: list[tuple[Any, Any]], theirs: list[tuple[Any, Any]]) -> bool | None:
    others = {str(name): value for name, value in theirs}
    if {str(name) for name, _ in mine} == set(others):
        return _all([same(value, others[str(name)]) for name, value in mine])
    if len(mine) == len(theirs) == 1:
        return _renamed(mine[0], theirs[0])
    return None


def _renamed(mine: tuple[Any, Any], theirs: tuple[Any, Any]) -> bool | None:
    """f(z) = z and f(x) = x are one function, and so is y = x; f(x) = x and g(x) = x are taken to be two.

    Only variables that the value depends on are arguments that may be called otherwise: f(0) = 3 is not f(1) = 3.
    """
    (left, mine_value), (right, their_value) = mine, theirs
    arguments, others = _arguments(left, mine_value), _arguments(right, their_value)
    if "y" in (str(left), str(right)) and bool(arguments) != bool(others):
        return None if "y" in (arguments or others or ()) else same(mine_value, their_value)
    if not arguments or not others or left.func != right.func or len(arguments) != len(others):
        return None
    taken = {symbol.name for symbol in their_value.free_symbols}
    if taken.intersection(arguments):
        return None
    new = {symbol: Symbol(arguments[others.index(symbol.name)], real=symbol.is_real)
           for symbol in their_value.free_symbols if symbol.name in others}  # fmt: skip
    return same(mine_value, their_value.xreplace(new))


def _arguments(call: Any, value: Any) -> list[str]:
    """The names of a call's arguments, if all of them are variables of its value; else none.

    A number has no variables: W(n) = 1 is a constant function by custom, f(a) = 1 is a value at a point.
    """
    if not isinstance(call, AppliedUndef) or not hasattr(value, "free_symbols"):
        return []
    names = [argument.name for argument in call.args if isinstance(argument, Symbol)]
    variables = {symbol.name for symbol in value.free_symbols} or set(_CUSTOMARY)
    return names if len(names) == len(call.args) == len(set(names)) and variables.issuperset(names) else []


def _same_order(labelled: list[tuple[Any, Any]], values: Sequence[Any] | None) -> bool | None:
    """Labelled values against bare ones: in the order written, or that of coordinates (y = 2, x = 1 is (1, 2))."""
    if values is None or len(values) != len(labelled):
        return None
    orders = [labelled]
    names = "".join(sorted(str(name) for name, _ in labelled))
    if len(names) == len(labelled) and names in ascii_letters:  # x, y, z or a, b: letters that follow each other
        orders.append(sorted(labelled, key=lambda pair: str(pair[0])))
    found = [_all([same(value, bare) for (_, value), bare in zip(order, values, strict=True)]) for order in orders]
    return True if True in found else (None if None in found else False)


def _listed(tree: Any) -> Sequence[Any] | None:
    if isinstance(tree, FiniteSet):
        return _written(tree)
    return _parts(tree)


def _unlabelled_set(gold: Any, given: Any) -> tuple[Any, Any]:
    """Solutions of one variable as a set: "x = 1 or x = 2", "x = \\pm 2" and "x \\in \\{1, 2\\}" against "1, 2"."""
    return (_solutions(gold) or gold), (_solutions(given) or given)


def _subject(tree: Any) -> str:
    """The variable of which a tree gives the values, "" where it names none or several."""
    parts = _written(tree) if isinstance(tree, FiniteSet) else (tree,)
    names = {part.lhs.name for part in parts if isinstance(part, Eq) and isinstance(part.lhs, Symbol)}
    return names.pop() if len(names) == 1 and all(isinstance(part, Eq) for part in parts) else ""


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


def _same_system(gold: Any, given: Any, joints: tuple[Joint, Joint]) -> bool | None:
    """True where the inequalities of two systems are the same one by one: those in several variables have no region."""
    if (joints[0] == "or") != (joints[1] == "or"):
        return None
    if not all(isinstance(tree, (And, FiniteSet)) and len(tree.args) <= SYSTEM_LIMIT for tree in (gold, given)):
        return None
    return _same_elements(tuple(gold.args), tuple(given.args)) or None


def _inequality(tree: Any) -> bool:
    if isinstance(tree, Relational):
        return not isinstance(tree, Eq)
    if isinstance(tree, (And, FiniteSet)):
        return any(_inequality(part) for part in tree.args)
    return False
