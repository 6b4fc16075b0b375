"""report.md: what was run, every figure of the summary with its interval and n, the charts, the items worth reading.

Text of models and files is escaped, so that it can neither break a table nor become a link, an image or HTML.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from engine.evaluation.judging import flips_text
from engine.evaluation.samples import figures as figures_of
from engine.evaluation.samples import note
from engine.evaluation.summary import ENDED_EARLY, NO_DIVERGENCE, Group, Summary
from engine.printable import joined
from engine.reports.changes_text import regrade_section
from engine.reports.figures import SavedFigure
from engine.reports.material import ReportMaterial
from engine.reports.selection import most_instructive
from engine.reports.text import merged_path
from engine.rows.graded import GradedRow
from engine.statistics.figure import NO_INTERVAL, Figure
from engine.statistics.wording import (
    NO_BOUNDS,
    REPORT_COUNT,
    REPORT_PERCENT,
    REPORT_SCORE,
    shown,
)
from engine.words import OUTCOME, QUADRANT, outcome_sign

CAPTION_LIMIT = 1500
TEXT_LIMIT = 400  # characters of a step or a question in the report; the rows hold all of it
FEW_ITEMS = 30  # below this the report says that the intervals are wide

_MEANINGS = {
    "robust": "right answer, the gold steps are explained",
    "near-miss": "wrong answer although the gold steps are explained",
    "lucky-guess": "right answer, the gold steps are not explained",
    "failure": "wrong answer, the gold steps are not explained",
}
_SCORE_NOTES = {
    "coverage": "share of the gold steps that the solution explains",
    "extra": "share of the solution's steps that explain nothing",
    "published": "mean over matched pairs only: a one-step answer can score 1.0",
    "order_free": "best cell of each gold step, order ignored: the baseline",
    "null": "coverage against the gold of another problem: what chance alone gives",
}
ASSOCIATION_NOTE = (
    "How each score goes with a right answer among this run's items (Fisher's intervals; AUC: the chance that a right "
    "item scores higher than another, with Newcombe's interval). Other models, problems or embedders can give other "
    "figures, and an association is no evidence that the score judges the reasoning rather than the answer that stands "
    "in it."
)
_SAMPLES_NOTE = (
    " The samples of a problem go together, so the intervals are those of as many independent items as say as much."
)
_LEADING = re.compile(r"^(\d*)([-=+#.)])")  # would open a list, a heading or a rule
_SPECIAL = re.compile(r"([\\`*_{}\[\]|~$<>&])")


def report_text(material: ReportMaterial) -> str:
    """The whole document; its figures are embedded from the folder figures/ beside it."""
    summary = material.summary
    sections = [
        [f"# {escape(material.title)}", "", _first_sentence(summary)],
        ["## What was run", "", *_settings(material)],
        ["## Headline", "", *_headline(summary)],
        regrade_section(material.rows, escape),
        ["## Answers", "", *_answers(summary)],
        *(_groups(field, groups, material) for field, groups in _grouped(summary) if groups),
        *([_quadrants(material), _associations(summary), _divergences(material)] * bool(summary.aligned)),
        _items(material),
        _heat_maps(material),
        ["## Run it again", "", *_rerun(material.command)],
    ]
    return "\n\n".join("\n".join(section) for section in sections if section) + "\n"


def escape(text: str, limit: int = TEXT_LIMIT) -> str:
    """Foreign text for a line or a table cell: one line, clipped, without any meaning to Markdown or HTML."""
    shown = joined(text)
    if len(shown) > limit:
        shown = shown[: limit - 1] + "…"
    shown = _SPECIAL.sub(r"\\\1", shown).replace("\\<", "&lt;").replace("\\>", "&gt;").replace("\\&", "&amp;")
    shown = shown.replace("://", "\\://")  # no automatic link
    return _LEADING.sub(r"\1\\\2", shown)


def percent(figure: Figure) -> str:
    """ "33.3 % [15.2, 58.3]", or a dash where the share is undefined."""
    return shown(figure, REPORT_PERCENT)


def number(figure: Figure) -> str:
    """ "0.412 [0.306, 0.518]", or "0.412 [–]" where there is too little for an interval."""
    return shown(figure, REPORT_SCORE)


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]], numbers_from: int = 1) -> list[str]:
    """A Markdown table; columns from `numbers_from` are aligned right."""
    rule = ["---" if place < numbers_from else "---:" for place in range(len(header))]
    return [f"| {' | '.join(line)} |" for line in (header, rule, *rows)]


def _first_sentence(summary: Summary) -> str:
    right = summary.outcomes["right"]
    text = f"**{right} of {summary.items} right: {percent(summary.accuracy)}** (95 % interval)."
    if summary.items < FEW_ITEMS:
        text += f" With n = {summary.items} the intervals are wide; compare runs on more items."
    if summary.aligned < summary.items:
        text += f" {summary.items - summary.aligned} items have no gold solution and no alignment scores."
    return text


def settings_lines(material: ReportMaterial) -> list[tuple[str, str]]:
    """What was run: the settings, then the versions that the rows name. Not escaped."""
    lines = [(name, str(value)) for name, value in material.settings.items()]
    for name in sorted({key for row in material.rows for key in row.versions}):
        seen = Counter(row.versions.get(name, "") for row in material.rows)
        shown = "; ".join(f"{value}" + (f" ({count} rows)" if len(seen) > 1 else "")
                          for value, count in seen.most_common() if value)  # fmt: skip
        if shown:
            lines.append((f"version: {name}", shown))
    return lines


def _settings(material: ReportMaterial) -> list[str]:
    lines = [(escape(name), escape(value)) for name, value in settings_lines(material)]
    return markdown_table(("setting", "value"), lines, 2)


def association_note(summary: Summary) -> str:
    """What the correlations mean and what they do not."""
    return ASSOCIATION_NOTE + (_SAMPLES_NOTE if summary.samples else "")


def score_note(name: str) -> str:
    """What a score means, in half a sentence."""
    return _SCORE_NOTES[name]


def _headline(summary: Summary) -> list[str]:
    lines = [("accuracy", percent(summary.accuracy), str(summary.accuracy.n), "right answers among all items")]
    if summary.judge.n:
        lines.append(("… symbolic grader alone", percent(summary.symbolic), str(summary.symbolic.n), ""))
        flips = f"the judge changed {flips_text(summary.judge_flips_by)}"
        lines.append(("… judge, where asked", percent(summary.judge), str(summary.judge.n), flips))
    about = note(summary.samples) if summary.samples else ""
    lines += [(name, percent(estimate), str(estimate.n), about) for name, estimate in figures_of(summary.samples)]
    for name, estimate in summary.means.items():
        if estimate.n:
            lines.append((f"mean {name.replace('_', '-')}", number(estimate), str(estimate.n), _SCORE_NOTES[name]))
    if summary.tokens:
        tokens = shown(summary.mean_tokens, REPORT_COUNT)
        lines.append(("tokens an item", tokens, str(summary.items), f"{summary.tokens:,} in all"))
    headline = [
        f"| {' | '.join(line)} |"
        for line in (("figure", "value [95 % interval]", "n", ""), ("---", "---:", "---:", "---"), *lines)
    ]
    return headline + ["", f"{NO_BOUNDS}: {NO_INTERVAL}."] * any(NO_BOUNDS in value for _, value, *_ in lines)


def _answers(summary: Summary) -> list[str]:
    lines = [
        (f"{word.glyph} {word.long}", str(summary.outcomes[name]), percent(summary.outcome_shares[name]))
        for name, word in OUTCOME.items()
    ]
    text = markdown_table(("outcome", "items", "share [95 %]"), lines)
    decided = ", ".join(f"{escape(name) or 'none'} {count}" for name, count in summary.rules.items())
    parsed = ", ".join(f"{escape(name) or 'none'} {count}" for name, count in summary.parsed_from.items())
    text += ["", f"Decided by: {decided}. Answer found in: {parsed}."]
    if summary.truncated > summary.outcomes["truncated"]:
        text.append(f"{summary.truncated} items hit the token limit, those counted as right included.")
    return text


def _grouped(summary: Summary) -> tuple[tuple[str, tuple[Group, ...]], ...]:
    return (("level", summary.by_level), ("subject", summary.by_subject))


def _groups(field: str, groups: Sequence[Group], material: ReportMaterial) -> list[str]:
    lines = [
        (
            escape(group.name), str(group.items), percent(group.accuracy), number(group.coverage),
            *(str(group.outcomes[name]) for name in OUTCOME),
        )
        for group in groups
    ]  # fmt: skip
    header = (field, "n", "accuracy [95 %]", "mean coverage [95 %]", *(word.short for word in OUTCOME.values()))
    return [
        f"## Accuracy by {field}",
        "",
        *markdown_table(header, lines),
        *_image(material.figure(f"accuracy_by_{field}")),
    ]


def _quadrants(material: ReportMaterial) -> list[str]:
    summary = material.summary
    lines = [
        (f"{word.glyph} {word.long}", _MEANINGS[name], str(summary.quadrants[name]),
         percent(summary.quadrant_shares[name]))
        for name, word in QUADRANT.items()
    ]  # fmt: skip
    threshold = "" if summary.threshold is None else f" {summary.threshold:g}"
    rule = f"Threshold: {summary.variant}{threshold}. Over the {summary.aligned} items with a gold solution."
    table = markdown_table(("quadrant", "meaning", "items", "share [95 %]"), lines, 2)
    images = [*_image(material.figure("quadrants")), *_image(material.figure("scores"))]
    return ["## Quadrants", "", rule, "", *table, *images]


def _associations(summary: Summary) -> list[str]:
    lines = [
        (
            name.replace("_", "-"), number(one.pearson) + (f" ({one.reason})" if one.reason else ""),
            number(one.spearman), number(one.auc), str(one.auc.n),
        )
        for name, one in summary.associations.items()
    ]  # fmt: skip
    note = f"{association_note(summary)} A dash: undefined, for the reason beside it."
    if any(figure.lacks_interval for one in summary.associations.values() for figure in one.figures):
        note += f" {NO_BOUNDS}: {NO_INTERVAL}."
    header = ("score", "Pearson r [95 %]", "Spearman rho [95 %]", "AUC [95 %]", "n")
    return ["## Does the score go with the answer?", "", note, "", *markdown_table(header, lines)]


def _divergences(material: ReportMaterial) -> list[str]:
    found = material.summary.divergences
    counted = [(f"at step {step}", count) for step, count in found.at_step.items()]
    counted += [("ends before the gold does", found.ended_early), ("never leaves the gold", found.none)]
    shares = [found.shares[f"step={step}"] for step in found.at_step]
    shares += [found.shares[ENDED_EARLY], found.shares[NO_DIVERGENCE]]
    lines = [(name, str(count), percent(part)) for (name, count), part in zip(counted, shares, strict=True)]
    table = markdown_table(("first divergence", "items", "share [95 %]"), lines)
    return ["## Where solutions leave the gold", "", *table, *_image(material.figure("divergences"))]


def _items(material: ReportMaterial) -> list[str]:
    if not material.summary.aligned:
        return []
    chosen = most_instructive(material.rows)
    text = ["## Items to read", "", "The clearest example of each quadrant, gold and student steps side by side."]
    for name, word in QUADRANT.items():
        text += ["", f"### {word.glyph} {word.long}", ""]
        text += _item(chosen[name]) if name in chosen else ["None in this run."]
    return text


def _item(row: GradedRow) -> list[str]:
    outcome, scores = outcome_sign(row.verdict, row.truncated), row.scores
    figures = ", ".join(f"{name.replace('_', '-')} {value:.2f}" for name, value in scores.items() if value is not None)
    answer = escape(row.predicted) or "none"
    verdict = f"{outcome.glyph} {outcome.short} ({escape(row.rule)})"
    text = [
        f"Item {escape(row.id)}: {verdict}, answer {answer}, gold {escape(row.answer)}; {figures}.",
        "",
        f"Question: {escape(row.question)}",
        "",
        *markdown_table(("gold step", "student step", "cell"), _side_by_side(row), 2),
    ]
    if row.first_divergence:
        text += ["", f"First divergence: {escape(str(row.first_divergence))}."]
    return text


def _side_by_side(row: GradedRow) -> list[tuple[str, str, str]]:
    lines = []
    for gold, student in merged_path(row.path):
        values = [row.matrix["cell"][i][j] for i in gold for j in student]
        lines.append((
            "<br>".join(f"g{i + 1} {escape(row.gold_steps[i])}" for i in gold) or "–",
            "<br>".join(f"s{j + 1} {escape(row.steps[j])}" for j in student) or "–",
            ", ".join(f"{value:.2f}" for value in values) or ("missing" if gold else "extra"),
        ))  # fmt: skip
    return lines


def _heat_maps(material: ReportMaterial) -> list[str]:
    maps = material.heat_maps
    return ["## Heat maps", *(line for figure in maps for line in _image(figure))] if maps else []


def _image(figure: SavedFigure | None) -> list[str]:
    if figure is None:
        return []
    image = f"![{escape(figure.short)}](figures/{figure.name}.png)"
    return ["", image, "", f"*{escape(figure.caption, CAPTION_LIMIT)}* ([PDF](figures/{figure.name}.pdf))"]


def _rerun(command: str) -> list[str]:
    files = [
        ("realign_benchmark_results.jsonl", "one JSON object an item with its matrix and path, in the problems' order"),
        ("summary.csv", "columns metric, group, value, low, high, n, note; low and high bound the 95 % interval"),
        ("report.tex", "this report for LaTeX: pdflatex report.tex, in this folder"),
        ("table.tex", "the accuracy table for a paper; needs no package"),
        ("figures/", "each chart as PNG and as PDF, one or two columns wide"),
    ]  # fmt: skip
    lines = [(f"`{name}`", meaning) for name, meaning in files]
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall(r"`+", command)), default=0))
    return [
        f"{fence}sh",
        command.replace("\n", " "),
        fence,
        "",
        *markdown_table(("file beside this page", "holds"), lines, 2),
    ]
