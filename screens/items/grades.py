"""Why an item has its verdict, in words: what was read, from where, and what each grader and a human say. Pure.

Every verdict has a line of its own; nothing here decides anything.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from textual.content import Content

from engine.compare.overrides import Override, effective
from engine.printable import one_line, printable
from engine.rows.graded import GradedRow
from engine.words import CUT_OFF, OVERRIDDEN, QUADRANT, UNKNOWN, VERDICT, Sign
from screens.items.place import BEFORE, Passage, gold_passage, student_passage
from screens.items.steps import Entry

PARSED_FROM = {
    "hash": "the line after ####",
    "boxed": "\\boxed{…}",
    "answer-tag": "<answer>…</answer>",
    "answer-line": "a line “Answer: …”",
    "last-formula": "the last formula",
    "last-number": "the last number",
    "none": "nowhere, no pattern fitted",
}

RULES = {
    "numeric": "both answers are numbers, compared exactly",
    "string": "compared as written, apart from spelling and dress",
    "structure": "compared as mathematics, by the rules of this program",
    "math-verify": "compared as mathematics, by math-verify",
    "judge": "the judge model was asked, and its word replaced the rules'",
    "no-answer": "no answer was found in the solution, so there is nothing to compare",
    "too-long": "refused: longer than any answer",
    "too-deep": "refused: brackets nested deeper than any answer",
    "too-big": "refused: a number or power too large to be computed",
    "code": "refused: it looks like code, and model text is never run",
    "timeout": "the comparison took too long and was ended",
    "exhausted": "the comparison took too much memory and was ended",
    "crashed": "the process that compared them died",
    "unreadable": "the answer could not be read as mathematics",
    "gold-unreadable": "the gold answer could not be read as mathematics",
}
"""What each rule of the grader means. A rule of a later version is shown by its name alone."""


VERSION = 12
"""Characters shown of a version: few-shot pools and models are named by a hash."""


def rule_text(rule: str) -> str:
    """Name and meaning of a rule: "numeric: both answers are numbers, compared exactly"."""
    meaning = RULES.get(rule)
    if meaning is None and rule.startswith("gold-") and (refused := RULES.get(rule.removeprefix("gold-"))):
        meaning = f"of the gold answer: {refused}"
    return f"{rule}: {meaning}" if meaning else rule or "–"


def grade_entries(item: GradedRow, override: Override | None, judge_model: str = "") -> list[Entry]:
    """All there is to say of the verdict, a line for each fact."""
    by_judge = item.rule == "judge"
    symbolic = _verdict(item.symbolic) + _said("" if by_judge else rule_text(item.rule))
    source = PARSED_FROM.get(item.parsed_from, item.parsed_from or "–")
    lines = [
        ("extracted", Content.styled(one_line(item.predicted) or "nothing", "bold") + _said(f"from {source}")),
        ("gold", Content.styled(one_line(item.answer) or "–", "bold")),
        ("symbolic", symbolic),
        ("judge", _judge_line(item, judge_model)),
        ("final", _verdict(item.verdict)),
        ("human", human_line(override)),
        ("quadrant", _quadrant(item, override)),
        ("cut off", _cut_off(item)),
        ("grader", _muted(f"version {item.versions.get('grader') or 'not recorded'}")),
        ("made with", _muted(_others(item) or "–")),
    ]
    return [Entry(Content.styled(f"{head}  ", "$foreground-muted"), text) for head, text in lines]


def _others(item: GradedRow) -> str:
    """The versions beside the grader's; of a hash its first characters name it well enough."""
    return " · ".join(f"{k} {v[:VERSION]}" for k, v in item.versions.items() if v and k != "grader")


def human_line(override: Override | None) -> Content:
    """The human's verdict with its time and note, or how to give one."""
    if override is None or override.verdict is None:
        return _muted("none: o gives yours")
    when = _when(override.t)
    note = f"“{one_line(printable(override.note))}”" if override.note else "no note"
    return _verdict(override.verdict) + _muted("".join(f" · {part}" for part in (when, note) if part))


def _when(t: float) -> str:
    """The local time; "" for none, and for one that this machine's calendar does not have."""
    try:
        return time.strftime("%Y-%m-%d %H:%M", time.localtime(t)) if t else ""
    except (OverflowError, OSError, ValueError):
        return ""


