"""The validity table of an embedder: how far the alignment scores can be trusted, as figures with intervals.

Algebra and edits need no data. The labelled sets are read from a folder where one is named; thresholds are chosen on
the questions of even number and judged on the odd ones, and every figure is of the odd ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.alignment.aligner import Pair, align_all
from engine.alignment.alignment import Alignment
from engine.problems.generator import generate
from engine.recipes.labelled_sets import missing_files
from engine.statistics.figure import UNDEFINED, Figure
from engine.steps.splitting import embedding_text
from engine.validation import algebra, labelled
from engine.validation.labelled import Chain
from engine.validation.measures import area, best_threshold, first_error, first_error_interval, judge_threshold
from engine.words import DEFAULT_THRESHOLD

Embed = Callable[[Sequence[str]], NDArray[np.float32]]

SECTIONS = ALGEBRA, EDITS, GSM8K, PROCESS_BENCH, CHAMP = (
    "algebra", "edits", "GSM8K, OpenAI's solutions", "ProcessBench-GSM8K", "CHAMP",
)  # fmt: skip
"""Their headings, in order."""

MATRICES = 60
LARGER = 24  # steps a side of the matrices given to the independent program
SLACK = 1e-9
SEEN = 1e-6  # a smaller fall of the score is rounding


@dataclass(frozen=True, slots=True)
class Line:
    """One line: what was measured; where its figure is undefined it was not, and `note` says why."""

    section: str
    name: str
    figure: Figure = UNDEFINED
    note: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Flat, as the event Measured has it."""
        return {"section": self.section, "name": self.name, **asdict(self.figure), "note": self.note}


def figures(embed: Embed, data: Path | None, sample: int | None, problems: int, seed: int) -> Iterator[list[Line]]:
    """The SECTIONS of the table, one after another."""
    yield algebra_section(seed)
    yield edits_section(embed, problems, seed)
    for section, files, make in (
        (GSM8K, labelled.OPENAI, partial(openai_section, sample=sample)),
        (PROCESS_BENCH, labelled.PROCESS_BENCH, process_bench_section),
        (CHAMP, labelled.CHAMP, champ_section),
    ):
        absent = list(files) if data is None else missing_files(data, files)
        if absent or data is None:
            why = "no folder named: --set validate.data=DIR" if data is None else f"{data} holds no {', '.join(absent)}"
            yield [Line(section, "not measured", note=why)]
        else:
            yield make(section, data, embed)


def align_chains(chains: Sequence[Chain], embed: Embed) -> list[Alignment]:
    """One embedding call for all distinct steps, then all alignments."""
    texts = sorted({step for chain in chains for step in (*chain.gold, *chain.student)})
    vectors = embed([embedding_text(text) for text in texts])
    at = {text: row for row, text in enumerate(texts)}
    return align_all(
        [
            Pair(
                chain.gold,
                chain.student,
                vectors[[at[step] for step in chain.gold]],
                vectors[[at[step] for step in chain.student]],
                chain.question,
            )
            for chain in chains
        ]
    )


def algebra_section(seed: int) -> list[Line]:
    """The path against every monotone alignment, and against a program by other hands."""
    small = algebra.drawn_matrices(MATRICES, algebra.SMALL, seed)
    larger = algebra.drawn_matrices(MATRICES, LARGER, seed + 1)
    rounds = len(algebra.GAPS)
    return [
        Line(ALGEBRA, "best of all monotone alignments (n, m <= 6)",
             Figure(algebra.agreement(small, algebra.brute_force), n=MATRICES * rounds)),
        Line(ALGEBRA, f"total equals {algebra.independent_name()} (n, m <= {LARGER})",
             Figure(algebra.agreement(larger, algebra.independent), n=MATRICES * rounds)),
    ]  # fmt: skip


def edits_section(embed: Embed, problems: int, seed: int) -> list[Line]:
    """Gold chains of the generator, edited once and again: coverage never rises, missing and repeated steps show."""
    random = Random(seed)
    golds = [problem.gold_steps for problem in generate(problems, seed, (2, 3))]
    foreign = dict(zip(golds, golds[1:] + golds[:1], strict=True))
    kinds: dict[str, Callable[[tuple[str, ...], tuple[str, ...]], tuple[str, ...]]] = {
        "dropped": lambda gold, steps: algebra.dropped(steps, random),
        "repeated": lambda gold, steps: algebra.repeated(steps, random),
        "inserted": lambda gold, steps: algebra.inserted(steps, foreign[gold], random),
        "swapped": lambda gold, steps: algebra.swapped(steps, random),
    }
    found = []
    for name, edit in kinds.items():
        chains = [(gold, gold, once := edit(gold, gold), edit(gold, once) if len(once) > 1 else once) for gold in golds]
        aligned = align_chains(
            [Chain(k, "", gold, student, right=True) for k, (gold, *made) in enumerate(chains) for student in made],
            embed,
        )
        scores = [[one.scores for one in aligned[k : k + 3]] for k in range(0, len(aligned), 3)]
        never = [one[1].coverage <= one[0].coverage + SLACK and one[2].coverage <= 1 + SLACK for one in scores]
        if name == "dropped":
            never = [
                calm and one[2].coverage <= one[1].coverage + SLACK for calm, one in zip(never, scores, strict=True)
            ]
        found.append(Line(EDITS, f"{name} step never raises coverage", _counted(never)))
        if name in ("dropped", "repeated", "inserted"):
            seen = [one[1].coverage < one[0].coverage - SEEN or one[1].extra > one[0].extra for one in scores]
            found.append(Line(EDITS, f"{name} step seen in coverage or extra", _counted(seen)))
    return found


