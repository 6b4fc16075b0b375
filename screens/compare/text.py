"""What the Compare screen says: pure functions from a comparison to lines and cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from textual.content import Content

from engine.compare.compared import count_of, finding, p_words
from engine.compare.comparison import Comparison, Flip, Table
from engine.compare.overrides import count_words
from engine.statistics.figure import Figure
from engine.statistics.wording import (
    PERCENT,
    POINTS,
    SCORE_DIFFERENCE,
    WHOLE_PERCENT,
    Form,
    shown,
    shown_bounds,
    shown_value,
)
from engine.words import FLIP, OVERRIDDEN, STATUS, UNKNOWN, outcome_sign
from screens.compare.reader import ROLES, About, Compared
from screens.widgets.virtual_table import TableColumn

ID_CELLS, LONG_ID_CELLS = 17, 24
OUTCOME_CELLS = 8
FLIP_COLUMNS = (
    TableColumn("kind", "", 1),
    TableColumn("id", "id", ID_CELLS, fraction=1),
    TableColumn("a", "A", OUTCOME_CELLS),
    TableColumn("b", "B", OUTCOME_CELLS),
    TableColumn("answer", "gold", 8, fraction=1, rank=1),
    TableColumn("says_a", "A says", 8, fraction=1, rank=2),
    TableColumn("says_b", "B says", 8, fraction=1, rank=2),
    TableColumn("coverage", "coverage", 12, align="right", rank=3),
    TableColumn("level", "level", 7, rank=4),
)
OVERRIDDEN_CELLS = 14
"""An outcome with a human's verdict behind it: unparsed→right."""
MUTED = "$foreground-muted"
DIFFERENCE_LINES = 6
"""Lines of the panels."""
TITLE = 12
"""Cells of a line's title in the table of right and not right."""


def run_line(letter: str, about: About) -> Content:
    """One of the runs: letter, status, id, its own accuracy, and the model or recipe as far as there is room."""
    sign = STATUS.get(about.status, UNKNOWN)
    role = ROLES["AB".index(letter)]
    right = "" if about.accuracy.value is None else f"right {shown(about.accuracy, WHOLE_PERCENT)}"
    parts = [right, about.policy or about.recipe]
    return (
        Content.styled(f"{letter} ", f"bold ${role}")
        + Content.styled(str(sign), f"${sign.color}")
        + Content("  ")
        + Content.styled(about.run.id, "bold")
        + Content("".join(f"  {part}" for part in parts if part))
    )


def finding_line(found: Comparison) -> Content:
    """The outcome in words, coloured only where something was shown."""
    table = found.best
    style = "bold $success" if table.significant else "bold"
    counts = count_words(found.changed, 0 if found.changed else found.confirmed)
    human = f"with {counts} by a human: " if found.overridden is not None else ""
    return Content.styled(human + finding(table), style)


def difference_line(found: Comparison) -> Content:
    """In what the runs differ; before it how many cautions there are, the key to all of them, and the first."""
    told = " · ".join(map(str, found.differs)) or "the same settings and versions"
    if not found.cautions:
        return Content.styled(told, MUTED)
    count = "1 caution" if len(found.cautions) == 1 else f"{len(found.cautions):,} cautions"
    head = Content.styled(f"! {count}, w", "bold $warning")
    return head + Content.styled(f": {found.cautions[0]}", "$warning") + Content.styled(f" · {told}", MUTED)


def difference_lines(found: Comparison) -> list[Content]:
    """The same over several lines, where there is room: cautions, then differences, then how many more there are."""
    lines = [Content.styled(f"! {caution}", "$warning") for caution in found.cautions]
    lines += [Content(str(setting)) for setting in found.differs]
    if len(lines) > DIFFERENCE_LINES:
        more = f"and {len(lines) - DIFFERENCE_LINES + 1} more: w"
        lines = [*lines[: DIFFERENCE_LINES - 1], Content.styled(more, MUTED)]
    return lines or [Content.styled("the same settings and versions", MUTED)]


def table_lines(found: Comparison) -> list[Content]:
    """The four counts with their sums, and the differences of the scores."""
    table = found.table
    right_a, right_b = table.right
    rows = (
        ("A right", table.both, table.lost, right_a),
        ("A not right", table.gained, table.neither, table.total - right_a),
        ("", right_b, table.total - right_b, table.total),
    )
    lines = [Content.styled(" " * TITLE + f"{'B right':>8}{'B not':>7}", MUTED)]
    for title, left, right, total in rows:
        cells = [f"{left:>8,}", f"{right:>7,}"]
        body = Content(cells[0]) + Content(cells[1])
        if title:
            flip = (1, "$error") if title == "A right" else (0, "$success")
            parts = [Content.styled(c, f"bold {flip[1]}") if n == flip[0] else Content(c) for n, c in enumerate(cells)]
            body = parts[0] + parts[1]
        lines.append(Content(f"{title:<{TITLE}}") + body + Content.styled(f"{total:>8,}", MUTED))
    lines += [
        Content(f"{name:<9}") + _bold(difference, SCORE_DIFFERENCE)
        for name, difference in (("coverage", found.coverage), ("extra", found.extra))
        if difference.value is not None
    ]
    return lines


def accuracy_lines(found: Comparison) -> list[Content]:
    """Both accuracies, their difference and its p value; with human verdicts a second time."""
    lines = _figure_lines(found.table)
    if found.overridden is not None:
        lines += _figure_lines(found.overridden, Content.styled(OVERRIDDEN.glyph, f"${OVERRIDDEN.color}"))
    return lines


