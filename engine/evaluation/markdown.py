"""report.md: what was run, every figure of the summary with its interval and n, the charts, the items worth reading.

Text of models and files is escaped, so that it can neither break a table nor become a link, an image or HTML.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from engine.evaluation.estimates import Estimate
from engine.evaluation.figures import SavedFigure
from engine.evaluation.selection import most_instructive
from engine.evaluation.statistics import Group, Summary
from engine.evaluation.text import merged_path
from engine.evaluation.words import OUTCOMES, QUADRANTS, divergence_text, outcome_word, printable, quadrant_word
from engine.runs.results import Row

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
}
_LEADING = re.compile(r"^(\d*)([-=+#.)])")  # would open a list, a heading or a rule
_SPECIAL = re.compile(r"([\\`*_{}\[\]|~$<>&])")


def report_text(
    title: str,
    settings: Mapping[str, str],
    rows: Sequence[Row],
    summary: Summary,
    figures: Sequence[SavedFigure],
    command: str,
) -> str:
    """The whole document. `figures` are embedded from the folder figures/ beside it."""
    by_name = {figure.name: figure for figure in figures}
    sections = [
        [f"# {escape(title)}", "", _first_sentence(summary)],
        ["## What was run", "", *_settings(settings, rows)],
        ["## Headline", "", *_headline(summary)],
        ["## Answers", "", *_answers(summary)],
        *(_groups(field, groups, by_name) for field, groups in _grouped(summary) if groups),
        *(
            [_quadrants(summary, by_name), _associations(summary), _divergences(summary, by_name)]
            * bool(summary.aligned)
        ),
        _items(rows, summary),
        _heat_maps(figures),
        ["## Run it again", "", *_rerun(command)],
    ]
    return "\n\n".join("\n".join(section) for section in sections if section) + "\n"


def escape(text: str, limit: int = TEXT_LIMIT) -> str:
    """Foreign text for a line or a table cell: one line, clipped, without any meaning to Markdown or HTML."""
    shown = printable(text)
    if len(shown) > limit:
        shown = shown[: limit - 1] + "…"
    shown = _SPECIAL.sub(r"\\\1", shown).replace("\\<", "&lt;").replace("\\>", "&gt;").replace("\\&", "&amp;")
    shown = shown.replace("://", "\\://")  # no automatic link
    return _LEADING.sub(r"\1\\\2", shown)


def percent(estimate: Estimate) -> str:
    """ "33.3 % [15.2, 58.3]", or a dash where the share is undefined."""
    return _with_interval(estimate, lambda value: f"{100 * value:.1f}", " %")


def number(estimate: Estimate) -> str:
    """ "0.412 [0.306, 0.518]"; the interval is left out where there is none."""
    return _with_interval(estimate, lambda value: f"{value:.3f}", "")


def _with_interval(estimate: Estimate, shown: Callable[[float], str], unit: str) -> str:
    if estimate.value is None:
        return "–"
    interval = ""
    if estimate.low is not None and estimate.high is not None:
        interval = f" [{shown(estimate.low)}, {shown(estimate.high)}]"
    return f"{shown(estimate.value)}{unit}{interval}"


def _table(header: Sequence[str], rows: Iterable[Sequence[str]], numbers_from: int = 1) -> list[str]:
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


def _settings(settings: Mapping[str, str], rows: Sequence[Row]) -> list[str]:
    lines = [(escape(name), escape(str(value))) for name, value in settings.items()]
    for name in sorted({key for row in rows for key in row["versions"]}):
        seen = Counter(row["versions"].get(name, "") for row in rows)
        shown = "; ".join(f"{escape(value)}" + (f" ({count} rows)" if len(seen) > 1 else "")
                          for value, count in seen.most_common() if value)  # fmt: skip
        if shown:
            lines.append((f"version: {escape(name)}", shown))
    return _table(("setting", "value"), lines, 2)


def _headline(summary: Summary) -> list[str]:
    lines = [("accuracy", percent(summary.accuracy), str(summary.accuracy.n), "right answers among all items")]
    if summary.judge.n:
        lines.append(("… symbolic grader alone", percent(summary.symbolic), str(summary.symbolic.n), ""))
        flips = f"the judge changed {summary.judge_flips} verdicts"
        lines.append(("… judge, where asked", percent(summary.judge), str(summary.judge.n), flips))
    for name, estimate in summary.means.items():
        if estimate.n:
            lines.append((f"mean {name.replace('_', '-')}", number(estimate), str(estimate.n), _SCORE_NOTES[name]))
    if summary.tokens:
        tokens = _with_interval(summary.mean_tokens, lambda value: f"{value:.0f}", "")
        lines.append(("tokens an item", tokens, str(summary.items), f"{summary.tokens:,} in all"))
    return [
        f"| {' | '.join(line)} |"
        for line in (("figure", "value [95 % interval]", "n", ""), ("---", "---:", "---:", "---"), *lines)
    ]


def _answers(summary: Summary) -> list[str]:
    lines = [
        (f"{word.glyph} {word.long}", str(summary.outcomes[name]), _share(summary.outcomes[name], summary.items))
        for name, word in OUTCOMES.items()
    ]
    text = _table(("outcome", "items", "share"), lines)
    decided = ", ".join(f"{escape(name) or 'none'} {count}" for name, count in summary.rules.items())
    parsed = ", ".join(f"{escape(name) or 'none'} {count}" for name, count in summary.parsed_from.items())
    text += ["", f"Decided by: {decided}. Answer found in: {parsed}."]
    if summary.truncated > summary.outcomes["truncated"]:
        text.append(f"{summary.truncated} items hit the token limit, those counted as right included.")
    return text


def _grouped(summary: Summary) -> tuple[tuple[str, tuple[Group, ...]], ...]:
    return (("level", summary.by_level), ("subject", summary.by_subject))


def _groups(field: str, groups: Sequence[Group], figures: Mapping[str, SavedFigure]) -> list[str]:
    lines = [
        (
            escape(group.name), str(group.items), percent(group.accuracy), number(group.coverage),
            *(str(group.outcomes[name]) for name in OUTCOMES),
        )
        for group in groups
    ]  # fmt: skip
    header = (field, "n", "accuracy [95 %]", "mean coverage [95 %]", *(word.short for word in OUTCOMES.values()))
    return [f"## Accuracy by {field}", "", *_table(header, lines), *_image(figures.get(f"accuracy_by_{field}"))]


def _quadrants(summary: Summary, figures: Mapping[str, SavedFigure]) -> list[str]:
    lines = [
        (f"{word.glyph} {word.long}", _MEANINGS[name], str(summary.quadrants[name]),
         _share(summary.quadrants[name], summary.aligned))
        for name, word in QUADRANTS.items()
    ]  # fmt: skip
    threshold = "" if summary.threshold is None else f" {summary.threshold:g}"
    rule = f"Threshold: {summary.variant}{threshold}. Over the {summary.aligned} items with a gold solution."
    table = _table(("quadrant", "meaning", "items", "share"), lines, 2)
    images = [*_image(figures.get("quadrants")), *_image(figures.get("scores"))]
    return ["## Quadrants", "", rule, "", *table, *images]


def _associations(summary: Summary) -> list[str]:
    lines = [
        (name.replace("_", "-"), number(one.pearson), number(one.spearman), number(one.auc), str(one.auc.n))
        for name, one in summary.associations.items()
    ]
    note = (
        "How each score goes with a right answer. AUC is the chance that a right item scores higher than another; "
        "a dash: undefined, because every item is right, none is, or the score is constant."
    )
    header = ("score", "Pearson r [95 %]", "Spearman rho [95 %]", "AUC [95 %]", "n")
    return ["## Does the score go with the answer?", "", note, "", *_table(header, lines)]


def _divergences(summary: Summary, figures: Mapping[str, SavedFigure]) -> list[str]:
    found = summary.divergences
    lines = [(f"at step {step}", str(count)) for step, count in found.at_step.items()]
    lines += [("ends before the gold does", str(found.ended_early)), ("never leaves the gold", str(found.none))]
    table = _table(("first divergence", "items"), lines)
    return ["## Where solutions leave the gold", "", *table, *_image(figures.get("divergences"))]


def _items(rows: Sequence[Row], summary: Summary) -> list[str]:
    if not summary.aligned:
        return []
    chosen = most_instructive(rows)
    text = ["## Items to read", "", "The clearest example of each quadrant, gold and student steps side by side."]
    for name, word in QUADRANTS.items():
        text += ["", f"### {word.glyph} {word.long}", ""]
        text += _item(chosen[name]) if name in chosen else ["None in this run."]
    return text


def _item(row: Row) -> list[str]:
    outcome, scores = outcome_word(row["verdict"], row["truncated"]), row["scores"]
    figures = ", ".join(f"{name.replace('_', '-')} {value:.2f}" for name, value in scores.items())
    answer = escape(row["predicted"]) or "none"
    verdict = f"{outcome.glyph} {outcome.short} ({escape(row['rule'])})"
    text = [
        f"Item {escape(row['id'])}: {verdict}, answer {answer}, gold {escape(row['answer'])}; {figures}.",
        "",
        f"Question: {escape(row['question'])}",
        "",
        *_table(("gold step", "student step", "cell"), _side_by_side(row), 2),
    ]
    if row["first_divergence"]:
        text += ["", f"First divergence: {escape(divergence_text(row['first_divergence']))}."]
    return text


def _side_by_side(row: Row) -> list[tuple[str, str, str]]:
    lines = []
    for gold, student in merged_path(row["path"]):
        values = [row["matrix"]["cell"][i][j] for i in gold for j in student]
        lines.append((
            "<br>".join(f"g{i + 1} {escape(row['gold_steps'][i])}" for i in gold) or "–",
            "<br>".join(f"s{j + 1} {escape(row['steps'][j])}" for j in student) or "–",
            ", ".join(f"{value:.2f}" for value in values) or ("missing" if gold else "extra"),
        ))  # fmt: skip
    return lines


def _heat_maps(figures: Sequence[SavedFigure]) -> list[str]:
    maps = [figure for figure in figures if figure.row is not None]
    if not maps:
        return []
    text = ["## Heat maps", "", "Rows are gold steps, columns student steps; framed cells are matched on the path."]
    for figure in maps:
        if figure.row is not None:
            word = quadrant_word(figure.row["quadrant"])
            text += ["", f"{word.glyph} {word.long}, item {escape(figure.row['id'])}", *_image(figure)]
    return text


def _image(figure: SavedFigure | None) -> list[str]:
    if figure is None:
        return []
    return ["", f"![{escape(figure.caption)}](figures/{figure.name}.png) ([PDF](figures/{figure.name}.pdf))"]


def _rerun(command: str) -> list[str]:
    files = [
        ("realign_benchmark_results.jsonl", "one JSON object an item with its matrix and path, in the problems' order"),
        ("summary.csv", "columns metric, group, value, low, high, n; low and high bound the 95 % interval"),
        ("table.tex", "the accuracy table for a paper; needs no package"),
        ("figures/", "each chart as PNG and PDF"),
    ]  # fmt: skip
    lines = [(f"`{name}`", meaning) for name, meaning in files]
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall(r"`+", command)), default=0))
    return [f"{fence}sh", command.replace("\n", " "), fence, "", *_table(("file beside this page", "holds"), lines, 2)]


def _share(count: int, total: int) -> str:
    return f"{100 * count / total:.1f} %" if total else "–"
