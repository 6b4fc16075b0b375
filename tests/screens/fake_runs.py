"""Runs on disk for the screens' tests: written by the real RunWriter, with rows like the ones an evaluation writes."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from engine.compare.overrides import Override, Overrides, overlay_of, read_overrides, write_override
from engine.rows.graded import GradedRow
from engine.runs.directory import RunDirectory, create_run
from engine.runs.events import Event, Item, Progress, RunFinished, RunStarted, StageStarted
from engine.runs.growing import Items
from engine.runs.state import RunState, fold_many
from engine.runs.status import Status
from engine.runs.tail import EventTail
from engine.runs.writer import RunWriter
from screens.items.item import shown
from screens.messages import RunUpdated
from tests.graded_items import graded_item
from tests.row_table import NO_GOLD, make_body

STAGE = "evaluate"
THRESHOLD = 0.7
NAMES = ("Tom", "Ana", "Wei", "Ravi", "Lena", "Omar")
VERSIONS = {"prompt": "p1", "few_shot": "none", "grader": "1", "aligner": "1", "model": "toy", "embedder": "toy"}
RUN_ID = r"(\d{4}-\d\d-\d\d-\d{6}-)?demo-[0-9a-f]{4}\b"
"""What differs in every fake run: hidden from snapshots."""
THINGS = ("boxes", "baskets", "shelves", "crates")


def varied_row(number: int, *, seed: int = 1, **changed: Any) -> dict[str, Any]:
    """Row `number` of a fake evaluation: no two are alike, and every outcome turns up among the first eight."""
    draw = random.Random(seed * 100_003 + number)
    name, thing = draw.choice(NAMES), draw.choice(THINGS)
    a, b, c = draw.randint(3, 12), draw.randint(2, 9), draw.randint(2, 20)
    gold = [
        f"{a} {thing} hold {a} * {b} = {a * b} pencils.",
        f"After giving away {c} there are {a * b} - {c} = {a * b - c} pencils.",
        f"{name} puts them into 2 equal piles of ({a * b} - {c}) / 2 = {(a * b - c) / 2:g} pencils.",
    ]
    outcome = ("right", "right", "wrong", "unparsed", "right", "wrong", "wrong", "right")[number % 8]
    good = draw.random() < (0.75 if outcome == "right" else 0.4)
    answer = f"{(a * b - c) / 2:g}"
    predicted = {"right": answer, "wrong": str(a * b + c), "unparsed": ""}[outcome]
    steps = [
        f"First, {name} has {a} {thing} with {b} pencils in each of them, so that is {a} times {b}.",
        f"{a} x {b} = {a * b} pencils in total.",
        f"Giving away {c} leaves {a * b} - {c} = {a * b - c}." if good else f"{a * b} + {c} = {a * b + c} pencils.",
        f"The answer is {predicted or 'not clear'}.",
    ]
    meaning = [[round(draw.uniform(0.1, 0.5), 4) for _ in steps] for _ in gold]
    values = [[round(draw.choice((0.0, 0.25, 0.5)), 4) for _ in steps] for _ in gold]
    path: list[list[Any]] = [["skip-student", None, 0], ["match", 0, 1]]
    pairs = [(0, 1), (1, 2), (2, 3)] if good else [(0, 1)]
    path += [["match", 1, 2], ["match", 2, 3]] if good else [
        ["skip-gold", 1, None], ["skip-gold", 2, None], ["skip-student", None, 2], ["skip-student", None, 3],
    ]  # fmt: skip
    for g, s in pairs:
        meaning[g][s], values[g][s] = round(draw.uniform(0.7, 0.97), 4), 1.0
    cell = [[round((m + v) / 2, 4) for m, v in zip(*lines, strict=True)] for lines in zip(meaning, values, strict=True)]
    coverage = round(draw.uniform(0.72, 0.98) if good else draw.uniform(0.08, 0.6), 4)
    high = coverage > THRESHOLD
    quadrant = {
        (True, True): "robust", (True, False): "near-miss", (False, True): "lucky-guess", (False, False): "failure",
    }[high, outcome == "right"]  # fmt: skip
    row = make_body(
        number, outcome, coverage, quadrant=quadrant, id=f"gen-{number:05}",
        question=f"{name} has {a} {thing} with {b} pencils each and gives away {c} of them. {name} puts the rest "
        "into 2 equal piles. How many pencils are in each pile?",
        answer=answer, gold_solution="\n".join(gold) + f"\n#### {answer}", gold_steps=gold,
        solution="\n".join(steps) + (f"\n#### {predicted}" if predicted else ""), steps=steps, predicted=predicted,
        scores={
            "published": round(min(1.0, coverage + 0.05), 4), "coverage": coverage,
            "extra": 0.25 if good else 0.75, "order_free": round(min(1.0, coverage + 0.02), 4),
        },
        matrix={"meaning": meaning, "values": values, "cell": cell}, path=path, threshold=THRESHOLD,
        first_divergence=None if good else {"student": 2, "gold": 1, "reason": f"value {a * b + c} not derivable"},
        level=str(1 + number % 3), source="embedded", tokens=40 + number % 60, prompt_tokens=120, seconds=1.25,
        truncated=number % 7 == 3, versions=VERSIONS,
    )  # fmt: skip
    return row | changed


def no_gold(row: dict[str, Any]) -> dict[str, Any]:
    """The same row of a problem that has no gold solution."""
    return row | NO_GOLD


def item_of(row: dict[str, Any]) -> GradedRow:
    """The row as the screens read it."""
    return shown(GradedRow.from_json(row, lenient=True))


def sample_of(row: dict[str, Any], offset: int, stage: str = STAGE) -> Item:
    divergence, scores = row["first_divergence"], row["scores"]
    return graded_item(
        stage, row["id"], row["index"], offset, row["verdict"], row["rule"], row["predicted"], row["answer"],
        row["quadrant"] or "", scores.get("published"), scores.get("coverage"), scores.get("extra"),
        row["tokens"], row["truncated"], f"step 3: {divergence['reason']}" if divergence else "", row["subject"],
        row["level"], merged=any(move[0] == "merge" for move in row["path"]),
    )  # fmt: skip


class FakeRun:
    """A run that a test lets grow: `add` rows, `say` events, `finish`; `news` is what the app would tell a screen."""

    def __init__(self, runs_dir: Path, recipe: str = "demo") -> None:
        self.directory: RunDirectory = create_run(runs_dir, recipe, "cpu", 'name = "demo"\n', {}, ["--batch", recipe])
        self._t = 0.0
        self.say(RunStarted(self.directory.id, recipe, "cpu", 42, (STAGE,), 1))

    def say(self, *events: Event) -> FakeRun:
        with self._writer() as writer:
            for event in events:
                writer.emit(event)
        return self

    def begin(self, total: int, stage: str = STAGE) -> FakeRun:
        return self.say(StageStarted(stage, "evaluate", total), Progress(stage, 0, total, "loading the model"))

    def add(self, rows: Iterable[dict[str, Any]], stage: str = STAGE) -> FakeRun:
        with self._writer() as writer:
            for row in rows:
                writer.append_row(stage, row, partial(sample_of, row, stage=stage))
        return self

    def override(self, number: int, verdict: str | None, note: str = "") -> FakeRun:
        write_override(self.directory, Override(STAGE, f"gen-{number:05}", verdict, note, 1_800_000_000.0))
        return self

    def finish(self, status: str = "done", reason: str = "") -> FakeRun:
        return self.say(RunFinished(status, reason))

    def _writer(self) -> RunWriter:
        return RunWriter(self.directory, clock=self._clock)

    def _clock(self) -> float:
        self._t += 1.0
        return self._t

    def state(self) -> RunState:
        return fold_many(RunState(), EventTail(self.directory.events).read_all())

    def news(self, status: Status | None = None) -> RunUpdated:
        return self._news(read_overrides(self.directory), status)

    def news_without_overrides(self) -> RunUpdated:
        return self._news(Overrides(), None)

    def _news(self, found: Overrides, status: Status | None) -> RunUpdated:
        state = self.state()
        shown = status or ("done" if state.finished else "running")
        overlay = overlay_of(state.items, found.by_item, found.caution)
        return RunUpdated(self.directory, state, shown, found.by_item, overlay)


def finished_run(runs_dir: Path, count: int = 24, rows: Sequence[dict[str, Any]] | None = None) -> FakeRun:
    """A run whose items are all there."""
    chosen = [varied_row(n) for n in range(count)] if rows is None else rows
    return FakeRun(runs_dir).begin(len(chosen)).add(chosen).finish()


def many_samples(count: int) -> tuple[Item, ...]:
    """Samples without rows on disk, for what must not read any."""
    rows = [varied_row(n) for n in range(64)]
    return tuple(sample_of({**rows[n % 64], "id": f"gen-{n:05}", "index": n}, n * 1000) for n in range(count))


def with_items(state: RunState, items: Iterable[Item]) -> RunState:
    """The state of a run whose stage has these items."""
    return replace(state, stages=(replace(state.stages[0], items=Items(items)),))
