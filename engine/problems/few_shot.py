"""The fixed few-shot pool: eight worked examples, drawn once with seed 42, saved with their hash, never evaluated.

The draw ranks every row by a hash of (42, its question), so it streams, needs no second copy of the file and does not
depend on the order of the rows. The pool is the same whatever the seed, the limit or the filters of a run.
"""

from __future__ import annotations

import bisect
import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from engine.errors import EnvironmentMissing, UserError
from engine.problems.problem import Problem, question_key
from engine.runs.files import write_json_atomic

POOL_SIZE = 8
POOL_SEED = 42
POOL_VERSION = 1
"""Part of the file's name: raise it when the draw or the reading of rows changes."""

EXAMPLE_CHARACTERS = 1_200  # eight of them, as tokens, leave room in a window of 4,096 for the question and its answer
FEWEST_STEPS = 2  # an example should show steps
ROWS_TO_SPARE = 2 * POOL_SIZE  # a file without a train split gives its own problems only when as many remain
FOLDER = "few_shot"

Candidate = tuple[str, Callable[[], Problem | None]]
"""The question, and what makes the whole problem of it (None: it cannot be used)."""


@dataclass(frozen=True, slots=True)
class FewShotPool:
    """The examples in their order; the first k are used. `hash` is the SHA-256 of the examples, "" of an empty pool."""

    examples: tuple[Problem, ...]
    hash: str
    origin: str

    def first(self, count: int) -> tuple[Problem, ...]:
        """The first `count` examples. Raises UserError when the pool has fewer."""
        if count > len(self.examples):
            raise UserError(
                f"{count} few-shot examples were asked for, but the pool of {self.origin} has {len(self.examples)}",
                f"set few_shot=0, or put a train.jsonl with worked solutions beside the file (a file without one gives"
                f" examples when it has at least {ROWS_TO_SPARE} problems with worked solutions and none to score)",
            )
        return self.examples[:count]

    def questions(self) -> frozenset[str]:
        """The normalised questions, which no evaluated or trained-on problem may have."""
        return frozenset(question_key(example.question) for example in self.examples)


def pool_hash(examples: Sequence[Problem]) -> str:
    """The SHA-256 of what a model is shown of the examples: equal wherever the same examples came from."""
    if not examples:
        return ""
    shown = [[example.question, *example.gold_steps, example.answer] for example in examples]
    text = json.dumps(shown, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()


def draw_pool(candidates: Callable[[], Iterable[Candidate]]) -> tuple[Problem, ...]:
    """The eight usable problems that rank first; all usable ones where there are fewer.

    Short examples with at least two steps are preferred; where there are not eight of them, any with gold steps and an
    answer will do.
    """
    best = _first_ranked(candidates(), _is_handy)
    return best if len(best) == POOL_SIZE else _first_ranked(candidates(), is_usable)


def is_usable(problem: Problem) -> bool:
    """Whether it can be shown as a worked example at all."""
    return bool(problem.gold_steps and problem.answer)


def saved_pool(
    cache_dir: Path, name: str, fingerprint: str, origin: str, make: Callable[[], tuple[Problem, ...]]
) -> tuple[FewShotPool, list[str]]:
    """The pool of this name and content: from its file when the hash matches, else made and saved; and warnings."""
    path = cache_dir / FOLDER / f"{name}-v{POOL_VERSION}-{fingerprint[:16]}.json"
    warnings: list[str] = []
    found = _read(path)
    if found is not None:
        return FewShotPool(found, pool_hash(found), origin), warnings
    if path.exists():
        warnings.append(f"the saved few-shot pool {path} is damaged and was made again")
    examples = make()
    pool = FewShotPool(examples, pool_hash(examples), origin)
    if not examples:
        return pool, warnings
    try:
        _write(path, pool)
    except (OSError, EnvironmentMissing) as error:
        # It is the same whenever it is made: a full disk costs time, not the run.
        why = error.message if isinstance(error, EnvironmentMissing) else error.strerror or error
        warnings.append(f"the few-shot pool could not be saved as {path}: {why}")
    return pool, warnings


def _first_ranked(candidates: Iterable[Candidate], fits: Callable[[Problem], bool]) -> tuple[Problem, ...]:
    ranks: list[str] = []
    problems: list[Problem] = []
    for question, make in candidates:
        rank = hashlib.sha256(f"{POOL_SEED}\n{question_key(question)}".encode("utf-8", "backslashreplace")).hexdigest()
        if (len(ranks) == POOL_SIZE and rank >= ranks[-1]) or rank in ranks:
            continue
        problem = make()
        if problem is not None and fits(problem):
            position = bisect.bisect(ranks, rank)
            ranks.insert(position, rank)
            problems.insert(position, problem)
            del ranks[POOL_SIZE:], problems[POOL_SIZE:]
    return tuple(problems)


def _is_handy(problem: Problem) -> bool:
    length = len(problem.question) + len(problem.gold_solution)
    return is_usable(problem) and len(problem.gold_steps) >= FEWEST_STEPS and length <= EXAMPLE_CHARACTERS


def _read(path: Path) -> tuple[Problem, ...] | None:
    """The saved examples; None when there is no file or it is not what was written."""
    try:
        saved = json.loads(path.read_bytes())
        examples = tuple(Problem(**{**row, "gold_steps": tuple(row["gold_steps"])}) for row in saved["examples"])
        return examples if examples and saved["hash"] == pool_hash(examples) else None
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _write(path: Path, pool: FewShotPool) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    examples = [asdict(example) for example in pool.examples]
    write_json_atomic(path, {"seed": POOL_SEED, "origin": pool.origin, "hash": pool.hash, "examples": examples})
