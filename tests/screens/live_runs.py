"""Runs on disk that no worker made, to be watched while they grow: facts and rows in the engine's own format.

`FakeRun` writes like a worker, at the times of a clock of its own; OUTCOMES is the table of what its items come to.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from engine.runs.directory import RunDirectory, RunRecord, write_record
from engine.runs.events import Event, Item, Metric, Progress, RunFinished, RunStarted, StageFinished, StageStarted
from engine.runs.files import write_json_atomic
from engine.runs.process import start_time
from engine.runs.results import Row
from engine.runs.writer import RunWriter
from tests.graded_items import graded_item

BEGAN = 1_795_255_320.0
"""The Unix time at which a fake run begins."""

NOBODY = 2**22 + 1
"""A process id beyond what Linux gives out: the worker of a run that is not live."""

POLICY = "embedded:smollm2-135m-instruct"

OUTCOMES = (
    # verdict, predicted, answer, quadrant, coverage, extra, truncated, divergence
    ("right", "18", "18", "robust", 0.88, 0.0, False, ""),
    ("wrong", "42", "36", "failure", 0.41, 0.2, False, "step 2: value 35 not derivable"),
    ("wrong", "7", "9", "near-miss", 0.79, 0.0, False, "step 4: value 7 not derivable"),
    ("right", "120", "120", "lucky-guess", 0.35, 0.5, False, "step 1: no gold step is explained"),
    ("unparsed", "", "4 1/2", "failure", 0.22, 0.6, False, "ends before gold step 3"),
    ("wrong", "3", "81", "failure", 0.31, 0.3, True, "step 3: value 3 not derivable"),
)


@dataclass
class Clock:
    """A clock that a fake run moves on by itself."""

    now: float = BEGAN

    def __call__(self) -> float:
        return self.now


class FakeRun:
    """A run being written: `begin` it, let `items` be finished, `finish` it, or `emit` any other fact.

    `worker` is the process that does it: None for one that is gone.
    """

    def __init__(
        self,
        runs_dir: Path,
        name: str = "2026-11-21-100200-demo-3f9a",
        *,
        recipe: str = "demo",
        worker: int | None = None,
        stage: str = "evaluate",
        began: float = BEGAN,
    ) -> None:
        self.run = RunDirectory(runs_dir / name)
        self.run.control.mkdir(parents=True)
        self.run.recipe.write_text(f'name = "{recipe}"\n')
        write_json_atomic(self.run.path / "config_resolved.json", {"models": {"policy": POLICY}})
        pid = NOBODY if worker is None else worker
        started = "long ago" if worker is None else start_time(worker)
        argv = ("mathreason-tui", "--batch", recipe, "--preset", "cpu")
        self.record = RunRecord(name, recipe, "cpu", argv, began, socket.gethostname(), pid, started)
        write_record(self.run, self.record)
        self.clock = Clock(began)
        self.recipe, self.stage = recipe, stage
        self.done = self.total = 0

    def _writer(self) -> RunWriter:
        return RunWriter(self.run, clock=self.clock)

    def emit(self, *events: Event, after: float = 1.0) -> FakeRun:
        """Tell these facts, `after` seconds apart."""
        with self._writer() as writer:
            for event in events:
                self.clock.now += after
                writer.emit(event)
        return self

    def begin(self, total: int = 24, kind: str = "evaluate", stages: Sequence[str] = ("evaluate", "report")) -> FakeRun:
        self.total = total
        started = RunStarted(
            self.run.id, self.recipe, "cpu", 42, tuple(stages), self.record.pid or os.getpid(),
            models={"policy": POLICY}, estimate_gb=1.4,
        )  # fmt: skip
        return self.emit(started, StageStarted(self.stage, kind, total))

    def note(self, words: str) -> FakeRun:
        """What the stage does now."""
        return self.emit(Progress(self.stage, self.done, self.total, words))

    def figures(self, count: int = 8) -> FakeRun:
        """Speed and machine figures, as a worker tells them."""
        facts: list[Event] = []
        for n in range(count):
            speed = {
                "speed.tokens_per_second": 40.0 + 7 * (n % 4),
                "speed.tokens": 60.0 * n,
                "speed.prefix_tokens_reused": 1375.0,
            }
            machine = {"machine.cpu_percent": 190.0 + n, "machine.rss_gb": 1.2, "machine.peak_gb": 1.6}
            facts += [Metric(self.stage, speed), Metric("", machine)]
        return self.emit(*facts, after=0.5)  # by one writer: opening one reads all that is there

    def items(self, count: int, seconds: float = 2.0) -> FakeRun:
        """Finish `count` more items, whose outcomes take turns."""
        with self._writer() as writer:
            for index in range(self.done, self.done + count):
                self.clock.now += seconds
                row, sample = finished_item(self.stage, index)
                writer.append_row(self.stage, row, lambda offset, sample=sample: replace(sample, offset=offset))  # type: ignore[misc]
                writer.emit(Progress(self.stage, index + 1, self.total, "generating"))
        self.done += count
        return self

    def finish(self, status: str = "done", reason: str = "", next_step: str = "", exit_code: int = 0) -> FakeRun:
        right = sum(OUTCOMES[i % len(OUTCOMES)][0] == "right" for i in range(self.done))
        summary = {"items": self.done, "accuracy": right / max(1, self.done), "accuracy_interval": [0.18, 0.53]}
        if status == "done":
            self.emit(StageFinished(self.stage, summary, {"results": f"{self.stage}/results.jsonl"}))
        write_json_atomic(self.run.result, {"status": status, "summary": summary if status == "done" else {}})
        return self.emit(RunFinished(status, reason, next_step, exit_code))

    def claim(self, worker: int) -> None:
        """Let another process be the worker."""
        self.record = replace(self.record, pid=worker, pid_started=start_time(worker))
        write_record(self.run, self.record)


def finished_item(stage: str, index: int) -> tuple[Row, Item]:
    """The row of item `index` and what its event tells of it."""
    verdict, predicted, answer, quadrant, coverage, extra, truncated, divergence = OUTCOMES[index % len(OUTCOMES)]
    row: Row = {
        "id": f"problem-{index}", "index": index, "question": f"Question {index}: how many?", "answer": answer,
        "gold_steps": ["first 6 * 3 = 18", "then 18"], "gold_solution": "first 6 * 3 = 18\nthen 18",
        "solution": "6 * 3 = 18\nso 18", "steps": ["6 * 3 = 18", "so 18"], "predicted": predicted,
        "parsed_from": "last number", "verdict": verdict, "rule": "numeric", "symbolic": verdict, "judge": None,
        "scores": {"published": coverage, "coverage": coverage, "extra": extra, "order_free": coverage},
        "matrix": {"meaning": [[0.9, 0.2], [0.1, 0.8]], "values": [[1.0, 0.0], [0.0, 1.0]],
                   "cell": [[0.95, 0.1], [0.05, 0.9]]},
        "path": [["match", 0, 0], ["match", 1, 1]], "quadrant": quadrant, "first_divergence": None,
        "subject": "", "level": str(index % 3 + 1), "source": "embedded", "tokens": 40 + index % 50,
        "prompt_tokens": 80, "truncated": truncated, "seconds": 1.5, "threshold": 0.6, "variant": "coverage",
        "versions": {},
    }  # fmt: skip
    sample = graded_item(
        stage, row["id"], index, 0, verdict, "numeric", predicted, answer, quadrant, coverage, coverage, extra,
        row["tokens"], truncated, divergence, "", row["level"],
    )  # fmt: skip
    return row, sample
