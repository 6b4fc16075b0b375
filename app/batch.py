"""--batch: start a run or take one up, follow it, and end with its exit code. The work is all in the worker.

stdout is data (`app.batch_output`), stderr is narration (`app.narration`). Ctrl-C and SIGTERM cancel the run by the
ladder (request, SIGTERM, SIGKILL), keep what is finished and say how to go on; a second Ctrl-C skips the waiting.
A closed terminal or a closed stdout leaves the run going.
"""

from __future__ import annotations

import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from app.batch_output import JsonOutput, Output, TextOutput
from app.narration import Narration
from engine.errors import Cancelled, MathReasonError, UserError
from engine.runs.cancel import ASK_FOR_S, TERM_FOR_S, Rung, cancel_run
from engine.runs.control import send_request
from engine.runs.directory import RunDirectory, create_run, find_run, read_record
from engine.runs.events import Event, Item, StageFinished, Warned
from engine.runs.files import write_atomic
from engine.runs.launch import launch, wait_ready
from engine.runs.notes import checked_note, write_note
from engine.runs.state import RunState, StageState, fold_many
from engine.runs.status import ENDED, RESUMABLE, Status, derive_status, why_crashed, worth_resuming
from engine.runs.tail import EventTail
from engine.words import duration

POLL_S = 0.1
STOP_STARTING_S = 5.0
"""A worker that has not announced itself yet has nothing to keep: it gets this long to go."""
HURRIED_TERM_S = 2.0
CRASHED_CODE = 1
INTERRUPTED_CODE = Cancelled.exit_code

RUNG_WORDS: dict[Rung, str] = {
    "not running": "it was not running",
    "request": "cancelling: asked to stop at a safe point (Ctrl-C again: at once)",
    "SIGTERM": "no answer: sent SIGTERM",
    "SIGKILL": "no answer: sent SIGKILL",
}


class Interrupted(Exception):
    """Ctrl-C or SIGTERM reached this process."""


def start(
    runs: Path,
    recipe: str,
    preset: str | None,
    sets: Sequence[str],
    *,
    argv: Sequence[str],
    as_json: bool,
    note: str = "",
) -> int:
    """Run a recipe, with `note` beside it; returns the exit code."""
    from engine.recipes.loading import dump_recipe, require_complete, resolve

    resolved = require_complete(resolve(recipe, preset, sets), runs)
    asked, note = resolved.recipe, checked_note(note)
    config = asked.model_dump(mode="json")
    text = dump_recipe(resolved)
    with _interruptible() as interrupted:  # from here on an interruption has something to keep
        run = create_run(runs, asked.name, resolved.preset.name, text, config, ["mathreason-tui", *argv])
        if note:
            write_note(run, note)
        narration = Narration(sys.stderr)
        narration.say(f"{asked.title} · preset {resolved.preset.name} · {run.path}")
        return _work(run, narration, interrupted, as_json=as_json)


def resume(runs: Path, text: str, sets: Sequence[str] = (), *, as_json: bool) -> int:
    """Go on with the run that `text` names, or follow it where it is still going; returns the exit code.

    `sets` change how it works from here on (`engine.recipes.resuming`).
    """
    run = find_run(runs, text)
    status = derive_status(read_record(run), _state_of(run))
    narration = Narration(sys.stderr)
    if sets:
        _change(run, status, sets)
    if status in RESUMABLE:
        narration.say(f"resuming {run.path} ({status})")
        with _interruptible() as interrupted:
            return _work(run, narration, interrupted, as_json=as_json)
    narration.say(f"{run.path} is {status}" + ("" if status in ENDED else ": following it; Ctrl-C cancels it"))
    if status == "paused":
        send_request(run, "resume")
    with _interruptible() as interrupted:
        return _Following(run, narration, as_json, interrupted, time.time()).follow()


def _change(run: RunDirectory, status: Status, sets: Sequence[str]) -> None:
    from engine.recipes.loading import dump_recipe
    from engine.recipes.resuming import resolve_again

    if status not in RESUMABLE:
        raise UserError(f"{run.id} is {status}: its settings cannot change now", "leave out --set")
    write_atomic(run.recipe, dump_recipe(resolve_again(run.recipe, sets)))


def cancel(runs: Path, text: str) -> int:
    """End the run that `text` names; what it has finished is kept."""
    run = find_run(runs, text)
    narration = Narration(sys.stderr)
    outcome = cancel_run(run, on_rung=lambda rung: narration.say(RUNG_WORDS[rung]))
    narration.say(f"{run.id} {outcome}")
    return 0


def _work(run: RunDirectory, narration: Narration, interrupted: list[int], *, as_json: bool) -> int:
    """Start a worker on the run and follow it."""
    already = run.events.stat().st_size if run.events.exists() else 0
    since = time.time()
    process = launch(run)
    following = _Following(run, narration, as_json, interrupted, since, process)
    try:
        wait_ready(run, process, already=already, sleep=lambda seconds: _sleep(seconds, interrupted))
    except Interrupted:
        interrupted.clear()
        following.cancelled = True
        _stop_starting(process)
        if _state_of(run).pid != process.pid:
            narration.say(f"interrupted before the worker had begun\n  go on with: {_resume_command(run)}")
            return INTERRUPTED_CODE
    return following.follow()


