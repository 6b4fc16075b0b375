"""Asides: what was set aside before parsing, weighed on the parsed answers: names, conditions, the joining word."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sympy import Eq, FiniteSet, Interval, Set, Symbol, Tuple
from sympy.core.relational import Relational

from engine.grading.limits import LIST_LIMIT
from engine.grading.symbolic.conditions import ANY, INTEGERS
from engine.grading.symbolic.regions import Runs, region, runs
from engine.grading.symbolic.structure import same
from engine.grading.symbolic.trees import Reading

_NARROW = frozenset({"odd", "even", "prime", "negative"})  # what no formula is taken to be about unsaid

SameText = Callable[[str, str], bool]


def told_apart(expected: Reading, given: Reading, same_text: SameText) -> bool:
    """Whether the asides alone make two answers different: other names, other conditions, "and" for "or"."""
    if expected.names and given.names and sorted(expected.names) != sorted(given.names):
        return True
    if _other_clauses(expected, given, same_text):
        return True
    return _other_domains(expected, given) or _other_joint(expected, given)


def aligned(expected: Reading, given: Reading) -> Reading:
    """The answer in the gold's order of names, and with its name for a parameter of the same domain."""
    trees = given.trees
    if expected.names and given.names and expected.names != given.names:
        order = [given.names.index(name) for name in expected.names]
        trees = tuple([_reordered(tree, order) for tree in trees])
    mine, theirs = expected.conditions.domains, given.conditions.domains
    if len(mine) == len(theirs) == 1 and mine[0][0] != theirs[0][0] and "" not in (mine[0][0], theirs[0][0]):
        trees = tuple(_renamed(tree, theirs[0][0], mine[0][0], expected.trees[0]) for tree in trees)
    return replace(given, trees=trees)


def named(reading: Reading) -> Any:
    """The tree with the names that stood before its tuples, to be compared with "x = 1, y = 2"."""
    tree = reading.trees[0]
    return _named(tree, reading.names) if reading.names else tree


def same_integers(expected: Reading, given: Reading) -> bool | None:
    """Regions of integers: 0 < x < 3 is 1, 2 where x is an integer. None where no side is one.

    Whether 0 is natural is a matter of taste, so both readings must agree.
    """
    if not (_restricted(expected) or _restricted(given)):
        return None
    return all(_same_runs(expected, given, least) is True for least in (0, 1))


def _same_runs(expected: Reading, given: Reading, least: int) -> bool:
    mine, theirs = _runs(expected, least), _runs(given, least)
    if _restricted(expected) and _restricted(given):
        return mine is not None and mine == theirs and _variable(expected) == _variable(given)
    listed, other = (mine, given.trees[0]) if _restricted(expected) else (theirs, expected.trees[0])
    values = None if listed is None else _values(listed)
    return values is not None and same(FiniteSet(*values), other) is True


def _values(listed: Runs) -> list[int] | None:
    found: list[int] = []
    for low, high in listed:
        if low is None or high is None or high - low >= LIST_LIMIT:
            return None
        found.extend(range(low, high + 1))
    return found


def _runs(reading: Reading, least: int) -> Runs | None:
    domain = reading.conditions.domain(_variable(reading))
    if not _restricted(reading):
        return None
    area = region(reading.trees[0], reading.joint)
    start = least if domain == "N" else INTEGERS[domain]
    return None if area is None else runs(area, start)


def _restricted(reading: Reading) -> bool:
    """Whether the answer is a region of a variable that is said to be an integer."""
    return _variable(reading) != "" and reading.conditions.domain(_variable(reading)) in INTEGERS


def _variable(reading: Reading) -> str:
    """The variable of an answer that is a region, "" for any other answer."""
    tree = reading.trees[0]
    parts = tree.args if isinstance(tree, FiniteSet) else (tree,)
    if not all(isinstance(part, Relational) or hasattr(part, "_unsorted_args") for part in parts):
        return ""
    if all(isinstance(part, Eq) and not isinstance(part.rhs, Set) for part in parts):
        return ""
    names = {symbol.name for symbol in tree.free_symbols}
    return names.pop() if len(names) == 1 else ""


def _other_clauses(expected: Reading, given: Reading, same_text: SameText) -> bool:
    mine, theirs = expected.conditions.clauses, given.conditions.clauses
    return len(mine) != len(theirs) or not all(map(same_text, mine, theirs))


def _other_domains(expected: Reading, given: Reading) -> bool:
    if _restricted(expected) or _restricted(given):
        return False  # their integers are compared
    mine, theirs = dict(expected.conditions.domains), dict(given.conditions.domains)
    if _variable(expected) or _variable(given):
        stated = [{value for value in side.values() if value not in ANY} for side in (mine, theirs)]
        return stated[0] != stated[1]
    if not mine or not theirs:
        return any(_NARROW.intersection(domain.split()) for domain in (*mine.values(), *theirs.values()))
    if len(mine) == len(theirs) == 1:
        return set(mine.values()) != set(theirs.values()) or _of_other_parameters(expected, given)
    return any(mine[name] != theirs[name] for name in mine.keys() & theirs.keys())


def _of_other_parameters(expected: Reading, given: Reading) -> bool:
    """Whether declarations name different variables, and one of them none of its answer's: 2k, m is an integer."""
    names = [next(iter(reading.conditions.domains))[0].lower() for reading in (expected, given)]
    if names[0] == names[1] or "" in names:
        return False
    variables = [{symbol.name.lower() for symbol in reading.trees[0].free_symbols} for reading in (expected, given)]
    return not all(name in known for name, known in zip(names, variables, strict=True))


def _other_joint(expected: Reading, given: Reading) -> bool:
    """Statements about several variables: x = 1 and y = 2 is not x = 1 or y = 2; 1 and 2 is 1 or 2."""
    if (expected.joint == "or") == (given.joint == "or"):
        return False
    trees = expected.trees[0], given.trees[0]
    return any(isinstance(tree, FiniteSet) and len(_subjects(tree)) > 1 for tree in trees)


def _subjects(tree: Any) -> set[str]:
    """The variables that a list's equations or bare letters are about."""
    subjects = (part.lhs if isinstance(part, Eq) else part for part in tree.args)
    return {str(subject) for subject in subjects if isinstance(subject, Symbol)}


def _reordered(tree: Any, order: list[int]) -> Any:
    parts = (tree.start, tree.end) if isinstance(tree, Interval) else getattr(tree, "args", ())
    if isinstance(tree, (Tuple, Interval)) and len(parts) == len(order):
        return Tuple(*(parts[place] for place in order))
    if isinstance(tree, FiniteSet):
        return FiniteSet(*(_reordered(part, order) for part in tree.args))
    return tree


def _named(tree: Any, names: tuple[str, ...]) -> Any:
    parts = (tree.start, tree.end) if isinstance(tree, Interval) else getattr(tree, "args", ())
    if isinstance(tree, (Tuple, Interval)) and len(parts) == len(names):
        return Eq(Tuple(*map(Symbol, names)), Tuple(*parts), evaluate=False)
    return tree


def _renamed(tree: Any, old: str, new: str, gold: Any) -> Any:
    there = {symbol.name: symbol for symbol in getattr(tree, "free_symbols", ())}
    wanted = {symbol.name: symbol for symbol in getattr(gold, "free_symbols", ())}
    if old not in there or new in there or new not in wanted or old in wanted:
        return tree
    return tree.xreplace({there[old]: wanted[new]})
