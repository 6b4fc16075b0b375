"""How far the alignment scores can be trusted: `python -m tests.validity.alignment` prints one table.

Thresholds are chosen by Youden's index on every other question and judged on the questions between, so no chain that
chose a threshold is counted. Needs ../shared/data; embeds with the embedder that is named (cached).
"""

from __future__ import annotations

import argparse
import itertools
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.alignment.aligner import ALIGNER_VERSION, align
from engine.alignment.alignment import Alignment
from engine.alignment.quadrant import DEFAULT_THRESHOLD
from engine.evaluation.estimates import Estimate, area_under_curve
from tests.validity.labelled import DATA, Chain, openai_solutions, process_bench

Embed = Callable[[Sequence[str]], NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class Threshold:
    """Where "high" begins and what it separates: shares of the right and of the wrong that it puts on their side."""

    value: float
    sensitivity: float
    specificity: float

    @property
    def youden(self) -> float:
        return self.sensitivity + self.specificity - 1


@dataclass(frozen=True, slots=True)
class FirstError:
    """ProcessBench's measure: accuracy on chains with an error, on sound chains, and their harmonic mean."""

    erroneous: float
    sound: float

    @property
    def f1(self) -> float:
        both = self.erroneous + self.sound
        return 2 * self.erroneous * self.sound / both if both else 0.0


def align_all(chains: Sequence[Chain], embed: Embed) -> list[Alignment]:
    """One embedding call for all distinct steps, then one alignment a chain."""
    texts = sorted({step for chain in chains for step in (*chain.gold, *chain.student)})
    vectors = embed(texts)
    at = {text: row for row, text in enumerate(texts)}
    return [
        align(
            chain.gold,
            chain.student,
            vectors[[at[step] for step in chain.gold]],
            vectors[[at[step] for step in chain.student]],
            question=chain.question,
        )
        for chain in chains
    ]


def with_foreign_gold(chains: Sequence[Chain]) -> list[Chain]:
    """The null: every chain against the gold of another question."""
    gold = {chain.group: chain.gold for chain in chains}
    groups = sorted(gold)
    following = dict(zip(groups, groups[1:] + groups[:1], strict=True))
    return [
        Chain(chain.group, chain.question, gold[following[chain.group]], chain.student, chain.right) for chain in chains
    ]


def best_threshold(scores: Sequence[float], right: Sequence[bool]) -> Threshold:
    """Youden's: the score that maximises sensitivity + specificity - 1; high means above it."""
    candidates = sorted(set(scores))
    middles = [(low + high) / 2 for low, high in itertools.pairwise(candidates)]
    order = np.sort(np.asarray([score for score, label in zip(scores, right, strict=True) if label]))
    others = np.sort(np.asarray([score for score, label in zip(scores, right, strict=True) if not label]))
    above = 1 - np.searchsorted(order, middles, side="right") / max(1, len(order))
    below = np.searchsorted(others, middles, side="right") / max(1, len(others))
    best = int(np.argmax(above + below))
    return Threshold(middles[best], float(above[best]), float(below[best]))


def judge_threshold(value: float, scores: Sequence[float], right: Sequence[bool]) -> Threshold:
    """What a given threshold separates in these chains."""
    high = [score > value for score in scores]
    hits = sum(above and label for above, label in zip(high, right, strict=True))
    rejections = sum(not above and not label for above, label in zip(high, right, strict=True))
    return Threshold(value, hits / max(1, sum(right)), rejections / max(1, len(right) - sum(right)))


def first_error(chains: Sequence[Chain], alignments: Sequence[Alignment]) -> FirstError:
    """A chain that ended early is taken to err in its last step."""
    found: dict[bool, list[bool]] = {True: [], False: []}
    for chain, alignment in zip(chains, alignments, strict=True):
        divergence = alignment.divergence
        guess = None if divergence is None else divergence.student
        if divergence is not None and guess is None:
            guess = len(chain.student) - 1
        found[bool(chain.sound)].append(guess == chain.first_error)
    return FirstError(*(sum(found[sound]) / max(1, len(found[sound])) for sound in (False, True)))


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Print how well the alignment scores agree with labels.")
    parser.add_argument("--sample", type=int, default=300, help="GSM8K questions, four solutions each (1319: all)")
    parser.add_argument("--data", type=Path, default=DATA, help="folder with gsm8k/ and processbench/")
    parser.add_argument("--embedder", default="embedded:all-minilm-l6-v2", help="a ModelRef")
    chosen = parser.parse_args(arguments)
    if not (chosen.data / "gsm8k/example_model_solutions.jsonl").is_file():
        print(f"{chosen.data} holds no gsm8k/example_model_solutions.jsonl; name the data with --data", file=sys.stderr)
        return 2
    print("\n".join(table(chosen.data, chosen.sample, _embedder(chosen.embedder))))
    return 0


def table(data: Path, sample: int, embed: Embed) -> list[str]:
    """The lines of the table."""
    chains = openai_solutions(data, sample)
    start = time.perf_counter()
    alignments = align_all(chains, embed)
    seconds = time.perf_counter() - start
    foreign = align_all(with_foreign_gold(chains), embed)
    choosing = [index for index, chain in enumerate(chains) if chain.group % 2 == 0]
    unseen = [index for index, chain in enumerate(chains) if chain.group % 2]
    right = [chain.right for chain in chains]
    lines = [
        f"aligner {ALIGNER_VERSION}: {len(chains)} real solutions of GSM8K, {sum(right) / len(right):.0%} right,"
        f" embedded and aligned in {seconds:.1f} s; thresholds from {len(choosing)}, figures on {len(unseen)} others",
        f"{'score':<20}{'AUC right answer':>26}{'threshold':>11}{'right above':>13}{'wrong below':>13}",
    ]
    columns = {
        "coverage": [alignment.scores.coverage for alignment in alignments],
        "published": [alignment.scores.published for alignment in alignments],
        "order_free": [alignment.scores.order_free for alignment in alignments],
        "1 - extra": [1 - alignment.scores.extra for alignment in alignments],
        "null: foreign gold": [alignment.scores.coverage for alignment in foreign],
        "number of steps": [float(len(chain.student)) for chain in chains],
    }
    for name, scores in columns.items():
        seen = ([scores[index] for index in choosing], [right[index] for index in choosing])
        judged = ([scores[index] for index in unseen], [right[index] for index in unseen])
        lines.append(_line(name, area_under_curve(*judged), judge_threshold(best_threshold(*seen).value, *judged)))
        if name in DEFAULT_THRESHOLD:
            lines.append(_line("  at the default", None, judge_threshold(DEFAULT_THRESHOLD[name], *judged)))
    return lines + _first_error_lines(data, embed)


def _first_error_lines(data: Path, embed: Embed) -> list[str]:
    chains = process_bench(data)
    alignments = align_all(chains, embed)
    found = first_error(chains, alignments)
    sound = [bool(chain.sound) for chain in chains]
    areas = {
        "coverage": area_under_curve([alignment.scores.coverage for alignment in alignments], sound),
        "published": area_under_curve([alignment.scores.published for alignment in alignments], sound),
    }
    return [
        f"ProcessBench-GSM8K, {len(chains)} chains, {sum(sound)} sound:",
        *(f"  AUC sound chain, {name:<10}{_interval(area):>27}" for name, area in areas.items()),
        f"  first wrong step: found {found.erroneous:.3f}, sound kept {found.sound:.3f}, F1 {found.f1:.3f}",
    ]


def _line(name: str, area: Estimate | None, threshold: Threshold) -> str:
    shown = "" if area is None else _interval(area)
    return f"{name:<20}{shown:>26}{threshold.value:>11.3f}{threshold.sensitivity:>13.3f}{threshold.specificity:>13.3f}"


def _interval(area: Estimate) -> str:
    return f"{area.value:.3f} [{area.low:.3f}, {area.high:.3f}]" if area.value is not None else "-"


def _embedder(reference: str) -> Embed:
    from engine.models.loading import load_embedder
    from engine.models.paths import cache_dir
    from engine.recipes.sources import load_preset

    return load_embedder(reference, load_preset("cpu"), cache_dir()).embed


if __name__ == "__main__":
    sys.exit(main())
