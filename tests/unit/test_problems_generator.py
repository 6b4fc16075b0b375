"""The embedded generator: every gold step is re-computed by a second path that knows nothing of the first."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from fractions import Fraction
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.problems import generator
from engine.problems.generator import LEVELS, Stream, generate, iterate, problem_id, subjects
from engine.problems.problem import Problem, question_key
from engine.problems.templates import STEPS_OF_LEVEL, Chosen, Draft, Template, Unsuitable, draw, templates_of
from engine.problems.wording import plural, words
from engine.steps.splitting import split_steps

ALL_TEMPLATES = [template for level in LEVELS for template in templates_of(level)]
DRAWS_OF_EACH = 60

# `3 * 12 = 36` and `(10 + 3) * 7 = 91`; signs stand between spaces, so "Jamal's 2-liter" is no arithmetic.
ARITHMETIC = re.compile(r"([(\d][\d.()]*(?: [-+*/] [\d.()]+)+) = (\d+(?:\.\d+)?)")
NUMBER = re.compile(r"\d+(?:\.\d+)?")

# What a solver must know: the number is in the question when one of its words is.
KNOWN = {
    60: r"hours?|minutes?",
    100: r"\d%",
    2: r"half|twice|rectang\w+|all around|back again|each direction|points",
    3: r"points",
    1: r"and \d friends",
}


def exact(expression: str) -> Fraction:
    """The value by a stack of values and one of signs (no parser, no tree): another way than the generator's."""
    values: list[Fraction] = []
    signs: list[str] = []
    rank = {"(": 0, "+": 1, "-": 1, "*": 2, "/": 2}

    def reduce() -> None:
        right, left = values.pop(), values.pop()
        sign = signs.pop()
        values.append({"+": left + right, "-": left - right, "*": left * right}[sign] if sign != "/" else left / right)

    for token in re.findall(r"[\d.]+|[-+*/()]", expression):
        if token == "(":
            signs.append(token)
        elif token == ")":
            while signs[-1] != "(":
                reduce()
            signs.pop()
        elif token in rank:
            while signs and rank[signs[-1]] >= rank[token]:
                reduce()
            signs.append(token)
        else:
            values.append(Fraction(token))
    while signs:
        reduce()
    (value,) = values
    return value


def drawn(template: Template, key: str) -> Draft:
    chance = Random(key)
    for _ in range(2_000):
        try:
            return draw(template, chance)
        except Unsuitable:
            continue
    pytest.fail(f"{template.name} finds no suitable numbers")


def check_gold(question: str, steps: tuple[str, ...], answer: str) -> None:
    """Every step's arithmetic is right, its operands are known by then, and the last result is the answer."""
    known = {Fraction(number) for number in NUMBER.findall(question)}
    known |= {Fraction(value) for value, word in KNOWN.items() if re.search(word, question)}
    result = Fraction(0)
    for step in steps:
        found = ARITHMETIC.findall(step)
        assert len(found) == 1, f"one line of arithmetic in {step!r}"
        left, right = found[0]
        result = Fraction(right)
        assert exact(left) == result, step
        operands = {Fraction(number) for number in NUMBER.findall(left)}
        assert operands <= known, f"{operands - known} come from nowhere in {step!r} of {question!r}"
        known.add(result)
    assert Fraction(answer) == result


@pytest.mark.parametrize("template", ALL_TEMPLATES, ids=lambda template: f"{template.level}-{template.name}")
def test_every_gold_step_is_right_by_a_second_computation(template: Template) -> None:
    for number in range(DRAWS_OF_EACH):
        draft = drawn(template, f"second path {number}")
        check_gold(draft.question, draft.steps, draft.answer)


@pytest.mark.parametrize("template", ALL_TEMPLATES, ids=lambda template: f"{template.level}-{template.name}")
def test_every_template_reads_well(template: Template) -> None:
    for number in range(DRAWS_OF_EACH):
        draft = drawn(template, f"wording {number}")
        for text in (draft.question, *draft.steps):
            assert text[0].isupper() or text[0].isdigit(), text
            assert text[-1] in ".?", text
            assert not re.search(r"[{}]|  | \.|\bNone\b", text), text
            assert not re.search(r"(?<![\d.])1 (?!more|worth|of)\w+s\b", text), f"singular: {text}"
            assert not re.search(r"(?<![\d./])(?:[2-9]|\d{2,}) (?:box|child|person|meter|minute|hour|day)\b", text), (
                text
            )
        assert draft.question.endswith("?")
        assert len(NUMBER.findall(draft.question)) >= 2
        assert split_steps("\n".join(draft.steps)) == draft.steps


def test_the_second_path_notices_a_wrong_step() -> None:
    with pytest.raises(AssertionError):
        check_gold("Tom has 3 boxes with 12 pencils.", ("So 3 * 12 = 35 pencils.",), "35")
    with pytest.raises(AssertionError):
        check_gold("Tom has 3 boxes with 12 pencils.", ("So 4 * 12 = 48 pencils.",), "48")
    with pytest.raises(AssertionError):
        check_gold("Tom has 3 boxes with 12 pencils.", ("So 3 * 12 = 36 pencils.",), "35")


