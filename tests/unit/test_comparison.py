"""Two runs compared: pairing, the table, flips, human verdicts, cautions, and reading the runs from disk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.compare.cautions import flat
from engine.compare.compared import compare_runs, finding, read_side
from engine.compare.comparison import Comparison, compare
from engine.compare.overrides import Key, Override, write_override
from engine.compare.pairing import Side, pair_items
from engine.errors import EnvironmentMissing, UserError
from engine.runs.events import Item, RunFinished, RunStarted, StageStarted
from engine.runs.files import write_json_atomic
from engine.runs.growing import Items
from engine.runs.state import RunState, StageState
from tests.cost import cpu_seconds
from tests.graded_items import graded_item
from tests.screens.fake_runs import FakeRun, varied_row

R, W, U = "right", "wrong", "unparsed"


def sample(item: str, verdict: str, stage: str = "evaluate", **changed: Any) -> Item:
    told: dict[str, Any] = {"predicted": "1", "answer": "1", "quadrant": "", "coverage": 0.5, "extra": 0.2}
    return graded_item(stage, item, 0, 0, verdict, "numeric", **(told | changed))


def side(samples: Sequence[Item], *, kinds: Mapping[str, str] | None = None, **changed: Any) -> Side:
    stages = {s.stage: "evaluate" for s in samples} | dict(kinds or {})
    made = {name: Items(s for s in samples if s.stage == name) for name in stages}
    state = RunState(
        "run", stages=tuple(StageState(name, kind, items=made[name]) for name, kind in stages.items()),
        finished=RunFinished("done"),
    )  # fmt: skip
    return Side(state, **changed)


def both(*verdicts: tuple[str, str], **changed: Any) -> Comparison:
    """A comparison of items with these verdicts in A and B."""
    a = [sample(f"i{n}", one) for n, (one, _) in enumerate(verdicts)]
    b = [sample(f"i{n}", two) for n, (_, two) in enumerate(verdicts)]
    return compare(side(a), side(b, **changed))


def over(item: str, verdict: str) -> dict[Key, Override]:
    return {("evaluate", item): Override("evaluate", item, verdict)}


# -- the table


def test_the_table_counts_right_and_not_right_in_both() -> None:
    found = both((R, R), (R, W), (W, R), (U, R), (W, U), (W, W), (R, R))
    table = found.table
    assert (table.both, table.lost, table.gained, table.neither) == (2, 1, 2, 2)
    assert table.right == (3, 4)
    a, b = table.accuracy
    assert (a.value, b.value, a.n) == (3 / 7, 4 / 7, 7)
    assert table.difference.value == pytest.approx(1 / 7)
    assert table.p_value == 1.0
    assert found.overridden is None


def test_flips_are_sorted_into_lost_gained_and_changed() -> None:
    found = both((R, W), (W, R), (W, U), (U, U), (R, R), (U, R))
    assert [(flip.pair.a.id, flip.kind) for flip in found.flips] == [
        ("i0", "lost"), ("i1", "gained"), ("i5", "gained"), ("i2", "changed"),
    ]  # fmt: skip
    assert found.flip_counts == {"lost": 1, "gained": 2, "changed": 1, "settled": 0}


def test_cut_off_is_an_outcome_of_its_own_but_never_of_a_right_answer() -> None:
    a = [sample("x", W), sample("y", R, truncated=True), sample("z", W, truncated=True)]
    b = [sample("x", W, truncated=True), sample("y", R), sample("z", U, truncated=True)]
    found = compare(side(a), side(b))
    assert [(flip.pair.a.id, flip.a, flip.b, flip.kind) for flip in found.flips] == [
        ("x", "wrong", "truncated", "changed")
    ]


# -- pairing


def test_only_items_of_both_are_compared_and_the_rest_is_counted() -> None:
    a = [sample("x", R), sample("only a", W), sample("y", W)]
    b = [sample("y", R), sample("x", R), sample("only b", R), sample("only b 2", R)]
    found = compare(side(a), side(b))
    assert [(p.place_a, p.place_b, p.a.id, p.b.id) for p in found.pairs] == [(0, 1, "x", "x"), (2, 0, "y", "y")]
    assert (found.only_a, found.only_b) == (1, 2)
    assert found.table.total == 2
    assert any("1 of 3 items of A are not in B" in caution for caution in found.cautions)
    assert any("2 of 4 items of B are not in A" in caution for caution in found.cautions)


def test_stages_pair_by_name_and_kind_then_by_kind_then_by_order() -> None:
    a = side([sample("1", R, "easy"), sample("1", R, "hard"), sample("1", R, "old")], kinds={"old": "score"})
    b = side([sample("1", R, "hard"), sample("1", W, "again"), sample("1", W, "new")], kinds={"new": "regrade"})
    pairs = pair_items(a.state, b.state)
    assert [(p.a.stage, p.b.stage) for p in pairs] == [("easy", "again"), ("hard", "hard"), ("old", "new")]


def test_an_evaluation_pairs_with_its_regrade_without_false_alarm() -> None:
    """A regrade's own recipe says nothing of problems and policy: it takes them from the run it regrades."""
    evaluated = side(
        [sample("1", W)],
        settings={
            "seed": 7,
            "models.policy": "m",
            "problems.source": "gsm8k",
            "evaluate.few_shot": 8,
            "models.judge": "",
        },
        versions={"evaluate": {"grader": "1", "model": "m"}},
    )
    regraded = side(
        [sample("1", R, "regrade")],
        kinds={"regrade": "regrade"},
        settings={"run": "x", "seed": 42, "models.policy": "", "problems.source": "embedded", "models.judge": "j"},
        versions={"regrade": {"grader": "2", "model": "m"}},
    )
    found = compare(replace(evaluated, state=replace(evaluated.state, seed=7)), regraded)
    assert found.table.gained == 1
    assert [str(s) for s in found.differs] == [
        "stage evaluate → regrade", "models.judge – → j", "version of the grader 1 → 2",
    ]  # fmt: skip
    assert [caution.partition(":")[0] for caution in found.cautions] == ["other graders"]


