"""What --batch says while a run goes on: one line on a terminal, few elsewhere."""

from __future__ import annotations

import re
import sys
from dataclasses import replace

import pytest

from app.narration import Narration, progress_line
from engine.runs.growing import Items
from engine.runs.series import Series
from engine.runs.state import RunState, StageState
from tests.unit.test_comparison import sample


class Screen:
    """A stream that is a terminal."""

    def __init__(self) -> None:
        self.text = ""

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> None:
        self.text += text

    def flush(self) -> None:
        pass

    def fileno(self) -> int:
        raise OSError("no size")


def state_at(done: int, total: int = 24, note: str = "") -> RunState:
    items = Items(sample(f"p{k}", "right" if k < done // 2 else "wrong") for k in range(done))
    stage = StageState(
        "evaluate", "evaluate", "running", total, done, started_at=0.0, updated_at=10.0, note=note,
        items=items, counts={"right": done // 2, "wrong": done - done // 2},
    )  # fmt: skip
    return RunState(stages=(stage,))


def test_the_line_shows_progress_eta_and_accuracy_with_its_interval() -> None:
    state = state_at(12, note="generating")
    line = progress_line(state, state.stages[0], 200)
    assert line == "evaluate ██████████░░░░░░░░░░ 12/24 · ETA 0:10 · right 50% [25, 75] · generating"
    told = {"speed.tokens_per_second": Series().with_point(1.0, 61.2)}
    fast = RunState(stages=(replace(state.stages[0], series=told),))
    assert "61 tok/s" in progress_line(fast, fast.stages[0], 200)


@pytest.mark.parametrize("width", [1, 5, 20, 79])
def test_the_line_fits_its_terminal(width: int) -> None:
    state = state_at(12, note="x" * 300)
    assert len(progress_line(state, state.stages[0], width)) <= width


def test_on_a_terminal_one_line_is_drawn_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    screen, now = Screen(), [10.0]
    narration = Narration(screen, lambda: now[0])  # type: ignore[arg-type]
    narration.show(state_at(1))
    narration.show(state_at(2))
    now[0] += 1
    narration.show(state_at(3))
    narration.say("a line")
    narration.close()
    assert screen.text.count("\n") == 1
    assert re.findall(r"(\d+)/24", screen.text) == ["1", "3"], "no more than five drawings a second"
    assert screen.text.endswith("\r\x1b[Ka line\n")


def test_elsewhere_lines_are_sparse(capsys: pytest.CaptureFixture[str]) -> None:
    now = [10.0]
    narration = Narration(sys.stderr, lambda: now[0])
    for done in range(101):
        now[0] += 0.1
        narration.show(state_at(done, 100))
    lines = capsys.readouterr().err.splitlines()
    assert 10 <= len(lines) <= 12
    now[0] += 60
    narration.show(state_at(100, 100))
    assert len(capsys.readouterr().err.splitlines()) == 1, "a slow stage still shows life"


def test_what_a_file_wrote_into_a_message_does_not_drive_the_terminal() -> None:
    screen = Screen()
    Narration(screen).say("bad row\x1b[2J\x07\x9b31m in 問題.jsonl\n  next: mend it")  # type: ignore[arg-type]
    assert screen.text == "bad row in 問題.jsonl\n  next: mend it\n"


def test_samples_of_a_problem_count_as_one_in_the_interval() -> None:
    stage = StageState("evaluate", "evaluate", "running", 96, 96, started_at=0.0, updated_at=10.0)
    verdicts = ["right" if k < 12 else "wrong" for k in range(24)]
    items = Items(sample(f"p{k}~{n}", verdict) for k, verdict in enumerate(verdicts) for n in range(4))
    sampled = replace(stage, items=items, counts={"right": 48, "wrong": 48})
    alone, four = state_at(24), RunState(stages=(sampled,))
    lines = (progress_line(state, state.stages[0], 200) for state in (alone, four))
    found = [re.search(r"right 50% \[[^]]*\]", line) for line in lines]
    assert found[0] is not None
    assert found[1] is not None
    assert found[0].group() == found[1].group()
