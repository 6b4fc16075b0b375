"""Trees: an answer parsed by latex2sympy2's grammar, the only door from text to mathematics.

math-verify's plain-expression target is left out because it hands text to an evaluator, and so are its time limits
(signals): this module is used in a process that is killed instead.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass, field, replace
from typing import Any

from latex2sympy2_extended import NormalizationConfig, latex2sympy, normalize_latex
from latex2sympy2_extended.latex2sympy2 import ConversionConfig
from latex2sympy2_extended.sets import FiniteSet
from math_verify import parse
from math_verify.grader import should_treat_as_complex
from math_verify.parser import LatexExtractionConfig
from sympy import Basic, Expr, I, Product, Sum, Symbol
from sympy.core.relational import Relational

from engine.grading.symbolic.conditions import Conditions
from engine.grading.symbolic.notation import pieces_of
from engine.grading.symbolic.rewriting import Joint, rewrite

_TARGETS = (LatexExtractionConfig(boxed_match_priority=0),)
# Its list of units holds m and other letters that are variables outside a text command.
_BARE = NormalizationConfig(
    basic_latex=True, units=False, malformed_operators=True, nits=True, boxed="all", equations=False
)
_BARE_TARGETS = (LatexExtractionConfig(boxed_match_priority=0, normalization_config=_BARE),)

_UNIT_COMMAND = re.compile(r"\\(?:text|mathrm|mbox|rm|operatorname)")
_PROSE = re.compile(r"[A-Za-z]{3,}")
_COMMAND = re.compile(r"\\[a-zA-Z]+(?:\s*\{[a-zA-Z ]*\})?")

_INDEX_I = re.compile(r"_\s*(?:i(?![a-zA-Z])|\{[^{}]*(?<![a-zA-Z\\])i(?![a-zA-Z])[^{}]*\})")

logging.getLogger("math_verify").setLevel(logging.CRITICAL)  # it warns that its timeouts are off, once a process
logging.getLogger("latex2sympy2_extended").setLevel(logging.CRITICAL)


@dataclass(frozen=True, slots=True)
class Reading:
    """What the grammar read: the trees of one answer (none: unreadable), and what was set aside before it."""

    trees: tuple[Any, ...]
    joint: Joint = ""
    names: tuple[str, ...] = ()
    conditions: Conditions = field(default_factory=Conditions)


def read(answer: str, *, keep_case: bool = False, index: bool = False) -> Reading:
    """The answer as trees; it is boxed, which is how math-verify knows where an answer starts and ends.

    `index`: i is a variable here, not the imaginary unit.
    """
    reading = _read(answer, keep_case)
    return reading if index else replace(reading, trees=tuple(map(_imaginary, reading.trees)))


def _read(answer: str, keep_case: bool) -> Reading:
    rewritten = rewrite(answer)
    aside = (rewritten.joint, rewritten.names, rewritten.conditions)
    if rewritten.joint == "mixed" or "\\pmod" in rewritten.text:  # the grammar reads \\pm od
        return Reading((), *aside)
    if keep_case:
        tree = _with_case(rewritten.text)
        if tree is not None:
            return Reading((tree,), *aside)
    found = _parsed(rewritten.text)
    pieces = pieces_of(rewritten.text)
    partial = len(pieces) > 1 and bool(found) and _holds_one(found[0])
    if (partial or not found) and not _PROSE.search(_COMMAND.sub(" ", rewritten.text)):
        # The grammar gave up behind a comma and kept one part of the list, or does not know a sign in a fraction.
        found = _listed(pieces) if partial or "\\pm" in rewritten.text else found
    return Reading(found, *aside)


def _listed(pieces: list[str]) -> tuple[Any, ...]:
    """The list of the pieces, each read alone; nothing where one of them cannot be read."""
    trees: list[Any] = []
    for piece in pieces:
        found = [_parsed(piece)]
        if not found[0] and piece.count("\\pm") == 1:
            found = [_parsed(piece.replace("\\pm", sign)) for sign in "+-"]
        if not all(map(_expression, found)):
            return ()
        trees.extend(part[0] for part in found)
    return (FiniteSet(*trees),)


def _parsed(text: str) -> tuple[Any, ...]:
    targets = _TARGETS if _UNIT_COMMAND.search(text) else _BARE_TARGETS
    # The first match is the box: where it cannot be read, no fraction inside it is the answer.
    return tuple(
        parse(f"\\boxed{{{text}}}", targets, "no_fallback", extraction_mode="first_match", parsing_timeout=None)
    )


def _holds_one(tree: Any) -> bool:
    return isinstance(tree, Expr) or (isinstance(tree, FiniteSet) and len(tree.args) == 1)


def _expression(found: tuple[Any, ...]) -> bool:
    return bool(found) and isinstance(found[0], Basic)


def _imaginary(tree: Any) -> Any:
    """The grammar reads i as a variable; it is the imaginary unit, except where sums and products count with it.

    The other variables lose what is assumed of them: to sympy, no real z is 2 - 3i, and z = 2 - 3i is "false".
    """
    if isinstance(tree, str) or not (hasattr(tree, "xreplace") and hasattr(tree, "free_symbols")):
        return tree
    if tree.has(Sum, Product) or not any(symbol.name == "i" for symbol in tree.free_symbols):
        return tree
    names = {symbol: I if symbol.name == "i" else Symbol(symbol.name) for symbol in tree.free_symbols}
    return _replaced(tree, names)


def _replaced(tree: Any, names: dict[Any, Any]) -> Any:
    """The tree with other variables; relations as written: to sympy 2i < 3 has no truth, and x = {i, -i} is false."""
    if isinstance(tree, Relational):
        return tree.func(*(_replaced(side, names) for side in tree.args), evaluate=False)
    if tree.has(Relational):
        return tree.func(*(_replaced(part, names) for part in tree.args))
    return tree.xreplace(names)


def counts_with_i(*answers: str) -> bool:
    """Whether i is an index in one of the answers (a_i = 2i - 1)."""
    return any(_INDEX_I.search(answer) for answer in answers)


def _with_case(text: str) -> Any:
    config = NormalizationConfig(
        basic_latex=True, units=True, malformed_operators=True, nits=True, boxed="last", equations=False
    )
    try:
        return latex2sympy(
            normalize_latex(f"\\boxed{{{text}}}", config),
            is_real=not should_treat_as_complex(text),
            convert_degrees=False,
            normalization_config=None,
            conversion_config=ConversionConfig(lowercase_symbols=False),
        )
    except Exception:  # the grammar raises whatever ANTLR and sympy raise; the usual reading follows
        return None
