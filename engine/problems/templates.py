"""Templates of word problems: read from presets/problems/level*.toml, checked when read, drawn with a seeded chance.

One template holds `question` (one or more wordings), `steps` and what is drawn:

    name = "pencil-boxes"
    subject = "counting"
    people = ["a"]                       # {a} is a name, {a.he} {a.him} {a.his} its pronouns, capital where written so
    nouns = { item = "stationery" }      # {item.one} and {item.many}, one of the group in words.toml
    draw = { boxes = "3..9", each = "6..24 by 2", "part/whole" = "2/3, 3/4", price = "2, 2.5", all = "= boxes * each" }
    require = ["each > boxes"]           # else it is drawn again; results of steps may stand here too
    places = 0                           # decimals that a result may have
    question = "{a} buys {boxes:box} of {item.many} ..."   # {boxes:box} "3 boxes", {n:item} "4 pencils", {p:$} "$2.50"
    steps = ["... so {total = boxes * each : item}."]      # "3 * 12 = 36 pencils"; the last result is the answer
"""

from __future__ import annotations

import operator
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from random import Random
from typing import Any

from engine.problems.arithmetic import Expression, evaluate, names_in, parse_expression, print_expression, print_number
from engine.problems.wording import PRESETS, Noun, Person, Words, words

STEPS_OF_LEVEL = {1: (1, 2), 2: (3, 4), 3: (5, 7)}
"""Fewest and most steps of each level (the levels' definition)."""

RESULT_LIMIT = 100_000  # a larger number would not be a realistic amount in these stories
MONEY = ("dollar", "$")  # nouns whose amounts are printed with cents

_FIELD = re.compile(r"\{([^{}]+)\}")
_RANGE = re.compile(r"(\d+)\.\.(\d+)(?: by (\d+))?")
_COMPARISON = re.compile(r"(.+?)\s*(<=|>=|!=|<|>)\s*(.+)")
_COMPARE: dict[str, Callable[[Fraction, Fraction], bool]] = {
    "<": operator.lt, ">": operator.gt, "<=": operator.le, ">=": operator.ge, "!=": operator.ne,
}  # fmt: skip


class Unsuitable(Exception):
    """These numbers do not make a good problem; draw again."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Numbers to choose from, one tuple for the names of one key of `draw`."""

    names: tuple[str, ...]
    choices: tuple[tuple[Fraction, ...], ...]


@dataclass(frozen=True, slots=True)
class Derived:
    """A number computed from those drawn before it."""

    name: str
    expression: Expression


@dataclass(frozen=True, slots=True)
class Field:
    """One `{...}` of a text: a word, a number, a number with its noun, or (with `expression`) a line of arithmetic."""

    name: str
    attribute: str = ""
    noun: str = ""
    expression: Expression | None = None


Text = tuple[str | Field, ...]
Comparison = tuple[Expression, str, Expression]


@dataclass(frozen=True, slots=True)
class Template:
    """One kind of problem, ready to be drawn."""

    name: str
    level: int
    subject: str
    people: tuple[str, ...]
    nouns: Mapping[str, str]
    draws: tuple[Chosen | Derived, ...]
    require: tuple[Comparison, ...]
    require_results: tuple[Comparison, ...]
    places: int
    questions: tuple[Text, ...]
    steps: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Draft:
    """A drawn problem, before it has an id."""

    template: str
    subject: str
    question: str
    steps: tuple[str, ...]
    answer: str


@dataclass(slots=True)
class _Scene:
    """What one draw has settled so far."""

    words: Words
    places: int
    numbers: dict[str, Fraction] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    nouns: dict[str, Noun] = field(default_factory=dict)
    answer: str = ""


@cache
def templates_of(level: int) -> tuple[Template, ...]:
    """The templates of a level, in the order of the file. Raises ValueError naming a template that is not well made."""
    with (PRESETS / f"level{level}.toml").open("rb") as file:
        tables = tomllib.load(file)["templates"]
    return tuple(_read_template(table, level) for table in tables)


def draw(template: Template, chance: Random) -> Draft:
    """Draw people, things and numbers and write the problem. Raises Unsuitable when the numbers do not fit."""
    scene = _Scene(words(), template.places)
    names = chance.sample(scene.words.people, len(template.people))
    scene.people = dict(zip(template.people, names, strict=True))
    for variable, group in template.nouns.items():
        free = [noun for noun in scene.words.groups[group] if noun not in scene.nouns.values()]
        scene.nouns[variable] = chance.choice(free)
    for drawn in template.draws:
        if isinstance(drawn, Chosen):
            scene.numbers.update(zip(drawn.names, chance.choice(drawn.choices), strict=True))
        else:
            scene.numbers[drawn.name] = evaluate(drawn.expression, scene.numbers)
    _require(template.require, scene)
    steps = tuple(_write(step, scene) for step in template.steps)
    _require(template.require_results, scene)
    question = _write(chance.choice(template.questions), scene)
    return Draft(template.name, template.subject, question, steps, scene.answer)


def _require(comparisons: tuple[Comparison, ...], scene: _Scene) -> None:
    for left, sign, right in comparisons:
        if not _COMPARE[sign](evaluate(left, scene.numbers), evaluate(right, scene.numbers)):
            raise Unsuitable(f"{left} {sign} {right}")


def _write(text: Text, scene: _Scene) -> str:
    return "".join(piece if isinstance(piece, str) else _fill(piece, scene) for piece in text)


