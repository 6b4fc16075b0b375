"""Requests to a worker: the general ones it takes itself, those of a stage wait for the stage, the rest is refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.controls import Controls
from engine.errors import Cancelled
from engine.runs.control import pending_requests, send_request
from engine.runs.directory import RunDirectory, create_run
from engine.runs.events import ControlAcked
from engine.runs.tail import EventTail
from engine.runs.writer import RunWriter


@pytest.fixture
def run(tmp_path: Path) -> RunDirectory:
    return create_run(tmp_path, "demo", "cpu", "", {}, ["test"])


@pytest.fixture
def controls(run: RunDirectory) -> Iterator[Controls]:
    with RunWriter(run) as writer:
        yield Controls(writer)


def acks(run: RunDirectory) -> list[tuple[str, bool, str]]:
    told = [recorded.event for recorded in EventTail(run.events).read_all()]
    return [(ack.kind, ack.accepted, ack.message) for ack in told if isinstance(ack, ControlAcked)]


def test_a_stage_gets_the_requests_of_its_kinds_with_their_values(run: RunDirectory, controls: Controls) -> None:
    controls.take(("accept", "label"))
    first = send_request(run, "accept", candidate=2)
    send_request(run, "label", step=1, value="+")
    controls.checkpoint()
    waiting = controls.requests()
    assert [(request.kind, dict(request.values)) for request in waiting] == [
        ("accept", {"candidate": 2}), ("label", {"step": 1, "value": "+"})
    ]  # fmt: skip
    assert acks(run) == [], "nobody has answered yet"
    controls.answer(waiting[0], "step 3 is 36 - 9 = 27")
    controls.answer(waiting[1], "there is no step 1", accepted=False)
    assert acks(run) == [("accept", True, "step 3 is 36 - 9 = 27"), ("label", False, "there is no step 1")]
    assert pending_requests(run) == []
    assert controls.requests() == []
    assert first


def test_what_nothing_at_work_takes_is_refused_by_name(run: RunDirectory, controls: Controls) -> None:
    send_request(run, "accept", candidate=2)
    controls.checkpoint()
    assert acks(run) == [("accept", False, 'nothing at work here takes the request "accept"')]


def test_a_request_that_its_stage_never_answered_is_refused_when_the_stage_ends(
    run: RunDirectory, controls: Controls
) -> None:
    controls.take(("accept",))
    send_request(run, "accept")
    assert len(controls.requests()) == 1
    controls.take(())
    assert acks(run) == [("accept", False, "the stage that takes it has ended")]
    assert pending_requests(run) == []


def test_the_general_requests_reach_the_worker_whatever_the_stage_takes(run: RunDirectory, controls: Controls) -> None:
    controls.take(("accept",))
    send_request(run, "accept")
    send_request(run, "cancel")
    with pytest.raises(Cancelled):
        controls.checkpoint()
    assert acks(run) == [("cancel", True, "ending at a safe point")]
    assert [request.kind for request in controls.requests()] == ["accept"]


def test_requests_to_an_earlier_worker_are_refused(run: RunDirectory, controls: Controls) -> None:
    send_request(run, "cancel")
    controls.refuse_old()
    controls.checkpoint()
    assert acks(run) == [("cancel", False, "came before this worker started")]


def test_nobody_waits_for_a_worker_that_has_ended(run: RunDirectory, controls: Controls) -> None:
    controls.take(("label",))
    send_request(run, "label")
    controls.requests()
    send_request(run, "pause")
    controls.close()
    assert [(kind, accepted) for kind, accepted, _ in acks(run)] == [("label", False), ("pause", False)]
    assert pending_requests(run) == []
