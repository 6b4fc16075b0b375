"""The top of a report on several stages: report.md, report.tex, table.tex, summary.csv and summary.txt beside their
sub-folders."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from engine.evaluation.summary import Group
from engine.reports.article import PREAMBLE, TABLE_FILE, ruled_table
from engine.reports.changes_text import columns, wrapped
from engine.reports.folder import DOCUMENT_NAME, LATEX_NAME, MARKDOWN_NAME, SUMMARY_NAME, csv_text
from engine.reports.latex import DEFINITIONS, escape, stages_table_text
from engine.reports.markdown import escape as markdown_escape
from engine.reports.markdown import markdown_table, number, percent
from engine.reports.stage_table import (
    FLIP_HEADER,
    STAGE_HEADER,
    StagesMaterial,
    comparison_title,
    flip_lines,
    flips_left,
    sentences,
    stage_lines,
    stages_csv,
    table_lines,
)
from engine.runs.files import write_atomic
from engine.statistics.figure import Figure
from engine.statistics.wording import CORRELATION, PERCENT, Form, shown

FLIPS_IN_PAGE, FLIPS_IN_TERMINAL, FLIPS_IN_PAPER = 200, 20, 25
"""Flips that are listed; those of a paper stand in a table that cannot break."""

TEXT_NAME = "summary.txt"


def write_stages(directory: Path, material: StagesMaterial, last: str, width: int) -> Mapping[str, str]:
    """Write the files; name -> path relative to the folder. `last` is the text summary of the last stage."""
    texts = {
        "summary": (SUMMARY_NAME, csv_text(stages_csv(material))),
        "report": (MARKDOWN_NAME, stages_page(material)),
        "table": (LATEX_NAME, stages_table_text(material.title, _groups(material))),
        "latex": (DOCUMENT_NAME, stages_article(material)),
        "text": (TEXT_NAME, stages_text(material, width) + f"\n{material.stages[-1].stage}\n\n{last}"),
    }
    for name, text in texts.values():
        write_atomic(directory / name, text)
    return {key: name for key, (name, _) in texts.items()}


def _groups(material: StagesMaterial) -> list[Group]:
    return [
        Group(one.stage, one.summary.items, one.summary.accuracy, one.summary.means["coverage"], one.summary.outcomes)
        for one in material.stages
    ]


def stages_page(material: StagesMaterial) -> str:
    """report.md."""
    named = [tuple(map(markdown_escape, line)) for line in stage_lines(material.stages, percent, number)]
    stages = markdown_table(STAGE_HEADER, [(f"[{name}]({name}/{MARKDOWN_NAME})", *line) for name, *line in named])
    settings = [(markdown_escape(name), markdown_escape(value)) for name, value in material.settings.items()]
    lines = [f"# {markdown_escape(material.title)}", "", "Brackets hold 95 % intervals; each stage has its own report."]
    lines += ["", "## Stages", "", *stages]
    for found in material.comparisons:
        header, *body = table_lines(found)
        flips = flip_lines(found, FLIPS_IN_PAGE)
        lines += ["", f"## {markdown_escape(comparison_title(found))}", "", *markdown_table(header, body)]
        for sentence in (*sentences(found), flips_left(found, FLIPS_IN_PAGE)):
            lines += ["", markdown_escape(sentence, len(sentence))]
        if flips:
            lines += ["", *markdown_table(FLIP_HEADER, [tuple(map(markdown_escape, line)) for line in flips], 6)]
    lines += ["", "## What was run", "", *markdown_table(("setting", "value"), settings, 2)]
    lines += ["", "## Run it again", "", f"    {' '.join(material.command.split())}"]
    return "\n".join(lines) + "\n"


def stages_article(material: StagesMaterial) -> str:
    """report.tex, which includes table.tex."""
    lines = [
        *PREAMBLE, *DEFINITIONS, r"\begin{document}", rf"\title{{{escape(material.title)}}}", r"\author{}",
        r"\date{}  % none: the same rows give the same file", r"\maketitle",
        r"Brackets hold 95\,\% intervals. Each stage has a report of its own in the folder of its name.",
        "", rf"\input{{{TABLE_FILE}}}",
    ]  # fmt: skip
    for found in material.comparisons:
        header, *body = (" & ".join(map(escape, line)) for line in table_lines(found))
        lines += ["", rf"\section{{{escape(comparison_title(found))}}}"]
        lines += ruled_table("lrrr", header, [rf"{line} \\" for line in body])
        for sentence in (*sentences(found), flips_left(found, FLIPS_IN_PAPER)):
            lines += ["", rf"\medskip\noindent {escape(sentence)}"]
        if flips := flip_lines(found, FLIPS_IN_PAPER):
            cells = [rf"{' & '.join(map(escape, line[1:]))} \\" for line in flips]
            widths = r"@{}p{1.2in}p{1.5in}p{1.1in}p{1.1in}p{1.1in}@{}"
            lines += ["", r"\medskip", *ruled_table(widths, " & ".join(map(escape, FLIP_HEADER[1:])), cells)]
    settings = [rf"{escape(name)} & {escape(value)} \\" for name, value in material.settings.items()]
    lines += ["", r"\section{What was run}", *ruled_table(r"@{}p{1.6in}p{4.9in}@{}", "setting & value", settings)]
    lines += ["", r"\medskip\noindent Made again by:", r"\begin{flushleft}\ttfamily\small", escape(material.command)]
    return "\n".join([*lines, r"\end{flushleft}", "", r"\end{document}"]) + "\n"


def stages_text(material: StagesMaterial, width: int) -> str:
    """What a terminal shows of all stages: the table, then each comparison with its first flips."""
    stages = list(stage_lines(material.stages, _in_terminal(PERCENT), _in_terminal(CORRELATION)))
    lines = columns(STAGE_HEADER, stages, width)
    for found in material.comparisons:
        header, *body = table_lines(found)
        lines += ["", comparison_title(found), "", *columns(header, body, width), ""]
        for sentence in (*sentences(found), flips_left(found, FLIPS_IN_TERMINAL)):
            lines += wrapped(sentence, width)
        if flips := flip_lines(found, FLIPS_IN_TERMINAL):
            lines += ["", *columns(FLIP_HEADER, flips, width)]
    return "\n".join(lines) + "\n"


def _in_terminal(form: Form) -> Callable[[Figure], str]:
    return lambda figure: shown(figure, form)
