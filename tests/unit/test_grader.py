"""Grader: verdicts by exact numbers, spelling and math-verify; limits, threads, and a pool that survives."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.grading.grader import GRADER_VERSION, Grader, GradeRequest, decide
from engine.grading.limits import CPU_SECONDS, refusal
from engine.grading.numbers import read_number
from engine.grading.pool import SymbolicPool
from engine.grading.verdict import Verdict
from tests.cost import STUCK_S, seconds_of_children
from tests.unit.graded import grade_all, grade_one, right

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is not beside this checkout")


def healthy(grader: Grader, number: int) -> bool:
    """Whether a comparison that no verdict is remembered for is right; another number is another comparison."""
    return right(grader, f"\\sqrt{{{4 * (1_000 + number)}}}", f"2\\sqrt{{{1_000 + number}}}")


NUMERIC = [
    ("18", "18.", True), ("18", "18.0", True), ("18", "$18", True), ("18", "\\$18", True), ("18", "18 dollars", True),
    ("5600", "5,600", True), ("5600", "5 600", True), ("5600", "5{,}600", True), ("5600", "5,\\!600", True),
    ("-3", "x = -3", True), ("-3", "−3", True), ("-5", "-$5", True), ("20", "20%", True), ("0.2", "20\\%", True),
    ("1/2", "0.5", True), ("\\frac12", "\\dfrac{2}{4}", True), ("3.5", "3 1/2", True), ("3.5", "3\\frac{1}{2}", True),
    ("1500", "1.5e3", True), ("1500", "1.5 \\times 10^3", True), ("2000000", "2 million", True), (".5", "0.50", True),
    ("90^\\circ", "90", True), ("15\\mbox{ cm}^2", "15", True), ("12", "12 miles per hour", True), ("2.5", "2½", True),
    ("18", "17.999999999999996", False), ("18", "180", False), ("18", "-18", False), ("5600", "5", False),
    ("18", "18 million", False), ("1/2", "1/3", False), ("5 feet", "5 inches", False), ("18", "1.8", False),
    ("0", "-0", True), ("007", "7", True), ("3 hours", "3", True), ("120", "5!", False),
]  # fmt: skip


@pytest.mark.parametrize(("gold", "answer", "right"), NUMERIC)
def test_numbers_are_compared_exactly_without_a_process(gold: str, answer: str, right: bool) -> None:
    decision = decide(gold, answer)
    if answer == "5!":
        assert decision is None  # a factorial is for the symbolic rule, not the number 5
    else:
        assert decision == (("right" if right else "wrong"), "numeric")


@pytest.mark.parametrize(
    "text",
    ["", "x", "5 or 6", "3 pi", "2x", "32, 349", "1,2345", "1/0", "1/2/3", "5 - 3", "1e9999", "5 am", "3 squared", "٣"],
)
def test_what_is_not_clearly_one_number_is_none(text: str) -> None:
    number = read_number(text)
    assert number is None or number.unit == "am"


@settings(max_examples=300, deadline=None)
@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9, places=3))
def test_a_number_equals_itself_however_it_is_written(value: object) -> None:
    plain = f"{value}"
    for spelling in (f"{value:,}", f"${value:,}", f"{plain} dollars", f"x = {plain}", f"{plain}0.".replace(".0.", ".")):
        if spelling.count(".") < 2:
            assert decide(plain, spelling) == ("right", "numeric"), spelling


@pytest.mark.parametrize(
    ("gold", "answer", "decision"),
    [
        ("\\text{Evelyn}", "evelyn", ("right", "string")),
        ("\\text{(C)}", "C", ("right", "string")),
        ("C", "\\textbf{(C)}\\ 12", ("right", "string")),
        ("C", "\\text{(D)}", None),
        ("\\text{(C)}", "\\text{C}", ("right", "string")),
        ("\\text{Evelyn}", "Carla", ("wrong", "string")),
        ("even", "an even", ("right", "string")),
        ("\\text{Evelyn}", "18", ("wrong", "string")),
        ("(3,\\frac{\\pi}{2})", "\\left( 3, \\dfrac{\\pi}{2} \\right)", ("right", "string")),
        ("x \\le 3", "x\\leq3", ("right", "string")),
        ("\\sqrt3", "\\sqrt{3}", ("right", "string")),
        ("x^{2}", "x^2", ("right", "string")),
        ("x+1", "1+x", None),
    ],
)
def test_spelling_and_words_decide_without_mathematics(
    gold: str, answer: str, decision: tuple[str, str] | None
) -> None:
    assert decide(gold, answer) == decision


def test_mathematics_decides_the_rest(grader: Grader) -> None:
    cases = [
        ("x+1", "1+x", "right"),
        ("x^2+2x+1", "(x+1)^2", "right"),
        ("\\sqrt{12}", "2\\sqrt{3}", "right"),
        ("1,2,3", "3, 2 \\text{ and } 1", "right"),
        ("\\frac{1}{2004!}", "\\frac{1}{2006!}", "wrong"),
        ("\\frac{1}{2^{99}}", "\\frac{1}{2^{98}}", "wrong"),
        ("4", "4\\sqrt{2}", "wrong"),
        ("3x-y+13=0", "3x+4y+14=0", "wrong"),
        ("\\frac{\\sqrt{3}}{3} \\approx 0.577", "\\frac{1}{\\sqrt3}", "right"),
        ("\\frac{1}{12}", "0.0833333333333333", "right"),
        ("120", "5!", "right"),
        ("x \\geq 5", "5 \\leq x", "right"),
    ]
    verdicts = grade_all(grader, [(gold, answer) for gold, answer, _ in cases])
    others = [
        (*case, verdict)
        for case, verdict in zip(cases, verdicts, strict=True)
        if (verdict.label, verdict.rule) != (case[2], "structure")
    ]
    assert not others, others


def test_math_verify_decides_what_the_rules_leave_open(grader: Grader) -> None:
    verdict = grade_one(grader, "f(x)=x^2", "x^2")
    assert (verdict.label, verdict.rule) == ("right", "math-verify")


FORK_SECONDS = 0.3  # processor time of a new child and of the nursery around one comparison
HOSTILE = [
    "9**9**9", "9^{9^9}", "2^{2^{2^{2^{2^{2}}}}}", "\\log_{2^5}(2^{10^{9}})", "(((10!)!)!)", "\\frac{1}{0}",
    "{" * 100_000, "}" * 100_000, "(" * 500, "1" * 5_000, "\\left(" * 100, "\\text{" * 100, "1," * 450, "a" * 900,
    "__import__('os').system('touch /tmp/pwned')", "().__class__.__bases__", "lambda: 0", "eval(1)", "exec('1')",
    "5\x00", "\x00\x01", "\ud800", "(x+1)^{9999}", "\\binom{10^9}{10^8}", "2^{9999999}", "7777777!",
]  # fmt: skip


@pytest.mark.xdist_group("alone")
def test_hostile_answers_cost_their_limit_at_most_and_leave_the_pool_healthy(grader: Grader) -> None:
    healthy(grader, 1)  # the process runs: its start is not what is measured
    broken = []
    for place, answer in enumerate(HOSTILE):
        before = seconds_of_children()
        verdict = grade_one(grader, "\\frac{x}{3}+\\pi", answer)
        took = seconds_of_children() - before
        if verdict.label not in ("wrong", "unparsed") or took > CPU_SECONDS + FORK_SECONDS:
            broken.append(f"{answer[:40]!r}: {verdict.label} by {verdict.rule} in {took:.2f} s")
        if not healthy(grader, 2 + place):
            broken.append(f"{answer[:40]!r}: the pool no longer tells right from wrong")
    assert not broken, "\n".join(broken)


@pytest.mark.xdist_group("alone")
def test_a_comparison_ends_by_the_clock_too() -> None:
    with contextlib.closing(SymbolicPool(workers=1, cpu_seconds=60, wall_seconds=0.2)) as pool:
        before = seconds_of_children()
        assert pool.compare("\\pi", "9^{9^9}") == "timeout"
        assert seconds_of_children() - before < 30  # most of it the start of the process
        assert pool.started == 1  # it was the process's child that was killed


@pytest.mark.parametrize(
    ("answer", "rule"),
    [
        ("x" * 1_001, "too-long"),
        ("{" * 40 + "x" + "}" * 40, "too-deep"),
        ("x^{99999}", "too-big"),
        ("9" * 301, "too-big"),
        ("2^{2^{2^{2^2}}}", "too-big"),
        ("__import__", "code"),
        ("\\frac{x^2}{3}", None),
        ("2^{3^4}", None),
        ("x^2+y^2+z^2+w^2+v^2=1", None),
    ],
)
def test_refusals_name_their_limit(answer: str, rule: str | None) -> None:
    assert refusal(answer) == rule


def test_a_timeout_is_unparsed_not_wrong(grader: Grader) -> None:
    verdict = grade_one(grader, "\\pi", "9^{9^9}")
    assert (verdict.label, verdict.symbolic, verdict.rule) == ("unparsed", "unparsed", "timeout")


def test_no_answer_is_unparsed() -> None:
    with Grader(workers=1) as grader:
        verdict = grader.grade([GradeRequest("q", "18", "I do not know.")])[0]
    assert verdict == Verdict("unparsed", "no-answer", "", "none", symbolic="unparsed")


def test_plain_numbers_never_start_a_process() -> None:
    with Grader(workers=2) as grader:
        verdicts = grader.grade([GradeRequest("q", str(n), f"so\n#### {n % 7}") for n in range(500)])
        assert grader.processes == 0
    assert sum(verdict.label == "right" for verdict in verdicts) == 7


def test_the_grading_process_imports_no_torch_and_this_one_no_math_verify() -> None:
    code = (
        "import sys, engine.grading.grader as g\n"
        "assert not {'torch', 'numpy', 'sympy', 'math_verify', 'transformers'} & set(sys.modules)\n"
        "import engine.grading.symbolic.compare\n"
        "assert not {'torch', 'transformers'} & set(sys.modules)\n"
    )
    root = Path(__file__).resolve().parents[2]
    subprocess.run([sys.executable, "-c", code], check=True, cwd=root, env={**os.environ, "PYTHONPATH": str(root)})


@pytest.mark.xdist_group("alone")
def test_a_killed_process_is_replaced() -> None:
    others = psutil.Process().children()
    with Grader(workers=1) as grader:
        assert grade_one(grader, "\\sqrt{18}", "3\\sqrt{2}").label == "right"
        [process] = [child for child in psutil.Process().children() if child not in others]
        process.kill()
        process.wait()
        assert grader.processes == 0
        assert grade_one(grader, "\\sqrt{27}", "3\\sqrt{3}").label == "right"
        assert grader.processes == 1


def test_grading_is_safe_from_many_threads_at_once(grader: Grader) -> None:
    labels: dict[int, list[str]] = {}

    def work(number: int) -> None:
        pairs = [
            GradeRequest("", f"\\sqrt{{{4 * k}}}", f"\\boxed{{2\\sqrt{{{k}}}}}") for k in range(2 + number, 8 + number)
        ]
        labels[number] = [verdict.label for verdict in grader.grade(pairs)]

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(STUCK_S)
    assert labels == {number: ["right"] * 6 for number in range(4)}


async def test_grading_works_under_asyncio(grader: Grader) -> None:
    pairs = [GradeRequest("", "x+2", "\\boxed{2+x}"), GradeRequest("", "18", "#### 18")]
    there = await asyncio.to_thread(grader.grade, pairs)
    assert [verdict.label for verdict in there + grader.grade(pairs)] == ["right"] * 4


def test_equal_pairs_are_compared_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str]] = []

    def compare(pool: SymbolicPool, gold: str, answer: str) -> str:
        asked.append((gold, answer))
        return "equal"

    monkeypatch.setattr(SymbolicPool, "compare", compare)
    pairs = [GradeRequest("", "a+b+7", "\\boxed{7+a+b}")] * 3
    with Grader(workers=1) as grader:
        assert [verdict.label for verdict in grader.grade(pairs) + grader.grade(pairs)] == ["right"] * 6
    assert len(asked) == 1


def test_the_version_names_the_parsers() -> None:
    assert "math-verify-0." in GRADER_VERSION
    assert "latex2sympy2-extended-1." in GRADER_VERSION


@needs_data
def test_verdicts_on_openai_s_gsm8k_solutions_equal_theirs(grader: Grader) -> None:
    rows = [json.loads(line) for line in (DATA / "gsm8k/example_model_solutions.jsonl").open(encoding="utf-8")]
    models = ("6b_finetuning", "6b_verification", "175b_finetuning", "175b_verification")
    pairs, expected = [], []
    for row in rows:
        gold = row["ground_truth"].rsplit("A:", 1)[1].strip()
        for model in models:
            pairs.append(GradeRequest(row["question"], gold, row[model]["solution"]))
            expected.append(row[model]["is_correct"])
    right = [verdict.label == "right" for verdict in grader.grade(pairs)]
    assert len(right) == 5_276
    assert right == expected


@needs_data
@pytest.mark.parametrize(
    ("name", "column", "count"),
    [
        ("gsm8k/train.jsonl", "answer", 7_473),
        ("gsm8k/test.jsonl", "answer", 1_319),
        ("gsm8k_platinum/test.jsonl", "answer", 1_209),
        ("math500/test.jsonl", "solution", 500),
    ],
)
def test_gold_solutions_are_right_against_their_gold(grader: Grader, name: str, column: str, count: int) -> None:
    rows = [json.loads(line) for line in (DATA / name).open(encoding="utf-8")]
    pairs = [GradeRequest("", row["answer"].rsplit("####", 1)[-1], row[column]) for row in rows]
    verdicts = grader.grade(pairs)
    assert (len(verdicts), [verdict for verdict in verdicts if verdict.label != "right"]) == (count, [])


@needs_data
def test_math_golds_are_right_against_themselves(grader: Grader) -> None:
    with gzip.open(DATA / "math/test.jsonl.gz", "rt", encoding="utf-8") as lines:
        golds = [json.loads(line)["answer"] for line in lines]
    verdicts = grader.grade([GradeRequest("", gold, f"\\boxed{{{gold}}}") for gold in golds])
    assert (len(verdicts), [verdict for verdict in verdicts if verdict.label != "right"]) == (5_000, [])
