"""Expressions of the generator's templates: parsed once, evaluated exactly, printed with their numbers.

The grammar is + - * / with parentheses over names and plain numbers; nothing else is ever evaluated.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

Operator = Literal["+", "-", "*", "/"]

_TOKEN = re.compile(r"\s*(?:(?P<number>\d+(?:\.\d+)?)|(?P<name>[a-z_][a-z_0-9]*)|(?P<sign>[-+*/()]))")
_BINDING: dict[str, int] = {"+": 1, "-": 1, "*": 2, "/": 2}


@dataclass(frozen=True, slots=True)
class Name:
    """A drawn number or an earlier result."""

    name: str


@dataclass(frozen=True, slots=True)
class Number:
    """A number written in the template itself (60 minutes, 100 percent)."""

    value: Fraction


@dataclass(frozen=True, slots=True)
class Operation:
    """left operator right."""

    operator: Operator
    left: Expression
    right: Expression


Expression = Name | Number | Operation


def parse_expression(text: str) -> Expression:
    """Read an expression; ValueError names the text that cannot be read."""
    tokens = list(_tokens(text))
    expression, end = _sum(tokens, 0, text)
    if end != len(tokens):
        raise ValueError(f"cannot read {tokens[end]!r} in the expression {text!r}")
    return expression


def evaluate(expression: Expression, values: Mapping[str, Fraction]) -> Fraction:
    """The exact value. Raises KeyError for an unknown name and ZeroDivisionError."""
    match expression:
        case Name(name):
            return values[name]
        case Number(value):
            return value
        case Operation(operator, left_side, right_side):
            left, right = evaluate(left_side, values), evaluate(right_side, values)
            if operator == "+":
                return left + right
            if operator == "-":
                return left - right
            return left * right if operator == "*" else left / right


def names_in(expression: Expression) -> set[str]:
    """Every name the expression needs."""
    match expression:
        case Name(name):
            return {name}
        case Number():
            return set()
        case Operation(_, left, right):
            return names_in(left) | names_in(right)


def print_expression(expression: Expression, values: Mapping[str, Fraction], *, money: bool = False) -> str:
    """The expression with its numbers: `3 * 12 + 4`, parentheses only where they are needed."""
    match expression:
        case Name(name):
            return print_number(values[name], money=money)
        case Number(value):
            return print_number(value, money=money)
        case Operation(operator, left, right):
            first = print_expression(left, values, money=money)
            second = print_expression(right, values, money=money)
            if isinstance(left, Operation) and _BINDING[left.operator] < _BINDING[operator]:
                first = f"({first})"
            if isinstance(right, Operation) and _BINDING[right.operator] <= _BINDING[operator]:
                second = f"({second})"
            return f"{first} {operator} {second}"


def print_number(value: Fraction, *, money: bool = False) -> str:
    """`12`, `2.5`, or `2.50` for an amount of money that is not whole. ValueError beyond two decimals."""
    if value.denominator == 1:
        return str(value.numerator)
    hundredths = value * 100
    if hundredths.denominator != 1:
        raise ValueError(f"{value} has more than two decimals")
    text = f"{hundredths.numerator / 100:.2f}"  # exact enough: the hundredths are whole and small
    return text if money else text.rstrip("0")


def _tokens(text: str) -> Iterator[str]:
    position, text = 0, text.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise ValueError(f"cannot read {text[position:]!r} in the expression {text!r}")
        yield match.group().strip()
        position = match.end()


def _sum(tokens: list[str], at: int, text: str) -> tuple[Expression, int]:
    left, at = _product(tokens, at, text)
    while at < len(tokens) and tokens[at] in ("+", "-"):
        right, end = _product(tokens, at + 1, text)
        left, at = Operation("+" if tokens[at] == "+" else "-", left, right), end
    return left, at


def _product(tokens: list[str], at: int, text: str) -> tuple[Expression, int]:
    left, at = _operand(tokens, at, text)
    while at < len(tokens) and tokens[at] in ("*", "/"):
        right, end = _operand(tokens, at + 1, text)
        left, at = Operation("*" if tokens[at] == "*" else "/", left, right), end
    return left, at


def _operand(tokens: list[str], at: int, text: str) -> tuple[Expression, int]:
    if at >= len(tokens):
        raise ValueError(f"the expression {text!r} ends too early")
    token = tokens[at]
    if token == "(":
        inner, at = _sum(tokens, at + 1, text)
        if at >= len(tokens) or tokens[at] != ")":
            raise ValueError(f"a parenthesis is not closed in the expression {text!r}")
        return inner, at + 1
    if token[0].isdigit():
        return Number(Fraction(token)), at + 1
    if token[0].isalpha() or token[0] == "_":
        return Name(token), at + 1
    raise ValueError(f"cannot read {token!r} in the expression {text!r}")
