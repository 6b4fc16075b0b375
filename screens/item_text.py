"""An item in words: what the Alignment screen's panels, its dialogs and the clipboard say. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from textual.content import Content

from engine.runs.events import Sample
from screens.item import Item
from screens.widgets.lines import one_line
from screens.widgets.steps import Entry, StepLine
from screens.widgets.vocabulary import CUT_OFF, QUADRANT, STEP, UNKNOWN, VERDICT, Sign

PARSED_FROM = {
    "hash": "the line after ####",
    "boxed": "\\boxed{…}",
    "answer-tag": "<answer>…</answer>",
    "answer-line": "a line “Answer: …”",
    "last-number": "the last number",
    "none": "nowhere: no pattern fitted",
}
SCORES = ("coverage", "extra", "order_free", "published")
DOT = Content.styled(" · ", "$foreground-muted")
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


def number(value: float | None) -> str:
    """A score with two decimals; "–" where there is none."""
    return "–" if value is None else f"{value:.2f}"


def signed(sign: Sign, text: str = "") -> Content:
    """The sign in its colour, with its word or another text."""
    return Content.styled(f"{sign.glyph} {text or sign.word}", f"${sign.color}")


def header(sample: Sample, place: int, total: int, item: Item | None) -> list[Content]:
    """The line above everything, in parts: which item, what became of it, its scores."""
    parts = [
        Content.styled(f"item {place}/{total}", "bold") + Content(f" {one_line(sample.id)[:40]}"),
        signed(QUADRANT[sample.quadrant]) if sample.quadrant in QUADRANT else Content("not aligned"),
        signed(VERDICT.get(sample.verdict, UNKNOWN), f"{sample.verdict} ({sample.rule})"),
    ]
    if sample.truncated:
        parts.append(signed(CUT_OFF))
    if sample.coverage is not None or sample.published is not None:
        order_free = number(item.scores.get("order_free")) if item else "…"
        values = (number(sample.coverage), number(sample.extra), order_free, number(sample.published))
        parts += [_named(name.replace("_", "-"), value) for name, value in zip(SCORES, values, strict=True)]
    return parts


def _named(name: str, value: str) -> Content:
    return Content.styled(f"{name} ", "$foreground-muted") + Content.styled(value, "bold")


def path_parts(item: Item) -> list[Content]:
    """The path in order: g1=s1, (s2 extra), g2=s3+s4, (g3 not explained)."""
    partners: dict[int, list[int]] = {}
    for move in item.path:
        if move.kind == "match" and move.gold is not None and move.student is not None:
            partners.setdefault(move.gold, []).append(move.student)
    parts: list[Content] = []
    told: set[int] = set()
    for move in item.path:
        if move.kind == "match" and move.gold is not None:
            if move.gold not in told:
                told.add(move.gold)
                students = "+".join(f"s{s + 1}" for s in partners.get(move.gold, []))
                parts.append(Content.styled(f"g{move.gold + 1}={students}", "$success"))
        elif move.gold is not None and move.gold not in partners:
            parts.append(Content.styled(f"(g{move.gold + 1} {STEP['missing'].word})", "$warning"))
        elif move.gold is None and move.student is not None and not item.partners(move.student):
            parts.append(Content.styled(f"(s{move.student + 1} extra)", "$foreground-muted"))
    return parts


def student_steps(item: Item) -> list[StepLine]:
    """The student's steps, each aligned, extra or the first divergence with its reason."""
    divergence = item.divergence
    lines = []
    for number_, text in enumerate(item.steps):
        partners = ", ".join(f"g{g + 1}" for g in item.partners(number_))
        if divergence is not None and divergence.student == number_:
            note = divergence.reason + (f" (= {partners})" if partners else "")
            lines.append(StepLine(STEP["divergence"], text, note))
        elif not item.aligned:
            lines.append(StepLine(Sign(" ", "", "foreground-muted"), text))
        elif partners:
            lines.append(StepLine(STEP["aligned"], text, f"= {partners}"))
        else:
            lines.append(StepLine(STEP["extra"], text, STEP["extra"].word))
    return lines


def gold_steps(item: Item) -> list[StepLine]:
    """The gold steps, each explained by the student or not."""
    matched = item.matched_gold()
    ended_before = item.divergence.gold if item.divergence and item.divergence.student is None else None
    lines = []
    for number_, text in enumerate(item.gold_steps):
        if number_ == ended_before and item.divergence is not None:
            lines.append(StepLine(STEP["divergence"], text, item.divergence.reason))
        elif not item.aligned:
            lines.append(StepLine(Sign(" ", "", "foreground-muted"), text))
        elif number_ in matched:
            lines.append(StepLine(STEP["aligned"], text))
        else:
            lines.append(StepLine(STEP["missing"], text, STEP["missing"].word))
    return lines


def cell_details(item: Item, gold: int, student: int) -> list[Entry]:
    """Both steps of a cell, its numbers, and what the path does with them."""
    gold_text, student_text = item.gold_steps[gold], item.steps[student]
    values = {name: matrix[gold][student] if matrix else None for name, matrix in item.matrices.items()}
    common = common_numbers(gold_text, student_text)
    shared = f" ({', '.join(common)})" if common else ""
    figures = DOT.join(
        [
            _named("meaning", number(values.get("meaning"))),
            _named("values", number(values.get("values"))) + Content(shared),
            _named("cell", number(values.get("cell"))),
        ]
    )
    return [
        Entry(Content.styled(f"gold {gold + 1}  ", "$foreground-muted"), Content(one_line(gold_text))),
        Entry(Content.styled(f"student {student + 1}  ", "$foreground-muted"), Content(one_line(student_text))),
        Entry(Content.styled("alike", "$foreground-muted"), figures),
        Entry(Content.styled("path", "$foreground-muted"), _on_the_path(item, gold, student)),
    ]


