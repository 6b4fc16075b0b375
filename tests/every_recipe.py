"""python -m tests.every_recipe: each recipe that comes with the program, once, as its users start it.

As written, but for what a recipe leaves to its user (WANTED). With `--policy` and `--set` all of them are made smaller:
`--policy toy --set problems.limit=6` takes a minute. Exit code 1 where one of them did not end with 0.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from engine.problems.generator import generate
from engine.recipes.keys import settable_keys, unused_keys
from engine.recipes.loading import list_recipes
from tests.toy_model import make_toy_model

ROOT = Path(__file__).resolve().parents[1]
SOLUTIONS = 300


def solutions_file(folder: Path) -> list[str]:
    """Generated problems, each with its own gold solution as the student's; every third with that of another."""
    problems = generate(SOLUTIONS, seed=7)
    path = folder / "solutions.jsonl"
    with path.open("w", encoding="utf-8") as file:
        for place, problem in enumerate(problems):
            solved = problems[place - 1] if place % 3 == 2 else problem
            row = {
                "question": problem.question, "answer": problem.answer, "gold_solution": problem.gold_solution,
                "solution": f"{solved.gold_solution}\n#### {solved.answer}",
            }  # fmt: skip
            file.write(json.dumps(row) + "\n")
    return [f"problems.path={path}"]


WANTED: dict[str, Callable[[Path], list[str]]] = {
    "regrade": lambda folder: ["run=last"],  # of a recipe before it in the alphabet
    "score-solutions": solutions_file,
}
"""What a recipe cannot say by itself: the settings, given a folder for files."""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Run every recipe once.")
    parser.add_argument("recipes", nargs="*", help="only these")
    parser.add_argument("--policy", help="a model in place of each recipe's own; toy: one with random weights")
    parser.add_argument("--set", action="append", default=[], dest="sets", help="for all that know the key")
    chosen = parser.parse_args(arguments)
    failed = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        policy = f"path:{make_toy_model(folder / 'toy')}" if chosen.policy == "toy" else chosen.policy
        sets = [*chosen.sets, *([f"models.policy={policy}"] if policy else [])]
        for recipe in list_recipes():
            if chosen.recipes and recipe.name not in chosen.recipes:
                continue
            known = settable_keys(recipe).keys() - unused_keys(recipe)
            own = WANTED[recipe.name](folder) if recipe.name in WANTED else []
            failed += not _ran(recipe.name, [*own, *(each for each in sets if _key(each) in known)], folder / "runs")
    return 1 if failed else 0


def _key(setting: str) -> str:
    return setting.partition("=")[0]


def _ran(recipe: str, sets: Sequence[str], runs: Path) -> bool:
    asked = [part for each in sets for part in ("--set", each)]
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "app.cli", "--batch", recipe, "--runs", str(runs), *asked],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    print(f"{recipe:<24} exit code {done.returncode}  {time.monotonic() - began:6.0f} s", flush=True)
    if done.returncode != 0:
        print(done.stdout[-2_000:], done.stderr[-2_000:], sep="\n", flush=True)
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
