"""Labelled chains for the validity table: real solutions with their gold, and chains with a marked first error."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.alignment.steps import split_steps

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
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
            position,
            rows[index]["question"],
            split_steps(rows[index]["ground_truth"]),
            split_steps(rows[index][model]["solution"]),
            right=rows[index][model]["is_correct"],
        )
        for position, index in enumerate(chosen)
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


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)
