"""Reading two runs to compare them, and what to say of the outcome. Blocks: a front end calls it in a thread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from engine.compare.by_stage import stage_sides
from engine.compare.cautions import flat
from engine.compare.comparison import Comparison, Table, compare
from engine.compare.origin import origin_of
from engine.compare.overrides import read_overrides, with_strays
from engine.compare.pairing import Side, graded_stages, why_unlike
from engine.errors import EnvironmentMissing, UserError
from engine.runs.directory import RunDirectory, read_record
from engine.runs.files import read_json
from engine.runs.results import read_row
from engine.runs.state import RunState, fold_many
from engine.runs.status import ENDED, derive_status
from engine.runs.tail import EventTail
from engine.stages import kinds_making
from engine.statistics.figure import WILSON
from engine.statistics.interval import FEWEST, rule_of_three


def compare_runs(a: RunDirectory, b: RunDirectory) -> Comparison:
    """B against the baseline A. UserError where there is nothing to compare, EnvironmentMissing where a file cannot be
    read. Of several stages, the last one that both have."""
    return compare_with_sides(a, b)[0]


def compare_with_sides(a: RunDirectory, b: RunDirectory) -> tuple[Comparison, Side, Side]:
    """As `compare_runs`, with what was read of each run."""
    found = _compared_stages(a, b)
    comparison, side_a, side_b = found[-1]
    if len(found) > 1:
        others = ", ".join(f"{one.stage_a} with {one.stage_b}" for one, *_ in found[:-1])
        told = f"{comparison.stage_a} is compared with {comparison.stage_b}; --compare shows {others} as well"
        comparison = replace(comparison, cautions=(*comparison.cautions, told))
    return comparison, side_a, side_b


def compare_by_stage(a: RunDirectory, b: RunDirectory, stage_a: str = "", stage_b: str = "") -> list[Comparison]:
    """A comparison for each stage of A and its partner in B, or of the stages that are named, which may be those of one
    run; raises as `compare_runs`. Never empty."""
    return [found for found, *_ in _compared_stages(a, b, stage_a, stage_b)]


def _compared_stages(
    a: RunDirectory, b: RunDirectory, stage_a: str = "", stage_b: str = ""
) -> list[tuple[Comparison, Side, Side]]:
    if a.path.resolve() == b.path.resolve() and (not stage_a or not stage_b or stage_a == stage_b):
        raise UserError(f"{a.id} is both runs", "name two different runs, or two stages of one: RUN/STAGE RUN/STAGE")
    side_a, side_b = read_side(a), read_side(b)
    sides = stage_sides(side_a, side_b, stage_a, stage_b)
    compared = [(compare(one, two), one, two) for one, two in sides]
    found = [one for one in compared if one[0].pairs]
    if not found:
        name_a, name_b = (f"{run.id}{stage and '/'}{stage}" for run, stage in ((a, stage_a), (b, stage_b)))
        only_a, only_b = (sum(counts) for counts in zip(*((f.only_a, f.only_b) for f, *_ in compared), strict=True))
        raise why_unlike(name_a, sides[-1][0].state, name_b, sides[-1][1].state) or UserError(
            f"{name_a} and {name_b} have no item in common ({only_a:,} and {only_b:,} items of their own)",
            "compare runs over the same problems",
        )
    left = "" if stage_a or stage_b else _without_partner(side_a, side_b, [(one, two) for _, one, two in found])
    return [(_with_caution(made, left), one, two) for made, one, two in found] if left else found


def _with_caution(found: Comparison, left: str) -> Comparison:
    told = f"{found.stage_a} of A is compared with {found.stage_b} of B; {left}"
    return replace(found, cautions=(*found.cautions, told))


def _without_partner(a: Side, b: Side, compared: Sequence[tuple[Side, Side]]) -> str:
    """Which stages with items are in no comparison, and how to compare them; "" where all are."""
    found = []
    for letter, side, place in (("A", a, 0), ("B", b, 1)):
        met = {stage.name for pair in compared for stage in graded_stages(pair[place].state)}
        names = [stage.name for stage in graded_stages(side.state) if stage.name not in met]
        found += [f"{', '.join(names)} of {letter}"] if names else []
    return f"not compared: {'; '.join(found)} (name two stages: --compare RUN/STAGE RUN/STAGE)" if found else ""


def read_side(run: RunDirectory) -> Side:
    """The run as it is now; an unfinished one is compared by what it has. UserError where no item is finished."""
    try:
        state = fold_many(RunState(), EventTail(run.events).read_all())
    except OSError as error:
        said = f"cannot read {error.filename or run.path}: {error.strerror or error}"
        raise EnvironmentMissing(said, "check the permissions of the run's folder") from error
    if not state.items:
        raise _nothing_to_compare(run, state)
    overrides = read_overrides(run)
    config = read_json(run.path / "config_resolved.json")
    settings = flat(config) if isinstance(config, dict) else {}
    versions = {s.name: _versions(run, state, s.name) for s in graded_stages(state)}
    ended = derive_status(read_record(run), state) in ENDED
    caution = with_strays(overrides.caution, state.items, overrides.by_item, ended=ended)
    return Side(state, overrides.by_item, settings, versions, caution, origin_of(run).id)


def _nothing_to_compare(run: RunDirectory, state: RunState) -> UserError:
    """Whether waiting helps."""
    kinds = {stage.kind for stage in state.stages if stage.kind}
    if kinds and not kinds & set(kinds_making("graded")):
        return UserError(f"{run.id} measures figures and has no items", "choose another run")
    if derive_status(read_record(run), state) in ENDED:
        return UserError(f"{run.id} has ended before its first item", "choose another run")
    return UserError(f"{run.id} has no finished item", "wait for its first items, or choose another run")


def _versions(run: RunDirectory, state: RunState, stage: str) -> Mapping[str, str]:
    """What the rows of a stage say they were made with; where the first and the last row differ (the program was
    updated before the run was resumed), both."""
    items = told.items if (told := state.stage(stage)) else ()
    found: dict[str, str] = {}
    for item in (*items[:1], *items[-1:]):
        row = read_row(run.results(stage), item.offset)
        versions = row.get("versions") if row is not None else None
        for name, version in versions.items() if isinstance(versions, dict) else ():
            if isinstance(version, str) and found.setdefault(name, version) != version:
                found[name] = f"{found[name]} and {version}"
    return found


def finding(table: Table) -> str:
    """The outcome in a sentence that claims no more than the test does."""
    unit = "item" if table.independent else "problem"
    if table.total == 0:
        return "no items to compare"
    if table.lost + table.gained == 0:
        most = rule_of_three(table.units)
        return f"no {unit} flipped: with 95 % confidence fewer than {most:.1%} of such {unit}s do"
    if table.significant:
        better = "B" if table.gained > table.lost else "A"
        over = "" if table.independent else f" over {table.units:,} problems"
        return f"{better} is better: a difference this large{over} comes by chance with {p_words(table.p_value)}"
    if table.moved >= FEWEST:
        return f"no difference that {table.units:,} {unit}s could show"
    if table.independent:
        few = "1 flip is" if table.moved == 1 else f"{table.moved} flips are"
    else:
        few = "1 problem that moved is" if table.moved == 1 else f"{table.moved} problems that moved are"
    return f"no difference shown: {few} too few for any (it takes {FEWEST} in one direction)"


def tested_by(table: Table) -> str:
    """The test behind the p value, and what it is over."""
    flips = f"{table.lost:,} lost against {table.gained:,} gained"
    if table.independent:
        return f"exact McNemar: {flips}"
    return f"exact sign-flip test over {count_of(table.units, 'problem')}: {flips}"


def interval_words(table: Table) -> str:
    """Where the intervals of the accuracies and of their difference come from."""
    if table.difference.low is None:
        return f"no interval: fewer than {FEWEST} problems"
    return f"95 % intervals{'' if table.independent else ' by problem'}: {WILSON}, {table.difference.by}"


def count_of(number: int, noun: str) -> str:
    """ "1 problem", "1,319 problems"."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def p_words(p: float) -> str:
    """The p value as people write it: "p = 0.02"."""
    if p < 0.0001:
        return "p < 0.0001"
    return f"p = {p:.4f}" if p < 0.01 else f"p = {p:.2f}"
