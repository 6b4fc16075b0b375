"""Reading two runs to compare them, and what to say of the outcome. Blocks: a front end calls it in a thread."""

from __future__ import annotations

from collections.abc import Mapping

from engine.errors import EnvironmentMissing, UserError
from engine.runs.cautions import flat
from engine.runs.comparison import SIGNIFICANT, Comparison, Table, compare
from engine.runs.directory import RunDirectory
from engine.runs.files import read_json
from engine.runs.overrides import read_overrides
from engine.runs.paired import mcnemar
from engine.runs.pairing import Side, graded_stages
from engine.runs.results import read_row
from engine.runs.state import RunState, fold_many
from engine.runs.tail import EventTail

CERTAIN = 0.05
"""What a statement that holds with 95 % confidence leaves open."""


def compare_runs(a: RunDirectory, b: RunDirectory) -> Comparison:
    """B against the baseline A. UserError where there is nothing to compare, EnvironmentMissing where a file cannot be
    read."""
    return compare_with_sides(a, b)[0]


def compare_with_sides(a: RunDirectory, b: RunDirectory) -> tuple[Comparison, Side, Side]:
    """As `compare_runs`, with what was read of each run."""
    if a.path.resolve() == b.path.resolve():
        raise UserError(f"{a.id} is both runs", "name two different runs")
    side_a, side_b = read_side(a), read_side(b)
    found = compare(side_a, side_b)
    if not found.pairs:
        raise UserError(
            f"{a.id} and {b.id} have no item in common ({found.only_a:,} and {found.only_b:,} items of their own)",
            "compare runs over the same problems",
        )
    return found, side_a, side_b


def read_side(run: RunDirectory) -> Side:
    """The run as it is now; an unfinished one is compared by what it has. UserError where no item is finished."""
    try:
        state = fold_many(RunState(), EventTail(run.events).read_all())
        overrides = read_overrides(run)
    except OSError as error:
        said = f"cannot read {error.filename or run.path}: {error.strerror or error}"
        raise EnvironmentMissing(said, "check the permissions of the run's folder") from error
    if not state.samples:
        raise UserError(f"{run.id} has no finished item", "wait for its first items, or choose another run")
    config = read_json(run.path / "config_resolved.json")
    settings = flat(config) if isinstance(config, dict) else {}
    return Side(state, overrides, settings, {s.name: _versions(run, state, s.name) for s in graded_stages(state)})


def _versions(run: RunDirectory, state: RunState, stage: str) -> Mapping[str, str]:
    """What the rows of a stage say they were made with; where the first and the last row differ (the program was
    updated before the run was resumed), both."""
    samples = [sample for sample in state.samples if sample.stage == stage]
    found: dict[str, str] = {}
    for sample in (samples[0], samples[-1]):
        row = read_row(run.results(stage), sample.offset)
        versions = row.get("versions") if row is not None else None
        for name, version in versions.items() if isinstance(versions, dict) else ():
            if isinstance(version, str) and found.setdefault(name, version) != version:
                found[name] = f"{found[name]} and {version}"
    return found


def finding(table: Table) -> str:
    """The outcome in a sentence that claims no more than the test does."""
    flips = table.lost + table.gained
    if table.total == 0:
        return "no items to compare"
    if flips == 0:
        most = 1 - CERTAIN ** (1 / table.total)  # of flips among such problems, as none of these flipped
        return f"no item flipped: with 95 % confidence fewer than {most:.1%} of such items do"
    if table.significant:
        better = "B" if table.gained > table.lost else "A"
        if not table.independent:
            return f"{better} is better: over the problems, the interval of the difference leaves out 0"
        return f"{better} is better: a difference this large comes by chance with {p_words(table.p_value)}"
    needed = next(n for n in range(1, 64) if mcnemar(0, n) < SIGNIFICANT)
    if flips < needed and table.independent:
        few = "1 flip is" if flips == 1 else f"{flips} flips are"
        return f"no difference shown: {few} too few for any (it takes {needed} in one direction)"
    return f"no difference that {table.total:,} items could show"


def p_words(p: float) -> str:
    """The p value as people write it: "p = 0.02"."""
    if p < 0.0001:
        return "p < 0.0001"
    return f"p = {p:.4f}" if p < 0.01 else f"p = {p:.2f}"