def openai_section(section: str, data: Path, embed: Embed, sample: int | None) -> list[Line]:
    """AUC for a right answer, raw, masked, and of the baselines; thresholds."""
    chains = labelled.openai_solutions(data, sample)
    found = align_chains(chains, embed)
    veiled = align_chains([labelled.masked(chain) for chain in chains], embed)
    foreign = align_chains(labelled.with_foreign_gold(chains), embed)
    right = [chain.right for chain in chains]
    columns = {
        "coverage": [one.scores.coverage for one in found],
        "coverage, final answers masked": [one.scores.coverage for one in veiled],
        "order-free": [one.scores.order_free for one in found],
        "published": [one.scores.published for one in found],
        "1 - extra": [1 - one.scores.extra for one in found],
        "null: gold of another question": [one.scores.coverage for one in foreign],
        "number of steps": [float(len(chain.student)) for chain in chains],
    }
    lines = [_area(section, f"AUC right answer: {name}", chains, scores, right) for name, scores in columns.items()]
    return lines + _threshold_lines(section, chains, columns, right)


def _threshold_lines(
    section: str, chains: Sequence[Chain], columns: dict[str, list[float]], right: Sequence[bool]
) -> list[Line]:
    choosing, judged = _half(chains, 0), _half(chains, 1)
    lines = []
    for name in DEFAULT_THRESHOLD:
        scores = columns[name]
        unseen = [scores[k] for k in judged], [right[k] for k in judged]
        chosen = best_threshold([scores[k] for k in choosing], [right[k] for k in choosing]).value
        for kind, value in (("best", chosen), ("default", DEFAULT_THRESHOLD[name])):
            at = judge_threshold(value, *unseen)
            note = f"right above {at.sensitivity:.1%}, wrong below {at.specificity:.1%}"
            lines.append(Line(section, f"{kind} threshold: {name}", Figure(value, n=len(judged)), note))
    return lines


def process_bench_section(section: str, data: Path, embed: Embed) -> list[Line]:
    """AUC for a sound chain and the first wrong step."""
    chains = labelled.process_bench(data)
    found = align_chains(chains, embed)
    lines = _sound_lines(section, chains, found)
    for half, name in ((1, "first wrong step, F1"), (0, "the same on the half that rules were chosen on")):
        taken = _half(chains, half)
        some = [chains[k] for k in taken], [found[k] for k in taken]
        both = first_error(*some)
        note = f"wrong step found {both.erroneous:.1%}, sound chains kept {both.sound:.1%}"
        lines.append(Line(section, name, first_error_interval(*some), note))
    return lines


def champ_section(section: str, data: Path, embed: Embed) -> list[Line]:
    """AUC for a solution without a marked error."""
    chains = labelled.champ(data)
    return _sound_lines(section, chains, align_chains(chains, embed))


def _sound_lines(section: str, chains: Sequence[Chain], found: Sequence[Alignment]) -> list[Line]:
    sound = [bool(chain.sound) for chain in chains]
    names = {"coverage": "coverage", "order_free": "order-free", "published": "published"}
    return [
        _area(section, f"AUC sound chain: {shown}", chains, [getattr(one.scores, name) for one in found], sound)
        for name, shown in names.items()
    ]


def _area(section: str, name: str, chains: Sequence[Chain], scores: Sequence[float], positive: Sequence[bool]) -> Line:
    taken = _half(chains, 1)
    some = [chains[k] for k in taken], [scores[k] for k in taken], [positive[k] for k in taken]
    return Line(section, name, area(*some))


def _half(chains: Sequence[Chain], rest: int) -> list[int]:
    return [k for k, chain in enumerate(chains) if chain.group % 2 == rest]


def _counted(held: Sequence[bool]) -> Figure:
    """A share that has to be 1: it is counted, and no interval would add to it."""
    return Figure(sum(held) / len(held), n=len(held))
