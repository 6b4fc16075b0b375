"""python -m tests.benchmarks.grading: pairs a second, this grader beside math-verify, paired, in one run.

Three sets: the answers of OpenAI's GSM8K solutions against their gold; MATH golds against themselves; MATH golds
against a copy with one digit changed, which no spelling rule can decide. Both arms see the same pairs in batches that
take turns, one process each, nothing cached; a row gives the median over batches of the time of a pair and of the
ratio. The start of the comparing process is shown apart: a run pays it once, and only when an answer needs it.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.grading.extraction import extract_answer
from engine.grading.grader import Grader, GradeRequest
from engine.grading.verdict import Extraction

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
MODELS = ("6b_finetuning", "6b_verification", "175b_finetuning", "175b_verification")
BATCH = 20

PairOfAnswers = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Row:
    """Median seconds a pair of both arms, and the median over batches of their ratio."""

    name: str
    pairs: int
    ours: float
    theirs: float
    ratio: float

    def __str__(self) -> str:
        return (
            f"{self.name:<28}{self.pairs:>7}{1 / self.ours:>14,.0f}{1 / self.theirs:>14,.0f}{self.ratio:>10.1f}"
            f"{self.ours * 1000:>12.3f}{self.theirs * 1000:>12.3f}"
        )


def gsm8k_answers(data: Path, count: int) -> list[PairOfAnswers]:
    """(gold, extracted answer) of real solutions, taken at even distances."""
    lines = (data / "gsm8k/example_model_solutions.jsonl").read_text(encoding="utf-8").splitlines()
    found: list[PairOfAnswers] = []
    for row in map(json.loads, lines):
        gold = row["ground_truth"].rsplit("A:", 1)[1].strip()
        found += [(gold, extract_answer(row[model]["solution"]).text or "none") for model in MODELS]
    return found[:: max(1, len(found) // count)][:count]


def math_golds(data: Path, count: int) -> list[str]:
    with gzip.open(data / "math/test.jsonl.gz", "rt", encoding="utf-8") as lines:
        golds = [json.loads(line)["answer"] for line in lines]
    return golds[:: max(1, len(golds) // count)][:count]


def perturbed(gold: str) -> str:
    """The gold with its last digit one higher; where it has none, plus one."""
    changed = re.sub(r"[0-9](?=[^0-9]*\Z)", lambda digit: str((int(digit[0]) + 1) % 10), gold, count=1)
    return changed if changed != gold else f"{gold}+1"


def measure(name: str, pairs: Sequence[PairOfAnswers], grader: Grader) -> Row:
    """Batches of the same pairs, the arms taking turns at who goes first."""
    ours: list[float] = []
    theirs: list[float] = []
    for start in range(0, len(pairs), BATCH):
        batch = pairs[start : start + BATCH]
        arms: list[tuple[list[float], Callable[[Sequence[PairOfAnswers]], None]]] = [
            (ours, lambda batch: _grade(grader, batch)),
            (theirs, _math_verify),
        ]
        for seconds, arm in arms if start // BATCH % 2 else reversed(arms):
            began = time.perf_counter()
            arm(batch)
            seconds.append((time.perf_counter() - began) / len(batch))
    ratios = [slow / fast for fast, slow in zip(ours, theirs, strict=True)]
    return Row(name, len(pairs), statistics.median(ours), statistics.median(theirs), statistics.median(ratios))


def _grade(grader: Grader, pairs: Sequence[PairOfAnswers]) -> None:
    grader.grade_extracted(
        [GradeRequest("", gold, "") for gold, _ in pairs], [Extraction(answer, "boxed") for _, answer in pairs]
    )


def _math_verify(pairs: Sequence[PairOfAnswers]) -> None:
    from math_verify import parse, verify

    for gold, answer in pairs:
        verify(parse(f"${gold}$"), parse(f"${answer}$"))


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Pairs a second: this grader beside math-verify.")
    parser.add_argument("--data", type=Path, default=DATA, help="folder with gsm8k/ and math/")
    parser.add_argument("--pairs", type=int, default=400, help="pairs of each set")
    chosen = parser.parse_args(arguments)
    if not (chosen.data / "gsm8k/example_model_solutions.jsonl").is_file():
        print(f"{chosen.data} holds no gsm8k/example_model_solutions.jsonl; name the data with --data", file=sys.stderr)
        return 2
    golds = math_golds(chosen.data, chosen.pairs)
    sets = {
        "GSM8K answers": gsm8k_answers(chosen.data, chosen.pairs),
        "MATH golds, themselves": [(gold, gold) for gold in golds],
        "MATH golds, a digit changed": [(gold, perturbed(gold)) for gold in golds],
    }
    with Grader(workers=1) as grader:
        _math_verify([("\\frac{1}{2}", "x^2")])
        began = time.perf_counter()
        _grade(grader, [("x+1", "1+x")])
        started = time.perf_counter() - began
        print(f"{'set':<28}{'pairs':>7}{'ours a s':>14}{'m-v a s':>14}{'ratio':>10}{'ours ms':>12}{'m-v ms':>12}")
        for name, pairs in sets.items():
            print(measure(name, pairs, grader), flush=True)
        print(f"start of the comparing process: {started:.1f} s, once")
    return 0


if __name__ == "__main__":
    sys.exit(main())