def _figure_lines(table: Table, mark: Content | None = None) -> list[Content]:
    """`mark` stands before figures with human verdicts."""
    first = mark or Content("")
    lines = []
    for letter, role, share, right in zip("AB", ROLES, table.accuracy, table.right, strict=True):
        if share.value is not None:
            name = Content.styled(f"{letter:<{4 - len(first)}}", f"bold ${role}")
            value = Content.styled(f"{shown_value(share, PERCENT):>6}", "bold")
            bounds = Content(f" {shown_bounds(share, PERCENT)}")
            lines.append(first + name + value + bounds + Content.styled(f" {right:,} of {share.n:,}", MUTED))
    if table.difference.value is not None:
        lines.append(first + Content("B−A ") + _bold(table.difference, POINTS) + Content(" points"))
    against = f"  {table.lost:,} lost against {table.gained:,} gained"
    if not table.independent:
        against = f"  over {count_of(table.units, 'problem')}: −{table.lost:,} +{table.gained:,}"
    lines.append(first + Content.styled(p_words(table.p_value), "bold") + Content.styled(against, MUTED))
    return lines


def human_words(found: Comparison) -> str:
    """How many verdicts humans gave; "" for none."""
    counts = count_words(found.changed, found.confirmed)
    return f"{OVERRIDDEN.glyph} {counts}" if counts else ""


def _bold(figure: Figure, form: Form) -> Content:
    """The value in bold with its interval."""
    return Content.styled(shown_value(figure, form), "bold") + Content(f" {shown_bounds(figure, form)}")


def flip_columns(found: Comparison) -> tuple[TableColumn, ...]:
    """The columns of the flips: ids whole as far as that goes (the end of one tells samples of a problem apart), and
    outcomes wider where humans have overridden some."""
    outcome = OUTCOME_CELLS if found.overridden is None else OVERRIDDEN_CELLS
    longest = max((len(flip.pair.a.id) for flip in found.flips), default=0)
    widths = {"a": outcome, "b": outcome, "id": max(ID_CELLS, min(longest, LONG_ID_CELLS))}
    return tuple(replace(c, width=widths.get(c.key, c.width)) for c in FLIP_COLUMNS)


def flips_title(found: Comparison, shown: int, letter: str, filtered: str) -> str:
    """How many flips of which kind, the filter, and which run `enter` opens."""
    counts = "  ".join(f"{FLIP[kind].glyph} {count:,}" for kind, count in found.flip_counts.items() if count)
    only = f" · only {filtered}: {shown:,} of {len(found.flips):,}" if filtered else f"  {counts}" if counts else ""
    return f"flips{only} · enter opens {letter}"


def flip_cell(flip: Flip, column: TableColumn) -> str | Content:
    """What stands in a column for a flip."""
    one, two = flip.pair.a, flip.pair.b
    match column.key:
        case "kind":
            sign = FLIP[flip.kind]
            return Content.styled(sign.glyph, f"bold ${sign.color}")
        case "a":
            return _outcome(flip.a, flip.human_a)
        case "b":
            return _outcome(flip.b, flip.human_b)
        case "id":
            return one.id
        case "answer":
            return one.fact("answer")
        case "says_a":
            return one.fact("predicted") or "–"
        case "says_b":
            return two.fact("predicted") or "–"
        case "coverage":
            return f"{_score(one.score('coverage'))} → {_score(two.score('coverage'))}"
        case _:
            return one.fact("level") or one.fact("subject") or "–"


def _outcome(outcome: str, human: str) -> Content:
    """The graders' outcome; with a human's verdict behind it, which counts."""
    sign = outcome_sign(outcome)
    if not human:
        return Content.styled(sign.word, f"${sign.color}")
    now = outcome_sign(human)
    return Content.styled(f"{sign.word}{OVERRIDDEN.glyph}", MUTED) + Content.styled(human, f"bold ${now.color}")


def _score(score: float | None) -> str:
    return "–" if score is None else f"{score:.2f}"


def legend_lines() -> list[Content]:
    """What the signs of the flips mean."""
    return [Content.styled(sign.glyph, f"bold ${sign.color}") + Content(f" {sign.word}") for sign in FLIP.values()]


def details(found: Comparison) -> str:
    """Every caution and every difference, to read and copy."""
    cautions = [f"! {caution}" for caution in found.cautions] or ["nothing speaks against comparing these runs"]
    differs = [f"  {setting}" for setting in found.differs] or ["  nothing that the runs tell"]
    return "\n".join([*cautions, "", "the runs differ in", *differs])


def as_text(compared: Compared, flips: Sequence[Flip]) -> str:
    """The whole screen as text, for the clipboard."""
    found = compared.found
    lines = [
        run_line("A", compared.a), run_line("B", compared.b), finding_line(found), Content(""),
        *table_lines(found), Content(""), *accuracy_lines(found), Content(human_words(found)), Content(""),
    ]  # fmt: skip
    return "\n".join([*(line.plain.rstrip() for line in lines), details(found), "", *map(_flip_row, flips)])


def _flip_row(flip: Flip) -> str:
    a, b = (outcome_sign(human or outcome).word for outcome, human in ((flip.a, flip.human_a), (flip.b, flip.human_b)))
    one, two = flip.pair.a, flip.pair.b
    return "\t".join(
        (FLIP[flip.kind].word, one.id, a, b, one.fact("answer"), one.fact("predicted"), two.fact("predicted"))
    )
