"""Speed of the alignment, side by side in one run: `python -m tests.benchmarks.alignment`.

The dynamic programme, compiled and as plain Python, beside the textbook's in plain Python and pynw (Rust, takes a
custom matrix), each giving the total and the operations of every pair, in processor time of one core; then GSM8K's
5,276 real solutions split, embedded and aligned.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.alignment.needleman_wunsch import COMPILE_AFTER, solve

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
GAP = -0.1
PAIRS = 3_000
ROUNDS = 5  # the best of them counts: the machine has other work
SIZES = {
    "GSM8K (2-9 x 1-9)": (2, 9, 1, 9),
    "longer (3-20 x 3-15)": (3, 20, 3, 15),
    "long (20-60 x 20-60)": (20, 60, 20, 60),
}

Matrix = NDArray[np.float64]


def plain_python(cells: Sequence[Sequence[float]], columns: int, gap: float) -> tuple[float, list[int]]:
    """The textbook's two loops and walk back."""
    above = [j * gap for j in range(columns + 1)]
    choices = [[2] * (columns + 1)]
    for i, row in enumerate(cells, start=1):
        current, chosen = [i * gap], [1]
        for j, cell in enumerate(row, start=1):
            best, choice = above[j - 1] + cell, 0
            if above[j] + gap > best:
                best, choice = above[j] + gap, 1
            if current[-1] + gap > best:
                best, choice = current[-1] + gap, 2
            current.append(best)
            chosen.append(choice)
        choices.append(chosen)
        above = current
    operations = []
    i, j = len(cells), columns
    while i or j:
        operations.append(choices[i][j])
        i, j = i - (choices[i][j] != 2), j - (choices[i][j] != 1)
    return above[columns], operations[::-1]


def drawn(sizes: tuple[int, int, int, int]) -> list[Matrix]:
    random = np.random.default_rng(42)
    low, high, left, right = sizes
    shapes = zip(random.integers(low, high + 1, PAIRS), random.integers(left, right + 1, PAIRS), strict=True)
    return [random.uniform(-1, 1, shape) for shape in shapes]


def programmes(matrices: Sequence[Matrix]) -> dict[str, Callable[[], object]]:
    """What is measured; each returns its totals, so that they can be compared."""
    lists = [matrix.tolist() for matrix in matrices]

    found: dict[str, Callable[[], object]] = {
        "textbook, plain Python": lambda: [plain_python(rows, len(rows[0]), GAP)[0] for rows in lists],
        "ours, plain Python": lambda: solve(matrices, GAP, compiled=False).totals,
        "ours, compiled": lambda: solve(matrices, GAP, compiled=True).totals,
    }
    if find_spec("pynw"):
        align = import_module("pynw").needleman_wunsch
        found["pynw"] = lambda: [align(matrix, gap_penalty=GAP)[0] for matrix in matrices]
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Measure the alignment beside its peers.")
    parser.add_argument("--data", type=Path, default=DATA, help="folder with gsm8k/")
    chosen = parser.parse_args(arguments)
    print(f"{'microseconds a pair':<26}{'size':<24}{'best':>9}{'to plain Python':>17}{'to pynw':>9}")
    start = time.perf_counter()
    solve([np.ones((1, 1))], GAP, compiled=True)
    print(f"{'compiling once':<26}{'':<24}{(time.perf_counter() - start) * 1e6:>9.0f}, after {COMPILE_AFTER:,} cells")
    for size, bounds in SIZES.items():
        measured = programmes(drawn(bounds))
        totals = {name: np.array(run()) for name, run in measured.items()}
        assert all(np.allclose(totals["textbook, plain Python"], other) for other in totals.values())
        best = dict.fromkeys(measured, float("inf"))
        for _ in range(ROUNDS):  # in turn, so that other work hits all of them
            for name, run in measured.items():
                run()  # else each finds in the caches what the one before it left there
                start = time.process_time()
                run()
                best[name] = min(best[name], (time.process_time() - start) / PAIRS * 1e6)
        for name, micros in best.items():
            peer = f"{micros / best['pynw']:.1f}x" if "pynw" in best else "-"
            print(f"{name:<26}{size:<24}{micros:>9.2f}{best['textbook, plain Python'] / micros:>16.1f}x{peer:>9}")
    if (chosen.data / "gsm8k/example_model_solutions.jsonl").is_file():
        whole(chosen.data)
    return 0


def whole(data: Path) -> None:
    """All of OpenAI's solutions: splitting, embedding and aligning; the second time from the embedding cache."""
    from engine.models.loading import load_embedder
    from engine.models.paths import cache_dir
    from engine.recipes.sources import load_preset
    from engine.validation.labelled import openai_solutions
    from engine.validation.table import align_chains

    embed = load_embedder("embedded:all-minilm-l6-v2", load_preset("cpu"), cache_dir()).embed
    for name in ("as the cache is", "embeddings cached"):
        start = time.perf_counter()
        chains = openai_solutions(data)
        split = time.perf_counter()
        align_chains(chains, embed)
        end = time.perf_counter()
        print(f"{len(chains)} solutions, {name}: {end - start:.1f} s, {split - start:.1f} s of it splitting")


if __name__ == "__main__":
    raise SystemExit(main())
