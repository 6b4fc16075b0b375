"""Terminal renderings: aligned, never wider than asked, and safe whatever a model wrote."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from rich.cells import cell_len

from engine.reports.text import clip_start, heat_map_text, path_text, quadrant_text, results_table_text
from engine.rows.alignment import Move
from engine.rows.graded import GradedRow
from tests.row_table import make_row, unaligned_row

HOSTILE = make_row(3, "wrong", predicted="\x1b[2J\x07 42\n\x9b31m", id="数学の問題-3", answer="二十七" * 20)
NO_CELLS: dict[str, list[list[float]]] = {"meaning": [], "values": [], "cell": []}
SAMPLES = [row.to_item("evaluate", 0) for row in (make_row(0), HOSTILE, unaligned_row(5))]


def plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def test_a_heat_map_shows_cells_path_and_steps() -> None:
    assert heat_map_text(make_row(), 80) == "\n".join(
        [
            "item item-0 · ◆ robust · ✓ right (numeric)",
            "answer 27 · gold 27",
            "coverage 0.90, extra 0.33, order-free 0.90, published 0.80",
            "       s1   s2   s3",
            "  g1 ┃███┃ ···  ···",
            "  g2  ░░░  ░░░ ┃███┃",
            "cells   ··· <0.2  ░░░ <0.4  ▒▒▒ <0.6  ▓▓▓ <0.8  ███ to 1  ┃ ┃ on the path",
            "path    g1=s1 (s2 extra) g2=s3",
            "gold    g1 3 boxes hold 3 * 12 = 36 pencils.",
            "        g2 36 - 9 = 27 are left.",
            "student s1 There are 3 * 12 = 36.",
            "        s2 Pencils are useful.",
            "        s3 So 36 - 9 = 27.",
        ]
    )


def test_a_merged_step_is_on_the_path_of_the_map() -> None:
    merged = make_row(path=[["match", 0, 0], ["merge", 0, 1], ["match", 1, 2]])
    apart = make_row(path=[["match", 0, 0], ["skip-student", None, 1], ["match", 1, 2]])
    assert heat_map_text(merged).splitlines()[4].count("┃") == 4
    assert heat_map_text(apart).splitlines()[4].count("┃") == 2


def test_colour_only_repeats_what_the_glyphs_say() -> None:
    coloured = heat_map_text(make_row(), 80, colour=True)
    assert "\x1b[" in coloured
    assert [line.rstrip() for line in plain(coloured).splitlines()] == heat_map_text(make_row(), 80).splitlines()


def test_a_wide_matrix_is_broken_into_blocks_that_fit() -> None:
    steps = [f"step {j}" for j in range(30)]
    cells = [[0.5] * 30] * 2
    row = make_row(steps=steps, matrix={"meaning": cells, "values": cells, "cell": cells})
    shown = heat_map_text(row, 80)
    assert all(f"s{j + 1}" in shown for j in range(30))
    assert len(re.findall("^  g1 ", shown, re.MULTILINE)) == 2


@pytest.mark.parametrize("width", [20, 40, 80, 120, 200])
@pytest.mark.parametrize(
    "row",
    [
        make_row(),
        HOSTILE,
        unaligned_row(),
        make_row(steps=[], path=[], matrix=NO_CELLS),
    ],
)
def test_no_line_is_wider_than_the_terminal(row: GradedRow, width: int) -> None:
    shown = heat_map_text(row, width).splitlines() + results_table_text(SAMPLES, width).splitlines()
    assert max(map(cell_len, shown)) <= width


def test_no_control_character_of_a_model_reaches_the_terminal() -> None:
    shown = heat_map_text(HOSTILE, 100) + results_table_text(SAMPLES, 100)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", shown)


def test_columns_stand_below_each_other_with_wide_characters() -> None:
    lines = results_table_text(SAMPLES, 120).splitlines()
    header, _, first, wide, unaligned = lines

    def starts(line: str, word: str) -> int:
        return cell_len(line[: line.index(word)])

    assert starts(header, "verdict") == starts(first, "✓ right") == starts(wide, "✗ wrong")
    assert starts(header, "quadrant") == starts(wide, "▲ near miss") == starts(unaligned, "· not aligned")
    assert wide.endswith("step 2: value 45 not found")


def test_a_narrow_table_keeps_the_end_of_the_ids_and_the_verdicts() -> None:
    samples = [make_row(i, "wrong", id=f"gsm8k-platinum-test-{i:04d}").to_item("s", 0) for i in range(2)]
    lines = results_table_text(samples, 80).splitlines()
    assert lines[2].startswith("…")
    assert "0000 ✗ wrong" in lines[2]
    assert "step 2: value" in lines[2]


def test_the_table_of_no_items_is_its_header() -> None:
    assert results_table_text([], 80).splitlines()[0].startswith("id verdict predicted".replace(" ", "  "))


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ([], ""),
        ([["match", 0, 0], ["match", 0, 1], ["match", 1, 2]], "g1=s1+s2 g2=s3"),
        ([["match", 0, 0], ["match", 1, 0]], "g1+g2=s1"),
        ([["match", 0, 0], ["merge", 0, 1], ["match", 1, 2], ["merge", 2, 2]], "g1=s1+s2 g2+g3=s3"),
        ([["skip-student", None, j] for j in range(4)] + [["skip-gold", 0, None]], "(s1-s4 extra) (g1 missing)"),
        ([["match", 0, 0], ["match", 1, 1], ["match", 2, 2]], "g1=s1 g2=s2 g3=s3"),
    ],
)
def test_a_path_reads_as_words(path: list[list[Any]], text: str) -> None:
    assert path_text(replace(make_row(), path=tuple(Move(*move) for move in path))) == text


def test_quadrants_stand_with_count_share_and_bar() -> None:
    lines = quadrant_text({"robust": 3, "failure": 1}, unaligned=2).splitlines()
    assert lines[0].split() == ["◆", "robust", "3", "75", "%", "[30,", "95]", "█" * 15]
    assert lines[1].split() == ["▲", "near", "miss", "(Hallucination)", "0", "0", "%", "[0,", "49]"]
    assert lines[4].split()[:3] == ["·", "not", "aligned"]
    assert "–" in quadrant_text({})


def test_clip_start_keeps_the_end() -> None:
    assert [clip_start("gsm8k-12", width) for width in (8, 4, 1, 0)] == ["gsm8k-12", "…-12", "…", ""]