class _Following:
    """Reads the events of one run until it ends, and tells of them."""

    def __init__(
        self,
        run: RunDirectory,
        narration: Narration,
        as_json: bool,
        interrupted: list[int],
        since: float,
        process: subprocess.Popen[bytes] | None = None,
    ) -> None:
        self.run = run
        self.narration = narration
        self.output: Output = JsonOutput() if as_json else TextOutput()
        self.interrupted = interrupted
        self.since = since
        """What happened before this moment (Unix time) is no news to narrate."""
        self.process = process
        self.tail = EventTail(run.events)
        self.state = RunState()
        self.status: Status = "starting"
        self.announced = False
        self.cancelled = False

    def follow(self) -> int:
        """Until the run has ended; the exit code."""
        try:
            self.watch()
            return self.finish()
        except BrokenPipeError:
            self.narration.say(f"nobody reads the output any more; the run goes on: {_resume_command(self.run)}")
            raise
        finally:
            self.narration.close()

    def watch(self) -> None:
        """Return when the run has ended and everything it wrote has been taken in."""
        while True:
            self.take_in()
            self.narration.show(self.state)
            if self.process is not None:
                self.process.poll()  # lets the ended worker go, so that its process does not look alive
            before, self.status = self.status, derive_status(read_record(self.run), self.state)
            if self.status in ENDED and not self.take_in():
                self.status = derive_status(read_record(self.run), self.state)
                return
            if self.status == "stalled" != before:
                self.narration.say(f"the worker is silent; its log is {self.run.log}")
            try:
                _sleep(POLL_S, self.interrupted)
            except Interrupted:
                self.cancel()

    def take_in(self) -> bool:
        """Fold what is new and tell of it; True where there was something."""
        events = self.tail.read_all()
        if not events:
            return False
        self.state = fold_many(self.state, events)
        if not self.announced:
            self.announced = True
            self.output.run(self.run, self.state)
        for recorded in events:
            if isinstance(recorded.event, Item):
                self.output.item(recorded.event)
            elif recorded.t >= self.since:
                self.narrate(recorded.event)
        return True

    def narrate(self, event: Event) -> None:
        """Tell of the events that a person following along wants as a line of their own."""
        match event:
            case Warned(message=message, next_step=next_step):
                self.narration.say(f"warning: {message}" + (f"\n  next: {next_step}" if next_step else ""))
            case StageFinished(stage=name):
                stage = self.state.stage(name) or StageState(name)
                took = duration((stage.finished_at or 0.0) - (stage.started_at or 0.0))
                items = f" · {stage.done} {stage.unit}" if stage.total else ""
                self.narration.say(f"{name} finished{items} in {took}")

    def cancel(self) -> None:
        """The ladder, told rung by rung; a second interruption skips the waiting."""
        self.cancelled = True
        for ask_for_s, term_for_s in ((ASK_FOR_S, TERM_FOR_S), (0.0, HURRIED_TERM_S)):
            self.interrupted.clear()
            try:
                outcome = cancel_run(
                    self.run, ask_for_s=ask_for_s, term_for_s=term_for_s,
                    on_rung=lambda rung: self.narration.say(RUNG_WORDS[rung]),
                    sleep=lambda seconds: _sleep(seconds, self.interrupted),
                )  # fmt: skip
            except Interrupted:
                continue
            self.narration.say(str(outcome))
            return

    def outcome(self) -> tuple[int, str, str]:
        """Exit code, reason and next step of the ended run."""
        if self.state.finished:
            return self.state.finished.exit_code, self.state.finished.reason, self.state.finished.next_step
        if self.status == "unreadable":
            again = f"start its recipe anew: mathreason-tui --batch {shlex.quote(str(self.run.recipe))}"
            return CRASHED_CODE, f"{self.run.record} is missing, torn or foreign", again
        return CRASHED_CODE, f"the worker ended early: {why_crashed(self.run)}", f"read {self.run.log}"

    def finish(self) -> int:
        """Write the end to stdout and what to do next to stderr; the exit code."""
        self.narration.close()
        code, reason, next_step = self.outcome()
        if self.cancelled and self.status in RESUMABLE:  # whichever rung of the ladder it took
            code, reason = INTERRUPTED_CODE, "interrupted"
        if self.status == "cancelled" or self.cancelled:
            next_step = ""  # "go on with" below is the whole of it
        self.output.end(self.run, self.state, self.status, code, reason)
        if code == 0:
            self.narration.say(f"done in {duration(self.state.took_s())} · {self.run.path}")
            return code
        self.narration.say(str(MathReasonError(f"{self.status}: {reason}", next_step)))
        if worth_resuming(self.status, self.state):
            self.narration.say(f"  go on with: {_resume_command(self.run)}")
        return code


def _state_of(run: RunDirectory) -> RunState:
    return fold_many(RunState(), EventTail(run.events).read_all())


def _resume_command(run: RunDirectory) -> str:
    words = ["mathreason-tui", "--resume", run.id]
    if run.path.parent != Path("runs").resolve():
        words += ["--runs", str(run.path.parent)]
    return shlex.join(words)


@contextmanager
def _interruptible() -> Iterator[list[int]]:
    """Signals to end are noted in the list that is yielded, and acted upon where the follower waits."""
    caught: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        caught.append(number)

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield caught
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _sleep(seconds: float, interrupted: list[int]) -> None:
    if interrupted:
        raise Interrupted
    time.sleep(seconds)
    if interrupted:
        raise Interrupted


def _stop_starting(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=STOP_STARTING_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
