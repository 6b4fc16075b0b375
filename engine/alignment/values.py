"""The values of a step: the numbers and expressions it names, normalised.

Numbers are exact (1,008.0 and 1008 are one value); expressions are the sides of formulas in TeX delimiters, in one
spelling. Units, words and list markers carry no value.
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache

from engine.alignment.arithmetic import number
from engine.grading.spelling import normal_form

Value = Fraction | str

STEP_VALUES_LIMIT = 200  # values read of one step; more is a table or a loop
STEPS_REMEMBERED = 4_096  # a gold solution meets many students, and a step is asked for its numbers more than once
EXPRESSION_LIMIT = 80  # characters of an expression that counts as one value; longer ones never recur as they are
DIGIT_LIMIT = 40  # digits of a number that counts; longer ones are noise of a broken decoder

NUMBER = re.compile(r"(?<![\w.])(?:[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])|[0-9]+)(?:\.[0-9]+)?|(?<![\w.])\.[0-9]+")
_GLUED = re.compile(r"(?<=[0-9])(?:\\[,!;: ]|\{,\})(?=[0-9])")
_FORMULA = re.compile(r"\$\$([^$]+)\$\$|\$([^$\n]+)\$|\\\((.+?)\\\)|\\\[(.+?)\\\]", re.DOTALL)
_SIDES = re.compile(r"\\(?:leq?|geq?|neq?|approx|equiv|implies|Rightarrow|quad|qquad)(?![a-zA-Z])|[=<>,;&]|\\\\")


@lru_cache(maxsize=STEPS_REMEMBERED)
def step_values(step: str) -> frozenset[Value]:
    """Numbers of the text (without sign: 16 - 3 names 16 and 3) and expressions that hold a letter or a command."""
    values: set[Value] = set(step_numbers(step))
    for match in _FORMULA.finditer(step):
        formula = next(group for group in match.groups() if group is not None)
        for side in _SIDES.split(formula)[:STEP_VALUES_LIMIT]:
            expression = normal_form(side)
            if 1 < len(expression) <= EXPRESSION_LIMIT and re.search(r"[a-zA-Z]", expression):
                values.add(expression)
    return frozenset(values)


@lru_cache(maxsize=STEPS_REMEMBERED)
def step_numbers(step: str) -> tuple[Fraction, ...]:
    """The numbers of a step in order, as often as they stand there."""
    numbers: list[Fraction] = []
    for match in NUMBER.finditer(_GLUED.sub("", step)):
        digits = match.group().replace(",", "")
        if len(digits) <= DIGIT_LIMIT:
            numbers.append(number(digits))
        if len(numbers) == STEP_VALUES_LIMIT:
            break
    return tuple(numbers)
