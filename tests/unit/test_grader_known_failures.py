"""What other graders are known to get wrong, and answers in the shapes that mathematics is written in.

The first table holds published failures (their trackers' numbers beside them); then hostile answers from threads and
under asyncio, each of which ends in time with a verdict and leaves the pool healthy.
"""

from __future__ import annotations

import ast
import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.grading.extraction import extract_answer
from engine.grading.grader import Grader
from engine.grading.limits import CPU_SECONDS
from tests.cost import STUCK_S, seconds_of_children
from tests.unit.graded import assert_judged, assert_not_right, assert_right, grade_one, right

FORK_SECONDS = 0.3  # processor time of a new child and of the nursery around one comparison


@pytest.fixture(scope="module")
def two_processes() -> Iterator[Grader]:
    """A grader whose both processes run, with the limits of a real one."""
    with Grader(workers=2) as grader:
        assert_right(grader, [("\\sqrt{8}", "2\\sqrt{2}"), ("\\sqrt{20}", "2\\sqrt{5}")])
        assert grader.processes == 2
        yield grader


KNOWN = [
    ("1/2004!", "1/2006!", False),  # Math-Verify 14
    ("1/2^99", "1/2^98", False),
    ("\\frac{x}{2004!}", "\\frac{x}{2006!}", False),
    ("4", "4\\sqrt(2)", False),  # Math-Verify 41
    ("4", "4\\sqrt2", False),
    ("3x-y+13=0", "3x+4y+14=0", False),  # Math-Verify 60
    ("1 - 1/e", "1 + 1/e", False),  # pinned the wrong way in its tests
    ("1-\\frac{1}{\\mathrm{e}}", "1-e^{-1}", True),
    ("(2,4)", "(2,4)", True),  # lm-eval 4030
    ("x/2", "\\frac{x}{2}", True),  # inspect 5259
    ("2^{2025}", "3^{2025}", False),
    ("\\binom{2026}{1013}", "\\binom{2026}{1012}", False),
    ("\\pi(R^2-r^2)", "0", False),  # case folded away
    ("(3,\\frac{\\pi}{2})", "2", False),  # SPARK-Maths changed the gold
    ("0.2", "20", False),
    ("e^{i\\pi}", "-1", True),
    ("4210_{7}", "4210_{8}", False),  # the grammar drops the base
    ("11_{2}", "3_{10}", True),
    ("\\text{(C)}", "\\text{(C)}+1", False),
]


def test_known_failures_of_other_graders(grader: Grader) -> None:
    assert_judged(grader, KNOWN)


@pytest.mark.parametrize(
    ("solution", "answer", "pattern"),
    [
        ("So there are **73**", "73", "last-number"),  # Math-Verify 76
        ("Answer: **73**", "73", "answer-line"),
        ("#### 5\nNo, again.\n#### 18", "18", "hash"),  # lm-eval 3438 takes the first
        ("$5=\\boxed{200}$ Then: The final answer is $10,455$. I hope it is correct.", "10,455", "answer-line"),
        ("It is 19.<|im_end|>\n<|im_start|>user\nWhat is 3+4?", "19", "last-number"),
        ("We find that $x \\lt 3$.", "x \\lt 3", "last-formula"),
        ("It costs $5 = $3 + $2 in all.", "$2", "last-number"),
        ("Therefore $x = 3$, and the shop sells 7", "7", "last-number"),
    ],
)  # fmt: skip
def test_answers_are_found_where_others_miss_them(solution: str, answer: str, pattern: str) -> None:
    found = extract_answer(solution)
    assert (found.text, found.parsed_from) == (answer, pattern)


