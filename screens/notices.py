"""What a screen says instead of figures: no run is followed, nothing is there yet, or reading failed; and titles."""

from __future__ import annotations

from textual.content import Content
from textual.widget import Widget

from engine.errors import MathReasonError
from engine.runs.state import RunState
from engine.runs.status import ENDED, Status
from engine.words import STATUS, UNKNOWN
from screens.run.focus import measures


def no_run() -> Content:
    """Nothing is followed: which keys lead to a run."""
    runs, launch = "[bold]2[/] lists the runs: enter follows one", "[bold]1[/] starts one"
    return Content.from_markup(f"no run is followed\n\n{runs}\n{launch}")


def nothing_yet(state: RunState, status: Status) -> Content:
    """The run has no finished item: it is on its way, or it ended without one."""
    sign = STATUS.get(status, UNKNOWN)
    said = Content.from_markup(f"[${sign.color}]$sign[/]", sign=str(sign))
    if measures(state) and not state.items:
        return Content("this run measures figures and has no items: ") + said + Content("\n\n3 shows its table")
    if status in ENDED:
        reason = f"\n{state.finished.reason}" if state.finished and state.finished.reason else ""
        return Content("this run has no finished item: ") + said + Content(f"{reason}\n\n3 shows the run and its log")
    stage = state.current_stage
    doing = f"{stage.name}: {stage.note or stage.kind}" if stage else "the worker is starting"
    return Content("waiting for the first item: ") + said + Content(f"\n{doing}\n\n3 shows the run")


def failed(error: MathReasonError, keys: str) -> Content:
    """Reading failed: what, where, what to do, and the keys that help."""
    next_step = Content(f"\n\nnext: {error.next_step}" if error.next_step else "")
    return (
        Content.styled(f"✕ {error.message}", "$error") + next_step + Content.styled(f"\n\n{keys}", "$foreground-muted")
    )


def retitle(panel: Widget, title: str) -> None:
    """Give a panel its title. Textual paints the whole panel anew for each one, even for the same."""
    if panel.border_title != title:
        panel.border_title = title
