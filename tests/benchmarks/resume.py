"""python -m tests.benchmarks.resume: kill -9 a worker at random moments, resume, and compare with an undisturbed run.

Each trial is a run of its own: killed once at a moment drawn evenly over the length of the undisturbed run, then
resumed to its end. Prints one line a trial and the count of equal outcomes; exit code 1 when one
differs. The policy is a toy model unless --policy names another; grader, embedder and report are real.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from pathlib import Path

from engine.runs.results import count_rows
from tests.run_driver import finish, kill_after, make_run, outcome
from tests.toy_model import make_toy_model


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--policy", help="a ModelRef; default: a toy model made on the spot")
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="further settings of the recipe"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mathreason-resume-") as folder:
        policy = options.policy or f"path:{make_toy_model(Path(folder) / 'toy')}"
        small = ["evaluate.max_new_tokens=200", "hardware.batch_size=8", "report.heat_maps=1"]
        return _trials(Path(folder), [f"models.policy={policy}", *small, *options.set], options.kills, options.seed)


def _trials(folder: Path, sets: list[str], kills: int, seed: int) -> int:
    finish(make_run(folder / "warm", "demo", sets))  # fills the caches, so that the next one is as long as the trials
    undisturbed = make_run(folder / "runs", "demo", sets)
    began = time.monotonic()
    code = finish(undisturbed)
    length = time.monotonic() - began
    expected = outcome(undisturbed)
    print(f"undisturbed: {length:.1f} s, exit {code}, accuracy {expected['accuracy']}")
    draw = random.Random(seed)
    equal = 0
    for trial in range(1, kills + 1):
        run = make_run(folder / "runs", "demo", sets)
        moment = draw.uniform(0.0, length)
        killed = kill_after(run, moment)
        kept = count_rows(run)
        code = finish(run) if killed else code
        found = outcome(run)
        differing = [name for name in expected if found[name] != expected[name]]
        same = not differing
        equal += same
        verdict = "equal" if same else f"DIFFERS in {', '.join(differing)}"
        print(f"{trial:3} killed at {moment:5.1f} s with {kept:2} items on disk, resumed: {verdict}", flush=True)
    print(f"{equal} of {kills} killed and resumed runs equal the undisturbed one")
    return 0 if equal == kills else 1


if __name__ == "__main__":
    sys.exit(main())