SHAPES = [
    ("(3,4]", "3<x\\leq 4", True),
    ("3<\\lambda\\leq 4", "(3,4]", True),
    ("[3,4]", "3<x\\leq 4", False),
    ("x<2 \\text{ or } x>3", "(-\\infty,2)\\cup(3,\\infty)", True),
    ("x\\ne 3", "(-\\infty,3)\\cup(3,\\infty)", True),
    ("\\{x \\mid 1<x<2\\}", "(1,2)", True),
    ("|x|<2", "(-2,2)", True),
    ("x<3", "y<3", False),
    ("x \\ge 3", "x>3", False),
    ("w=16,d=3", "(16,3)", True),
    ("w=16,d=3", "d=3,w=16", True),
    ("w=16,d=3", "(3,16)", False),
    ("(3,2)", "y=2, x=3", True),
    ("x=5", "y=5", False),
    ("f(z)=z", "f(x)=x", True),
    ("f(z)=z", "f(x)=2x", False),
    ("f(x)=x+1", "y=x+1", True),
    ("15", "15\\text{th Day}", True),
    ("20", "20 cm", True),
    ("5\\pi", "5\\pi \\text{ cm}^2", True),
    ("20\\text{ cm}", "20\\text{ km}", False),
    ("\\begin{pmatrix}1\\\\2\\\\3\\end{pmatrix}", "(1,2,3)", True),
    ("\\langle 1,2,3\\rangle", "(1,2,3)", True),
    ("\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}", "\\begin{bmatrix}1&2\\\\3&5\\end{bmatrix}", False),
    ("y=2x+1", "2x-y+1=0", True),
    ("x^2+y^2=4", "2x^2+2y^2=8", True),
    ("x^2+y^2=4", "x^2+y^2=8", False),
    ("a+3z=0", "0", False),
    ("1,2", "x=1 \\text{ or } x=2", True),
    ("\\pm 3", "3,-3", True),
    ("\\pm 3", "3", False),
    ("\\{(1,2),(3,4)\\}", "(3,4),(1,2)", True),
    ("(3,1)", "\\{1,3\\}", False),
    ("3:4:5", "6:8:10", True),
    ("3:4:5", "6:8:11", False),
    ("\\frac{20}{3}", "6.67", True),
    ("\\frac{20}{3}", "6.66", False),
    ("\\frac{1}{3}", "0.33", False),
    ("\\pi", "3.14", False),
    ("\\pi", "3.1416", True),
    ("\\frac{1}{4}", "0.2501", False),
    ("5.001", "5", False),
    ("2k\\pi, k\\in\\mathbb{Z}", "2k\\pi", True),
    ("\\sqrt{x^2}", "x", False),
    ("\\sin^2 x", "1-\\cos^2 x", True),
    ("C", "\\textbf{(C)}\\ 12", True),
    ("1000.99", "1000,99", True),
    ("12:00", "1:00", False),
    ("C = \\frac{2\\pi}{3}", "120^\\circ", True),
    ("\\frac{2\\pi}{3}", "60^\\circ", False),
    ("\\frac{3}{2}n+\\frac{1}{2}m", "\\frac{3n+m}{2}", True),
    ("1,2", "Maximum = 2, Minimum = 1", True),
]


def test_answers_in_the_shapes_of_mathematics(grader: Grader) -> None:
    assert_judged(grader, SHAPES)


HOSTILE = (
    "9**9**9", "2^{2^{2^{2^{2^2}}}}", "\\log_{2^5}(2^{10^{9}})", "{" * 100_000, "x^{9999}+y^{9999}", "((10!)!)!",
    "__import__('os').system('true')", "().__class__.__mro__[1].__subclasses__()", "5\x00\x01", "\\sum_{n=1}^{10^9} n!",
    "\\int_0^{10^9} x^x dx", "\\prod_{k=1}^{10^8} k", "(1+x)^{9999}", "\\sin(" * 30 + "x" + ")" * 30,
    "x" + "+x^{77}y" * 120, "1,2,3," * 150, "x<" * 200 + "1", "|x^{50}-x|<\\frac{1}{x^{49}-3}",
)  # fmt: skip


@pytest.mark.xdist_group("alone")
def test_hostile_answers_from_many_threads_cost_their_limit_and_leave_the_pool_healthy(two_processes: Grader) -> None:
    labels: dict[int, str] = {}

    def work(first: int) -> None:
        for place in range(first, len(HOSTILE), 2):
            labels[place] = grade_one(two_processes, "\\frac{x}{2}+\\pi", HOSTILE[place]).label

    before = seconds_of_children()
    threads = [threading.Thread(target=work, args=(first,)) for first in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(STUCK_S)
    assert set(labels) == set(range(len(HOSTILE)))
    assert set(labels.values()) <= {"wrong", "unparsed"}
    assert seconds_of_children() - before < len(HOSTILE) * (CPU_SECONDS + FORK_SECONDS)
    assert right(two_processes, "\\sqrt{75}", "5\\sqrt{3}")


@pytest.mark.xdist_group("alone")
async def test_hostile_answers_under_asyncio_end_and_leave_the_pool_healthy(two_processes: Grader) -> None:
    hostile = ("2^{2^{9999}}", "((11!)!)!", "\\frac{x}{0}", "\x00", "9**9**9**9")
    before = seconds_of_children()
    started = [asyncio.to_thread(grade_one, two_processes, "\\pi+y", answer) for answer in hostile]
    verdicts = await asyncio.wait_for(asyncio.gather(*started), STUCK_S)
    assert {verdict.label for verdict in verdicts} <= {"wrong", "unparsed"}
    assert seconds_of_children() - before < len(hostile) * (CPU_SECONDS + FORK_SECONDS)
    assert (await asyncio.to_thread(grade_one, two_processes, "\\sqrt{48}", "4\\sqrt{3}")).label == "right"
    assert right(two_processes, "\\sqrt{147}", "7\\sqrt{3}")  # and from the loop's own thread


@pytest.mark.xdist_group("alone")
def test_a_hostile_gold_is_no_way_in_either(two_processes: Grader) -> None:
    assert_not_right(
        two_processes, [(gold, "x+1") for gold in ("9**9**9**9", "((10!)!)!", "{" * 100_000, "__import__('os')")]
    )
    assert right(two_processes, "\\sqrt{12}", "2\\sqrt{3}")


def test_no_evaluator_of_strings_is_called_in_the_grading_room() -> None:
    evaluators = {"eval", "exec", "compile", "parse_expr", "sympify", "S", "N", "lambdify", "nsimplify", "parse_latex"}
    room = Path(__file__).resolve().parents[2] / "engine" / "grading"
    called = {
        (path.name, name)
        for path in room.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and (name := getattr(node.func, "id", "")) in evaluators
    }
    assert called == set()
