"""Trees: an answer parsed by latex2sympy2's grammar, the only door from text to mathematics.

math-verify's plain-expression target is left out because it hands text to an evaluator, and so are its time limits
(signals): this module is used in a process that is killed instead.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass, field
from typing import Any

from latex2sympy2_extended import NormalizationConfig, latex2sympy, normalize_latex
from latex2sympy2_extended.latex2sympy2 import ConversionConfig
from math_verify import parse
from math_verify.grader import should_treat_as_complex
from math_verify.parser import LatexExtractionConfig
from sympy import I, Product, Sum, Symbol

from engine.grading.conditions import Conditions
from engine.grading.rewriting import Joint, rewrite

_TARGETS = (LatexExtractionConfig(boxed_match_priority=0),)
# Its list of units holds m and other letters that are variables outside a text command.
_BARE = NormalizationConfig(
    basic_latex=True, units=False, malformed_operators=True, nits=True, boxed="all", equations=False
)
_BARE_TARGETS = (LatexExtractionConfig(boxed_match_priority=0, normalization_config=_BARE),)
_UNIT_COMMAND = re.compile(r"\\(?:text|mathrm|mbox|rm|operatorname)")
_COMMAND = re.compile(r"\\[a-zA-Z]+(?:\s*\{[a-zA-Z ]*\})?")

logging.getLogger("math_verify").setLevel(logging.CRITICAL)  # it warns that its timeouts are off, once a process
logging.getLogger("latex2sympy2_extended").setLevel(logging.CRITICAL)


@dataclass(frozen=True, slots=True)
class Reading:
    """What the grammar read: the trees of one answer (none: unreadable), and what was set aside before it."""

    trees: tuple[Any, ...]
    joint: Joint = ""
    names: tuple[str, ...] = ()
    conditions: Conditions = field(default_factory=Conditions)


def read(answer: str, *, keep_case: bool = False) -> Reading:
    """The answer as trees; it is boxed, which is how math-verify knows where an answer starts and ends."""
    rewritten = rewrite(answer)
    aside = (rewritten.joint, rewritten.names, rewritten.conditions)
    if rewritten.joint == "mixed":
        return Reading((), *aside)
    if keep_case:
        tree = _with_case(rewritten.text)
        if tree is not None:
            return Reading((_imaginary(tree),), *aside)
    targets = _TARGETS if _UNIT_COMMAND.search(rewritten.text) else _BARE_TARGETS
    found = parse(f"\\boxed{{{rewritten.text}}}", targets, fallback_mode="no_fallback", parsing_timeout=None)
    return Reading(tuple(map(_imaginary, found)), *aside)


def _imaginary(tree: Any) -> Any:
    """The grammar reads i as a variable that is not real; it is the imaginary unit, except as an index."""
    if isinstance(tree, str) or not (hasattr(tree, "xreplace") and hasattr(tree, "has")):
        return tree
    letter = Symbol("i", real=False)
    return tree.xreplace({letter: I}) if tree.has(letter) and not tree.has(Sum, Product) else tree


def case_matters(*answers: str) -> bool:
    """Whether a letter stands for two things by its case (R and r); the grammar would read both as one."""
    letters = set("".join(_COMMAND.sub("", answer) for answer in answers)) - {"E"}
    return any(letter.isupper() and letter.lower() in letters for letter in letters)


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
