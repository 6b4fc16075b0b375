"""report.tex: the report as a LaTeX article that includes table.tex and the PDF figures beside it.

Compiles in its folder with pdfLaTeX, XeLaTeX or LuaLaTeX of a basic TeX Live. All text of data goes through
`latex.escape`; figures stand at their natural size, one or two columns wide.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from engine.evaluation.changes import headline, regrade_diff
from engine.evaluation.judging import flips_text
from engine.evaluation.samples import figures as sample_figures
from engine.evaluation.samples import note
from engine.evaluation.summary import Summary
from engine.printable import joined
from engine.reports.chart_style import TWO_COLUMNS
from engine.reports.figures import SavedFigure
from engine.reports.latex import DEFINITIONS, decimal, escape, percent
from engine.reports.markdown import association_note, score_note, settings_lines
from engine.reports.material import ReportMaterial
from engine.reports.selection import most_instructive
from engine.reports.text import path_text
from engine.rows.graded import GradedRow
from engine.statistics.figure import NO_INTERVAL
from engine.statistics.wording import REPORT_PERCENT, REPORT_SCORE
from engine.words import OUTCOME, QUADRANT, outcome_sign

TABLE_FILE = "table.tex"
TEXT_LIMIT = 1200
"""Characters of one text of an item; the rows hold all of it."""

FLOATS_A_BLOCK = 6
"""TeX keeps a limited number of figures waiting for a page; after so many they are put down."""

PREAMBLE = (
    "% pdflatex report.tex, twice, in this folder",
    r"\documentclass[10pt]{article}",
    r"\usepackage{graphicx}",
    r"\usepackage{booktabs}",
    r"\usepackage{amsmath}",
    r"\IfFileExists{hyperref.sty}{\usepackage[hidelinks]{hyperref}}{}",
    rf"\setlength{{\textwidth}}{{{TWO_COLUMNS}in}}  % as wide as the widest figure",
    r"\setlength{\oddsidemargin}{\dimexpr(\paperwidth-\textwidth)/2-1in\relax}",
    r"\setlength{\textheight}{\dimexpr\paperheight-2in\relax}",
    r"\setlength{\topmargin}{\dimexpr-\headheight-\headsep\relax}",
    r"\renewcommand{\topfraction}{0.9}\renewcommand{\bottomfraction}{0.9}\renewcommand{\textfraction}{0.07}",
    r"\renewcommand{\floatpagefraction}{0.7}",
    r"\tolerance=2000 \emergencystretch=3em  % long words of data",
)


def document_text(material: ReportMaterial) -> str:
    """The whole document; its figures are included from the folder figures/ beside it."""
    summary = material.summary
    sections = [
        [r"\section{What was run}", *_settings(material)],
        [r"\section{Answers}", *_answers(material.rows, summary)],
        _side_by_side(material, "accuracy_by_level", "accuracy_by_subject"),
        _scores(summary),
        _quadrants(material),
        _examples(material.rows, summary),
        _heat_maps(material.heat_maps),
    ]
    head = [
        *PREAMBLE,
        *DEFINITIONS,
        r"\begin{document}",
        rf"\title{{{escape(material.title)}}}",
        r"\author{}",
        r"\date{}  % none: the same rows give the same file",
        r"\maketitle",
        _first_sentence(summary),
    ]
    blocks = ["\n".join(block) for block in (head, *sections) if block]
    return "\n\n".join([*blocks, r"\end{document}"]) + "\n"


def _first_sentence(summary: Summary) -> str:
    right, n = summary.outcomes["right"], summary.items
    text = rf"{right} of {n} right: {percent(summary.accuracy)}\,\%. Brackets hold 95\,\% intervals throughout: "
    text += "Wilson's for shares, Student's for means, Fisher's for correlations, Newcombe's for areas; [--]: "
    text += f"{NO_INTERVAL}."
    if summary.aligned < n:
        text += f" {n - summary.aligned} items have no gold solution and no alignment scores."
    return text


def _settings(material: ReportMaterial) -> list[str]:
    lines = [rf"{escape(name)} & {escape(value)} \\" for name, value in settings_lines(material)]
    table = ruled_table(r"@{}p{1.6in}p{4.9in}@{}", "setting & value", lines) if lines else []
    made = ["", r"\medskip\noindent Made again by:", r"\begin{flushleft}\ttfamily\small", escape(material.command)]
    return [*table, *made, r"\end{flushleft}"]


def _answers(rows: Sequence[GradedRow], summary: Summary) -> list[str]:
    lines = [
        rf"{escape(word.long)} & {summary.outcomes[name]} & {percent(summary.outcome_shares[name])} \\"
        for name, word in OUTCOME.items()
    ]
    text = ruled_table("lrr", r"outcome & items & share (\%)", lines)
    if summary.samples:
        figures = ", ".join(rf"{name} {percent(one)}\,\%" for name, one in sample_figures(summary.samples))
        text += ["", rf"\medskip\noindent {figures}: {escape(note(summary.samples))}."]
    diff = regrade_diff(rows)
    if diff is not None:
        text += ["", rf"\medskip\noindent {escape(headline(diff, REPORT_PERCENT))}."]
    if summary.judge.n:
        text += [
            "",
            rf"\medskip\noindent The symbolic grader alone: {percent(summary.symbolic)}\,\% of {summary.symbolic.n}. "
            rf"The judge, where it was asked: {percent(summary.judge)}\,\% of {summary.judge.n}; it changed "
            f"{escape(flips_text(summary.judge_flips_by))}.",
        ]
    return [*text, "", rf"\input{{{TABLE_FILE}}}"]


def _scores(summary: Summary) -> list[str]:
    if not summary.aligned:
        return []
    means = [
        rf"{escape(name.replace('_', '-'))} & {decimal(figure, REPORT_SCORE)} & {figure.n} & "
        rf"{escape(score_note(name))} \\"
        for name, figure in summary.means.items()
        if figure.n
    ]
    associations = [
        rf"{escape(name.replace('_', '-'))} & {decimal(one.pearson)} & {decimal(one.spearman)} & {decimal(one.auc)} & "
        rf"{one.pearson.n}{f' & {escape(one.reason)}' if one.reason else ''} \\"
        for name, one in summary.associations.items()
    ]
    columns = "lrrrrp{1.2in}" if any(one.reason for one in summary.associations.values()) else "lrrrr"
    header = r"score & Pearson $r$ & Spearman $\rho$ & area under ROC & $n$"
    return [
        r"\section{Alignment with the gold solution}",
        *ruled_table("lrrl", "score & mean & $n$ & ", means),
        "",
        rf"\medskip\noindent {escape(association_note(summary))}",
        "",
        r"\medskip",
        *ruled_table(columns, header, associations),
    ]


def _quadrants(material: ReportMaterial) -> list[str]:
    summary, scatter = material.summary, material.figure("quadrants")
    if not summary.aligned:
        return []
    threshold = "" if summary.threshold is None else f" {summary.threshold:g}"
    lines = [
        rf"{escape(word.long)} & {summary.quadrants[name]} & {percent(summary.quadrant_shares[name])} \\"
        for name, word in QUADRANT.items()
    ]
    return [
        r"\section{Quadrants}",
        rf"Threshold: {escape(summary.variant)}{threshold}, over the {summary.aligned} items with a gold solution.",
        "",
        r"\medskip",
        *ruled_table("lrr", r"quadrant & items & share (\%)", lines),
        *(_figure(scatter) if scatter else []),
        *_side_by_side(material, "scores", "divergences"),
    ]


def _examples(rows: Sequence[GradedRow], summary: Summary) -> list[str]:
    chosen = most_instructive(rows)
    if not summary.aligned or not chosen:
        return []
    text = [r"\section{Items to read}", "The clearest example of each quadrant that the run has."]
    for name, row in chosen.items():
        text += ["", rf"\subsection*{{{escape(QUADRANT[name].long)}}}", *_example(row)]
    return text


def _example(row: GradedRow) -> list[str]:
    outcome, divergence = (
        outcome_sign(row.verdict, row.truncated),
        str(row.first_divergence),
    )
    scores = ", ".join(
        f"{name.replace('_', '-')} {value:.2f}" for name, value in row.scores.items() if value is not None
    )
    lines = [
        f"Item {_cut(row.id)}: {escape(outcome.long)} ({_cut(row.rule)}), "
        f"answer {_cut(row.predicted) or 'none'}, gold {_cut(row.answer)}; "
        f"{escape(scores)}. Path: {_cut(path_text(row))}.",
        "",
        rf"\noindent\textit{{Question.}} {_cut(row.question)}",
        r"\begin{description}\setlength{\itemsep}{0pt}",
    ]
    for letter, steps in (("g", row.gold_steps), ("s", row.steps)):
        lines += [rf"\item[{letter}{place}] {_cut(step)}" for place, step in enumerate(steps, 1)]
    lines.append(r"\end{description}")
    return [*lines, f"First divergence: {_cut(divergence)}."] if divergence else lines


def _heat_maps(maps: Sequence[SavedFigure]) -> list[str]:
    if not maps:
        return []
    text = [r"\clearpage", r"\section{Heat maps}", "Gold steps down, student steps across."]
    for place, figure in enumerate(maps, 1):
        text += _figure(figure, "p")
        if place % FLOATS_A_BLOCK == 0:
            text.append(r"\clearpage")
    return text


def _figure(figure: SavedFigure, where: str = "htbp") -> list[str]:
    return [rf"\begin{{figure}}[{where}]", r"\centering", *_image(figure), r"\end{figure}"]


def _side_by_side(material: ReportMaterial, *names: str) -> list[str]:
    """Those of these figures that were drawn."""
    parts = [
        [r"\begin{minipage}[t]{0.485\textwidth}", r"\centering", *_image(figure), r"\end{minipage}"]
        for name in names
        if (figure := material.figure(name)) is not None
    ]
    if not parts:
        return []
    joined = [line for part in parts for line in (r"\hfill", *part)][1:]
    return [r"\begin{figure}[htbp]", *joined, r"\end{figure}"]


def _image(figure: SavedFigure) -> list[str]:
    return [
        rf"\includegraphics{{figures/{figure.name}.pdf}}",
        rf"\caption{{{_cut(figure.caption)}}}",
        rf"\label{{fig:{figure.name}}}",
    ]


def ruled_table(columns: str, header: str, lines: Iterable[str]) -> list[str]:
    rules = (r"\toprule", rf"{header} \\", r"\midrule")
    return [r"\noindent", rf"\begin{{tabular}}{{{columns}}}", *rules, *lines, r"\bottomrule", r"\end{tabular}"]


def _cut(text: str) -> str:
    shown = joined(text)
    return escape(shown if len(shown) <= TEXT_LIMIT else shown[: TEXT_LIMIT - 1] + "…")
