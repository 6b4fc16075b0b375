"""report.tex and table.tex: plain ASCII, nothing of the data is a command, and a TeX that is there compiles them."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from engine.reports import latex
from engine.reports.folder import write_report
from engine.reports.material import gather
from engine.rows.graded import GradedRow
from tests.cost import STUCK_S
from tests.row_table import make_row, unaligned_row

pytestmark = pytest.mark.xdist_group("latex_report")  # what the module makes is made once

HOSTILE = (
    "<a> | ![x](y) $x_1^2$ `rm` # \\ % & ~ {z} \\input{/etc/passwd} \\end{document} ^^41 -- --- '' ,, [o] \"q\" ?` "
    "é ż ą Å ĳ 数学 π Ω ς ½ ² √ ∈ £5 🙂 \u200b\x00\x07\x1b[31m\u202e"
)
COMMAND = "mathreason-tui --batch 'my recipe.toml' --set seed=7"

TEX = next((path for name in ("pdflatex", "lualatex", "xelatex") if (path := shutil.which(name))), None)
needs_tex = pytest.mark.skipif(TEX is None, reason="no pdflatex, lualatex or xelatex on this machine")


def hostile_rows() -> list[GradedRow]:
    return [
        make_row(
            i, ("right", "wrong", "unparsed")[i % 3], i / 10, id=f"{HOSTILE}{i}", question=HOSTILE + "W" * 3000,
            predicted=HOSTILE, answer=HOSTILE, rule=HOSTILE, level=HOSTILE, subject=("x" * 500, HOSTILE)[i % 2],
            gold_steps=["", "\\" * 80], steps=[HOSTILE, "", HOSTILE * 9], truncated=i % 4 == 0,
            first_divergence={"student": 0, "gold": 0, "reason": HOSTILE},
        )
        for i in range(9)
    ]  # fmt: skip


def several_samples() -> list[GradedRow]:
    """Two samples of each of four problems, and a judge that turned one verdict."""
    sampled = [make_row(i, ("right", "wrong")[i % 3 == 0], symbolic="wrong", judge="right") for i in range(8)]
    return [replace(row, problem=f"p_{i // 2}", sample=i % 2, answer_class=0) for i, row in enumerate(sampled)]


def compiled(folder: Path, name: str) -> tuple[int, str]:
    """Exit code and log of the TeX on this machine, without a shell and without questions."""
    assert TEX is not None
    asked = [TEX, "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", name]
    done = subprocess.run(asked, cwd=folder, capture_output=True, timeout=STUCK_S, check=False)
    return done.returncode, done.stdout.decode("latin-1")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile")
    settings = {HOSTILE: HOSTILE, "path": "/a" * 400, "empty": ""}
    write_report(folder, gather(HOSTILE, settings, hostile_rows(), COMMAND), heat_maps=1)
    return folder


@needs_tex
def test_the_report_compiles_whatever_the_data_says(hostile: Path) -> None:
    code, log = compiled(hostile, "report.tex")
    assert code == 0, log[-2000:]
    assert "Missing character" not in log
    wide = [float(points) for points in re.findall(r"Overfull \\hbox \(([\d.]+)pt", log)]
    assert all(points < 36 for points in wide)  # half an inch into the margin, for 3,000 letters without a blank
    pages = re.search(r"Output written on \w+\.pdf \((\d+) pages", log)
    assert pages is not None
    assert int(pages[1]) > 3


@needs_tex
@pytest.mark.parametrize("packages", ["", r"\usepackage{booktabs}"])
def test_the_table_compiles_by_itself(hostile: Path, packages: str) -> None:
    name = f"alone{len(packages)}.tex"
    (hostile / name).write_text(
        rf"\documentclass{{article}}{packages}\begin{{document}}\input{{table.tex}}\end{{document}}"
    )
    code, log = compiled(hostile, name)
    assert code == 0, log[-2000:]


@needs_tex
@pytest.mark.parametrize("case", ["no gold solution", "one item", "every answer right", "several samples and a judge"])
def test_a_report_without_some_figures_compiles(case: str, tmp_path: Path) -> None:
    rows = {
        "no gold solution": [unaligned_row(i) for i in range(3)],
        "one item": [make_row()],
        "every answer right": [make_row(i, level="2") for i in range(4)],
        "several samples and a judge": several_samples(),
    }[case]
    write_report(tmp_path, gather("Plain", {}, rows, COMMAND), figures=False)
    code, log = compiled(tmp_path, "report.tex")
    assert code == 0, log[-2000:]


def test_the_document_states_settings_versions_intervals_and_command(tmp_path: Path) -> None:
    rows = [make_row(i, ("right", "wrong")[i % 2], i / 10) for i in range(8)]
    write_report(tmp_path, gather("Eggs & pencils", {"seed": "42"}, rows, COMMAND), figures=False)
    page = (tmp_path / "report.tex").read_text(encoding="utf-8")
    assert r"\title{Eggs \& pencils}" in page
    assert r"seed & 42 \\" in page
    assert r"version: model & toy \\" in page
    assert r"4 of 8 right: 50.0 {[21.5, 78.5]}\,\%" in page
    assert "mathreason-tui -{}-batch 'my recipe.toml'" in page
    assert "among this run's items" in page
    assert r"robust & 1 & 12.5 {[2.2, 47.1]} \\" in page
    assert r"\input{table.tex}" in page
    assert "includegraphics" not in page


def test_samples_and_the_judge_are_reported_as_in_the_other_files(tmp_path: Path) -> None:
    write_report(tmp_path, gather("Samples", {}, several_samples(), COMMAND), figures=False)
    page = (tmp_path / "report.tex").read_text(encoding="utf-8")
    assert r"pass@2 100.0 {[51.0, 100.0]}\,\%" in page
    assert "2 samples of each of 4 problems" in page
    assert "it changed 5 verdicts (wrong to right 5)" in page
    assert "The samples of a problem go together" in page


def test_every_figure_stands_in_the_document_with_its_caption(hostile: Path) -> None:
    page = (hostile / "report.tex").read_text(encoding="utf-8")
    included = set(re.findall(r"\\includegraphics\{(figures/[^}]+\.pdf)\}", page))
    assert included == {f"figures/{path.name}" for path in (hostile / "figures").glob("*.pdf")}
    assert page.count(r"\caption{") == len(included)


def test_the_files_are_ascii_and_nothing_of_the_data_is_a_command(hostile: Path) -> None:
    for name in ("report.tex", "table.tex"):
        text = (hostile / name).read_text(encoding="utf-8")
        assert text.isascii()
        assert text.count(r"\end{document}") == (name == "report.tex")
        assert r"\input{/etc" not in text
        assert "^^" not in text
        assert "\x1b" not in text


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("$5 -- 'a' ''", r"\ensuremath{\mathdollar}5 -{}- 'a' '{}'"),
        ("é ï ą", r"\'{e} \" {\i} \unicodecharacter{0105}".replace('" ', '"')),
        ("α Ω ς λ", r"\ensuremath{\alpha} \ensuremath{\Omega} \ensuremath{\varsigma} \ensuremath{\lambda}"),
        ("3² × ½", r"3\ensuremath{^{2}} \ensuremath{\times} \ensuremath{\frac{1}{2}}"),
        ("数", r"\unicodecharacter{6570}"),
        ("a\x00\x1b\u202eb\n c", "ab c"),
        ("[1]", "{[}1{]}"),
        ("x" * 22, "x" * 18 + r"\allowbreak{}xx\allowbreak{}xx"),
    ],
)
def test_foreign_text_for_tex(text: str, escaped: str) -> None:
    assert latex.escape(text) == escaped


def test_a_long_name_is_clipped_before_it_is_escaped() -> None:
    assert latex.clipped("%" * 60) == r"\%" * 18 + r"\allowbreak{}" + r"\allowbreak{}".join(
        [r"\%\%"] * 5 + [r"\%\ldots{}"]
    )