def test_nothing_in_common_is_an_empty_table() -> None:
    found = compare(side([sample("x", R)]), side([sample("y", R)]))
    assert found.table.total == 0
    assert found.table.difference.value is None
    assert found.coverage.value is None
    assert finding(found.table) == "no items to compare"


# -- human verdicts


def test_human_verdicts_are_counted_beside_the_graders() -> None:
    a = [sample("x", W), sample("y", R), sample("z", R)]
    b = [sample("x", R), sample("y", W), sample("z", R, predicted="1.0")]
    found = compare(side(a, overrides=over("x", R)), side(b, overrides=over("z", W) | over("none", R)))
    assert (found.table.lost, found.table.gained) == (1, 1)
    assert found.overridden is not None
    assert (found.overridden.both, found.overridden.lost, found.overridden.gained) == (1, 2, 0)
    assert (found.changed, found.confirmed) == (2, 0)
    assert found.best is found.overridden
    assert [(f.pair.a.id, f.kind, f.a, f.b, f.human_a, f.human_b) for f in found.flips] == [
        ("y", "lost", R, W, "", ""), ("z", "lost", R, R, "", W), ("x", "settled", W, R, R, ""),
    ]  # fmt: skip


def test_an_override_that_agrees_with_the_grader_changes_nothing() -> None:
    found = compare(side([sample("i0", R)]), side([sample("i0", W, predicted="2")], overrides=over("i0", W)))
    assert found.overridden is None
    assert (found.changed, found.confirmed) == (0, 1)
    assert found.flips[0].human_b == ""


# -- scores


def test_scores_are_compared_over_the_items_that_have_both() -> None:
    a = [sample("x", R, coverage=0.5), sample("y", R, coverage=None), sample("z", W, coverage=0.25, extra=None)]
    b = [sample("x", R, coverage=0.75), sample("y", R), sample("z", W, coverage=0.25)]
    found = compare(side(a), side(b))
    assert (found.coverage.value, found.coverage.n) == (0.125, 2)
    assert (found.extra.value, found.extra.n) == (0.0, 2)


# -- cautions