def overridden(verdict: str, override: Override | None, whose: str = "") -> Content:
    """→ ✓ right, to stand behind the graders' verdict; nothing where no human said anything."""
    if override is None or override.verdict is None:
        return Content("")
    word = "confirmed" if override.verdict == verdict else override.verdict
    return Content.styled(f" {OVERRIDDEN.glyph} ", f"${OVERRIDDEN.color}") + _verdict(override.verdict, word + whose)


def _verdict(verdict: str, word: str = "") -> Content:
    sign = VERDICT.get(verdict, UNKNOWN)
    return Content.styled(f"{sign.glyph} {word or sign.word}", f"${sign.color}")


def _said(text: str) -> Content:
    return _muted(f" · {text}") if text else Content("")


def _muted(text: str) -> Content:
    return Content.styled(text, "$foreground-muted")


def _judge_line(item: GradedRow, judge_model: str) -> Content:
    if item.judge is not None:
        said = rule_text("judge") if item.rule == "judge" else "asked, but it did not decide"
        if item.judge == "unparsed":
            said = "asked, but its reply was neither yes nor no: it changes nothing"
        by = f" · {judge_model}" if judge_model else ""
        return _verdict(item.judge) + _muted(f" · {said}{by}")
    if not judge_model:
        why = "this run has no judge"
    elif item.symbolic == "right":
        why = "the rules said right, and it is asked only where they do not"
    elif not item.predicted:
        why = "it sees the extracted answer alone, and there is none"
    else:
        why = f"the row does not say why ({judge_model})"
    return _muted(f"not asked: {why}")


def _cut_off(item: GradedRow) -> Content:
    if not item.truncated:
        return Content("no")
    return Content.styled(str(CUT_OFF), f"${CUT_OFF.color}") + Content(
        f": the token limit ended the solution after {item.tokens:,} tokens; the answer may lie beyond it"
    )


def _quadrant(item: GradedRow, override: Override | None) -> Content:
    sign, score = QUADRANT.get(item.quadrant or ""), item.score
    if sign is None or score is None or item.threshold is None:
        return _muted("none: without a gold solution there is nothing to align with")
    high = item.quadrant in ("robust", "near-miss")
    side = "above" if high else "not above"
    because = f" · {item.variant} {score:.2f} is {side} the threshold {item.threshold:.2f}"
    verdict = effective(item.verdict, override)
    other = ("robust" if high else "lucky-guess") if verdict == "right" else ("near-miss" if high else "failure")
    shown = _signed(sign)
    if other != item.quadrant:
        shown += Content.styled(f" {OVERRIDDEN.glyph} ", f"${OVERRIDDEN.color}") + _signed(QUADRANT[other])
    return shown + _muted(because)


def _signed(sign: Sign) -> Content:
    return Content.styled(str(sign), f"${sign.color}")


def passages(item: GradedRow, before: int = BEFORE) -> tuple[Content, Content]:
    """The solution around the extracted text, and the gold solution around the gold answer, both marked; `before` and
    half as many characters after the mark are shown."""
    student, gold = student_passage(item, before), gold_passage(item, before)
    return _marked(student, "the solution is empty"), _marked(gold, "no gold solution")


def _marked(passage: Passage, empty: str) -> Content:
    if not passage.text:
        return _muted(empty)
    shown = Content(passage.text)
    if passage.mark is not None:
        start, end = passage.mark
        marked = Content.styled(f"»{passage.text[start:end]}«", "bold reverse")  # the signs say it without colour
        shown = Content(passage.text[:start]) + marked + Content(passage.text[end:])
    parts = [_muted(f"… {passage.before:,} characters before …\n") if passage.before else Content(""), shown]
    if passage.after:
        parts.append(_muted(f"\n… {passage.after:,} characters after …"))
    if passage.mark is None and passage.note:
        parts.append(_muted(f"\n{passage.note}"))
    return Content("").join(parts)


def as_lines(entries: Sequence[Entry]) -> list[str]:
    """The entries as plain text."""
    return [f"{entry.head.plain:<12}{entry.text.plain}" for entry in entries]
