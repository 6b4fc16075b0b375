"""The alignment matrix as a heat map: gold steps down, student steps across, the path in brackets, a cursor.

A match stands in square brackets, a pair that was merged into it in round ones.

Shade and colour say the same; cells wide enough print their number. Labels stay in view while the cells scroll.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style as RichStyle
from textual import events
from textual.binding import Binding, BindingType
from textual.color import Color
from textual.geometry import Size
from textual.message import Message
from textual.reactive import var
from textual.scroll_view import ScrollView
from textual.strip import Strip

SHADES = " ·░▒▓█"
"""From nothing alike to the same; readable without colour."""
MIN_CELL, MAX_CELL = 2, 7
"""Cells a matrix cell takes: from a shade with its mark to brackets, shade and number."""
ROOMY_CELL = 3
"""Cells where the matrix is wider than its space: brackets fit, and labels keep apart."""
NUMBER_FROM = 5
"""From this width on a cell prints its number."""
BACKGROUND_SHARE = 0.55
"""How far the background of a full cell goes towards the colour: the number on it stays readable."""
MATCHED, MERGED = "[]", "()"
"""What stands around a cell of the path."""


@dataclass(frozen=True, slots=True)
class MatrixData:
    """`values` are n gold rows of m student cells; `path` holds the matched (gold, student) pairs, `merged` those that
    were merged into one of them."""

    values: tuple[tuple[float, ...], ...] = ()
    path: frozenset[tuple[int, int]] = field(default_factory=frozenset)
    flag: int | None = None
    """The student step of the first divergence."""
    merged: frozenset[tuple[int, int]] = field(default_factory=frozenset)

    @property
    def size(self) -> tuple[int, int]:
        return len(self.values), len(self.values[0]) if self.values else 0

    @property
    def on_path(self) -> frozenset[tuple[int, int]]:
        """All pairs that the path ties, matched or merged."""
        return self.path | self.merged

    def brackets(self, cell: tuple[int, int]) -> str:
        """What marks the cell: [] a match, () a merged pair, nothing off the path."""
        return MATCHED if cell in self.path else MERGED if cell in self.merged else ""


def shade(value: float) -> str:
    """The sign of a similarity: values are shown from 0 to 1, what is below is as unlike as 0."""
    return SHADES[max(0, min(len(SHADES) - 1, int(value * len(SHADES))))]


def cell_text(value: float, width: int, brackets: str, at_cursor: bool) -> str:
    """A cell in exactly `width` characters. The cursor's bars win over the path's brackets."""
    sign = shade(value)
    left, right = ("┃", "┃") if at_cursor else (brackets[0], brackets[1]) if brackets else (" ", " ")
    if width <= 2:
        return sign + ("▐" if at_cursor else right)
    inner = width - 2
    if width < NUMBER_FROM:
        return left + sign * inner + right
    number = "1.0" if value >= 0.995 else f"{max(0.0, value):.2f}".removeprefix("0")
    return left + (sign * (inner - len(number)) + number) + right


class MatrixMap(ScrollView, can_focus=True, inherit_bindings=False):
    """Shows a MatrixData; `cursor` is (gold, student). Posts CellHighlighted when the user or `show` moves it."""

    HELP = "The matrix. **arrows** or **hjkl** move the cell, **[ ]** go along the path, **home/end** first and last."
    DEFAULT_CSS = """
    MatrixMap { height: auto; scrollbar-size: 1 1; }
    MatrixMap > .matrix--label { color: $text-muted; }
    MatrixMap > .matrix--label-cursor { color: $text; text-style: bold; }
    MatrixMap > .matrix--cell { color: $primary; }
    MatrixMap > .matrix--path { color: $success; text-style: bold; }
    MatrixMap > .matrix--cursor { color: $text; background: $secondary 40%; text-style: bold; }
    MatrixMap:focus > .matrix--cursor { background: $primary 60%; }
    MatrixMap:focus > .matrix--label-cursor { color: $primary; }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "matrix--label", "matrix--label-cursor", "matrix--cell", "matrix--path", "matrix--cursor",
    }  # fmt: skip
    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1, 0)", "Gold step up", show=False, id="matrix.up"),
        Binding("down,j", "move(1, 0)", "Gold step down", show=False, id="matrix.down"),
        Binding("left,h", "move(0, -1)", "Student step left", show=False, id="matrix.left"),
        Binding("right,l", "move(0, 1)", "Student step right", show=False, id="matrix.right"),
        Binding("home", "edge(-1)", "First student step", show=False, id="matrix.first"),
        Binding("end", "edge(1)", "Last student step", show=False, id="matrix.last"),
        Binding("left_square_bracket", "along(-1)", "Back along the path", show=False, id="matrix.path_back"),
        Binding("right_square_bracket", "along(1)", "On along the path", show=False, id="matrix.path_on"),
    ]

    cursor: var[tuple[int, int]] = var((0, 0), init=False)

    class CellHighlighted(Message):
        """The cursor stands on the cell of these two steps (0-based)."""

        def __init__(self, matrix: MatrixMap, gold: int, student: int) -> None:
            super().__init__()
            self.matrix = matrix
            self.gold = gold
            self.student = student

        @property
        def control(self) -> MatrixMap:
            return self.matrix

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, MatrixMap.CellHighlighted) and message.matrix is self.matrix

    def __init__(self, data: MatrixData | None = None, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.data = data or MatrixData()

    # -- what the owner says

    def show(self, data: MatrixData, cursor: tuple[int, int] | None = None) -> None:
        """Show another matrix; the cursor goes to `cursor`, else to the first cell of the path."""
        self.data = data
        first = min(data.on_path, default=(0, 0))
        self._measure()
        self.scroll_to(0, 0, animate=False, immediate=True)
        self.set_reactive(MatrixMap.cursor, self.validate_cursor(first if cursor is None else cursor))
        self._reveal()
        self.refresh(layout=True)
        self._tell()

    @property
    def label_width(self) -> int:
        return len(f"g{self.data.size[0]}") + 2

    @property
    def cell_width(self) -> int:
        """As wide as the space allows, in its limits; beyond them the cells scroll."""
        room, students = self._inner_width() - self.label_width, max(1, self.data.size[1])
        if room < MIN_CELL * students:
            return ROOMY_CELL  # it scrolls anyway, so it may as well be read easily
        return max(MIN_CELL, min(MAX_CELL, room // students))

    def _inner_width(self) -> int:
        return self.scrollable_content_region.width or self.size.width

    # -- cursor

    def validate_cursor(self, cursor: tuple[int, int]) -> tuple[int, int]:
        golds, students = self.data.size
        return max(0, min(golds - 1, cursor[0])), max(0, min(students - 1, cursor[1]))

    def watch_cursor(self) -> None:
        self._reveal()
        self.refresh()
        self._tell()

    def _tell(self) -> None:
        if self.data.values:
            self.post_message(self.CellHighlighted(self, *self.cursor))

    def action_move(self, golds: int, students: int) -> None:
        self.cursor = (self.cursor[0] + golds, self.cursor[1] + students)

    def action_edge(self, direction: int) -> None:
        self.cursor = (self.cursor[0], 0 if direction < 0 else self.data.size[1] - 1)

    def action_along(self, direction: int) -> None:
        """To the next matched pair in reading order."""
        cells = sorted(self.data.on_path)
        ahead = [c for c in cells if (c > self.cursor if direction > 0 else c < self.cursor)]
        if ahead:
            self.cursor = ahead[0] if direction > 0 else ahead[-1]

    def on_click(self, event: events.Click) -> None:
        gold = event.y - 1 + round(self.scroll_y)
        student = (event.x - self.label_width + round(self.scroll_x)) // self.cell_width
        golds, students = self.data.size
        if event.y >= 1 and event.x >= self.label_width and gold < golds and student < students:
            event.stop()
            self.cursor = (gold, student)

    # -- drawing

    def on_resize(self, event: events.Resize) -> None:
        self._measure()
        self._reveal()

    def _measure(self) -> None:
        golds, students = self.data.size
        self.virtual_size = Size(self.label_width + students * self.cell_width, golds + 1)

    def _reveal(self) -> None:
        """Scroll as little as brings the cursor's cell into view."""
        gold, student = self.cursor
        region, width = self.scrollable_content_region, self.cell_width
        x, y = round(self.scroll_x), round(self.scroll_y)
        left, right = student * width, (student + 1) * width - max(width, region.width - self.label_width)
        top, bottom = gold, gold + 1 - max(1, region.height - 1)
        x = left if x > left else right if x < right else x
        y = top if y > top else bottom if y < bottom else y
        if (x, y) != (round(self.scroll_x), round(self.scroll_y)):
            self.scroll_to(max(0, x), max(0, y), animate=False, immediate=True)

    def render_line(self, y: int) -> Strip:
        region, base = self.scrollable_content_region, self.visual_style.rich_style
        gold = y - 1 + round(self.scroll_y)
        golds, _ = self.data.size
        if (y > 0 and gold >= golds) or not golds:
            return Strip.blank(region.width, base)
        if y == 0:
            label, cells = Segment("".ljust(self.label_width), base), self._header()
        else:
            label, cells = self._gold_label(gold), self._cells(gold)
        x = round(self.scroll_x)
        strip = Strip(cells).crop(x, x + max(0, region.width - self.label_width))
        return Strip([label, *strip]).adjust_cell_length(region.width, base)

    def _gold_label(self, gold: int) -> Segment:
        part = "matrix--label-cursor" if gold == self.cursor[0] else "matrix--label"
        return Segment(f" g{gold + 1}".ljust(self.label_width), self.get_component_rich_style(part))

    def _header(self) -> list[Segment]:
        width = self.cell_width
        segments = []
        for student in range(self.data.size[1]):
            text = f"s{student + 1}" + ("⚑" if student == self.data.flag and width > 3 else "")
            text = text if len(text) < width else str(student + 1)
            at_cursor = student == self.cursor[1]
            if width == MIN_CELL and student % 2 and not at_cursor:
                text = ""  # every other label, so that they keep apart
            part = "matrix--label-cursor" if at_cursor else "matrix--label"
            segments.append(Segment(text[-width:].center(width), self.get_component_rich_style(part)))
        return segments

    def _cells(self, gold: int) -> list[Segment]:
        width = self.cell_width
        return [
            Segment(
                cell_text(value, width, self.data.brackets((gold, student)), (gold, student) == self.cursor),
                self._style(value, (gold, student)),
            )
            for student, value in enumerate(self.data.values[gold])
        ]

    def _style(self, value: float, cell: tuple[int, int]) -> RichStyle:
        if cell == self.cursor:
            return self.get_component_rich_style("matrix--cursor")
        part = self.get_component_styles("matrix--path" if self.data.brackets(cell) else "matrix--cell")
        _, ground = self.background_colors
        ink = part.color
        if ink.ansi is not None or ground.ansi is not None:  # the terminal's own colours cannot be mixed
            return self.get_component_rich_style("matrix--path" if self.data.brackets(cell) else "matrix--cell")
        share = max(0.0, min(1.0, value))
        back = ground.blend(ink, share * BACKGROUND_SHARE)
        text = back.get_contrast_text(0.9) if self.cell_width >= NUMBER_FROM else ground.blend(ink, 0.4 + 0.6 * share)
        bold = bool(self.data.brackets(cell))
        return RichStyle(color=_rich(back.blend(text, text.a)), bgcolor=_rich(back), bold=bold)


def _rich(color: Color) -> str:
    return color.with_alpha(1.0).hex