def test_what_differs_is_told_models_first_and_machines_not_at_all() -> None:
    a = {"seed": 42, "evaluate.few_shot": 8, "models.policy": "a", "hardware.device": "cpu", "evaluate.batch_size": 4}
    b = {"seed": 42, "evaluate.few_shot": 0, "models.policy": "b", "hardware.device": "cuda", "name": "other"}
    found = compare(side([sample("x", R)], settings=a), side([sample("x", R)], settings=b))
    assert [str(setting) for setting in found.differs] == ["models.policy a → b", "evaluate.few_shot 8 → 0"]


@pytest.mark.parametrize(
    ("name", "says"),
    [("grader", "other graders"), ("aligner", "other aligners"), ("embedder", "other embedders"),
     ("few_shot", "other few-shot examples"), ("prompt", "other prompts")],
)  # fmt: skip
def test_other_versions_of_rows_are_a_caution(name: str, says: str) -> None:
    a = side([sample("x", R)], versions={"evaluate": {name: "1", "model": "same"}})
    b = side([sample("x", R)], versions={"evaluate": {name: "2", "model": "same"}})
    assert [caution.startswith(says) for caution in compare(a, b).cautions] == [True]
    assert compare(a, a).cautions == ()


def test_another_model_is_what_is_compared_and_no_caution() -> None:
    a = side([sample("x", R)], versions={"evaluate": {"model": "1"}}, settings={"models.policy": "m1"})
    b = side([sample("x", R)], versions={"evaluate": {"model": "2"}}, settings={"models.policy": "m2"})
    assert compare(a, b).cautions == ()


def test_the_same_id_with_another_gold_answer_is_another_problem() -> None:
    a = [sample(f"i{n}", R, answer=str(n)) for n in range(6)]
    b = [sample(f"i{n}", R, answer=str(n % 2)) for n in range(6)]
    cautions = compare(side(a), side(b)).cautions
    assert len(cautions) == 1
    assert cautions[0].startswith("other gold answers for 4 of 6 items (i2, i3, i4, …)")


def test_other_seeds_and_other_problems_are_cautions() -> None:
    a = side([sample("x", R)], settings={"problems.source": "gsm8k", "problems.limit": 5})
    b = side([sample("x", R)], settings={"problems.source": "math", "problems.limit": 9})
    b = replace(b, state=replace(b.state, seed=7))
    assert compare(a, b).cautions == ("other problems: problems.source gsm8k → math", "other seeds: 0 and 7")


def test_a_recipe_is_flattened_with_its_stages_by_name() -> None:
    stages = [{"kind": "evaluate", "name": "first", "few_shot": 3}, {"kind": "report", "name": "report"}]
    found = flat({"seed": 1, "models": {"policy": "m"}, "stages": stages})
    assert found == {
        "seed": 1, "models.policy": "m", "first.kind": "evaluate", "first.name": "first", "first.few_shot": 3,
        "report.kind": "report", "report.name": "report",
    }  # fmt: skip


# -- words


@pytest.mark.parametrize(
    ("lost", "gained", "same", "says"),
    [
        (0, 0, 60, "no item flipped: with 95 % confidence fewer than 4.9% of such items do"),
        (0, 1, 20, "no difference shown: 1 flip is too few for any (it takes 6 in one direction)"),
        (3, 2, 20, "no difference shown: 5 flips are too few for any (it takes 6 in one direction)"),
        (4, 7, 20, "no difference that 31 items could show"),
        (1, 9, 20, "B is better: a difference this large comes by chance with p = 0.02"),
        (12, 1, 20, "A is better: a difference this large comes by chance with p = 0.0034"),
        (30, 1, 20, "A is better: a difference this large comes by chance with p < 0.0001"),
    ],
)
def test_the_finding_claims_no_more_than_the_test(lost: int, gained: int, same: int, says: str) -> None:
    assert finding(both(*[(R, W)] * lost, *[(W, R)] * gained, *[(R, R)] * same).table) == says


