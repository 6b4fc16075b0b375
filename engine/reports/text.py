"""Terminal renderings of rows as plain strings: one heat map, the quadrant counts, the table of items.

Every line fits `width` columns with wide characters counted as two; control characters of model text never reach the
terminal. Colour (SGR codes) is optional and only repeats what glyphs and words say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from rich.cells import cell_len, set_cell_size

from engine.printable import joined
from engine.rows.alignment import Move
from engine.rows.graded import GradedRow
from engine.runs.events import Item
from engine.statistics.figure import Figure
from engine.statistics.interval import wilson
from engine.statistics.wording import BARE_PERCENT, shown_bounds, shown_value
from engine.words import (
    QUADRANT,
    UNALIGNED,
    Sign,
    outcome_sign,
    quadrant_sign,
)

RAMP = "·░▒▓█"
"""Glyphs of a cell from 0 to 1, a fifth each."""

LEGEND = ("··· <0.2 ", "░░░ <0.4 ", "▒▒▒ <0.6 ", "▓▓▓ <0.8 ", "███ to 1 ", "┃ ┃ on the path")

COLUMN = 5  # "┃▓▓▓┃": three glyphs and the brackets of the path
LABEL = 5  # " g12 "
BAR = 20  # columns of the longest bar beside the quadrant counts
EXPLAINED_STEPS = 12  # steps written out below a heat map; a longer chain is read in the TUI or the report


def clip(text: str, width: int) -> str:
    """The joined text in at most `width` columns, with an ellipsis where something is left out."""
    shown = joined(text)
    if cell_len(shown) <= width:
        return shown
    return set_cell_size(shown, width - 1).rstrip() + "…" if width > 0 else ""


def clip_start(text: str, width: int) -> str:
    """As `clip`, but the end stays: ids of one source begin alike and differ at the end."""
    shown = joined(text)
    if cell_len(shown) <= width:
        return shown
    while cell_len(shown) > max(0, width - 1):
        shown = shown[1:]
    return "…" + shown if width > 0 else ""


def path_text(row: GradedRow) -> str:
    """The path in order: "g1=s1 (s2-s4 extra) g2=s5+s6 (g3 missing)"; + joins steps that are matched to one."""
    words: list[str] = []
    for gold, student in _skips_joined(merged_path(row.path)):
        if gold and student:
            words.append("+".join(f"g{i + 1}" for i in gold) + "=" + "+".join(f"s{j + 1}" for j in student))
        elif gold:
            words.append(f"({_span('g', gold)} missing)")
        else:
            words.append(f"({_span('s', student)} extra)")
    return " ".join(words)


def heat_map_text(row: GradedRow, width: int = 80, colour: bool = False) -> str:
    """The item's cell matrix, gold steps down, student steps across, the path in brackets, the steps written out."""
    lines = _headline(row, width)
    cells = row.matrix["cell"]
    if not cells:
        lines.append(clip("no matrix: " + ("no gold solution" if not row.gold_steps else "not aligned"), width))
    elif not row.steps:
        lines.append(clip("no matrix: the solution has no steps", width))
    else:
        matched = matched_cells(row.path)
        fitting = max(1, (width - LABEL) // COLUMN)
        for first in range(0, len(row.steps), fitting):
            columns = range(first, min(first + fitting, len(row.steps)))
            lines += _block(cells, columns, matched, colour)
        lines += _wrapped("cells   ", LEGEND, width)
        lines += _wrapped("path    ", path_text(row).split(" "), width)
    if row.first_divergence:
        lines.append("leaves  " + clip(str(row.first_divergence), width - 8))
    lines += _steps_text("gold", "g", row.gold_steps, width) + _steps_text("student", "s", row.steps, width)
    return "\n".join(line.rstrip() for line in lines)


def quadrant_text(
    counts: Mapping[str, int], unaligned: int = 0, width: int = 80, shares: Mapping[str, Figure] | None = None
) -> str:
    """A line a quadrant: glyph, name, count, share of the aligned items with its 95 % interval, bar.

    Without `shares` the items are taken for independent, as they are with one solution a problem.
    """
    total = sum(counts.get(name, 0) for name in QUADRANT)
    shares = shares or {name: wilson(counts.get(name, 0), total) for name in QUADRANT}
    lines = [_counted(word, counts.get(name, 0), shares[name]) for name, word in QUADRANT.items()]
    if unaligned:
        lines.append(f"{UNALIGNED.glyph} {UNALIGNED.long:<30}{unaligned:>6}")
    return "\n".join(clip_end(line, width) for line in lines)


def results_table_text(items: Sequence[Item], width: int = 80) -> str:
    """The table of finished items: id, verdict, predicted, gold, coverage, extra, quadrant, first divergence."""
    header = ("id", "verdict", "predicted", "gold", "cover", "extra", "quadrant", "diverges at")
    body = [_table_cells(item) for item in items]
    natural = [max([cell_len(head), *(cell_len(line[i]) for line in body)]) for i, head in enumerate(header)]
    widths, gap = _fit_columns(natural, width)
    shown = [_table_line(header, widths, gap), _table_line(["─" * size for size in widths], widths, gap)]
    shown += [_table_line((clip_start(line[0], widths[0]), *line[1:]), widths, gap) for line in body]
    return "\n".join(clip_end(line, width) for line in shown)


def clip_end(line: str, width: int) -> str:
    """A line that is joined already, cut at `width` columns without trailing blanks."""
    return (line if cell_len(line) <= width else set_cell_size(line, width)).rstrip()


def _headline(row: GradedRow, width: int) -> list[str]:
    quadrant, outcome = quadrant_sign(row.quadrant), outcome_sign(row.verdict, row.truncated)
    signs = f"{quadrant.glyph} {quadrant.long} · {outcome.glyph} {outcome.short} ({row.rule})"
    found = row.scores
    scores = ", ".join(f"{name} {found[key]:.2f}" for name, key in _SCORES_SHOWN if found.get(key) is not None)
    answers = f"answer {clip(row.predicted, 24) or 'none'} · gold {clip(row.answer, 24)}"
    return [clip(line, width) for line in (f"item {row.id} · {signs}", answers, scores) if line]


_SCORES_SHOWN = (
    ("coverage", "coverage"), ("extra", "extra"), ("order-free", "order_free"), ("null", "null"),
    ("published", "published"),
)  # fmt: skip


def _block(
    cells: Sequence[Sequence[float]], columns: Iterable[int], matched: set[tuple[int, int]], colour: bool
) -> list[str]:
    columns = list(columns)
    lines = [" " * LABEL + "".join(f"s{j + 1}".center(COLUMN) for j in columns)]
    for i, values in enumerate(cells):
        shown = "".join(_cell(values[j], (i, j) in matched, colour) for j in columns)
        lines.append(f"g{i + 1}".rjust(LABEL - 1) + " " + shown)
    return lines


def _cell(value: float, on_path: bool, colour: bool) -> str:
    glyph = RAMP[min(len(RAMP) - 1, max(0, int(value * len(RAMP))))]
    shown = f"┃{glyph * 3}┃" if on_path else f" {glyph * 3} "
    if not colour:
        return shown
    return f"\x1b[1;36m{shown}\x1b[0m" if on_path else f"\x1b[2m{shown}\x1b[0m"


def matched_cells(path: Iterable[Move]) -> set[tuple[int, int]]:
    """The (gold, student) pairs of the path, further steps that are merged into a match included."""
    return {move.pair for move in path if move.pair}


def merged_path(path: Iterable[Move]) -> list[tuple[list[int], list[int]]]:
    """Moves as (gold steps, student steps); neighbouring matches and merges that share a step become one entry."""
    merged: list[tuple[list[int], list[int]]] = []
    for move in path:
        new = ([] if move.gold is None else [move.gold], [] if move.student is None else [move.student])
        last = merged[-1] if merged else ([], [])
        if not (all(new) and all(last) and (new[0][0] in last[0] or new[1][0] in last[1])):
            merged.append(new)
            continue
        for side, one in zip(last, new, strict=True):
            side.extend(number for number in one if number not in side)
    return merged


def _skips_joined(entries: Iterable[tuple[list[int], list[int]]]) -> Iterator[tuple[list[int], list[int]]]:
    """Runs of skipped steps of one side as one entry: a chain that rambles on for 40 steps takes one word."""
    for side, run in groupby(entries, key=lambda entry: (bool(entry[0]), bool(entry[1]))):
        if all(side):
            yield from run
        else:
            members = list(run)
            yield [i for gold, _ in members for i in gold], [j for _, student in members for j in student]


def _span(letter: str, steps: Sequence[int]) -> str:
    first, last = steps[0] + 1, steps[-1] + 1
    return f"{letter}{first}" if first == last else f"{letter}{first}-{letter}{last}"


def _wrapped(lead: str, words: Sequence[str], width: int) -> list[str]:
    lines, current = [], lead
    for word in words:
        if len(current) + len(word) > width and current.strip() and current != lead:
            lines.append(current)
            current = " " * len(lead)
        current += word + " "
    return [clip_end(line, width) for line in [*lines, current]]


def _steps_text(title: str, letter: str, steps: Sequence[str], width: int) -> list[str]:
    leads = [title.ljust(8)] + [" " * 8] * EXPLAINED_STEPS
    shown = enumerate(zip(leads, steps[:EXPLAINED_STEPS], strict=False))
    lines = [lead + clip(f"{letter}{i + 1} {step}", width - 8) for i, (lead, step) in shown]
    if len(steps) > EXPLAINED_STEPS:
        lines.append(" " * 8 + f"… and {len(steps) - EXPLAINED_STEPS} more")
    return lines


def _counted(word: Sign, count: int, share: Figure) -> str:
    counted = f"{word.glyph} {word.long:<30}{count:>6}"
    if share.value is None:
        return f"{counted}    – %"
    value, bounds = f"{shown_value(share, BARE_PERCENT):>3} %", shown_bounds(share, BARE_PERCENT)
    return f"{counted}  {value} {bounds:<9} {'█' * round(BAR * share.value)}"


def _two_decimals(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _table_cells(item: Item) -> tuple[str, ...]:
    outcome, quadrant = outcome_sign(item.outcome), quadrant_sign(item.fact("quadrant"))
    return (
        joined(item.id),
        f"{outcome.glyph} {outcome.short}",
        joined(item.fact("predicted")) or "–",
        joined(item.fact("answer")),
        _two_decimals(item.score("coverage")),
        _two_decimals(item.score("extra")),
        f"{quadrant.glyph} {quadrant.short}",
        joined(item.fact("divergence")) or "–",
    )


_CEILINGS = (20, 10, 16, 16, 5, 5, 13, 200)
_GIVING_WAY = ((7, 24), (0, 12), (2, 8), (3, 8), (7, 8), (0, 6), (2, 5), (3, 5))
"""(column, width it gives way to), in order: the divergence is long but the others can be looked up."""


def _fit_columns(natural: Sequence[int], width: int) -> tuple[list[int], str]:
    """Column widths and the gap: as wide as the content up to a ceiling; where that is too much, texts give way."""
    sizes = [min(size, ceiling) for size, ceiling in zip(natural, _CEILINGS, strict=True)]
    gap = "  " if sum(sizes) + 2 * (len(sizes) - 1) <= width else " "
    over = sum(sizes) + len(gap) * (len(sizes) - 1) - width
    for column, floor in _GIVING_WAY:
        cut = max(0, min(over, sizes[column] - floor))
        sizes[column] -= cut
        over -= cut
    return sizes, gap


def _table_line(cells: Sequence[str], widths: Sequence[int], gap: str) -> str:
    return gap.join(_padded(cell, size) for cell, size in zip(cells, widths, strict=True))


def _padded(cell: str, size: int) -> str:
    return set_cell_size(clip(cell, size), size)
