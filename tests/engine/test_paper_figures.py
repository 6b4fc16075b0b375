"""What a journal asks of a figure: embedded TrueType, exact widths, legible type, no title, colours for all eyes."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import numpy as np
import pytest

from engine.evaluation.summary import accuracy_by, summarise
from engine.reports import captions, figures, heat_map
from engine.reports.chart_style import (
    NOT_RIGHT_COLOUR,
    QUADRANT_COLOURS,
    QUADRANT_MARKERS,
    RIGHT_COLOUR,
    chart_style,
)
from engine.reports.figures import SavedFigure, save_figures
from engine.rows.graded import GradedRow
from tests.row_table import make_row

pytestmark = pytest.mark.xdist_group("paper_figures")  # what the module makes is made once

POINTS_AN_INCH = 72
WIDTHS = {False: 3.3 * POINTS_AN_INCH, True: 6.8 * POINTS_AN_INCH}
PAGE = 7.6 * POINTS_AN_INCH  # what a caption leaves of a page

Drawn = tuple[Path, tuple[SavedFigure, ...]]


def rows_of_a_run() -> list[GradedRow]:
    return [
        make_row(
            i, ("right", "wrong", "right", "unparsed", "wrong")[i % 5], round((i * 7 % 24) / 24, 4),
            level=str(1 + i % 3), subject=("Algebra", "Mathématiques π")[i % 2], truncated=i % 8 == 3,
        )
        for i in range(24)
    ]  # fmt: skip


def chain(gold: int, student: int, words: int = 12) -> GradedRow:
    """A row of so many steps with a merge, a gap on each side and long texts."""
    cells = [[0.9 if i == j else 0.3 for j in range(student)] for i in range(gold)]
    path: list[list[object]] = [["match", i, i] for i in range(min(gold, student))]
    path += [["merge", gold - 1, j] for j in range(gold, min(student, gold + 1))]
    path += [["skip-gold", i, None] for i in range(student, gold)]
    path += [["skip-student", None, j] for j in range(gold + 1, student)]
    matrix = {"meaning": cells, "values": cells, "cell": cells}
    steps = ["so there are 12 apples " * (words // 5 + 1)] * max(gold, student)
    return make_row(gold_steps=steps[:gold], steps=steps[:student], matrix=matrix, path=path)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Drawn:
    directory, rows = tmp_path_factory.mktemp("figures"), rows_of_a_run()
    return directory, save_figures(directory, rows, summarise(rows), 1, lambda: None)


def pdf_objects(path: Path) -> list[bytes]:
    return re.findall(rb"\d+ 0 obj\n(.*?)\nendobj", path.read_bytes(), re.DOTALL)


def test_every_font_of_a_pdf_is_embedded_truetype(drawn: Drawn) -> None:
    directory, saved = drawn
    for figure in saved:
        objects = pdf_objects(directory / f"{figure.name}.pdf")
        fonts = [one for one in objects if re.search(rb"/Type /Font\b(?!D)", one)]
        kinds = {re.search(rb"/Subtype /(\w+)", font).group(1) for font in fonts}  # type: ignore[union-attr]  # always there
        assert kinds == {b"Type0", b"CIDFontType2"}, figure.name
        descriptors = [one for one in objects if b"/Type /FontDescriptor" in one]
        assert descriptors
        assert all(b"/FontFile2" in one for one in descriptors)


def test_pdfs_are_vectors_without_dates_of_exactly_one_or_two_columns(drawn: Drawn) -> None:
    directory, saved = drawn
    for figure in saved:
        whole = (directory / f"{figure.name}.pdf").read_bytes()
        assert b"/Subtype /Image" not in whole, figure.name
        assert b"Date" not in whole
        box = re.search(rb"/MediaBox \[ 0 0 ([\d.]+) ([\d.]+) \]", whole)
        assert box is not None
        assert float(box[1]) == pytest.approx(WIDTHS[figure.wide], abs=0.01)
        assert float(box[2]) <= PAGE


def all_figures() -> dict[str, object]:
    rows = rows_of_a_run()
    summary = summarise(rows)
    return {
        "quadrants": figures.quadrants(rows, summary),
        "scores": figures.score_histogram(rows, summary, 20),
        "divergences": figures.divergence_histogram(rows),
        "level": figures.accuracy_by_group(accuracy_by(rows, "level"), "level", summary),
        "heat map": heat_map.draw(chain(3, 5)),
        "long chain": heat_map.draw(chain(6, 40)),
    }


def test_no_figure_has_a_title_and_all_type_is_of_7_to_9_points() -> None:
    from matplotlib.figure import Figure
    from matplotlib.text import Text

    with chart_style():
        for name, figure in all_figures().items():
            assert isinstance(figure, Figure)
            assert not figure.get_suptitle()
            assert not any(axes.get_title(loc) for axes in figure.axes for loc in ("left", "center", "right"))
            main = figure.axes[0]
            assert main.get_xlabel(), name
            texts = [one for one in figure.findobj(Text) if isinstance(one, Text) and one.get_text()]
            sizes = {float(one.get_fontsize()) for one in texts}
            assert all(7 <= size <= 9 for size in sizes), (name, sizes)


@pytest.mark.parametrize(("gold", "student"), [(1, 1), (5, 9), (12, 15), (6, 40), (60, 60), (40, 3), (1, 60)])
def test_a_heat_map_of_any_size_fits_a_page_and_shows_its_path(gold: int, student: int) -> None:
    row = chain(gold, student, words=60)
    with chart_style():
        figure = heat_map.draw(row)
    assert figure.get_figwidth() == 6.8
    assert figure.get_figheight() * POINTS_AN_INCH <= PAGE
    for axes in figure.axes:
        box = axes.get_position()
        assert box.x0 >= 0
        assert box.y0 >= -1e-9
        assert box.x1 <= 1 + 1e-9
        assert box.y1 <= 1 + 1e-9
    frames = [patch for patch in figure.axes[0].patches if patch.get_edgecolor()[:3] == (1.0, 1.0, 1.0)]
    on_path = [move for move in row.path if move.kind in ("match", "merge")]
    assert len(frames) == len(on_path)
    dashed = [frame for frame in frames if frame.get_linestyle() != "solid" and frame.get_linestyle() != "-"]
    assert len(dashed) == sum(move.kind == "merge" for move in row.path)


def test_every_caption_says_n_and_every_share_has_its_interval(drawn: Drawn) -> None:
    for figure in drawn[1]:
        assert re.search(r"\bn = \d", figure.caption), figure.name
        shares = re.findall(r"\d+\.\d %(?! \[\d)", figure.caption)
        assert shares == [], figure.name
    by_name = {figure.name: figure.caption for figure in drawn[1]}
    assert "robust: 5, 20.8 % [9.2, 40.5]" in by_name["quadrants"]
    assert "Dashed: all items, 10, 41.7 % [24.5, 61.2]." in by_name["accuracy_by_level"]
    assert "dashed ones merged into a match" in captions.heat_map(chain(2, 3))


# Machado, Oliveira and Fernandes (2009), severity 1: how the colours of linear RGB are seen.
BLINDNESS = {
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "none": [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
}


def linear(colour: str) -> np.ndarray:
    encoded = np.array([int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)])
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


def lab(rgb: np.ndarray) -> np.ndarray:
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    relative = to_xyz @ np.clip(rgb, 0, 1) / np.array([0.9505, 1.0, 1.089])
    f = np.where(relative > 0.008856, np.cbrt(relative), 7.787 * relative + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("kind", BLINDNESS)
def test_colours_stay_apart_for_colour_blind_eyes_and_marks_repeat_them(kind: str) -> None:
    seen = {name: lab(np.array(BLINDNESS[kind]) @ linear(colour)) for name, colour in QUADRANT_COLOURS.items()}
    for (first, one), (second, other) in itertools.combinations(seen.items(), 2):
        assert np.linalg.norm(one - other) > 40, (kind, first, second)  # 2.3 is just noticeable
    grey = sorted(lab(linear(colour))[0] for colour in QUADRANT_COLOURS.values())
    assert min(after - before for before, after in itertools.pairwise(grey)) > 10
    assert len(set(QUADRANT_MARKERS.values())) == len(QUADRANT_COLOURS)


def test_a_grey_print_keeps_right_and_not_right_apart_and_the_map_in_order() -> None:
    import matplotlib

    assert lab(linear(NOT_RIGHT_COLOUR))[0] - lab(linear(RIGHT_COLOUR))[0] > 20
    ramp = [matplotlib.colormaps["cividis"](value / 20) for value in range(21)]
    light = [lab(linear(matplotlib.colors.to_hex(colour)))[0] for colour in ramp]
    assert all(after > before for before, after in itertools.pairwise(light))
    assert light[-1] - light[0] > 70