@pytest.mark.xdist_group("alone")
def test_ten_thousand_items_take_well_under_a_second() -> None:
    a = [sample(f"i{n}", R if n % 3 else W, coverage=n % 97 / 97) for n in range(10_000)]
    b = [sample(f"i{n}", R if n % 5 else U, coverage=n % 89 / 89) for n in range(10_000)]
    one, two = side(a), side(b, overrides=over("i3", W))
    assert cpu_seconds(lambda: compare(one, two), within=0.8) < 0.8  # 0.17 s when this was written
    assert compare(one, two).table.total == 10_000


# -- from disk


def started(folder: Path, recipe: str, rows: Sequence[dict[str, Any]]) -> FakeRun:
    return FakeRun(folder, recipe).begin(len(rows)).add(rows).finish()


def test_runs_are_read_with_their_settings_versions_and_overrides(tmp_path: Path) -> None:
    one = started(tmp_path, "one", [varied_row(n) for n in range(8)])
    versions = {"grader": "2", "aligner": "1"}
    two = started(tmp_path, "two", [varied_row(n, verdict="right", versions=versions) for n in range(8)])
    for run, policy in ((one, "m"), (two, "n")):
        write_json_atomic(run.directory.path / "config_resolved.json", {"models": {"policy": policy}})
    write_override(two.directory, Override("evaluate", "gen-00002", "wrong"))
    found = compare_runs(one.directory, two.directory)
    assert (found.run_a, found.run_b) == (one.directory.id, two.directory.id)
    assert found.table.right == (4, 8)
    assert found.overridden is not None
    assert found.overridden.right == (4, 7)
    assert [str(s) for s in found.differs] == [
        "models.policy m → n", "version of the grader 1 → 2", "version of the few-shot none → –",
    ]  # fmt: skip


def test_a_resumed_stage_made_by_two_graders_says_both(tmp_path: Path) -> None:
    rows = [varied_row(n, versions={"grader": "1" if n < 2 else "2"}) for n in range(4)]
    assert read_side(started(tmp_path, "one", rows).directory).versions == {"evaluate": {"grader": "1 and 2"}}


def test_what_cannot_be_compared_says_why(tmp_path: Path) -> None:
    one = started(tmp_path, "one", [varied_row(n) for n in range(3)])
    other = started(tmp_path, "two", [varied_row(n) for n in range(5, 8)])
    empty = FakeRun(tmp_path, "three").say(StageStarted("evaluate", "evaluate", 3))
    with pytest.raises(UserError, match="is both runs"):
        compare_runs(one.directory, one.directory)
    with pytest.raises(UserError, match="no item in common"):
        compare_runs(one.directory, other.directory)
    with pytest.raises(UserError, match="no finished item"):
        compare_runs(one.directory, empty.directory)
    other.directory.events.unlink()
    other.directory.events.mkdir()
    with pytest.raises(EnvironmentMissing, match="cannot read"):
        compare_runs(one.directory, other.directory)


@pytest.mark.parametrize(
    ("kind", "finished", "says", "advice"),
    [
        ("validate", True, "measures figures and has no items", "choose another run"),
        ("validate", False, "measures figures and has no items", "choose another run"),
        ("evaluate", True, "has ended before its first item", "choose another run"),
        ("evaluate", False, "has no finished item", "wait for its first items, or choose another run"),
    ],
)
def test_waiting_is_advised_only_where_it_helps(
    tmp_path: Path, kind: str, finished: bool, says: str, advice: str
) -> None:
    run = FakeRun(tmp_path).say(StageStarted(kind, kind, 3))
    if finished:
        run.finish()
    with pytest.raises(UserError, match=says) as caught:
        read_side(run.directory)
    assert caught.value.next_step == advice


def test_a_run_under_way_is_compared_by_what_it_has(tmp_path: Path) -> None:
    one = started(tmp_path, "one", [varied_row(n) for n in range(8)])
    two = FakeRun(tmp_path, "two").begin(8).add([varied_row(n) for n in range(3)])
    two.say(RunStarted(two.directory.id, "two", "cpu", 42, ("evaluate",), 1, resumed=True))
    found = compare_runs(one.directory, two.directory)
    assert found.table.total == 3
    assert found.cautions == ("5 of 8 items of A are not in B (which is not finished)",)
