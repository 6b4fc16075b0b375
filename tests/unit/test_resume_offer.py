"""Where going on with an ended run is offered: not where its own settings would end it in the same way again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from app.cli import main
from engine.runs import launch as launching
from engine.runs.overview import overview
from engine.runs.state import RunState, fold_many
from engine.runs.status import derive_status, worth_resuming
from engine.runs.tail import EventTail
from tests import fake_worker
from tests.screens.live_runs import FakeRun


@pytest.mark.parametrize(
    ("items", "status", "code", "offered"),
    [
        (0, "failed", 2, False),
        (3, "failed", 2, True),
        (0, "failed", 1, True),
        (0, "failed", 3, True),
        (0, "cancelled", 130, True),
        (3, "done", 0, False),
        (3, "threshold", 4, False),
    ],
)
def test_what_would_fail_again_is_not_offered(
    tmp_path: Path, items: int, status: str, code: int, offered: bool
) -> None:
    run = FakeRun(tmp_path).begin().items(items).finish(status, "the reason", "the next step", code).run
    assert overview(run).resumable is offered


def test_a_crashed_run_can_go_on(tmp_path: Path) -> None:
    fake = FakeRun(tmp_path).begin()
    assert overview(fake.run).resumable
    state = fold_many(RunState(), EventTail(fake.run.events).read_all())
    assert worth_resuming(derive_status(fake.record, state), state)


@pytest.fixture
def plan(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    monkeypatch.setattr(launching, "engine_command", launching.engine_command)
    fake_worker.install()
    return lambda **changes: monkeypatch.setenv(fake_worker.PLAN, fake_worker.plan_text(**changes))


@pytest.mark.parametrize(("items", "offered"), [(0, False), (2, True)])
def test_batch_names_the_way_out_only(
    plan: Callable[..., None], tmp_path: Path, capfd: pytest.CaptureFixture[str], items: int, offered: bool
) -> None:
    plan(items=items, end=["failed", 2, "there is no such column"])
    assert main(["--batch", "demo", "--runs", str(tmp_path)]) == 2
    err = capfd.readouterr().err
    assert "next: a next step" in err
    assert ("--resume" in err) is offered
