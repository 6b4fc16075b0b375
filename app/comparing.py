"""--compare RUN RUN: the second run against the first, item by item, as text or as JSON lines.

Of runs with several graded stages each stage is compared with its partner; RUN/STAGE names one, also of one run.
JSON lines: {"type": "comparison", ...} first, then {"type": "flip", ...} for each item whose outcome differs; with
several stages so for each of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from engine.compare.compared import compare_by_stage, finding, interval_words, p_words, tested_by
from engine.compare.comparison import Comparison, Flip, Table
from engine.compare.overrides import count_words
from engine.printable import printable
from engine.runs.directory import RunDirectory, find_stage
from engine.runs.events import Item
from engine.statistics.figure import Figure
from engine.statistics.wording import PERCENT, POINTS, SCORE_DIFFERENCE, Form, shown_bounds, shown_value
from engine.words import FLIP, outcome_sign

FLIPS_SHOWN = 20
"""Beyond them text only counts; --json has all."""

COLUMN = 13
ANSWER_CHARACTERS = 30


def show_comparison(runs: Path, texts: list[str], *, as_json: bool) -> int:
    """Print what there is to say of the second run against the first."""
    (a, stage_a), (b, stage_b) = (find_stage(runs, text) for text in texts)
    comparisons = compare_by_stage(a, b, stage_a, stage_b)
    told = bool(stage_a or stage_b) or len(comparisons) > 1
    for place, found in enumerate(comparisons):
        lines = _json_lines(found, a, b) if as_json else _text_lines(found, a, b, by_stage=told)
        for line in (*[""] * (2 if place and not as_json else 0), *lines):
            print(printable(line))
    return 0


# -- text


def _text_lines(found: Comparison, a: RunDirectory, b: RunDirectory, *, by_stage: bool) -> Iterator[str]:
    yield f"A  {a.id}" + (f"/{found.stage_a}" if by_stage else "")
    yield f"B  {b.id}" + (f"/{found.stage_b}" if by_stage else "")
    yield from (f"   {'differ in ' if place == 0 else '          '}{s}" for place, s in enumerate(found.differs))
    yield from (f"!  {caution}" for caution in found.cautions)
    yield ""
    yield from _table_lines(found.table)
    yield from _figure_lines(found.table)
    if told := count_words(found.changed, found.confirmed):
        yield f"\n{told} by a human"
    if found.overridden is not None:
        yield from _table_lines(found.overridden)
        yield from _figure_lines(found.overridden)
    yield ""
    for name, difference in (("coverage", found.coverage), ("extra", found.extra)):
        if difference.value is not None:
            yield f"{name:<9} B minus A {_apart(difference, SCORE_DIFFERENCE)}  over {difference.n:,} items"
    yield from _flip_lines(found)


def _table_lines(table: Table) -> Iterator[str]:
    right_a, right_b = table.right
    rows = (
        ("", "B right", "B not right", ""),
        ("A right", table.both, table.lost, right_a),
        ("A not right", table.gained, table.neither, table.total - right_a),
        ("", right_b, table.total - right_b, table.total),
    )
    for title, *cells in rows:
        texts = (f"{cell:,}" if isinstance(cell, int) else cell for cell in cells)
        yield (f"{title:<{COLUMN}}" + "".join(f"{text:>{COLUMN}}" for text in texts)).rstrip()


def _figure_lines(table: Table) -> Iterator[str]:
    for letter, share, right in zip("AB", table.accuracy, table.right, strict=True):
        if share.value is not None:
            value = f"{shown_value(share, PERCENT):>6}"
            yield f"accuracy  {letter}         {value}  {shown_bounds(share, PERCENT)}  {right:,} of {share.n:,}"
    if table.difference.value is not None:
        yield f"          B minus A {_apart(table.difference, POINTS)} points  ({interval_words(table)})"
    yield f"{p_words(table.p_value)}  ({tested_by(table)})"
    yield finding(table)


def _apart(figure: Figure, form: Form) -> str:
    """Value and interval with room between them."""
    return f"{shown_value(figure, form)}  {shown_bounds(figure, form)}"


def _flip_lines(found: Comparison) -> Iterator[str]:
    counts = [f"{count:,} {FLIP[kind].word}" for kind, count in found.flip_counts.items() if count]
    yield f"\nflips     {len(found.flips):,}" + (f": {', '.join(counts)}" if counts else "")
    shown = found.flips[:FLIPS_SHOWN]
    if shown:
        ids = max(len(flip.pair.a.id) for flip in shown)
        outcomes = max(len(_outcomes(flip)) for flip in shown)
        for flip in shown:
            pair = flip.pair
            answers = f"gold {_said(pair.a, 'answer')}  A {_said(pair.a, 'predicted')}  B {_said(pair.b, 'predicted')}"
            yield f"  {FLIP[flip.kind].glyph} {pair.a.id:<{ids}}  {_outcomes(flip):<{outcomes}}  {answers}"
    if len(found.flips) > len(shown):
        yield f"  and {len(found.flips) - len(shown):,} more: --json lists all, the application opens each"


def _outcomes(flip: Flip) -> str:
    """right → wrong; with a human's verdict behind the grader's: right → wrong (human: right)."""
    named = ((outcome_sign(o).word, h) for o, h in ((flip.a, flip.human_a), (flip.b, flip.human_b)))
    a, b = (f"{word} (human: {human})" if human else word for word, human in named)
    return f"{a} → {b}"


def _short(answer: str) -> str:
    """An answer as one short piece of a line."""
    words = " ".join(answer.split()) or "–"
    return words if len(words) <= ANSWER_CHARACTERS else words[: ANSWER_CHARACTERS - 1] + "…"


# -- JSON


def _json_lines(found: Comparison, a: RunDirectory, b: RunDirectory) -> Iterator[str]:
    yield _line(
        "comparison", a={"id": a.id, "path": str(a.path)}, b={"id": b.id, "path": str(b.path)},
        stages={"a": found.stage_a, "b": found.stage_b},
        items=len(found.pairs), only_a=found.only_a, only_b=found.only_b, **_table_facts(found.table),
        overridden=None if found.overridden is None else _table_facts(found.overridden),
        changed=found.changed, confirmed=found.confirmed,
        coverage=_figure_facts(found.coverage), extra=_figure_facts(found.extra), flips=found.flip_counts,
        differs=[asdict(setting) for setting in found.differs], cautions=list(found.cautions),
    )  # fmt: skip
    for flip in found.flips:
        one, two = flip.pair.a, flip.pair.b
        yield _line(
            "flip", kind=flip.kind, id=one.id, answer=one.fact("answer"),
            a={"stage": one.stage, "outcome": flip.a, "human": flip.human_a or None, "predicted": one.fact("predicted"),
               "coverage": one.score("coverage"), "extra": one.score("extra")},
            b={"stage": two.stage, "outcome": flip.b, "human": flip.human_b or None, "predicted": two.fact("predicted"),
               "coverage": two.score("coverage"), "extra": two.score("extra")},
        )  # fmt: skip


def _said(item: Item, fact: str) -> str:
    return _short(item.fact(fact))


def _table_facts(table: Table) -> dict[str, Any]:
    a, b = table.accuracy
    return {
        "table": {"both": table.both, "lost": table.lost, "gained": table.gained, "neither": table.neither},
        "accuracy": {"a": _figure_facts(a), "b": _figure_facts(b)},
        "difference": _figure_facts(table.difference), "p_value": table.p_value, "finding": finding(table),
        "over": {"items" if table.independent else "problems": table.units}, "moved": table.moved,
    }  # fmt: skip


def _figure_facts(figure: Figure) -> dict[str, Any] | None:
    """`total` is the name that scripts know `n` by."""
    if figure.value is None:
        return None
    return {"value": figure.value, "low": figure.low, "high": figure.high, "total": figure.n, "by": figure.by}


def _line(kind: str, /, **fields: Any) -> str:
    return json.dumps({"type": kind, **fields})