def test_there_are_enough_templates_and_each_has_as_many_steps_as_its_level() -> None:
    assert len(ALL_TEMPLATES) >= 40
    assert len({template.name for template in ALL_TEMPLATES}) == len(ALL_TEMPLATES)
    for level in LEVELS:
        assert len(templates_of(level)) >= 13
        fewest, most = STEPS_OF_LEVEL[level]
        assert all(fewest <= len(template.steps) <= most for template in templates_of(level))
    assert len(subjects()) >= 7


def test_a_thousand_problems_ask_a_thousand_questions() -> None:
    problems = generate(1_000, seed=42)
    assert len({question_key(problem.question) for problem in problems}) == 1_000
    assert len({problem.id for problem in problems}) == 1_000
    assert Counter(problem.level for problem in problems) == {"1": 334, "2": 333, "3": 333}


def test_one_level_alone_repeats_no_question_either() -> None:
    for level in LEVELS:
        problems = generate(700, seed=7, levels=(level,))
        assert len({question_key(problem.question) for problem in problems}) == 700


def test_the_demo_size_covers_levels_evenly_with_a_template_each() -> None:
    problems = generate(24, seed=42)
    assert Counter(problem.level for problem in problems) == {"1": 8, "2": 8, "3": 8}
    openings = {re.sub(r"\d+|[A-Z][a-z]+", "", problem.gold_steps[-1]) for problem in problems}
    assert len(openings) >= 22
    assert len({problem.subject for problem in problems}) >= 6


@given(seed=st.integers(0, 10**9), short=st.integers(0, 12), longer=st.integers(0, 12))
@settings(max_examples=20, deadline=None)
def test_a_shorter_list_is_the_beginning_of_a_longer_one(seed: int, short: int, longer: int) -> None:
    assert generate(short + longer, seed)[:short] == generate(short, seed)


def test_an_id_means_the_same_problem_whatever_levels_were_asked_for() -> None:
    mixed = {problem.id: problem for problem in generate(30, seed=5)}
    alone = {problem.id: problem for problem in generate(10, seed=5, levels=(2,))}
    assert list(alone) == [problem_id(2, index) for index in range(10)]
    assert all(mixed[key] == problem for key, problem in alone.items())
    assert problem_id(2, 17) == "embedded-2-000017"


def test_other_seeds_give_other_problems() -> None:
    first = {question_key(problem.question) for problem in generate(60, seed=1)}
    assert not first & {question_key(problem.question) for problem in generate(60, seed=2)}


def test_streams_never_share_a_question_whatever_the_seeds() -> None:
    def keys(problems: list[Problem]) -> set[str]:
        return {question_key(problem.question) for problem in problems}

    tested = keys([problem for seed in range(4) for problem in generate(150, seed)])
    trained = keys([problem for seed in range(4) for problem in generate(150, seed, stream="train")])
    shown = keys([problem for seed in range(2) for problem in generate(30, seed, stream="few-shot")])
    assert not tested & trained
    assert not tested & shown
    assert not trained & shown


def test_a_question_belongs_to_one_stream_even_when_all_are_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    # One template with few questions, asked until nothing new comes: only the streams' own rule keeps them apart.
    (template,) = (template for template in templates_of(1) if template.name == "side-of-a-square")
    small = replace(template, draws=(Chosen(("side",), ((Fraction(3),), (Fraction(4),))),))
    monkeypatch.setattr(generator, "templates_of", lambda level: (small,))
    every = {question_key(drawn(small, str(number)).question) for number in range(5_000)}
    streams: tuple[Stream, ...] = ("test", "train", "few-shot")
    asked = [
        {question_key(problem.question) for problem in iterate(seed, (1,), stream=stream)}
        for stream, seed in zip(streams, (1, 2, 3), strict=True)
    ]
    assert set.union(*asked) == every
    assert sum(map(len, asked)) == len(every)


def test_another_process_draws_the_same_problems() -> None:
    code = (
        "import hashlib; from engine.problems.generator import generate;"
        "print(hashlib.sha256(repr(generate(30, 42)).encode()).hexdigest())"
    )
    run = [sys.executable, "-c", code]
    outputs = {subprocess.run(run, capture_output=True, text=True, check=True).stdout for _ in range(2)}
    assert len(outputs) == 1


def test_generating_thousands_stays_cheap() -> None:
    # A count, not a clock: the busiest level must not need many draws for one problem.
    draws = 0
    for template in ALL_TEMPLATES:
        chance = Random(template.name)
        for _ in range(300):
            try:
                draw(template, chance)
                draws += 1
            except Unsuitable:
                continue
    assert draws / (300 * len(ALL_TEMPLATES)) > 0.5


def test_levels_that_do_not_exist_are_refused() -> None:
    with pytest.raises(ValueError, match="levels are"):
        iterate(42, (1, 4))
    with pytest.raises(ValueError, match="levels are"):
        iterate(42, ())


@pytest.mark.parametrize(
    ("singular", "expected"),
    [("box", "boxes"), ("day", "days"), ("berry", "berries"), ("class", "classes"),
     ("child", "children"), ("scarf", "scarves"), ("square meter", "square meters"),
     ("bottle of milk", "bottles of milk")],
)  # fmt: skip
def test_plurals(singular: str, expected: str) -> None:
    assert plural(singular, words().plurals) == expected
