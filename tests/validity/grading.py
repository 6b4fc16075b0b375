"""python -m tests.validity.grading: the grader's verdicts against public suites of (gold, prediction, equal?) pairs.

Prints one table: how many right pairs are accepted and wrong pairs rejected, by this grader and by math-verify on the
same pairs, and below it each pair on which a suite and this grader disagree, with the reason where the suite is the
one that errs. --suite FILE adds a suite of your own (JSONL with gold, pred, expected and perhaps kind: answer or text).

Every pair is judged by its text alone: options that a suite passes to its own grader (two decimals, other variables)
are dropped for both graders. Predictions in prose go through the extraction that solutions go through.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.grading.extraction import extract_answer
from engine.grading.grader import GRADER_VERSION, Grader, GradeRequest
from engine.grading.verdict import Extraction, Verdict

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
SUITES = ("nemo_skills", "hendrycks_math", "math_verify")
GOLD_LENGTH = 400  # a longer gold is a solution, not an answer

# Suite and line (from 0): where the suite is not about whether the two are equal, or says what mathematics does not.
EXCEPTIONS = {
    ("hendrycks_math", 1): "the same three solutions in another order: a bare list has none",
    ("hendrycks_math", 8): "the same three solutions in another order: a bare list has none",
    ("math_verify", 6): "the gold 1,22 may list 1 and 22, as MATH's golds do; a decimal comma is an answer's only",
    ("math_verify", 28): "9 is 9; the suite pins that its pattern finds no formula between single dollars on lines",
    ("math_verify", 29): "9 is 9; the suite pins that its pattern finds no formula between \\( and \\) on lines",
    (
        "math_verify",
        127,
    ): "0.33 for 1/3 is right under the suite's option precision=2 only; three digits are asked here",
    ("math_verify", 181): "[-2, 7] is -2 <= x <= 7 (and line 180 says so); the suite pins an option that forbids it",
    ("math_verify", 249): "1 - 1/e is not 1 + 1/e; the suite pins a wrong verdict of its grader",
    ("math_verify", 258): "f(x) and f(y) are one only under the suite's option strict=False",
}

_PROSE = re.compile(r"(?<![\\a-zA-Z{])[A-Za-z]{3,}\b(?!\s*\()")
_SET_TEXT = re.compile(r"\\text\s*\{[^}]*\}|\\(?:begin|end)\{\w*\}")
_DELIMITED = re.compile(r"\$|\\boxed|\\\(|\\\[")


@dataclass(frozen=True, slots=True)
class Pair:
    """One case: `line` in its suite, from 0; `text` says that the prediction is running text."""

    suite: str
    line: int
    gold: str
    prediction: str
    equal: bool
    text: bool = False


@dataclass(frozen=True, slots=True)
class Tally:
    """What a grader made of a suite: right pairs accepted, wrong pairs rejected."""

    accepted: int
    right: int
    rejected: int
    wrong: int

    def __str__(self) -> str:
        return f"{self.accepted:>5}/{self.right:<5}{self.rejected:>5}/{self.wrong:<5}"


def read_suite(path: Path) -> list[Pair]:
    """The pairs of a JSONL file, named after it."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    return [
        Pair(path.stem, line, row["gold"], row["pred"], bool(row["expected"]), row.get("kind") == "text")
        for line, row in enumerate(rows)
    ]


def answer_of(pair: Pair) -> Extraction:
    """What is graded: the prediction itself, or the answer extracted from prose where the gold is none."""
    prose = in_prose(pair.prediction) and not in_prose(pair.gold)
    found = extract_answer(pair.prediction) if pair.text or "boxed" in pair.prediction or prose else None
    return Extraction(pair.prediction, "boxed") if found is None or found.text is None else found


def in_prose(answer: str) -> bool:
    return _PROSE.search(_SET_TEXT.sub(" ", answer)) is not None


def our_verdicts(grader: Grader, pairs: Sequence[Pair]) -> list[Verdict]:
    golds = [pair.gold if len(pair.gold) <= GOLD_LENGTH else extract_answer(pair.gold).text or "" for pair in pairs]
    return grader.grade_extracted([GradeRequest("", gold, "") for gold in golds], [answer_of(pair) for pair in pairs])


def math_verify_accepts(pair: Pair) -> bool:
    """math-verify with its own defaults; bare mathematics is set in dollars, as its users are told to."""
    from math_verify import parse, verify

    def dressed(answer: str, bare: bool) -> str:
        return f"${answer}$" if bare and not _DELIMITED.search(answer) else answer

    bare = not pair.text and not in_prose(pair.prediction)
    try:
        return bool(verify(parse(dressed(pair.gold, True)), parse(dressed(pair.prediction, bare))))
    except Exception:  # its verdict on what it cannot bear is "not equal"
        return False


def tally(pairs: Sequence[Pair], accepted: Sequence[bool]) -> Tally:
    right = [verdict for pair, verdict in zip(pairs, accepted, strict=True) if pair.equal]
    wrong = [not verdict for pair, verdict in zip(pairs, accepted, strict=True) if not pair.equal]
    return Tally(sum(right), len(right), sum(wrong), len(wrong))


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Print how the grader judges public suites of answer pairs.")
    parser.add_argument("--data", type=Path, default=DATA / "grader_cases", help="folder with the three suites")
    parser.add_argument("--suite", type=Path, action="append", default=[], help="a further JSONL of pairs")
    chosen = parser.parse_args(arguments)
    paths = [path for name in SUITES if (path := chosen.data / f"{name}.jsonl").is_file()] + chosen.suite
    if not paths:
        print(f"{chosen.data} holds none of the suites; name the folder with --data", file=sys.stderr)
        return 2
    with Grader(workers=2) as grader:
        print("\n".join(table(grader, [read_suite(path) for path in paths])))
    return 0


def table(grader: Grader, suites: Sequence[Sequence[Pair]]) -> list[str]:
    """The lines of the table."""
    lines = [
        f"grader {GRADER_VERSION}: right pairs accepted, wrong pairs rejected",
        f"{'suite':<24}{'this grader':^22}{'math-verify':^22}{'accepted wrong, by this grader only':>36}",
    ]
    notes: list[str] = []
    for pairs in suites:
        ours = [verdict.label == "right" for verdict in our_verdicts(grader, pairs)]
        theirs = [math_verify_accepts(pair) for pair in pairs]
        alone = [
            pair for pair, mine, other in zip(pairs, ours, theirs, strict=True) if mine and not other and not pair.equal
        ]
        unexplained = sum((pair.suite, pair.line) not in EXCEPTIONS for pair in alone)
        shown = f"{unexplained} (+{len(alone) - unexplained} exceptions)"
        lines.append(f"{pairs[0].suite:<24}{tally(pairs, ours)!s:^22}{tally(pairs, theirs)!s:^22}{shown:>36}")
        notes += [_note(pair) for pair, mine in zip(pairs, ours, strict=True) if mine != pair.equal]
    return lines + notes


def _note(pair: Pair) -> str:
    reason = EXCEPTIONS.get((pair.suite, pair.line), "not decided as the suite says")
    return f"  {pair.suite}:{pair.line} expects {'equal' if pair.equal else 'different'}: {reason}"


if __name__ == "__main__":
    sys.exit(main())
