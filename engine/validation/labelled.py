"""Labelled chains: real solutions with their gold, and chains whose first wrong step people have marked.

Read from a folder laid out as gsm8k/, processbench/ and champ/.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from engine.alignment.divergence import final_value
from engine.alignment.values import NUMBER, step_numbers
from engine.recipes.labelled_sets import LABELLED_SETS
from engine.steps.splitting import split_steps

OPENAI, PROCESS_BENCH, CHAMP = LABELLED_SETS.values()
MASK = "x"  # stands for a masked number
MODELS = ("6b_finetuning", "6b_verification", "175b_finetuning", "175b_verification")


@dataclass(frozen=True, slots=True)
class Chain:
    """A student's chain beside its gold; chains of one `group` share a question. `right`: the final answer is.

    `sound` (None: not labelled) says that no step errs, else `first_error` is the first that does, from 0.
    """

    group: int
    question: str
    gold: tuple[str, ...]
    student: tuple[str, ...]
    right: bool
    sound: bool | None = None
    first_error: int | None = None


def openai_solutions(data: Path, sample: int | None = None) -> list[Chain]:
    """OpenAI's four real solutions of each GSM8K test question, labelled by their final answer. `sample` questions are
    taken at even distances, so a smaller sample sees the whole set."""
    rows = list(_rows(data / "gsm8k/example_model_solutions.jsonl"))
    chosen: Sequence[int] = range(len(rows))
    if sample is not None and sample < len(rows):
        chosen = [index * len(rows) // sample for index in range(sample)]
    return [
        Chain(
            index,
            rows[index]["question"],
            split_steps(rows[index]["ground_truth"]),
            split_steps(rows[index][model]["solution"]),
            right=rows[index][model]["is_correct"],
        )
        for index in chosen
        for model in MODELS
    ]


def process_bench(data: Path) -> list[Chain]:
    """ProcessBench's GSM8K subset, its gold joined by the question; steps are the set's own."""
    gold = {" ".join(row["question"].split()): row["answer"] for row in _rows(data / "gsm8k/test.jsonl")}
    return [
        Chain(
            index,
            row["problem"],
            split_steps(gold[" ".join(row["problem"].split())]),
            tuple(row["steps"]),
            right=row["final_answer_correct"],
            sound=row["label"] < 0,
            first_error=row["label"] if row["label"] >= 0 else None,
        )
        for index, row in enumerate(_rows(data / "processbench/gsm8k.jsonl"))
    ]


def champ(data: Path) -> list[Chain]:
    """CHAMP's competition problems: reference steps, solutions of four models, sound where no wrong span is marked."""
    groups: dict[str, int] = {}
    return [
        Chain(
            groups.setdefault(row["problem_id"], len(groups)),
            row["question"],
            tuple(row["reference_steps"]),
            split_steps(row["solution"]),
            right=row["first_wrong_start"] is None,
            sound=row["first_wrong_start"] is None,
        )
        for row in _rows(data / "champ/fws_annotations.jsonl")
    ]


def masked(chain: Chain) -> Chain:
    """The chain and its gold without the final value each of them arrives at, wherever it stands."""
    return replace(chain, gold=_without_final(chain.gold), student=_without_final(chain.student))


def with_foreign_gold(chains: Sequence[Chain]) -> list[Chain]:
    """The null: every chain beside the gold of another question."""
    gold = {chain.group: chain.gold for chain in chains}
    groups = sorted(gold)
    following = dict(zip(groups, groups[1:] + groups[:1], strict=True))
    return [replace(chain, gold=gold[following[chain.group]]) for chain in chains]


def _without_final(steps: tuple[str, ...]) -> tuple[str, ...]:
    final = final_value(steps) if steps else None
    if final is None:
        return steps
    return tuple(
        NUMBER.sub(lambda found: MASK if final in step_numbers(found.group()) else found.group(), step)
        for step in steps
    )


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)
