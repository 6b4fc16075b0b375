"""Events survive encoding, and the fold gives the same state however the events are batched."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.rows.graded import count_items
from engine.runs.events import (
    ControlAcked,
    Event,
    Item,
    Metric,
    Progress,
    Recorded,
    RunFinished,
    RunStarted,
    StageFinished,
    StageStarted,
    Warned,
    decode,
    encode,
)
from engine.runs.series import SERIES_POINTS
from engine.runs.state import RunState, fold, fold_many
from engine.runs.tail import EventTail, read_end
from tests.cost import cpu_seconds
from tests.graded_items import graded_item

STORY: list[Event] = [
    RunStarted("r1", "demo", "cpu", 42, ("evaluate", "report"), 7, versions={"torch": "2"}, models={"policy": "p"}),
    StageStarted("evaluate", "evaluate", 3),
    Progress("evaluate", 0, 3, "loading the model"),
    Metric("evaluate", {"speed.tokens_per_second": 50.0, "machine.rss_gb": 1.0}),
    graded_item("evaluate", "a", 0, 0, "right", "numeric", "1", "1", "robust", 0.9, 0.8, 0.0, 12),
    Progress("evaluate", 1, 3),
    ControlAcked("q1", "pause", True),
    ControlAcked("q2", "resume", True),
    Metric("evaluate", {"speed.tokens_per_second": None}),
    graded_item("evaluate", "b", 1, 90, "wrong", "numeric", "2", "1", "failure", 0.1, 0.1, 0.5, 160, truncated=True),
    Warned("evaluate", "slow", "wait"),
    Progress("evaluate", 2, 3),
    StageFinished("evaluate", {"accuracy": 0.5}, {"results": "evaluate/results.jsonl"}),
    RunFinished("done"),
]


def item_at(number: int) -> Item:
    return graded_item("s", f"{number}", number, 0, "right", "numeric", "1", "1", "robust", 0.9, 0.8, 0.0, 12)


def recorded(events: Sequence[Event]) -> list[Recorded]:
    return [Recorded(i, 1000.0 + i, event) for i, event in enumerate(events)]


@pytest.mark.parametrize("event", STORY, ids=lambda e: type(e).__name__)
def test_an_event_read_back_is_the_event_written(event: Event) -> None:
    back = decode(encode(event, 5, 12.5))
    assert back == Recorded(5, 12.5, event)


def test_numbers_that_json_lacks_become_gaps() -> None:
    line = encode(Metric("s", {"train.loss": float("nan"), "b": float("inf"), "c": 1.0}), 0, 0.0)
    assert json.loads(line)["values"] == {"train.loss": None, "b": None, "c": 1.0}


@pytest.mark.parametrize("line", ["", "{", '{"seq": 1}', "[1, 2]", '{"type":"Sample","seq":0,"t":0}', "null", '"text"'])
def test_a_torn_or_foreign_line_is_no_event(line: str) -> None:
    assert decode(line) is None


@pytest.mark.parametrize(
    "body",
    [
        {"type": "Progress", "stage": 7, "done": 1},
        {"type": "Progress", "stage": "s", "done": "many"},
        {"type": "Metric", "stage": "s", "values": {"train.loss": "low"}},
        {"type": "Warned", "stage": "s", "message": None},
        {"type": "StageFinished", "stage": "s", "summary": [1]},
    ],
    ids=str,
)
def test_a_value_of_a_wrong_type_is_no_event(body: dict[str, object]) -> None:
    assert decode(json.dumps({"seq": 0, "t": 0, "v": 1} | body)) is None


def test_fields_of_a_later_version_are_passed_over() -> None:
    body = json.loads(encode(Progress("s", 1), 0, 0.0)) | {"new_field": 1}
    assert decode(json.dumps(body)) == Recorded(0, 0.0, Progress("s", 1))


@given(st.lists(st.integers(0, len(STORY)), max_size=6))
def test_batches_do_not_change_the_fold(cuts: list[int]) -> None:
    events = recorded(STORY)
    one_by_one = RunState()
    for item in events:
        one_by_one = fold(one_by_one, item)
    batched, start = RunState(), 0
    for cut in [*sorted(cuts), len(events)]:
        batched = fold_many(batched, events[start:cut])
        start = max(start, cut)
    assert batched == one_by_one


def test_the_fold_counts_what_the_screens_show() -> None:
    state = fold_many(RunState(), recorded(STORY))
    counts = count_items(state.items)
    assert counts.verdicts == {"right": 1, "wrong": 1}
    assert counts.quadrants == {"robust": 1, "failure": 1}
    assert counts.truncated == 1
    assert state.stages[0].counts == {"right": 1, "truncated": 1}
    assert [s.id for s in state.items] == ["a", "b"]
    assert state.stages[0].series["speed.tokens_per_second"].values == (50.0, None)
    assert state.stages[0].last("speed.tokens_per_second") == 50.0
    assert not state.paused
    stage = state.stage("evaluate")
    assert stage is not None
    assert (stage.status, stage.done, stage.summary) == ("finished", 2, {"accuracy": 0.5})
    assert state.finished == RunFinished("done")


def test_pause_holds_until_resume_or_a_new_worker() -> None:
    paused = fold_many(RunState(), recorded(STORY[:7]))
    assert paused.paused
    assert not fold(
        paused, Recorded(7, 1.0, RunStarted("r1", "demo", "cpu", 42, ("evaluate",), 8, resumed=True))
    ).paused


def test_a_new_worker_keeps_finished_stages_and_samples() -> None:
    state = fold_many(RunState(), recorded(STORY))
    again = fold(state, Recorded(20, 2000.0, RunStarted("r1", "demo", "cpu", 42, ("evaluate", "report"), 9, True)))
    assert [(s.name, s.status) for s in again.stages] == [("evaluate", "finished"), ("report", "waiting")]
    assert len(again.items) == 2
    assert (again.finished, again.workers, again.pid) == (None, 2, 9)


def test_an_item_made_again_counts_once_with_its_latest_outcome() -> None:
    first = graded_item("evaluate", "a", 0, 0, "wrong", "numeric", "2", "1", "failure", truncated=True)
    other = graded_item("evaluate", "b", 1, 90, "right", "numeric", "1", "1", "robust")
    again = graded_item("evaluate", "a", 0, 180, "right", "numeric", "1", "1", "robust")
    elsewhere = graded_item("score", "a", 0, 0, "right", "numeric", "1", "1", "")
    state = fold_many(RunState(), recorded([first, other]))
    state = fold_many(state, recorded([again, elsewhere]))
    assert state.items == (again, other, elsewhere)
    counts = count_items(state.items)
    assert (counts.verdicts, counts.truncated, counts.quadrants) == ({"right": 3}, 0, {"robust": 2})
    assert [stage.counts["right"] for stage in state.stages] == [2, 1]
    assert state.stages[0].counts["truncated"] == 0


def test_eta_counts_only_what_this_worker_made() -> None:
    events: list[Event] = [StageStarted("s", "evaluate", 100, done=50), Progress("s", 60, 100)]
    state = fold_many(RunState(), [Recorded(0, 0.0, events[0]), Recorded(1, 20.0, events[1])])
    assert state.stages[0].eta_s() == pytest.approx(80.0)
    assert fold_many(RunState(), [Recorded(0, 0.0, events[0])]).stages[0].eta_s() is None


def test_long_series_are_thinned_the_same_way_in_any_batching() -> None:
    events = recorded([Metric("s", {"x": float(i)}, i) for i in range(SERIES_POINTS * 2 + 7)])
    whole = fold_many(RunState(), events)
    halves = fold_many(fold_many(RunState(), events[:1234]), events[1234:])
    assert whole.stages[0].series["x"] == halves.stages[0].series["x"]
    assert len(whole.stages[0].series["x"].values) <= SERIES_POINTS
    assert whole.stages[0].series["x"].values[0] == 0.0


def test_a_resumed_curve_replaces_what_came_from_its_step_on() -> None:
    steps = [(1, 1.0), (2, 0.8), (3, 0.7), (2, 0.81), (3, 0.72), (4, 0.6)]
    state = fold_many(RunState(), recorded([Metric("sft", {"train.loss": loss}, step) for step, loss in steps]))
    curve = state.stages[0].series["train.loss"]
    assert list(zip(curve.steps, curve.values, strict=True)) == [(1.0, 1.0), (2.0, 0.81), (3.0, 0.72), (4.0, 0.6)]


def test_a_trainer_taken_up_again_forgets_the_future_that_was_lost() -> None:
    """Also in curves that get a point now and then only; those over time stay."""
    story: list[Event] = [
        StageStarted("sft", "sft", 10), Metric("sft", {"train.loss": 0.9}, 1), Metric("sft", {"speed": 7.0}),
        Metric("sft", {"train.loss": 0.5}, 5), Metric("sft", {"eval.loss": 0.6}, 5),
        StageStarted("sft", "sft", 10, done=2), Metric("sft", {"train.loss": 0.7}, 3), Metric("sft", {"x": 1.0}, 3),
    ]  # fmt: skip
    series = fold_many(RunState(), recorded(story)).stages[0].series
    assert list(series["train.loss"].steps) == [1.0, 3.0]
    assert list(series["eval.loss"].steps) == []
    assert (len(series["speed"].steps), len(series["x"].steps)) == (1, 1)


@pytest.mark.parametrize("number", ["1e999", "9" * 400])
def test_numbers_beyond_reckoning_make_a_line_foreign(number: str) -> None:
    body = encode(Metric("s", {"x": 12345.0}, 1), 0, 0.0)
    assert decode(body) is not None
    assert decode(body.replace("12345.0", number)) is None
    assert decode(body.replace('"t":0.0', f'"t":{number}')) is None or number == "1e999"


def test_the_same_figure_in_two_stages_is_two_curves() -> None:
    events = [Metric("sft", {"train.loss": 0.5}, 7), Metric("dpo", {"train.loss": 0.9}, 1), Metric("", {"rss": 2.0})]
    state = fold_many(RunState(), recorded(events))
    assert {stage.name: stage.last("train.loss") for stage in state.stages} == {"sft": 0.5, "dpo": 0.9}
    assert state.machine["rss"].last == 2.0


def test_an_older_state_is_not_changed_by_what_is_folded_later() -> None:
    base = fold_many(RunState(), recorded([item_at(n) for n in range(600)]))
    redone = graded_item("s", "3", 3, 9, "wrong", "r", "2", "1", "")
    fresh = graded_item("s", "x", 600, 9, "wrong", "r", "2", "1", "")
    one, other = fold_many(base, recorded([redone, fresh])), fold_many(base, recorded([fresh]))
    assert (len(base.items), len(one.items), len(other.items)) == (600, 601, 601)
    assert [base.items[3].outcome, one.items[3].outcome, other.items[3].outcome] == ["right", "wrong", "right"]
    assert (one.stages[0].counts, base.stages[0].counts) == ({"right": 599, "wrong": 2}, {"right": 600})
    assert base.items[-1].id == "599"
    assert base.items[598:] == tuple(base.items)[598:]


def test_one_more_event_costs_the_same_at_ten_and_at_a_hundred_thousand_items() -> None:
    class Run:
        """A run that grows by fifty items, each folded alone."""

        def __init__(self, items: int) -> None:
            self.state = fold_many(RunState(), recorded([item_at(n) for n in range(items)]))

        def grow(self) -> None:
            at = len(self.state.items)
            for one in recorded([item_at(at + n) for n in range(50)]):
                self.state = fold(self.state, one)

    few, many = Run(10), Run(100_000)
    assert cpu_seconds(many.grow, within=0) < 2 * cpu_seconds(few.grow, within=0)


def test_the_tail_reads_whole_lines_only_and_goes_on_where_it_was(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    tail = EventTail(path)
    assert tail.read() == []
    first, second = encode(Progress("s", 1), 0, 0.0), encode(Progress("s", 2), 1, 0.0)
    path.write_text(first + "\n" + second[:10])
    assert [r.event for r in tail.read()] == [Progress("s", 1)]
    assert tail.read() == []
    with path.open("a") as file:
        file.write(second[10:] + "\nnot json\n")
    assert [r.event for r in tail.read()] == [Progress("s", 2)]
    assert tail.skipped == 1


def test_the_tail_notices_that_the_file_was_replaced(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text("\n".join(encode(Progress("s", i), i, 0.0) for i in range(5)) + "\n")
    tail = EventTail(path)
    assert len(tail.read()) == 5
    path.write_text(encode(Progress("s", 9), 0, 0.0) + "\n")
    assert [r.event for r in tail.read()] == [Progress("s", 9)]
    assert tail.restarted


def test_the_end_of_a_log_survives_bytes_that_are_no_text(tmp_path: Path) -> None:
    path = tmp_path / "worker.log"
    assert read_end(path) == []
    path.write_bytes(b"one\n\xff\xfe\ntwo\n")
    assert read_end(path, 1) == ["two"]