def _fill(piece: Field, scene: _Scene) -> str:
    """The words that stand for one field."""
    if piece.expression is not None:
        return _work(piece, piece.expression, scene)
    if piece.name in scene.people:
        person = scene.people[piece.name]
        return person.form(piece.attribute) if piece.attribute else person.name
    if piece.name in scene.nouns:
        return scene.nouns[piece.name].form(piece.attribute)
    value = scene.numbers[piece.name]
    if piece.noun == "$":
        return f"${print_number(value, money=True)}"
    return f"{print_number(value, money=piece.noun in MONEY)}{_counted(value, piece.noun, scene)}"


def _work(piece: Field, expression: Expression, scene: _Scene) -> str:
    """`3 * 12 = 36 pencils`; the result gets its name. Raises Unsuitable when it is no sane amount."""
    result = evaluate(expression, scene.numbers)
    if not 0 < result <= RESULT_LIMIT or (result * 10**scene.places).denominator != 1:
        raise Unsuitable(piece.name)
    money = piece.noun in MONEY
    scene.numbers[piece.name] = result
    scene.answer = print_number(result, money=money)
    shown = print_expression(expression, scene.numbers, money=money)
    return f"{shown} = {scene.answer}{_counted(result, piece.noun, scene)}"


def _counted(value: Fraction, noun: str, scene: _Scene) -> str:
    if not noun:
        return ""
    known = scene.nouns.get(noun) or scene.words.noun(noun)
    return f" {known.counted(value == 1)}"


def _read_template(table: dict[str, Any], level: int) -> Template:
    try:
        question = table["question"]
        wordings = [question] if isinstance(question, str) else question
        draws = tuple(_read_draw(key, value) for key, value in table["draw"].items())
        drawn = {name for one in draws for name in _drawn_names(one)}
        comparisons = [_read_comparison(text) for text in table.get("require", ())]
        template = Template(
            name=table["name"],
            level=level,
            subject=table["subject"],
            people=tuple(table.get("people", ())),
            nouns=table.get("nouns", {}),
            draws=draws,
            require=tuple(c for c in comparisons if _names_of(c) <= drawn),
            require_results=tuple(c for c in comparisons if not _names_of(c) <= drawn),
            places=table.get("places", 0),
            questions=tuple(_read_text(text) for text in wordings),
            steps=tuple(_read_text(text) for text in table["steps"]),
        )
        _check(template)
    except (KeyError, ValueError) as error:
        raise ValueError(f"level{level}.toml, template {table.get('name', '?')!r}: {error}") from error
    return template


def _read_draw(key: str, value: str) -> Chosen | Derived:
    if value.startswith("="):
        return Derived(key, parse_expression(value[1:]))
    names = tuple(key.split("/"))
    if span := _RANGE.fullmatch(value):
        first, last, stride = int(span[1]), int(span[2]), int(span[3] or 1)
        return Chosen(names, tuple((Fraction(number),) for number in range(first, last + 1, stride)))
    choices = tuple(tuple(Fraction(part) for part in choice.strip().split("/")) for choice in value.split(","))
    if any(len(choice) != len(names) for choice in choices):
        raise ValueError(f"draw {key!r}: every choice needs {len(names)} numbers")
    return Chosen(names, choices)


def _drawn_names(drawn: Chosen | Derived) -> tuple[str, ...]:
    return drawn.names if isinstance(drawn, Chosen) else (drawn.name,)


def _names_of(comparison: Comparison) -> set[str]:
    return names_in(comparison[0]) | names_in(comparison[2])


def _read_comparison(text: str) -> Comparison:
    match = _COMPARISON.fullmatch(text)
    if match is None:
        raise ValueError(f"require {text!r} is no comparison")
    return parse_expression(match[1]), match[2], parse_expression(match[3])


def _read_text(text: str) -> Text:
    pieces: list[str | Field] = []
    for number, part in enumerate(_FIELD.split(text)):  # odd parts are what stood in braces
        if number % 2:
            pieces.append(_read_field(part))
        elif part:
            pieces.append(part)
    return tuple(pieces)


def _read_field(text: str) -> Field:
    body, _, noun = (part.strip() for part in text.partition(":"))
    name, equals, expression = (part.strip() for part in body.partition("="))
    if equals:
        return Field(name, noun=noun, expression=parse_expression(expression))
    name, _, attribute = body.partition(".")
    return Field(name, attribute, noun)


def _check(template: Template) -> None:
    """Raise ValueError unless the step count fits the level and every name is known where it is used."""
    fewest, most = STEPS_OF_LEVEL[template.level]
    if not fewest <= len(template.steps) <= most:
        raise ValueError(f"level {template.level} has {fewest} to {most} steps, not {len(template.steps)}")
    known = {*template.people, *template.nouns}
    for drawn in template.draws:
        known.update(_drawn_names(drawn))
    for question in template.questions:
        _check_names(question, known)
    for step in template.steps:
        work = [piece for piece in step if isinstance(piece, Field) and piece.expression is not None]
        if len(work) != 1:
            raise ValueError(f"a step needs one line of arithmetic, not {len(work)}")
        known = _check_names(step, known)
    for comparison in template.require_results:
        if unknown := _names_of(comparison) - known:
            raise ValueError(f"unknown name {min(unknown)!r} in require")


def _check_names(text: Text, known: set[str]) -> set[str]:
    """The names that are known after the text; ValueError for one that is used too early."""
    known = set(known)
    for piece in text:
        if isinstance(piece, str):
            continue
        needed = names_in(piece.expression) if piece.expression is not None else {piece.name}
        if unknown := needed - known:
            raise ValueError(f"unknown name {min(unknown)!r}")
        known.add(piece.name)
    return known
