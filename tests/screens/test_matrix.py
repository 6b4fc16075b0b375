"""The heat map: shades without colour, the path in brackets, and a cursor that goes wherever steps are."""

from __future__ import annotations

import pytest
from textual.app import App, ComposeResult

from screens.items.matrix import MatrixData, MatrixMap, cell_text, shade
from tests.screens.conftest import screen_lines

SMALL = MatrixData(
    ((0.9, 0.1, 0.3, 0.0), (0.2, 0.4, 0.95, 0.1), (0.05, 0.0, 0.5, 1.0)), frozenset({(0, 0), (1, 2), (2, 3)}), flag=1
)


def wide(golds: int, students: int) -> MatrixData:
    values = tuple(tuple(0.5 for _ in range(students)) for _ in range(golds))
    return MatrixData(values, frozenset((n, n) for n in range(min(golds, students))))


class MatrixApp(App[None]):
    CSS = "MatrixMap { height: 1fr; }"

    def __init__(self, data: MatrixData) -> None:
        super().__init__()
        self._data = data
        self.cells: list[tuple[int, int]] = []

    def compose(self) -> ComposeResult:
        yield MatrixMap()

    def on_mount(self) -> None:
        self.matrix.show(self._data)
        self.matrix.focus()

    @property
    def matrix(self) -> MatrixMap:
        return self.query_one(MatrixMap)

    def on_matrix_map_cell_highlighted(self, event: MatrixMap.CellHighlighted) -> None:
        self.cells.append((event.gold, event.student))


async def test_it_shows_numbers_shades_path_and_flag() -> None:
    app = MatrixApp(SMALL)
    async with app.run_test(size=(40, 6)) as pilot:
        await pilot.pause()
        assert screen_lines(app)[:4] == [
            "       s1    s2⚑     s3     s4",
            " g1 ┃██.90┃   .10  ··.30    .00",
            " g2  ··.20  ░░.40 [██.95]   .10",
            " g3    .05    .00  ▒▒.50 [██1.0]",
        ]


@pytest.mark.parametrize(
    ("width", "plain", "path", "cursor"),
    [
        (2, "▓ ", "▓]", "▓▐"),
        (3, " ▓ ", "[▓]", "┃▓┃"),
        (4, " ▓▓ ", "[▓▓]", "┃▓▓┃"),
        (5, " .81 ", "[.81]", "┃.81┃"),
        (7, " ▓▓.81 ", "[▓▓.81]", "┃▓▓.81┃"),
    ],
)
def test_a_cell_uses_the_width_it_has(width: int, plain: str, path: str, cursor: str) -> None:
    assert cell_text(0.81, width, "", at_cursor=False) == plain
    assert cell_text(0.81, width, "[]", at_cursor=False) == path
    assert cell_text(0.81, width, "()", at_cursor=False) == path.replace("[", "(").replace("]", ")")
    assert cell_text(0.81, width, "[]", at_cursor=True) == cursor


def test_shades_rise_with_the_value_and_stay_in_range() -> None:
    assert [shade(value) for value in (-1.0, 0.0, 0.2, 0.4, 0.6, 0.8, 0.99, 1.0, 7.0)] == list("  ·░▒▓███")


@pytest.mark.parametrize(
    ("keys", "cell"),
    [
        ((), (0, 0)),
        (("l", "j"), (1, 1)),
        (("right", "down", "left", "up", "up"), (0, 0)),
        (("end", "j", "home"), (1, 0)),
        (("h", "k"), (0, 0)),
        (("right_square_bracket",), (1, 2)),
        (("right_square_bracket", "right_square_bracket", "right_square_bracket"), (2, 3)),
        (("end", "left_square_bracket"), (0, 0)),
    ],
)
async def test_keys_move_the_cell_inside_the_matrix(keys: tuple[str, ...], cell: tuple[int, int]) -> None:
    app = MatrixApp(SMALL)
    async with app.run_test(size=(40, 6)) as pilot:
        await pilot.press(*keys)
        await pilot.pause()
        assert app.matrix.cursor == cell
        assert app.cells[-1] == cell


async def test_a_click_chooses_the_cell_under_it_and_labels_are_none() -> None:
    app = MatrixApp(SMALL)
    async with app.run_test(size=(40, 6)) as pilot:
        await pilot.click(MatrixMap, offset=(app.matrix.label_width + 7 * 2 + 3, 2))
        assert app.matrix.cursor == (1, 2)
        await pilot.click(MatrixMap, offset=(1, 3))
        await pilot.click(MatrixMap, offset=(10, 0))
        assert app.matrix.cursor == (1, 2)


@pytest.mark.parametrize(("students", "width"), [(2, 7), (6, 5), (10, 3), (15, 2), (40, 3)])
async def test_cells_shrink_to_fit_and_then_scroll(students: int, width: int) -> None:
    app = MatrixApp(wide(3, students))
    async with app.run_test(size=(36, 8)) as pilot:
        await pilot.pause()
        assert app.matrix.cell_width == width
        assert (app.matrix.max_scroll_x > 0) == (students == 40)


async def test_the_cursor_is_scrolled_into_view_and_labels_stay() -> None:
    app = MatrixApp(wide(30, 40))
    async with app.run_test(size=(36, 8)) as pilot:
        await pilot.press("end", *["j"] * 20)
        await pilot.pause()
        lines = screen_lines(app)
        assert lines[0].strip().split()[-1].startswith("40"[:2])
        at_cursor = [line for line in lines if "┃" in line]
        assert len(at_cursor) == 1
        assert at_cursor[0].startswith(" g21")
        await pilot.press("home", *["k"] * 20)
        await pilot.pause()
        assert screen_lines(app)[1].startswith(" g1 ")


async def test_another_matrix_starts_at_its_path_and_an_empty_one_draws_nothing() -> None:
    app = MatrixApp(wide(30, 40))
    async with app.run_test(size=(36, 8)) as pilot:
        await pilot.press("end", "j")
        app.matrix.show(SMALL)
        await pilot.pause()
        assert app.matrix.cursor == (0, 0)
        app.cells.clear()
        app.matrix.show(MatrixData())
        await pilot.press("l", "j", "right_square_bracket")
        assert app.cells == []
        assert "".join(screen_lines(app)).strip() == ""


async def test_it_reads_the_same_without_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = []
    for no_color in (False, True):
        if no_color:
            monkeypatch.setenv("NO_COLOR", "1")
        app = MatrixApp(SMALL)
        async with app.run_test(size=(40, 6)) as pilot:
            await pilot.pause()
            shown.append(screen_lines(app))
    assert shown[0] == shown[1]


@pytest.mark.parametrize("theme", ["ansi-dark", "ansi-light", "textual-light"])
async def test_it_draws_in_every_kind_of_theme(theme: str) -> None:
    app = MatrixApp(SMALL)
    async with app.run_test(size=(40, 6)) as pilot:
        app.theme = theme
        await pilot.press("l")
        await pilot.pause()
        assert "┃" in screen_lines(app)[1]
