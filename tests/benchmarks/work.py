"""python -m tests.benchmarks.work: how long the jobs take that users start, from the command to its last word.

The embedded model in float32, caches of this program's own that begin empty. What needs data that is not there is left
out and said.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.every_recipe import solutions_file

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data"


@dataclass(frozen=True, slots=True)
class Job:
    """A command that a user types, without the program's name; `needs` is what must be there for it."""

    what: str
    arguments: tuple[str, ...]
    needs: Path | None = None


def jobs(data: Path, folder: Path) -> list[Job]:
    """In this order: the second demo finds what the first kept, regrade works on the run before it."""
    gsm8k = data / "gsm8k"
    twenty = ("problems.limit=20", "evaluate.few_shot=4", "evaluate.max_new_tokens=512")
    solutions = solutions_file(folder)
    return [
        Job("the demo, nothing cached", ("demo",)),
        Job("the demo again", ("demo",)),
        Job("20 problems of GSM8K, 4-shot", ("realign", *_sets(f"problems.path={gsm8k}", *twenty)), gsm8k),
        Job("300 made solutions graded and aligned", ("score-solutions", *_sets(*solutions))),
        Job("those 300 graded again", ("regrade", *_sets("run=last"))),
    ]


def _sets(*settings: str) -> tuple[str, ...]:
    return tuple(part for setting in settings for part in ("--set", setting))


def seconds(job: Job, runs: Path, cache: Path) -> float:
    """Wall seconds of a job; CalledProcessError, with what it said, where it fails."""
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "app.cli", "--batch", *job.arguments, "--runs", str(runs)],
        cwd=ROOT, env={**os.environ, "XDG_CACHE_HOME": str(cache)}, stdout=subprocess.DEVNULL, check=True,
    )  # fmt: skip
    return time.perf_counter() - began


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="tests.benchmarks.work", description="How long whole jobs take.")
    parser.add_argument("--data", type=Path, default=DATA, help="folder with gsm8k/")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for job in jobs(chosen.data.resolve(), folder):
            if job.needs is not None and not job.needs.exists():
                print(f"{job.what:<40}   left out: no {job.needs}", flush=True)
                continue
            print(f"{job.what:<40}{seconds(job, folder / 'runs', folder / 'cache'):>8.0f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
