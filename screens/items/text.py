"""An item in words: what the Alignment screen's panels, its dialogs and the clipboard say. Pure functions."""

from __future__ import annotations

import re

from textual.content import Content

from engine.compare.overrides import Override
from engine.printable import one_line
from engine.rows.graded import GradedRow, is_truncated
from engine.runs.events import Item
from engine.words import CUT_OFF, QUADRANT, STEP, UNKNOWN, VERDICT, Sign
from screens.compare.reader import ROLES
from screens.items.grades import PARSED_FROM, as_lines, grade_entries, overridden
from screens.items.path import gold_note, on_the_path, path_parts, student_note
from screens.items.steps import Entry, StepLine

SCORES = ("coverage", "extra", "order_free", "null", "published")
"""In the order of the header. "null" is the coverage against the gold of another problem: what chance explains."""
DOT = Content.styled(" · ", "$foreground-muted")
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
_DATED = re.compile(r"^\d{4}-\d\d-\d\d-\d{6}-")
"""What the id of a run begins with."""


def number(value: float | None) -> str:
    """A score with two decimals; "–" where there is none."""
    return "–" if value is None else f"{value:.2f}"


def signed(sign: Sign, text: str = "") -> Content:
    """The sign in its colour, with its word or another text."""
    return Content.styled(f"{sign.glyph} {text or sign.word}", f"${sign.color}")


def short_id(run_id: str) -> str:
    """The run's id without its date: the recipe and four characters; `--status` and `--compare` take it too."""
    return _DATED.sub("", run_id) or run_id


def run_name(run_id: str, letter: str = "") -> Content:
    """The run behind what is shown; with its letter where it is one of two compared runs."""
    role = dict(zip("AB", ROLES, strict=True)).get(letter)
    return (Content.styled(f"{letter} ", f"bold ${role}") if role else Content("")) + Content(run_id)


def header(
    sample: Item,
    place: int,
    total: int,
    item: GradedRow | None,
    override: Override | None = None,
    run: Content | None = None,
) -> list[Content]:
    """The line above everything, in parts: which run and item, what became of it, its scores."""
    said = sample.fact("verdict")
    verdict = signed(VERDICT.get(said, UNKNOWN), f"{said} ({sample.fact('rule')})")
    parts = [
        Content.styled(f"item {place}/{total}", "bold") + Content(f" {one_line(sample.id)[:40]}"),
        *([run] if run is not None else []),
        signed(QUADRANT[sample.fact("quadrant")]) if sample.fact("quadrant") in QUADRANT else Content("not aligned"),
        verdict + overridden(said, override, whose=" by you"),
    ]
    if is_truncated(sample):
        parts.append(signed(CUT_OFF))
    if sample.score("coverage") is not None or sample.score("published") is not None:
        values = {name: sample.score(name) for name in ("coverage", "extra", "published")}
        if item is not None:  # what the row alone holds; older rows have no null
            values |= {name: item.scores[name] for name in ("order_free", "null") if name in item.scores}
        parts += [_named(name.replace("_", "-"), number(values[name])) for name in SCORES if name in values]
    return parts


def _named(name: str, value: str) -> Content:
    return Content.styled(f"{name} ", "$foreground-muted") + Content.styled(value, "bold")


def student_steps(item: GradedRow) -> list[StepLine]:
    """The student's steps, each aligned, extra or the first divergence with its reason."""
    divergence = item.first_divergence
    lines = []
    for number_, text in enumerate(item.steps):
        explains = student_note(item, number_)
        if divergence is not None and divergence.student == number_:
            note = divergence.reason + (f" ({explains})" if explains else "")
            lines.append(StepLine(STEP["divergence"], text, note))
        elif not item.has_matrix:
            lines.append(StepLine(Sign(" ", "", "foreground-muted"), text))
        elif explains:
            lines.append(StepLine(STEP["aligned"], text, explains))
        else:
            lines.append(StepLine(STEP["extra"], text, STEP["extra"].word))
    return lines


def gold_steps(item: GradedRow) -> list[StepLine]:
    """The gold steps, each explained by the student or not."""
    matched = item.matched_gold()
    divergence = item.first_divergence
    ended_before = divergence.gold if divergence and divergence.student is None else None
    lines = []
    for number_, text in enumerate(item.gold_steps):
        if number_ == ended_before and divergence is not None:
            lines.append(StepLine(STEP["divergence"], text, divergence.reason))
        elif not item.has_matrix:
            lines.append(StepLine(Sign(" ", "", "foreground-muted"), text))
        elif number_ in matched:
            lines.append(StepLine(STEP["aligned"], text, gold_note(item, number_)))
        else:
            lines.append(StepLine(STEP["missing"], text, STEP["missing"].word))
    return lines


def cell_details(item: GradedRow, gold: int, student: int) -> list[Entry]:
    """Both steps of a cell, its numbers, and what the path does with them."""
    gold_text, student_text = item.gold_steps[gold], item.steps[student]
    values = {name: matrix[gold][student] if matrix else None for name, matrix in item.matrix.items()}
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
        Entry(Content.styled("path", "$foreground-muted"), on_the_path(item, gold, student)),
    ]


def common_numbers(first: str, second: str) -> list[str]:
    """Numbers written in both texts, in the order of the first."""
    there = {text.replace(",", "") for text in _NUMBER.findall(second)}
    return list(dict.fromkeys(text for text in _NUMBER.findall(first) if text.replace(",", "") in there))


def answer_lines(item: GradedRow) -> list[list[Content]]:
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


def _cost(item: GradedRow) -> list[Content]:
    if not item.tokens and not item.seconds:
        return [Content.styled("no model ran: the solution was given", "$foreground-muted")]
    return [
        _named("tokens", f"{item.tokens:,}"),
        _named("prompt", f"{item.prompt_tokens:,}"),
        _named("seconds", f"{item.seconds:.1f}"),
    ]


def as_text(item: GradedRow, override: Override | None = None, judge_model: str = "", run_id: str = "") -> str:
    """The whole item for the clipboard: readable, and complete enough for a bug report or a paper's appendix."""
    named_run = f" of {run_id}" if run_id else ""
    named = ((name, item.scores.get(name)) for name in SCORES if name in item.scores or name != "null")
    scores = " · ".join(f"{name.replace('_', '-')} {number(value)}" for name, value in named)
    verdict = f"{item.verdict} ({item.rule}){overridden(item.verdict, override).plain}"
    sign = QUADRANT.get(item.quadrant or "", UNKNOWN)
    return "\n".join(
        [
            f"item {item.id}{named_run} · {sign} · {verdict} · {scores}",
            "", "QUESTION", item.question,
            "", "STUDENT", *_numbered(student_steps(item)),
            "", "GOLD", *_numbered(gold_steps(item)),
            "", "PATH", Content("  ").join(path_parts(item)).plain or "none",
            "", "GRADES", *as_lines(grade_entries(item, override, judge_model)),
        ]
    )  # fmt: skip


def _numbered(steps: list[StepLine]) -> list[str]:
    return [
        f"{n:>2} {step.sign.glyph} {one_line(step.text)}{f'  [{step.note}]' if step.note else ''}"
        for n, step in enumerate(steps, 1)
    ] or ["(no steps)"]
