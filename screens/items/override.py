"""A human's verdict on an item: the dialog that asks for it, and writing it off the event loop."""

from __future__ import annotations

from typing import ClassVar, NamedTuple

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen, Screen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from engine.compare.overrides import NOTE_LIMIT, VERDICTS, Override, write_override
from engine.errors import MathReasonError
from engine.printable import one_line
from engine.runs.directory import RunDirectory
from engine.runs.events import Item
from engine.words import UNKNOWN, VERDICT
from screens.items.text import run_name
from screens.messages import OverrideWritten
from screens.widgets.dialogs import error_dialog

TAKE_BACK = "take back"
KEYS = "n note first   r w u{t} keep at once\nenter keeps the marked   escape leave"


class HumanVerdict(NamedTuple):
    """What the user answered: a verdict, or None to take the earlier one back."""

    verdict: str | None
    note: str


class OverrideDialog(ModalScreen[HumanVerdict | None]):
    """Asks for a verdict and a note; answers None where the user leaves everything as it was."""

    HELP = """Your verdict on this item. It is kept beside the run (overrides.jsonl); the graders' verdict stays in its
row. **r** right, **w** wrong, **u** unparsed, **t** takes yours back: each is kept at once, with the note. **n** writes
the note, **enter** keeps the marked verdict, **escape** changes nothing."""
    DEFAULT_CSS = """
    OverrideDialog { align: center middle; background: $background 60%; }
    OverrideDialog > Vertical {
        width: 72; max-width: 95%; height: auto; max-height: 95%; border: round $primary; background: $surface;
    }
    OverrideDialog OptionList { height: auto; border: none; background: $surface; padding: 0; }
    OverrideDialog OptionList:focus { border: none; background-tint: $foreground 0%; }
    OverrideDialog Static { height: auto; padding: 0 1; color: $text-muted; }
    OverrideDialog #facts { color: $text; }
    OverrideDialog Input { height: 1; border: none; padding: 0 1; background: $panel; margin: 1 0; }
    OverrideDialog Input:focus { border: none; background: $primary 20%; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "keep('right')", "Right", id="override.right"),
        Binding("w", "keep('wrong')", "Wrong", id="override.wrong"),
        Binding("u", "keep('unparsed')", "Unparsed", id="override.unparsed"),
        Binding("t", "keep('take back')", "Take back", id="override.take_back"),
        Binding("n,tab", "note", "Note", id="override.note"),
        Binding("j", "move(1)", "Down", show=False, id="override.down"),
        Binding("k", "move(-1)", "Up", show=False, id="override.up"),
        Binding("escape", "leave", "Leave", id="override.leave", priority=True),
        Binding("q", "leave", "Leave", show=False, id="override.quit"),
    ]

    def __init__(self, sample: Item, number: int, override: Override | None, run: Content) -> None:
        super().__init__()
        self._sample, self._number, self._override, self._run = sample, number, override, run

    def compose(self) -> ComposeResult:
        override = self._override
        with Vertical() as box:
            box.border_title = f"your verdict on item {self._number}"
            yield Static(self._facts(), id="facts")
            yield OptionList(*(Option(self._prompt(name), id=name) for name in self._choices()), compact=True)
            note = override.note if override else ""
            yield Input(
                one_line(note), placeholder="note (optional)", id="note", compact=True, max_length=NOTE_LIMIT,
                select_on_focus=False,
            )  # fmt: skip
            yield Static(KEYS.format(t=" t" if override else ""), markup=False)

    def on_mount(self) -> None:
        choices = self.query_one(OptionList)
        chosen = self._override.verdict if self._override else self._sample.fact("verdict")
        choices.highlighted = VERDICTS.index(chosen) if chosen in VERDICTS else 0
        choices.focus()

    def _choices(self) -> tuple[str, ...]:
        return (*VERDICTS, TAKE_BACK) if self._override else VERDICTS

    def _facts(self) -> Content:
        sample = self._sample
        sign = VERDICT.get(sample.fact("verdict"), UNKNOWN)
        said = Content.styled(str(sign), f"${sign.color}")
        read = one_line(sample.fact("predicted"))[:60] or "nothing"
        gold = one_line(sample.fact("answer"))[:60] or "–"
        item = Content(f" · {one_line(sample.id)[:60]}\n")
        return self._run + item + Content(f"read {read} · gold {gold} · graders: ") + said

    def _prompt(self, name: str) -> Content:
        if name == TAKE_BACK:
            return Content("t  take back: the graders' verdict counts again")
        sign = VERDICT[name]
        yours = Content("  (yours now)") if self._override and self._override.verdict == name else Content("")
        return Content(f"{name[0]}  ") + Content.styled(f"{sign.glyph} {sign.word}", f"${sign.color}") + yours

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.action_keep(event.option.id or "")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.query_one(OptionList).focus()

    def action_keep(self, name: str) -> None:
        if name in self._choices():
            note = self.query_one(Input).value.strip()
            self.dismiss(HumanVerdict(None, "") if name == TAKE_BACK else HumanVerdict(name, note))

    def action_note(self) -> None:
        target = self.query_one(OptionList) if self.query_one(Input).has_focus else self.query_one(Input)
        target.focus()
        self.set_focus(target)  # at once, so that fast typing lands in it

    def action_move(self, rows: int) -> None:
        choices = self.query_one(OptionList)
        (choices.action_cursor_down if rows > 0 else choices.action_cursor_up)()

    def action_leave(self) -> None:
        self.dismiss(None)


class Overriding:
    """Belongs to a screen: asks for a verdict and writes it in a thread; OverrideWritten tells the application."""

    def __init__(self, owner: Screen[None]) -> None:
        self._owner = owner

    def ask(self, run: RunDirectory, sample: Item, number: int, override: Override | None, letter: str = "") -> None:
        """Ask about this item, whatever is shown by the time of the answer."""

        def answered(answer: HumanVerdict | None) -> None:
            if answer is not None:
                self._write(run, Override(sample.stage, sample.id, answer.verdict, answer.note))

        dialog = OverrideDialog(sample, number, override, run_name(run.id, letter))
        self._owner.app.push_screen(dialog, answered)

    def _write(self, run: RunDirectory, override: Override) -> None:
        def write() -> None:
            try:
                write_override(run, override)
            except MathReasonError as error:
                self._owner.app.call_from_thread(self._failed, error)
            else:
                self._owner.post_message(OverrideWritten())

        self._owner.run_worker(write, name="write override", group="override", thread=True, exit_on_error=False)

    def _failed(self, error: MathReasonError) -> None:
        self._owner.app.push_screen(error_dialog("Your verdict was not kept", error))
