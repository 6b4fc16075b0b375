"""The columns of the list of runs, and its figures: what the graders say, and what a human makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from textual.content import Content

from engine.compare.overrides import count_words
from engine.compare.overviews import RunLine
from engine.statistics.wording import WHOLE_PERCENT, shown
from engine.words import OVERRIDDEN, STATUS, UNKNOWN
from screens.run.panels import joined, styled
from screens.widgets.virtual_table import TableColumn

MARK = TableColumn("mark", "", 1)
"""Stands first while a run is marked for a comparison."""
ACCURACY = TableColumn("accuracy", "accuracy", 14, align="right", rank=1)
HUMAN = TableColumn("human", f"{OVERRIDDEN.glyph} human", 14, align="right", rank=1)
"""Stands behind the accuracy where a human has overridden anything. Where it has no room, the arrow behind the
accuracy says that there is more, and the lines of the run what."""
APART = TableColumn("apart", "note, or what differs", 12, fraction=4, rank=3)
"""Stands there where runs have notes, or runs of one recipe differ in their settings."""
BEFORE = (
    TableColumn("started", "started", 11),
    TableColumn("status", "status", 12),
    TableColumn("recipe", "recipe", 10, fraction=2),
    TableColumn("preset", "preset", 8, fraction=1, rank=3),
    TableColumn("policy", "policy", 18, fraction=3, rank=4),
)
BEHIND = (
    TableColumn("done", "done", 13, align="right"),
    TableColumn("duration", "took", 8, align="right", rank=2),
    TableColumn("id", "run", 27, rank=5),
)


def columns_for(lines: Sequence[RunLine], *, marked: bool) -> tuple[TableColumn, ...]:
    """The columns that say what there is to say of these runs."""
    figures: tuple[TableColumn, ...] = (ACCURACY,)
    if any(line.overlay.overridden for line in lines):
        figures = (replace(ACCURACY, width=ACCURACY.width + 1), HUMAN)
    apart = (APART,) if any(line.note or line.apart for line in lines) else ()
    return (*((MARK,) if marked else ()), *BEFORE, *apart, *figures, *BEHIND)


def apart_words(line: RunLine) -> Content:
    """The note that a human keeps with the run, and the settings that tell it from others of its recipe."""
    parts = [Content.styled(line.note, "bold") if line.note else None, Content(line.apart) if line.apart else None]
    return Content(" · ").join([part for part in parts if part is not None])


def accuracy_cell(line: RunLine, column: TableColumn) -> Content:
    """The graders' figure, with an arrow where humans say something too."""
    mark = OVERRIDDEN.glyph if line.overlay.overridden else " " * (column.width - ACCURACY.width)
    return Content(shown(line.accuracy, WHOLE_PERCENT)) + Content.styled(mark, f"${OVERRIDDEN.color}")


def human_cell(line: RunLine) -> Content:
    """The accuracy with the humans' verdicts, or how many of the graders' they confirmed."""
    overlay = line.overlay
    told = shown(overlay.accuracy_with, WHOLE_PERCENT) if overlay.changed else count_words(0, overlay.confirmed)
    return Content.styled(told, f"${OVERRIDDEN.color}")


def human_words(line: RunLine) -> tuple[Content, Content]:
    """What humans overrode, in full, and what of that could not be read."""
    caution = f"! {line.overlay.caution}" if line.overlay.caution else ""
    return Content.styled(str(line.overlay), f"${OVERRIDDEN.color}"), Content.styled(caution, "$warning")


def about_lines(line: RunLine) -> list[Content]:
    """The run in full: what it is, what tells it apart, where it lies, why it ended and what humans say."""
    about = line.overview
    sign = STATUS.get(about.status, UNKNOWN)
    what = joined([styled(str(sign), f"${sign.color}"), f"stage {about.stage}" if about.stage else "", line.policy])
    reason = styled(line.reason or "", "$error" if about.status in ("failed", "crashed", "unreadable") else "")
    human, caution = human_words(line)
    place = caution if caution.plain else Content(str(line.run.path))  # the caution names a file of the run
    why, apart = joined([reason, human]), apart_words(line)
    if not apart.plain:
        return [what, place, why]
    return [what, apart, why, place] if why.plain else [what, apart, place]
