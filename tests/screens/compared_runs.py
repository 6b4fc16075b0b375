"""Two runs over the same items that differ in a few of them, and the Compare screen with both."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from engine.runs.directory import RunDirectory
from engine.runs.files import write_json_atomic
from screens.compare.screen import CompareScreen
from screens.messages import CompareRuns
from tests.screens.conftest import wait_for
from tests.screens.fake_runs import FakeRun, varied_row

ITEMS = 24
ONE, TWO = "2026-11-20-080000-demo-1111", "2026-11-21-090000-demo-2222"


def change(row: dict[str, Any], number: int) -> dict[str, Any]:
    """What the second run made of item `number`: some flips of each kind, and other scores."""
    draw = random.Random(number)
    verdict = {0: "wrong", 2: "right", 3: "right", 5: "unparsed", 6: "right", 13: "unparsed"}.get(number)
    coverage = round(max(0.0, min(1.0, row["scores"]["coverage"] + draw.uniform(-0.1, 0.2))), 4)
    changed = {**row, "scores": {**row["scores"], "coverage": coverage}}
    if verdict is not None:
        predicted = {"right": row["answer"], "wrong": "7", "unparsed": ""}[verdict]
        changed |= {"verdict": verdict, "symbolic": verdict, "predicted": predicted, "truncated": False}
    return changed


def made(folder: Path, name: str, policy: str, rows: list[dict[str, Any]], **config: Any) -> RunDirectory:
    """A finished run whose folder has this name."""
    fake = FakeRun(folder).begin(len(rows)).add(rows).finish()
    path = fake.directory.path.rename(folder / name)
    record = path / "run.json"
    record.write_text(record.read_text().replace(fake.directory.id, name))
    events = path / "events.jsonl"
    events.write_text(events.read_text().replace(fake.directory.id, name))
    settings = {"seed": 42, "models": {"policy": policy}, "problems": {"source": "embedded"}, **config}
    write_json_atomic(path / "config_resolved.json", settings)
    return RunDirectory(path)


def two_runs(folder: Path) -> tuple[RunDirectory, RunDirectory]:
    rows = [varied_row(n) for n in range(ITEMS)]
    one = made(folder, ONE, "hf:org/small", rows)
    two = made(folder, TWO, "hf:org/large", [change(row, n) for n, row in enumerate(rows)])
    return one, two


async def comparing(pilot: Pilot[int], a: RunDirectory, b: RunDirectory) -> CompareScreen:
    """The Compare screen with both runs read."""
    app = pilot.app
    app.screen.post_message(CompareRuns(a, b))
    await wait_for(pilot, lambda: isinstance(app.screen, CompareScreen) and app.screen.compared is not None)
    assert isinstance(app.screen, CompareScreen)
    return app.screen


def ids(screen: CompareScreen) -> list[str]:
    return [flip.pair.a.id for flip in screen.shown]
