"""python -m tests.pictures: the pictures of the README, drawn by Textual itself into screens/pictures/*.svg.

They show the application over runs that no model made, with a clock that stands still: a picture changes only when a
screen does.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from textual.pilot import Pilot

from app.tui import Workbench
from engine.runs.events import Metric, Progress
from screens.widgets.charts import get_ready
from tests.screens.conftest import screen_text, wait_for
from tests.screens.fake_runs import sample_of, varied_row
from tests.screens.live_runs import FakeRun

PICTURES = Path(__file__).resolve().parents[1] / "screens" / "pictures"
WIDTH = 120
MACHINE, MEASURED = "8 cores", "screens.launch.screen.machine_line"
"""What every picture says of the machine, and who would say what this one has."""
ITEMS, FINISHED = 60, 47
FIGURES_EVERY = 4
"""Items between two figures of speed and memory."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture: the keys that lead to it, what the screen then says, and its height in lines."""

    name: str
    keys: tuple[str, ...]
    says: tuple[str, ...]
    height: int = 34


PICTURES_OF_README = (
    Picture("run", ("3",), ("Newest", f"{FINISHED}/{ITEMS}", f"▸   {FINISHED}")),
    Picture("alignment", ("3", "4"), ("gold ↓", "student solution"), 26),
    Picture("quadrants", ("3", "5"), ("robust", "(run)")),
)


class PictureRun(FakeRun):
    """A run under way whose items have solutions that a reader can follow."""

    def solve(self, count: int) -> PictureRun:
        for number in range(self.done, self.done + count):
            if number % FIGURES_EVERY == 0:
                self.measure(number)
            row = varied_row(number)
            with self._writer() as writer:
                self.clock.now += 1.2
                writer.append_row(self.stage, row, lambda offset, row=row: sample_of(row, offset))  # type: ignore[misc] # binds the row
                writer.emit(Progress(self.stage, number + 1, self.total, "generating"))
        self.done += count
        return self

    def measure(self, number: int) -> None:
        """Speed, which grows as the batch fills, and the machine."""
        draw = random.Random(number)
        speed = {
            "speed.tokens_per_second": 230.0 * (1 - 0.6 ** (1 + number / FIGURES_EVERY)) + draw.uniform(-14, 14),
            "speed.tokens": 68.0 * number,
            "speed.prefix_tokens_reused": 1375.0 * number,
        }
        machine = {"machine.cpu_percent": draw.uniform(180, 199), "machine.rss_gb": 1.2, "machine.peak_gb": 1.3}
        self.emit(Metric(self.stage, speed), Metric("", machine), after=0.4)


async def draw(picture: Picture, runs_dir: Path) -> str:
    """The picture as SVG."""
    app = Workbench(runs_dir)
    async with app.run_test(size=(WIDTH, picture.height)) as pilot:
        await wait_for(pilot, lambda: app.follower.latest is not None, "the run")
        for key in picture.keys:
            await pilot.press(key)
        says = (*picture.says, MACHINE)
        await wait_for(pilot, lambda: all(word in screen_text(app) for word in says), f"{says}")
        app.clear_notifications()
        await steady(pilot)
        return app.export_screenshot(title=app.TITLE)


async def steady(pilot: Pilot[int], looks: int = 20, apart_s: float = 0.05) -> None:
    """Until nothing on the screen changed over so many looks: plots and histograms follow after the texts."""
    before, same = "", 0
    while same < looks:
        await pilot.pause(apart_s)
        now = screen_text(pilot.app)
        before, same = now, same + 1 if now == before else 0


def draw_all(folder: Path, names: Sequence[str] = ()) -> list[Path]:
    """Write the pictures of these names, or all; returns their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    get_ready()
    written = []
    with tempfile.TemporaryDirectory() as name:
        runs_dir = Path(name) / "runs"
        fake = PictureRun(runs_dir, worker=os.getpid())
        fake.begin(ITEMS)
        now = fake.solve(FINISHED).clock.now + 1
        with (
            patch("time.time", lambda: now),
            patch(MEASURED, lambda hardware: MACHINE),
            patch("os.cpu_count", lambda: 8),
        ):
            for picture in PICTURES_OF_README:
                if not names or picture.name in names:
                    path = folder / f"{picture.name}.svg"
                    path.write_text(asyncio.run(draw(picture, runs_dir)), encoding="utf-8")
                    written.append(path)
    return written


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="tests.pictures", description="Draw the pictures of the README anew.")
    parser.add_argument("names", nargs="*", help=f"only these of {', '.join(p.name for p in PICTURES_OF_README)}")
    parser.add_argument("--folder", type=Path, default=PICTURES)
    chosen = parser.parse_args(arguments)
    for path in draw_all(chosen.folder, chosen.names):
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
