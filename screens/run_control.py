"""Cancel, resume and copy as every screen that shows runs offers them: asked, done in a thread, answered in words."""

from __future__ import annotations

import asyncio
import shlex
import threading

from textual import work
from textual.message import Message
from textual.screen import Screen

from engine.errors import Cancelled, MathReasonError
from engine.runs.cancel import ASK_FOR_S, TERM_FOR_S, Rung, cancel_run
from engine.runs.directory import RunDirectory, read_record
from engine.runs.notes import read_note, write_note
from engine.runs.state import RunState
from screens.messages import PrepareLaunch
from screens.note_dialog import NoteDialog
from screens.run_files import resume_run
from screens.widgets.dialogs import ConfirmDialog, TextDialog, error_dialog

REGRADE = "regrade"
"""The recipe that grades the answers of an earlier run again."""

RUNG_WORDS: dict[Rung, str] = {
    "not running": "it was not running",
    "request": f"asked to stop at a safe point; SIGTERM follows after {ASK_FOR_S:.0f} s",
    "SIGTERM": f"no answer: sent SIGTERM; SIGKILL follows after {TERM_FOR_S:.0f} s",
    "SIGKILL": "no answer: sent SIGKILL",
}


class RungClimbed(Message):
    """Cancelling `run` has come this far; "" when it is over."""

    def __init__(self, run: RunDirectory, words: str) -> None:
        super().__init__()
        self.run = run
        self.words = words


class NoteWritten(Message):
    """The note of a run is another one now."""


class Patience:
    """A sleep for threads that ends with Cancelled when the screen goes: leaving must not wait for a ladder."""

    def __init__(self) -> None:
        self._over = threading.Event()

    def sleep(self, seconds: float) -> None:
        if self._over.wait(seconds):
            raise Cancelled("the screen was closed")

    def end(self) -> None:
        self._over.set()


class RunControlScreen(Screen[None]):
    """A screen that can cancel and resume runs."""

    def __init__(self) -> None:
        super().__init__()
        self.patience = Patience()

    async def on_unmount(self) -> None:
        self.patience.end()

    @work(group="cancel")
    async def cancel(self, run: RunDirectory) -> None:
        """Ask the user, then climb the ladder; each rung is told as RungClimbed."""
        explanation = f"{run.id}\n\nFinished items are kept; the run can be resumed later."
        if not await self.app.push_screen_wait(ConfirmDialog("Cancel this run?", explanation, "cancel it", "go on")):
            return

        def tell(rung: Rung) -> None:
            self.post_message(RungClimbed(run, RUNG_WORDS[rung]))

        try:
            outcome = await asyncio.to_thread(cancel_run, run, on_rung=tell, sleep=self.patience.sleep)
        except Cancelled:
            return
        except (MathReasonError, OSError) as error:
            self.failed("The run was not cancelled", error)
        else:
            self.notify(str(outcome), title=run.id)
        self.post_message(RungClimbed(run, ""))

    @work(group="resume")
    async def resume(self, run: RunDirectory) -> None:
        """Start a worker that goes on where the run ended."""
        self.notify("starting a worker…", title=run.id, timeout=3)
        try:
            await asyncio.to_thread(resume_run, run, self.patience.sleep)
        except Cancelled:
            return
        except (MathReasonError, OSError) as error:
            self.failed("The run was not resumed", error)
        else:
            self.notify("goes on after its finished items", title=run.id)

    @work(group="copy", exclusive=True)
    async def copy_command(self, run: RunDirectory) -> None:
        """Copy the command line that would do the same."""
        record = await asyncio.to_thread(read_record, run)
        command = shlex.join(record.argv) if record and record.argv else ""
        self.app.copy_to_clipboard(command or f"mathreason-tui --batch {shlex.quote(str(run.recipe))}")

    @work(group="note")
    async def edit_note(self, run: RunDirectory) -> None:
        """Let the user write the note of the run; NoteWritten when it is kept."""
        note = await self.app.push_screen_wait(NoteDialog(run.id, await asyncio.to_thread(read_note, run)))
        if note is None:
            return
        try:
            await asyncio.to_thread(write_note, run, note)
        except (MathReasonError, OSError) as error:
            self.failed("The note was not kept", error)
        else:
            self.post_message(NoteWritten())

    def grade_anew(self, run: RunDirectory) -> None:
        """Show Launch with the recipe that grades the answers of this run again."""
        self.post_message(PrepareLaunch(REGRADE, {"run": run.id}))

    def show_files(self, run: RunDirectory, state: RunState) -> None:
        """What the run made, as paths to read and copy."""
        made = [(name, path) for stage in state.stages for name, path in stage.artifacts.items()]
        made += [("log", run.log.name), ("recipe", run.recipe.name)]
        longest = max(len(name) for name, _ in made)
        lines = [f"{name:<{longest}}  {path}" for name, path in made]
        self.app.push_screen(TextDialog("Files", "\n".join([f"in {run.path.resolve()}", "", *lines])))

    def failed(self, title: str, error: MathReasonError | OSError) -> None:
        """Show what went wrong, to read and to copy."""
        if not isinstance(error, MathReasonError):
            error = MathReasonError(f"{error.filename or ''}: {error.strerror or error}", "check the folder of runs")
        self.app.push_screen(error_dialog(title, error))
