"""python -m tests.fuzz_grader: random, broken and hostile answers through the whole grader, seeded.

What must hold for every input: extraction and the rules never raise and are quick; an answer is never wrong against
itself; the symbolic processes end in time with a verdict; and the pool still tells right from wrong at the end.
Exit code 1 with each input that broke a promise (its number and the seed make it again).
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence

from engine.grading.extraction import extract_answer, gold_answer
from engine.grading.grader import Grader, GradeRequest, decide
from engine.grading.limits import ANSWER_LIMIT, CPU_SECONDS
from engine.grading.verdict import Extraction
from tests.cost import seconds_of_children

QUICK = 1.0  # processor seconds for the rules that need no process, whatever the input
SLACK = 1.0  # processor seconds beyond the symbolic limit: a new child, and one that is slow to end
BATCH = 200

_ANSWERS = (
    "18", "-3", "5,600", "$18", "20\\%", "\\frac{1}{2}", "3\\sqrt{2}", "(3,4]", "3<x\\leq 4", "x=5", "w=16,d=3",
    "(1,2,3)", "\\{1,2\\}", "x^2+2x+1", "\\begin{pmatrix}1\\\\2\\end{pmatrix}", "\\text{Evelyn}", "90^\\circ", "2\\pi",
    "(-\\infty,2)\\cup(3,\\infty)", "y=2x+1", "\\log_2 8", "5!", "1.5\\times 10^3", "3 \\text{ cm}", "\\pm 3", "C",
    "f(x)=x+1", "e^{i\\pi}", "\\binom{5}{2}", "\\sum_{k=1}^{n} k", "|x|<2", "12:30", "6\\frac{2}{3}", "\\emptyset",
)  # fmt: skip
_PIECES = (
    *"0123456789xyznkiABC+-*/^_=<>(){}[]|!,.;:%$&~'\"\\ ", "\\frac", "\\sqrt", "\\left(", "\\right)", "\\{", "\\}",
    "\\cup", "\\in", "\\leq", "\\infty", "\\text{", "\\boxed{", "\\begin{cases}", "\\end{cases}", "\\\\", "####",
    "<answer>", "</answer>", "Answer:", "the final answer is ", "and", "or", "**", "\n", "\x00", "\u202e", "½", "−",
    "\ud800", "π", "×", "\\sin", "\\log_{2^5}", "!" * 5, "^{9}", "^9^9", "9" * 40, "{" * 20, "}" * 20, "__",
    "import os", "lambda: 0", "eval(", "\\sum_{n=1}^{10^9}", "\\int", "\\lim_{x\\to 0}", "\\mathbb{R}", "</think>",
    "km", "%",
)  # fmt: skip
_FRAMES = (
    "{}", "\\boxed{{{}}}", "so\n#### {}", "Answer: {}", "The final answer is ${}$. I hope it is correct.",
    "We get ${}$.", "<answer>{}</answer>", "<think>{}", "first \\boxed{{1}} then \\boxed{{{}}}", "A: {}\nQ: more?",
    "it is **{}**", "{} {}",
)  # fmt: skip


def inputs(count: int, seed: int) -> Iterator[str]:
    """Answers, mutated answers and noise; the first k of n are the k of a shorter run."""
    for number in range(count):
        draw = random.Random(f"{seed}:{number}")
        kind = draw.random()
        if kind < 0.35:
            yield "".join(draw.choices(_PIECES, k=draw.randint(1, 24)))
        elif kind < 0.75:
            yield _mutated(draw, draw.choice(_ANSWERS))
        elif kind < 0.95:
            yield draw.choice(_ANSWERS) + draw.choice(("", " ", ", ", "+", "=", "\\cdot ")) + draw.choice(_ANSWERS)
        elif kind < 0.99:
            yield "".join(chr(draw.randrange(0x20, 0x3000)) for _ in range(draw.randint(1, 60)))
        else:
            yield draw.choice(_PIECES) * draw.randint(100, 5_000)


def _mutated(draw: random.Random, answer: str) -> str:
    characters = list(answer)
    for _ in range(draw.randint(1, 4)):
        place = draw.randrange(len(characters) + 1)
        if draw.random() < 0.5:
            characters.insert(place, draw.choice(_PIECES))
        elif characters:
            characters.pop(min(place, len(characters) - 1))
    return "".join(characters) or "0"


def broken_promises(text: str, number: int) -> list[str]:
    """What the rules that need no process do wrong with one input, as an answer and as a solution."""
    broken: list[str] = []
    start = time.thread_time()
    for frame in ("{}", _FRAMES[number % len(_FRAMES)]):
        found = extract_answer(frame.format(text, text))
        if found.text is not None and (not found.text or len(found.text) > ANSWER_LIMIT):
            broken.append("an extracted answer is empty or too long")
        if (found.text is None) != (found.parsed_from == "none"):
            broken.append("the pattern does not say whether something was found")
    gold = gold_answer(text)
    itself = decide(gold, gold)
    if itself is not None and itself[0] == "wrong":
        broken.append("wrong against itself")
    other = _ANSWERS[number % len(_ANSWERS)]
    if (there := decide(other, text)) is not None and there[0] not in ("right", "wrong", "unparsed"):
        broken.append("no verdict")
    if (took := time.thread_time() - start) > QUICK:
        broken.append(f"slow: {took:.1f} s")
    return broken


def compare_all(grader: Grader, texts: Sequence[str], labels: Counter[str]) -> list[str]:
    """Each text against an answer and against itself, in the symbolic processes; what was broken."""
    broken: list[str] = []
    for number, text in enumerate(texts):
        for gold in (_ANSWERS[number % len(_ANSWERS)], text):
            before = seconds_of_children()
            verdict = grader.grade_extracted([GradeRequest("", gold, "")], [Extraction(text, "boxed")])[0]
            labels[f"{verdict.label} by {verdict.rule}"] += 1
            if (took := seconds_of_children() - before) > CPU_SECONDS + SLACK:
                broken.append(f"{took:.1f} s for {text[:80]!r}")
            if gold == text and verdict.label == "wrong" and gold_answer(text) == text:
                broken.append(f"wrong against itself: {text[:80]!r} by {verdict.rule}")
    if grader.grade([GradeRequest("", "\\sqrt{8}", "\\boxed{2\\sqrt{2}}")])[0].label != "right":
        broken.append("the pool no longer tells right from wrong")
    return broken


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Fuzz the grader.")
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--symbolic", type=float, default=0.05, help="share of inputs that also go to the processes")
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args(arguments)
    every = max(1, round(1 / chosen.symbolic)) if chosen.symbolic > 0 else chosen.inputs + 1
    failures: list[str] = []
    labels: Counter[str] = Counter()
    symbolic: list[str] = []
    with Grader(workers=2) as grader:
        grader.grade([GradeRequest("", "x+1", "\\boxed{1+x}")])
        for number, text in enumerate(inputs(chosen.inputs, chosen.seed)):
            failures += [f"input {number} of seed {chosen.seed}: {what}" for what in broken_promises(text, number)]
            if number % every == 0:
                symbolic.append(text)
            if len(symbolic) >= BATCH:
                failures += compare_all(grader, symbolic, labels)
                symbolic = []
        failures += compare_all(grader, symbolic, labels)
    for label, count in labels.most_common():
        print(f"{count:>8} {label}")
    print(f"{chosen.inputs} inputs of seed {chosen.seed}, {sum(labels.values())} comparisons: {len(failures)} failures")
    print("\n".join(failures[:100]))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