def _on_the_path(item: Item, gold: int, student: int) -> Content:
    matches = [(m.gold, m.student) for m in item.path if m.kind == "match"]
    if (gold, student) in matches:
        return Content.styled(f"✓ match: g{gold + 1}=s{student + 1}", "$success")
    golds, students = [g for g, s in matches if s == student], [s for g, s in matches if g == gold]
    gold_side = _pairs([(gold, s) for s in students]) or f"g{gold + 1} {STEP['missing'].word}"
    student_side = _pairs([(g, student) for g in golds]) or f"s{student + 1} extra"
    return Content.styled(f"not on it: {gold_side}, {student_side}", "$foreground-muted")


def _pairs(pairs: Iterable[tuple[int | None, int | None]]) -> str:
    return ", ".join(f"g{g + 1}=s{s + 1}" for g, s in pairs if g is not None and s is not None)


def common_numbers(first: str, second: str) -> list[str]:
    """Numbers written in both texts, in the order of the first."""
    there = {text.replace(",", "") for text in _NUMBER.findall(second)}
    return list(dict.fromkeys(text for text in _NUMBER.findall(first) if text.replace(",", "") in there))


def answer_lines(item: Item) -> list[list[Content]]:
    """What was read as the answer, from where, against what, and who said what of it: lines of parts."""
    level = f"level {item.level}" if item.level.isdecimal() else item.level
    origin = [
        Content.styled(one_line(part), "$foreground-muted") for part in (item.subject, level, item.source) if part
    ]
    return [
        [_named("predicted", one_line(item.predicted) or "nothing"), _named("gold", one_line(item.answer) or "–")],
        [_named("read from", PARSED_FROM.get(item.parsed_from, item.parsed_from or "–"))],
        [
            _named("final", item.verdict), _named("rule", item.rule or "–"),
            _named("symbolic", item.symbolic or "–"), _named("judge", item.judge or "not asked"),
        ],
        _cost(item),
        origin,
    ]  # fmt: skip


def _cost(item: Item) -> list[Content]:
    if not item.tokens and not item.seconds:
        return [Content.styled("no model ran: the solution was given", "$foreground-muted")]
    return [
        _named("tokens", f"{item.tokens:,}"),
        _named("prompt", f"{item.prompt_tokens:,}"),
        _named("seconds", f"{item.seconds:.1f}"),
    ]


def why(item: Item) -> str:
    """Why this verdict: the whole chain from text to quadrant, with the versions that decided."""
    return "\n".join(
        [
            f"extracted    {one_line(item.predicted) or '(nothing)'}",
            f"read from    {PARSED_FROM.get(item.parsed_from, item.parsed_from or '–')}",
            f"gold         {one_line(item.answer)}",
            "",
            f"symbolic     {item.symbolic or '–'}",
            f"judge        {item.judge or 'not asked'}",
            f"final        {item.verdict}",
            f"rule         {item.rule or '–'}",
            *(["", "The token limit cut the solution off: the answer may lie beyond it."] if item.truncated else []),
            "",
            _why_quadrant(item),
            "",
            "versions",
            *_table(item.versions),
        ]
    )


def _why_quadrant(item: Item) -> str:
    sign = QUADRANT.get(item.quadrant)
    score = item.scores.get(item.variant)
    if sign is None or score is None or item.threshold is None:
        return "quadrant     none: without a gold solution there is nothing to align with"
    side = "above" if item.quadrant in ("robust", "near-miss") else "not above"
    because = f"{item.variant} {number(score)} is {side} the threshold {item.threshold:.2f},"
    return f"quadrant     {sign}\n             {because}\n             the answer is {item.verdict}"


def _table(values: Mapping[str, str]) -> list[str]:
    width = max((len(name) for name in values), default=0)
    return [f"  {name:<{width}}  {value or '–'}" for name, value in values.items()] or ["  none recorded"]


def as_text(item: Item) -> str:
    """The whole item for the clipboard: readable, and complete enough for a bug report or a paper's appendix."""
    scores = " · ".join(f"{name.replace('_', '-')} {number(item.scores.get(name))}" for name in SCORES)
    return "\n".join(
        [
            f"item {item.id} · {QUADRANT.get(item.quadrant, UNKNOWN)} · {item.verdict} ({item.rule}) · {scores}",
            "", "QUESTION", item.question,
            "", "STUDENT", *_numbered(student_steps(item)),
            "", "GOLD", *_numbered(gold_steps(item)),
            "", "PATH", Content("  ").join(path_parts(item)).plain or "none",
            "", "ANSWER", *(DOT.join(line).plain for line in answer_lines(item)),
        ]
    )  # fmt: skip


def _numbered(steps: list[StepLine]) -> list[str]:
    return [
        f"{n:>2} {step.sign.glyph} {one_line(step.text)}{f'  [{step.note}]' if step.note else ''}"
        for n, step in enumerate(steps, 1)
    ] or ["(no steps)"]
