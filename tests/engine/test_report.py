"""The report: complete, repeatable to the byte, whole or not at all, and right about any set of rows."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.errors import Cancelled, RunFailed
from engine.evaluation.summary import summarise
from engine.reports import chart_style, folder, latex, markdown
from engine.reports.folder import ReportPaths, summary_csv, write_report
from engine.reports.material import gather
from engine.reports.selection import heat_map_rows, most_instructive
from engine.rows.graded import GradedRow
from tests.row_table import make_row, unaligned_row

pytestmark = pytest.mark.xdist_group("report")  # what the module makes is made once

HOSTILE = "<script> | ![x](http://e.vil/y.png) $x_1^2$ `rm` **b** # h \\ % & ~ {z}"


def some_rows(count: int = 24) -> list[GradedRow]:
    verdicts = ("right", "wrong", "right", "unparsed", "wrong")
    return [
        make_row(
            i, verdicts[i % 5], round((i * 7 % 24) / 24, 4),
            level=str(1 + i % 3), subject=("Algebra", HOSTILE)[i % 2], truncated=i % 8 == 3,
        )
        for i in range(count)
    ]  # fmt: skip


def write(directory: Path, rows: list[GradedRow], command: str = "mathreason-tui", **options: Any) -> ReportPaths:
    options = {"heat_maps": 1} | options
    material = gather("Eggs & pencils", {"policy": "embedded:toy", "seed": "42"}, rows, command)
    return write_report(directory, material, **options)


def contents(directory: Path) -> dict[str, bytes]:
    return {str(p.relative_to(directory)): p.read_bytes() for p in directory.rglob("*") if p.is_file()}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> ReportPaths:
    """One report over 24 mixed rows, given in an order that is not that of the problems."""
    directory = tmp_path_factory.mktemp("whole") / "report"
    return write(directory, list(reversed(some_rows())), heat_maps=5, command="mathreason-tui --batch demo")


def test_every_promised_file_is_there(whole: ReportPaths) -> None:
    names = {
        "quadrants", "scores", "divergences", "accuracy_by_level", "accuracy_by_subject", "heat_map_01_robust",
        "heat_map_02_near-miss", "heat_map_03_lucky-guess", "heat_map_04_failure", "heat_map_05_robust",
    }  # fmt: skip
    expected = {"realign_benchmark_results.jsonl", "summary.csv", "report.md", "report.tex", "table.tex"}
    expected |= {f"figures/{name}.{kind}" for name in names for kind in ("png", "pdf")}
    assert contents(whole.directory).keys() == expected
    assert {path.stem for path in whole.figures} == names
    assert whole.relative()["figure:quadrants"] == "figures/quadrants.png"
    assert all((whole.directory / path).is_file() for path in whole.relative().values())


def test_the_rows_are_written_whole_in_the_order_of_the_problems(whole: ReportPaths) -> None:
    lines = whole.results.read_text(encoding="utf-8").splitlines()
    assert [json.loads(line) for line in lines] == [row.to_json() for row in some_rows()]


def test_figures_are_images_and_pdfs_with_embedded_truetype_fonts(whole: ReportPaths) -> None:
    for path in whole.figures:
        assert path.read_bytes().startswith(b"\x89PNG")
        pdf = path.with_suffix(".pdf").read_bytes()
        assert pdf.startswith(b"%PDF")
        assert b"/Type3" not in pdf
        assert b"/CIDFontType2" in pdf


def test_the_csv_holds_the_summary(whole: ReportPaths) -> None:
    lines = list(csv.DictReader(io.StringIO(whole.summary.read_text(encoding="utf-8"))))
    assert tuple(lines[0]) == folder.CSV_COLUMNS
    found = {(line["metric"], line["group"]): line for line in lines}
    assert len(found) == len(lines)
    summary = summarise(some_rows())
    accuracy = found["accuracy", "all"]
    assert float(accuracy["value"]) == pytest.approx(summary.accuracy.value)
    assert float(accuracy["low"]) == pytest.approx(summary.accuracy.low)
    assert accuracy["n"] == "24"
    outcomes = ["outcome_right", "outcome_wrong", "outcome_unparsed", "outcome_truncated"]
    assert sum(int(found[name, "all"]["value"]) for name in outcomes) == 24
    for name in outcomes:
        part = found[name.replace("outcome", "share"), "all"]
        assert float(part["low"]) <= float(part["value"]) <= float(part["high"])
    quadrants = [found[f"share_{name}", "all"] for name in ("robust", "near-miss", "lucky-guess", "failure")]
    assert sum(float(part["value"]) for part in quadrants) == pytest.approx(1.0)
    assert all(part["low"] and part["high"] for part in quadrants)
    assert (found["pearson_published", "all"]["value"], found["pearson_published", "all"]["note"]) == (
        "", "the score is the same for every item",
    )  # fmt: skip
    assert found["accuracy", "level=3"]["n"] == "8"
    assert found["accuracy", f"subject={HOSTILE}"]["n"] == "12"


def test_the_page_embeds_every_figure_and_shows_each_quadrant(whole: ReportPaths) -> None:
    page = whole.markdown.read_text(encoding="utf-8")
    embedded = re.findall(r"!\[[^\n]*?\]\((figures/[^)]+)\)", page)
    assert set(embedded) == {f"figures/{path.name}" for path in whole.figures}
    for heading in ("### ◆ robust", "### ▲ near miss (Hallucination)", "### ○ lucky guess", "### ✕ failure"):
        assert heading in page
    assert "None in this run." not in page
    assert "mathreason-tui --batch demo" in page
    assert "| version: model | toy |" in page
    assert "**10 of 24 right: 41.7 % [24.5, 61.2]**" in page
    assert "| g1 3 boxes hold 3 \\* 12 = 36 pencils. | s1 There are 3 \\* 12 = 36. |" in page


def test_foreign_text_means_nothing_to_markdown(whole: ReportPaths) -> None:
    page = whole.markdown.read_text(encoding="utf-8")
    assert "<script" not in page
    assert "http://" not in page
    assert not re.search(r"(?<!\\)`rm", page)
    tables: list[list[str]] = [[]]
    for line in page.splitlines():
        if line.startswith("|"):
            tables[-1].append(line)
        elif tables[-1]:
            tables.append([])
    for table in filter(None, tables):
        columns = {len(re.findall(r"(?<!\\)\|", line)) for line in table}
        assert len(columns) == 1, table


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("1. first", "1\\. first"),
        ("- item", "\\- item"),
        ("# not a heading", "\\# not a heading"),
        ("a\nb\tc\x1b[31m", "a b c\\[31m"),
        ("x" * 500, "x" * 399 + "…"),
    ],
)
def test_markdown_escaping(text: str, escaped: str) -> None:
    assert markdown.escape(text) == escaped


def test_latex_escapes_every_special_character(whole: ReportPaths) -> None:
    table = whole.latex.read_text(encoding="utf-8")
    assert r"Eggs \& pencils" in table
    body = table[table.index(r"\begin{tabular}") : table.index(r"\end{tabular}")]
    cells = {len(re.findall(r"(?<!\\)&", line)) for line in body.splitlines() if line.endswith(r"\\")}
    assert cells == {0, 6}  # headings of blocks and lines of 7 columns
    assert not re.search(r"(?<!\\)[%$#]", body.replace("$n$", ""))
    assert table.count("{") - table.count(r"\{") == table.count("}") - table.count(r"\}")
    assert latex.escape("50% of $5_000 ^~\\{}") == (
        r"50\% of \ensuremath{\mathdollar}5\_000 \textasciicircum{}\textasciitilde{}\textbackslash{}\{\}"
    )


def test_writing_again_gives_the_same_bytes(tmp_path: Path) -> None:
    rows = [make_row(0), make_row(1, "wrong", 0.2)]
    write(tmp_path, rows)
    first = contents(tmp_path)
    write(tmp_path, rows)
    assert contents(tmp_path) == first


def test_leftovers_of_other_settings_go_and_foreign_files_stay(tmp_path: Path) -> None:
    figures = tmp_path / "figures"
    figures.mkdir()
    for name in (
        "heat_map_07_failure.png",
        "heat_map_07_failure.pdf",
        "accuracy_by_level.png",
        "mine.png",
        "scores.txt",
    ):
        (figures / name).write_text("old")
    write(tmp_path, [make_row()], heat_maps=0)
    left = {path.name for path in figures.iterdir()}
    assert {"mine.png", "scores.txt", "scores.png"} <= left
    assert not left & {"heat_map_07_failure.png", "heat_map_07_failure.pdf", "accuracy_by_level.png"}


EDGES: Mapping[str, list[GradedRow]] = {
    "one right": [make_row()],
    "none right": [make_row(i, "wrong", i / 5) for i in range(5)],
    "all unparsed": [make_row(i, "unparsed", 0.2, truncated=True) for i in range(3)],
    "no gold solutions": [unaligned_row(i) for i in range(3)],
    "some gold solutions": [unaligned_row(0), make_row(1, level="2")],
    "no steps": [
        make_row(0, "unparsed", 0.0, steps=[], path=[["skip-gold", 0, None], ["skip-gold", 1, None]],
                 matrix={"meaning": [[], []], "values": [[], []], "cell": [[], []]},
                 first_divergence={"student": None, "gold": 0, "reason": "no steps"})
    ],
    "formulas and wide characters": [
        make_row(id="数 $\\frac{", question=HOSTILE, level=r"$\alpha", steps=[HOSTILE] * 3)
    ],
}  # fmt: skip


@pytest.mark.parametrize("case", EDGES)
def test_any_rows_make_a_report(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chart_style, "FORMATS", ("png",))  # half the time; the PDFs are tested above
    rows = EDGES[case]
    paths = write(tmp_path, rows)
    page = paths.markdown.read_text(encoding="utf-8")
    assert f"of {len(rows)} right" in page
    assert "nan" not in paths.summary.read_text(encoding="utf-8").lower()
    assert all(path.stat().st_size > 1000 for path in paths.figures)


def test_without_figures_none_are_drawn_and_none_are_linked(tmp_path: Path) -> None:
    paths = write(tmp_path, some_rows(6), figures=False)
    assert paths.figures == ()
    assert list((tmp_path / "figures").iterdir()) == []
    assert "![" not in paths.markdown.read_text(encoding="utf-8")


def test_no_rows_is_a_failure_with_a_next_step(tmp_path: Path) -> None:
    with pytest.raises(RunFailed, match="no finished item") as caught:
        write(tmp_path, [])
    assert caught.value.next_step


def test_a_cancelled_report_leaves_the_old_files_whole(tmp_path: Path) -> None:
    write(tmp_path, some_rows(6), figures=False)
    before = contents(tmp_path)

    def cancel() -> None:
        raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        write(tmp_path, some_rows(9), checkpoint=cancel)
    assert contents(tmp_path) == before


def test_a_figure_that_fails_half_way_leaves_no_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from matplotlib.figure import Figure

    write(tmp_path, [make_row()], heat_maps=0)
    before = contents(tmp_path / "figures")

    def torn(self: Figure, path: Path, **options: Any) -> None:
        path.write_bytes(b"\x89PNG half")
        raise OSError(5, "input/output error")

    monkeypatch.setattr(Figure, "savefig", torn)
    with pytest.raises(OSError, match="input/output"):
        write(tmp_path, [make_row()], heat_maps=0)
    assert contents(tmp_path / "figures") == before


def test_the_report_asks_for_leave_to_go_on_while_it_works(tmp_path: Path) -> None:
    asked: list[int] = []
    rows = [make_row(i, ("right", "wrong")[i % 2], i % 10 / 10) for i in range(1000)]
    write(tmp_path, rows, figures=False, checkpoint=lambda: asked.append(1))
    assert len(asked) == 5


def test_the_style_of_the_figures_stays_theirs(whole: ReportPaths) -> None:
    import matplotlib

    assert matplotlib.rcParams["pdf.fonttype"] == 3
    assert matplotlib.rcParams["text.parse_math"] is True


def test_the_examples_are_the_telling_ones() -> None:
    rows = [
        make_row(0, "wrong", 0.7), make_row(1, "wrong", 0.9), make_row(2, "wrong", 0.95, truncated=True),
        make_row(3, "right", 0.4), make_row(4, "right", 0.1), unaligned_row(5),
        make_row(6, "wrong", 0.4, first_divergence={"student": 0, "gold": 0, "reason": ""}),
        make_row(7, "wrong", 0.2, first_divergence={"student": 1, "gold": 1, "reason": ""}),
    ]  # fmt: skip
    chosen = {name: row.index for name, row in most_instructive(rows).items()}
    assert chosen == {"near-miss": 1, "lucky-guess": 4, "failure": 7}
    assert [row.index for row in heat_map_rows(rows, 5)] == [1, 4, 7, 0, 3]
    assert heat_map_rows(rows, 0) == []
    assert len(heat_map_rows(rows, 99)) == 7


def test_five_thousand_rows_are_summarised_into_the_same_small_files(tmp_path: Path) -> None:
    rows = [replace(row, index=i, id=f"x{i}") for i, row in enumerate(some_rows(50) * 100)]
    paths = write(tmp_path, rows, figures=False)
    assert paths.results.read_bytes().count(b"\n") == 5000
    assert paths.markdown.stat().st_size < 30_000
    assert "accuracy,all,0.4,0.386" in summary_csv(summarise(rows))
